//! What a request form is built from, besides its fields.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::catalog::Product;
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::preview::Preview;

/// What the form shows besides the definitions of its fields.
#[derive(Clone, Debug)]
pub struct FormState<'a> {
    /// The product.
    pub product: &'a Product,
    /// The requester's teams that may request it.
    pub teams: &'a [TeamName],
    /// The selected team.
    pub team: &'a TeamName,
    /// Initial values by parameter; the template's default applies where there is none.
    pub values: &'a BTreeMap<String, String>,
    /// Initial reason.
    pub reason: &'a str,
    /// Initial ticket.
    pub ticket: &'a str,
    /// The selected owner, if the request is for a team-mate.
    pub owner: Option<&'a PersonId>,
    /// Whether the team has other members who could own it.
    pub has_mates: bool,
    /// Notes about prefilled values that could not be used; formatted and escaped.
    pub notes: &'a [String],
    /// What submitting now would lead to; `None` until it is known.
    pub preview: Option<&'a Preview>,
    /// Requests that use up the team's quota, one line each; formatted and escaped.
    pub held_by: &'a [String],
    /// Why the last attempt failed; formatted and escaped.
    pub problem: Option<&'a str>,
    /// Parameters that other parts of the form depend on, so that changing them updates the form.
    pub watched: &'a BTreeSet<String>,
    /// Parameters that are hidden with these values.
    pub unasked: &'a BTreeSet<String>,
    /// The page to show, counted from 0.
    pub page: usize,
    /// Validation errors as pairs of parameter and text.
    pub warnings: &'a [(String, String)],
}
