//! Transfer of a resource to a team-mate.

use crate::domain::event::Event;
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageSlot, Request, Status};
use crate::portal::access::Managing;
use crate::portal::commit::applying;
use crate::portal::people::click::{RequestAction, named_request, refresh_news};
use crate::portal::{Error, Portal};

/// Checks whether the person may transfer the resource, before the dialog opens.
///
/// # Errors
/// A refusal, recorded on the trail if it is for lack of permission; or a failure, with nothing changed.
pub async fn may_transfer(portal: &Portal, click: &RequestAction) -> Result<Request, Error> {
    let request = named_request(portal, click, |_| MessageSlot::Direct, "hand over").await?;
    check(portal, &request, click).await?;
    Ok(request)
}

async fn check(portal: &Portal, request: &Request, click: &RequestAction) -> Result<(), Error> {
    if portal.organization.team(&request.team).is_some() {
        portal.check_manages(request, &click.by, (Managing::Keep, "hand over")).await?;
    } else if !portal.is_one_of_in_time(&click.by.person, &portal.organization.admins).await? {
        // The request moves to another team, which only admins may decide.
        return Err(portal.refuse(request, &click.by, "hand over", Refusal::NotAnAdmin).await);
    }
    if matches!(request.status, Status::Updating { .. }) {
        return Err(Refusal::BeingChanged.into());
    }
    if !request.status.name().is_there() {
        return Err(Refusal::NothingToTransfer { status: request.status.name() }.into());
    }
    Ok(())
}

/// Makes `new_owner` the owner: a member of the same team, or an approver or admin who takes it over. If the team was removed,
/// the request moves to the first team of `new_owner`, regardless of its limits.
///
/// If `new_owner` is the owner already, members of the team are told that it is done: the previous owner may repeat the
/// transfer because our response was lost, and may no longer transfer it.
///
/// # Errors
/// See [`may_transfer`].
pub async fn transfer(
    portal: &Portal,
    click: &RequestAction,
    new_owner: &PersonId,
) -> Result<Request, Error> {
    let request = named_request(portal, click, |_| MessageSlot::Direct, "hand over").await?;
    let members = portal.organization.members_of(&request.team);
    if request.owner == *new_owner && portal.is_one_of_in_time(&click.by.person, members).await? {
        // Uses up the key, so that a redelivery does not undo a later transfer.
        Box::pin(portal.spend(&click.idempotency_key)).await?;
        return Ok(request);
    }
    check(portal, &request, click).await?;
    let team = match portal.organization.team(&request.team) {
        Some(_) => None,
        None => portal.teams_of(new_owner).await?.first().map(|team| team.name.clone()),
    };
    // A person who may transfer it may also take it over; `check` has passed.
    let takes_over = team.is_none() && *new_owner == click.by.person && *new_owner != request.owner;
    if !takes_over && !is_team_mate(portal, new_owner, team.as_ref().unwrap_or(&request.team)).await? {
        let refusal = Refusal::NotATeamMate { to: new_owner.clone(), team: request.team.clone() };
        return Err(portal.refuse(&request, &click.by, "hand over", refusal).await);
    }
    let event = Event::Transfer { by: click.by.clone(), to: new_owner.clone(), team };
    let request = portal.change(request.id, click.options(), applying(&event)).await?;
    refresh_news(portal, &request, click).await?;
    Ok(request)
}

/// Returns whether the person is a member of the team and counts.
///
/// # Errors
/// If Slack had to be asked and does not answer in time.
pub(super) async fn is_team_mate(portal: &Portal, person: &PersonId, team: &TeamName) -> Result<bool, Error> {
    Ok(portal.is_one_of_in_time(person, portal.organization.members_of(team)).await?)
}
