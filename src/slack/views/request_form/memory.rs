//! What an open form stores, and parsing its input. A Slack modal holds the fields of one page and 3,000 characters of
//! metadata; the input of all other pages is stored there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::FormState;
use crate::domain::catalog::Product;
use crate::domain::form::Form;
use crate::domain::ids::{PersonId, ProductKey, TeamName};
use crate::slack::ids::{PERSON_BLOCK, REASON_BLOCK, TEAM_BLOCK, TICKET_BLOCK, parameter_of};
use crate::slack::incoming::{Values, is_id};

/// Slack's limit for a view's `private_metadata`, in characters.
const MAX_METADATA: usize = 3000;

/// What an open form stores. It passes through the user's client, so it is validated again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FormMetadata {
    /// The product.
    pub product: ProductKey,
    /// The hash of the template that the form was built from.
    #[serde(rename = "hash")]
    pub template_hash: String,
    /// The team that it was opened for.
    pub team: TeamName,
    /// The current page, counted from 0.
    #[serde(default)]
    pub page: usize,
    /// Input that is not in a field of the current page, in the format of the inputs.
    #[serde(default)]
    pub filled: BTreeMap<String, String>,
    /// The reason, if its field is on another page.
    #[serde(default)]
    pub reason: String,
    /// The ticket, if its field is on another page.
    #[serde(default)]
    pub ticket: String,
    /// The owner, if the field is on another page.
    #[serde(default)]
    pub owner: Option<PersonId>,
    /// Whether the form said that the request needs an exception.
    #[serde(default)]
    pub exception: bool,
    /// Whether it is the last page, which asks for the reason; absent in forms from older bots.
    #[serde(default)]
    pub last: Option<bool>,
}

impl FormMetadata {
    /// Creates the metadata of the first page, without input elsewhere.
    pub(in crate::slack::views) fn of(product: &Product, team: &TeamName) -> Self {
        Self {
            product: product.key.clone(),
            template_hash: product.template_hash.clone(),
            team: team.clone(),
            page: 0,
            filled: BTreeMap::new(),
            reason: String::new(),
            ticket: String::new(),
            owner: None,
            exception: false,
            last: None,
        }
    }

    /// Parses what `request_form` stored; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let metadata: Self = serde_json::from_str(text).ok()?;
        // The text came through a client, so the key must be validated.
        ProductKey::parse(metadata.product.as_str())?;
        Some(metadata)
    }

    pub(super) fn written(&self) -> String {
        Value::from(self.fields()).to_string()
    }

    /// Returns the metadata as JSON fields. Empty ones are left out, because space is limited.
    pub(in crate::slack::views) fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        put("product", self.product.as_str().into());
        put("hash", self.template_hash.as_str().into());
        put("team", self.team.as_str().into());
        if self.page > 0 {
            put("page", self.page.into());
        }
        if !self.filled.is_empty() {
            let filled = self.filled.iter().map(|(key, value)| (key.clone(), value.as_str().into()));
            put("filled", Value::Object(filled.collect()));
        }
        for (name, text) in [("reason", &self.reason), ("ticket", &self.ticket)] {
            if !text.is_empty() {
                put(name, text.as_str().into());
            }
        }
        if let Some(owner) = &self.owner {
            put("owner", owner.as_str().into());
        }
        if self.exception {
            put("exception", true.into());
        }
        if let Some(last) = self.last {
            put("last", last.into());
        }
        fields
    }

    fn excess(&self) -> usize {
        self.written().chars().count().saturating_sub(MAX_METADATA)
    }
}

/// What a page stores, and what does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The metadata to store.
    pub(super) metadata: FormMetadata,
    /// Parameters whose values are not stored because they do not fit.
    pub left_out: Vec<String>,
    /// By how many characters the input exceeds the limit.
    pub excess: usize,
}

/// Returns what the current page must store; `is_last` if it has the fields for reason, ticket and owner.
pub(super) fn memory(form: &Form, state: &FormState<'_>, visible: &BTreeSet<&str>, is_last: bool) -> Memory {
    let elsewhere = |text: &str| if is_last { String::new() } else { text.to_owned() };
    let carried = state.values.iter().filter_map(|(key, value)| {
        let field = form.field(key).filter(|field| !visible.contains(field.key.as_str()))?;
        // An empty text can be a valid option. For other inputs it is the same as no input.
        let initial = field.initial.as_deref().or(field.options().is_empty().then_some(""));
        let is_new = initial != Some(value);
        is_new.then(|| Some((key.clone(), field.to_wire(value)?)))?
    });
    let mut metadata = FormMetadata {
        page: state.page,
        filled: carried.collect(),
        reason: elsewhere(state.reason),
        ticket: elsewhere(state.ticket),
        owner: if is_last { None } else { state.owner.cloned() },
        exception: state.preview.is_some_and(|preview| preview.exception.is_some()),
        last: Some(is_last),
        ..FormMetadata::of(state.product, state.team)
    };
    // Values of hidden fields are not used, so they are dropped first.
    while metadata.excess() > 0
        && let Some(key) = longest(&metadata, |key| state.unasked.contains(key))
    {
        metadata.filled.remove(&key);
    }
    let excess = metadata.excess();
    let mut left_out = Vec::new();
    while metadata.excess() > 0
        && let Some(key) = longest(&metadata, |_| true)
    {
        metadata.filled.remove(&key);
        left_out.push(key);
    }
    Memory { metadata, left_out, excess }
}

