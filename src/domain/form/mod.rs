//! The abstract request form: groups of fields, derived from a template's parameters.
//!
//! Slack's blocks and views are in `slack/`; [`parameters`](super::parameters) checks submitted values.

mod field;
mod label;
mod pages;
#[cfg(test)]
mod tests;
mod visibility;

pub use field::{CHOOSE, Choice, Field, Input};
pub use visibility::{ShowWhen, hidden};

use cloudformation::Template;
use cloudformation::document::Problem;
use std::collections::{BTreeMap, BTreeSet};

/// The fields of a product's request form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Groups in display order; none is empty.
    pub groups: Vec<FormGroup>,
}

/// Fields that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormGroup {
    /// The group's heading.
    pub title: Option<String>,
    /// The page it is on, from 0. A group that fits on no page is split into several.
    pub page: usize,
    /// The group's fields.
    pub fields: Vec<Field>,
}

impl Form {
    /// Builds the form of a template without the parameters that are `never_shown`, or lists why that is impossible.
    pub fn from_template(template: &Template, never_shown: &BTreeSet<String>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut fields = Vec::new();
        for parameter in template.parameters.iter().filter(|parameter| !never_shown.contains(&parameter.key))
        {
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

    /// Returns all fields in display order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.groups.iter().flat_map(|group| &group.fields)
    }

    /// Returns the field of a parameter.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields().find(|field| field.key == key)
    }

    /// Returns the values that the inputs hold, given what they sent: options by value, and for an empty input the
    /// value it stands for. Leaves out fields that have to be filled and options that were never offered.
    pub fn held(&self, given: &BTreeMap<String, Option<String>>) -> BTreeMap<String, String> {
        let value = |(key, sent): (&String, &Option<String>)| {
            let field = self.field(key)?;
            let value = match sent.as_deref() {
                None | Some("") if field.options().is_empty() => field.left_empty.clone(),
                sent => field.sent(sent?),
            };
            Some((key.clone(), value?))
        };
        given.iter().filter_map(value).collect()
    }
}

/// Estimates the size of a field's block in JSON. Keys, braces and ids take about 400 bytes, those of an option about
/// 90.
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
    // Quotes and line ends take two bytes when escaped; another tenth covers a usual number of them.
    (400 + texts + options) * 11 / 10
}

/// Sorts the fields into the template's groups; fields without a group come last.
fn grouped(template: &Template, mut fields: Vec<Field>) -> Vec<FormGroup> {
    let mut groups = Vec::new();
    for group in &template.groups {
        let mut own = Vec::new();
        for key in &group.parameters {
            // Removed once placed, so that a field named by two groups appears once.
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
