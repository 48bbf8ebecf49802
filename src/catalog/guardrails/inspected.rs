//! A resource under inspection, and what its properties may become.

use super::outcomes::{PropertyOutcome, outcomes};
use cloudformation::document::{Node, Problem};
use cloudformation::{Resource, Template};

/// A resource with the template that its expressions refer to.
pub(super) struct Inspected<'t> {
    pub(super) resource: &'t Resource,
    pub(super) template: &'t Template,
}

impl<'t> Inspected<'t> {
    pub(super) fn is_one_of(&self, types: &[&str]) -> bool {
        types.contains(&self.resource.resource_type.as_str())
    }

    /// Returns everything that the property at this path may become.
    pub(super) fn under(&self, path: &[&str]) -> Vec<PropertyOutcome<'t>> {
        outcomes(self.resource.properties.as_ref(), path, self.template)
    }

    pub(super) fn may_be_absent(&self, path: &[&str]) -> bool {
        self.under(path).contains(&PropertyOutcome::Absent)
    }

    pub(super) fn may_be(&self, path: &[&str], text: &str) -> bool {
        self.under(path).iter().any(|outcome| outcome.is_text(text))
    }

    /// Whether the property is `true` for every choice. Values that only AWS can determine count as `true`.
    pub(super) fn is_always_true(&self, path: &[&str]) -> bool {
        let holds = |outcome: &PropertyOutcome<'_>| match outcome {
            PropertyOutcome::Text(text) => text.eq_ignore_ascii_case("true"),
            PropertyOutcome::Unknown => true,
            PropertyOutcome::Absent | PropertyOutcome::Structure(_) => false,
        };
        self.under(path).iter().all(holds)
    }

    /// Creates a finding about this resource, at the line of the property if it is present.
    pub(super) fn finding(&self, property: &str, problem: &str, remedy: &str) -> Problem {
        let written = self.resource.properties.as_ref().and_then(|properties| properties.get(property));
        let line = written.map_or(self.resource.line, |node: &Node| node.line);
        let Resource { logical_id, resource_type, .. } = self.resource;
        Problem::new(line, format!("`{logical_id}` ({resource_type}) {problem}"), remedy)
    }
}
