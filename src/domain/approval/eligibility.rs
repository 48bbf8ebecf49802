//! Who may answer an approval. Pure: the members of groups have been resolved before.

use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;

/// Whether, and on whose behalf, somebody's answer counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Eligibility {
    /// They are an approver.
    Approver,
    /// They answer on behalf of this absent approver.
    OnBehalfOf(PersonId),
    /// Their answer does not count.
    Nobody,
}

/// Checks whether `person` may approve or deny `request`, and returns the absent approver on whose behalf they
/// answer. `approvers` lists those who may, as mentions, for the refusal.
///
/// # Errors
/// Why they may not. A delegate never decides about their own request, even if self-approval is allowed.
pub fn may_decide(
    request: &Request,
    person: &PersonId,
    eligibility: Eligibility,
    approvers: &str,
) -> Result<Option<PersonId>, Refusal> {
    // Owner and requester may differ: neither decides about what they get.
    let is_own = *person == request.approval().asked_by || *person == request.owner;
    match eligibility {
        Eligibility::Nobody => Err(Refusal::NotAnApprover { approvers: approvers.to_owned() }),
        Eligibility::Approver if is_own && !request.allows_self_approval() => {
            Err(Refusal::OwnRequest { approvers: approvers.to_owned() })
        }
        Eligibility::OnBehalfOf(_) if is_own => Err(Refusal::OwnRequest { approvers: approvers.to_owned() }),
        Eligibility::Approver => Ok(None),
        Eligibility::OnBehalfOf(approver) => Ok(Some(approver)),
    }
}
