//! The request form in the abstract: groups of fields made from a template's parameters.
//!
//! Blocks and views belong to `slack/`; judging what was submitted belongs to `parameters`.

mod field;
mod label;
#[cfg(test)]
mod tests;

pub use field::{Choice, Field, Input};

use crate::document::Problem;
use crate::domain::template::Template;
use std::collections::BTreeSet;

/// Blocks of one modal in Slack.
const MAX_BLOCKS: usize = 100;

/// Blocks that are ours: team, estimate, approvers, quota, expiry, reason and the like.
const OWN_BLOCKS: usize = 8;

/// Most fields that are shown at all.
const MAX_FIELDS: usize = 90;

/// Bytes of a view in Slack are limited to 250 kB; some are left for our own blocks.
const MAX_VIEW_BYTES: usize = 230_000;

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
        if fields.len() > MAX_FIELDS {
            problems.push(Problem::new(
                0,
                format!("the form would have {} fields, a modal in Slack holds {MAX_FIELDS}", fields.len()),
                "give fixed values to some parameters in the template",
            ));
        }
        let mut form = Self { groups: grouped(template, fields) };
        form.drop_titles_when_full();
        form.look_up_long_lists();
        if form.bytes() > MAX_VIEW_BYTES {
            problems.push(Problem::new(
                0,
                format!("the form would take about {} bytes, a modal in Slack holds 250,000", form.bytes()),
                "shorten descriptions",
            ));
        }
        if problems.is_empty() { Ok(form) } else { Err(problems) }
    }

    /// All fields in the order they are shown.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.groups.iter().flat_map(|group| &group.fields)
    }

    /// The field of a parameter.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields().find(|field| field.key == key)
    }

    fn drop_titles_when_full(&mut self) {
        let titles = self.groups.iter().filter(|group| group.title.is_some()).count();
        if self.fields().count() + titles + OWN_BLOCKS > MAX_BLOCKS {
            for group in &mut self.groups {
                group.title = None;
            }
        }
    }

    /// Options that are looked up take no room in the view, so the longest lists go that way until the view fits.
    fn look_up_long_lists(&mut self) {
        while self.bytes() > MAX_VIEW_BYTES {
            let selects = self.groups.iter_mut().flat_map(|group| &mut group.fields);
            let selects = selects.filter(|field| matches!(field.input, Input::Select { .. }));
            let Some(longest) = selects.max_by_key(|field| field_bytes(field)) else {
                return;
            };
            longest.input = Input::TypeAhead { options: longest.options().to_vec() };
        }
    }

    /// About how many bytes the fields take as JSON.
    fn bytes(&self) -> usize {
        self.fields().map(field_bytes).sum()
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
        groups.push(FormGroup { title: group.label.clone(), fields: own });
    }
    groups.retain(|group| !group.fields.is_empty());
    if !fields.is_empty() {
        let title = if groups.is_empty() { None } else { Some("Other".to_owned()) };
        groups.push(FormGroup { title, fields });
    }
    groups
}
