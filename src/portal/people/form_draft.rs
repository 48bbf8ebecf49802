//! What came back from a form, and what is to be corrected in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::catalog::Product;
use crate::domain::form::{CHOOSE, Form};
use crate::domain::ids::{PersonId, ProductKey, TeamName};
use crate::domain::parameters::FieldProblem;
use crate::portal::people::click::ButtonContext;

/// What came back from a form, of a new request or of a change. Nothing of it is validated.
///
/// An open form carries a draft from page to page through the user's client: the serialized part of it is what the
/// fields of the open page do not hold. Forms stay open while the bot is updated, so that format is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormDraft {
    /// The button that opened the form of a change; `None` in the form of a new request.
    #[serde(skip)]
    pub button: Option<ButtonContext>,
    /// The product.
    pub product: ProductKey,
    /// SHA-256 of the template that the form was built from.
    #[serde(rename = "hash")]
    pub template_hash: String,
    /// The chosen team, or the one that the form was opened for.
    pub team: TeamName,
    /// Whether there was a choice of teams and none was chosen.
    #[serde(skip)]
    pub lacks_team: bool,
    /// The open page, from 0.
    #[serde(default, skip_serializing_if = "is_default")]
    pub page: usize,
    /// Values by parameter, of all pages, as the inputs send them; `None` if the field is empty.
    #[serde(rename = "filled", default, skip_serializing_if = "is_default")]
    pub values: BTreeMap<String, Option<String>>,
    /// The parameters that had a field on the open page.
    #[serde(skip)]
    pub fields: BTreeSet<String>,
    /// The reason; may be empty.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reason: String,
    /// The ticket as typed; may be empty.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ticket: String,
    /// The team-mate who will own it, if somebody else.
    #[serde(default, skip_serializing_if = "is_default")]
    pub owner: Option<PersonId>,
    /// Whether the form said that an exception is needed.
    #[serde(rename = "exception", default, skip_serializing_if = "is_default")]
    pub as_exception: bool,
    /// Whether the open page is the last one, which shows the preview. Forms of a change, which have one page, do not
    /// carry it, nor do forms of older bots: there the fields tell.
    #[serde(rename = "last", default, skip_serializing_if = "is_default")]
    pub is_last: Option<bool>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl FormDraft {
    /// Creates the draft of a form in which nothing is filled in.
    pub fn empty(product: &Product, team: TeamName) -> Self {
        Self {
            button: None,
            product: product.key.clone(),
            template_hash: product.template_hash.clone(),
            team,
            lacks_team: false,
            page: 0,
            values: BTreeMap::new(),
            fields: BTreeSet::new(),
            reason: String::new(),
            ticket: String::new(),
            owner: None,
            as_exception: false,
            is_last: None,
        }
    }

    /// Adds the fields of the open page that Slack sent no value for: they were left empty, unlike fields that were not
    /// shown. Conditional fields are excluded; whether those were shown is in `fields`. A form without any fields, as
    /// shown while the quota is used up, stays as it is.
    pub(super) fn with_empty_fields(mut self, product: &Product, form: &Form) -> Self {
        if self.fields.is_empty() && self.is_last != Some(true) {
            return Self { lacks_team: false, ..self };
        }
        let on_page = form.fields().filter(|field| form.page_of(&field.key) == Some(self.page));
        for field in on_page.filter(|field| !product.show_when.contains_key(&field.key)) {
            self.values.entry(field.key.clone()).or_insert(None);
            self.fields.insert(field.key.clone());
        }
        self
    }

    /// Returns the correction for a missing team.
    pub(super) fn team_correction(&self) -> Option<Correction> {
        if !self.lacks_team {
            return None;
        }
        Some(Correction { place: FieldPlace::Team, message: CHOOSE.to_owned() })
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
