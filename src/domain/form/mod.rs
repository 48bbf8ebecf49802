//! The request form in the abstract: groups of fields made from a template's parameters.
//!
//! Blocks and views belong to `slack/`; judging what was submitted belongs to `parameters`.

mod field;
mod label;
mod pages;
#[cfg(test)]
mod tests;
mod visibility;

pub use field::{CHOOSE, Choice, Field, Input};
pub use visibility::ShowWhen;

use crate::document::Problem;
use crate::domain::template::Template;
use std::collections::{BTreeMap, BTreeSet};

/// The fields of a product's request form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Groups in the order they are shown; none is empty.
    pub groups: Vec<FormGroup>,
}

/// Fields that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormGroup {
    /// Its heading.
    pub title: Option<String>,
    /// On which page it stands, from 0; a group that no page holds is several.
    pub page: usize,
    /// Its fields.
    pub fields: Vec<Field>,
}

impl Form {
    /// Makes the form of a template without the `hidden` parameters, or lists why there can be none.
    pub fn from_template(template: &Template, hidden: &BTreeSet<String>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut fields = Vec::new();
        for parameter in template.parameters.iter().filter(|parameter| !hidden.contains(&parameter.key)) {
            match field::field(parameter) {
                Ok(field) => fields.extend(field),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(Self { groups: pages::paged(grouped(template, fields)) })
        } else {
            Err(problems)
        }
    }

    /// All fields in the order they are shown.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.groups.iter().flat_map(|group| &group.fields)
    }

    /// The field of a parameter.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields().find(|field| field.key == key)
    }

    /// What the inputs hold, of what they sent: options by their values, and what was left empty by what that comes to.
    /// Nothing stands for what has to be filled or was never offered.
    pub fn held(&self, given: &BTreeMap<String, Option<String>>) -> BTreeMap<String, String> {
        let held = |(key, sent): (&String, &Option<String>)| {
            let field = self.field(key)?;
            let value = match sent.as_deref() {
                None | Some("") if field.options().is_empty() => field.left_empty.clone(),
                sent => field.sent(sent?),
            };
            Some((key.clone(), value?))
        };
        given.iter().filter_map(held).collect()
    }
}

/// Keys, braces and ids of an input block take about 400 bytes, those of an option about 90.
fn field_bytes(field: &Field) -> usize {
    let texts = field.label.len()
        + field.hint.as_ref().map_or(0, String::len)
        + field.initial.as_ref().map_or(0, String::len);
    let options = match &field.input {
        Input::Select { options } => {
            options.iter().map(|choice| 90 + choice.label.len() + choice.value.len().min(300)).sum()
        }
        Input::TypeAhead { .. } | Input::Existing { .. } | Input::Text { .. } | Input::Number { .. } => 0,
    };
    // A quote or line end in a text takes two bytes; a tenth more covers what is usual.
    (400 + texts + options) * 11 / 10
}

/// Puts fields into the template's groups; what no group names comes last.
fn grouped(template: &Template, mut fields: Vec<Field>) -> Vec<FormGroup> {
    let mut groups = Vec::new();
    for group in &template.groups {
        let mut own = Vec::new();
        for key in &group.parameters {
            if let Some(at) = fields.iter().position(|field| field.key == *key) {
                own.push(fields.remove(at));
            }
        }
        groups.push(FormGroup { title: group.label.clone(), page: 0, fields: own });
    }
    groups.retain(|group| !group.fields.is_empty());
    if !fields.is_empty() {
        let title = if groups.is_empty() { None } else { Some("Other".to_owned()) };
        groups.push(FormGroup { title, page: 0, fields });
    }
    groups
}