fn longest(metadata: &FormMetadata, is_counted: impl Fn(&str) -> bool) -> Option<String> {
    let counted = metadata.filled.iter().filter(|(key, _)| is_counted(key));
    counted.max_by_key(|(_, value)| value.chars().count()).map(|(key, _)| key.clone())
}

/// The input of a form, not validated yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormAnswer {
    /// The product.
    pub product: ProductKey,
    /// The hash of the template that the form was built from.
    pub template_hash: String,
    /// The selected team, or the one that the form was opened for.
    pub team: TeamName,
    /// Whether the form had a team select in which nothing was selected.
    pub lacks_team: bool,
    /// Values by parameter, of all pages; `None` if the field is empty.
    pub given: BTreeMap<String, Option<String>>,
    /// The reason; may be empty.
    pub reason: String,
    /// The ticket, as typed; may be empty.
    pub ticket: String,
    /// The selected owner, if it is for a team-mate.
    pub owner: Option<PersonId>,
    /// The current page.
    pub page: usize,
    /// Parameters that had a field on the current page.
    pub sent: BTreeSet<String>,
    /// Whether it is the last page, which asks for the reason.
    pub is_last: bool,
    /// Whether it is a request for an exception.
    pub as_exception: bool,
}

/// Parses the input of a form, without validating it.
pub fn answer(metadata: FormMetadata, values: &Values) -> FormAnswer {
    let fields: BTreeMap<String, Option<String>> = values
        .iter()
        .filter_map(|(block, texts)| {
            let key = parameter_of(block)?;
            // Several selected options are one value, a comma-separated list as CloudFormation expects it.
            Some((key.to_owned(), (!texts.is_empty()).then(|| texts.join(","))))
        })
        .collect();
    let has = |named: &str| values.iter().any(|(block, _)| block == named);
    let is_last = metadata.last.unwrap_or_else(|| has(REASON_BLOCK));
    let text = |block, carried| if is_last { values.text(block).unwrap_or_default() } else { carried };
    let (reason, ticket) = (text(REASON_BLOCK, &*metadata.reason), text(TICKET_BLOCK, &*metadata.ticket));
    let (reason, ticket) = (reason.trim().to_owned(), ticket.to_owned());
    let chosen = values.text(PERSON_BLOCK).filter(|id| is_id(id)).map(PersonId::new);
    let owner = if is_last { chosen } else { metadata.owner };
    let mut given: BTreeMap<_, _> =
        metadata.filled.into_iter().map(|(key, value)| (key, Some(value))).collect();
    // Fields of this page are newer than stored values.
    let sent = fields.keys().cloned().collect();
    given.extend(fields);
    FormAnswer {
        product: metadata.product,
        template_hash: metadata.template_hash,
        lacks_team: has(TEAM_BLOCK) && values.text(TEAM_BLOCK).is_none(),
        team: values.text(TEAM_BLOCK).map_or(metadata.team, TeamName::new),
        given,
        reason,
        ticket,
        owner,
        page: metadata.page,
        sent,
        is_last,
        as_exception: metadata.exception,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_a_form_remembers_reads_back() {
        let first = FormMetadata {
            product: ProductKey::parse("s3-bucket").unwrap(),
            template_hash: "h".into(),
            team: TeamName::new("a & \"b\""),
            page: 0,
            filled: BTreeMap::new(),
            reason: String::new(),
            ticket: String::new(),
            owner: None,
            exception: false,
            last: None,
        };
        insta::assert_snapshot!(first.written(), @r#"{"hash":"h","product":"s3-bucket","team":"a & \"b\""}"#);
        let later = FormMetadata {
            page: 2,
            filled: [("Name".to_owned(), "\u{1}\n<é>".to_owned())].into(),
            reason: "why".into(),
            ticket: "OPS-1".into(),
            owner: Some(PersonId::new("U0BOB")),
            exception: true,
            last: Some(false),
            ..first.clone()
        };
        for metadata in [first, later] {
            assert_eq!(FormMetadata::parse(&metadata.written()), Some(metadata));
        }
    }
}
