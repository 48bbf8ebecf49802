//! A filled request form, and what is to be corrected in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::catalog::Product;
use crate::domain::form::{CHOOSE, Form};
use crate::domain::ids::PersonId;
use crate::domain::parameters::FieldProblem;

/// A submitted form.
#[derive(Clone, Debug)]
pub struct Filled {
    /// Who submitted it.
    pub by: PersonId,
    /// The view's id. One view creates one request, however often it is submitted.
    pub view: String,
    /// The product's key.
    pub product: String,
    /// SHA-256 of the template that the form was built from.
    pub template_hash: String,
    /// The chosen team, if there was a choice.
    pub team: Option<String>,
    /// Whether there was a choice of teams and none was chosen.
    pub lacks_team: bool,
    /// Values by parameter key, as the inputs send them.
    pub given: BTreeMap<String, Option<String>>,
    /// The reason; may be empty.
    pub reason: String,
    /// The ticket as typed; may be empty.
    pub ticket: String,
    /// The team-mate who will own it, if somebody else.
    pub owner: Option<PersonId>,
    /// The open page, from 0.
    pub page: usize,
    /// The parameters that had a field on the form.
    pub sent: BTreeSet<String>,
    /// Whether it showed the preview, as the last page does.
    pub is_last: bool,
    /// Whether it said that an exception is needed.
    pub as_exception: bool,
}

impl Filled {
    /// Adds the fields of the open page that Slack sent no value for: they were left empty, unlike fields that were not
    /// shown. Conditional fields are excluded; whether those were shown is in `sent`. A form without any fields, as
    /// shown while the quota is used up, stays as it is.
    pub(super) fn with_its_page(mut self, product: &Product, form: &Form) -> Self {
        if self.sent.is_empty() && !self.is_last {
            return Self { lacks_team: false, ..self };
        }
        let here = form.fields().filter(|field| form.page_of(&field.key) == Some(self.page));
        for field in here.filter(|field| !product.show_when.contains_key(&field.key)) {
            self.given.entry(field.key.clone()).or_insert(None);
            self.sent.insert(field.key.clone());
        }
        self
    }

    /// Returns the correction for a missing team.
    pub(super) fn team_correction(&self) -> Option<Correction> {
        self.lacks_team.then(|| Correction { place: FieldPlace::Team, message: CHOOSE.to_owned() })
    }
}

/// A field that needs correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The field.
    pub place: FieldPlace,
    /// What to do; shown under the field.
    pub message: String,
}

impl From<FieldProblem> for Correction {
    fn from(problem: FieldProblem) -> Self {
        Self { place: FieldPlace::Parameter(problem.key), message: problem.message }
    }
}

impl Correction {
    /// Returns the parameter and the message, if it is about a parameter.
    pub(super) fn of_parameter(&self) -> Option<(String, String)> {
        let FieldPlace::Parameter(key) = &self.place else { return None };
        Some((key.clone(), self.message.clone()))
    }
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldPlace {
    /// The field of a parameter, by its key.
    Parameter(String),
    /// The team.
    Team,
    /// The reason.
    Reason,
    /// The ticket.
    Ticket,
    /// The owner.
    Owner,
}
