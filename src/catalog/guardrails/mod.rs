//! Guardrails for the resources of products: encryption, no public access, a deletion policy, tags, unique
//! names, narrow rights. A small table with one function per question; anything else about templates is left
//! to linters.
//!
//! A guardrail only warns if some choice in the form can lead to the problem.

mod access;
mod encryption;
mod keeping;
mod naming;
mod outcomes;
mod rights;
#[cfg(test)]
mod tests;

use cloudformation::document::{Node, Problem};
use cloudformation::{Resource, Template};
use outcomes::{PropertyOutcome, outcomes};

/// Returns all findings about a template, in file order.
pub(super) fn findings(template: &Template) -> Vec<Problem> {
    let mut findings = Vec::new();
    for resource in &template.resources {
        let inspected = Inspected { resource, template };
        findings.extend(GUARDRAILS.iter().filter_map(|guardrail| guardrail(&inspected)));
    }
    findings
}

/// Each guardrail answers one question about one resource, and ignores types that it does not know.
const GUARDRAILS: [fn(&Inspected<'_>) -> Option<Problem>; 12] = [
    encryption::at_rest,
    encryption::in_transit,
    encryption::of_messages,
    access::bucket,
    access::database,
    access::ingress,
    access::task_address,
    keeping::deletion_policy,
    keeping::tags,
    naming::once_for_each_stack,
    rights::wildcard_actions,
    rights::administrator,
];

/// A resource with the template that its expressions refer to.
struct Inspected<'t> {
    resource: &'t Resource,
    template: &'t Template,
}

impl<'t> Inspected<'t> {
    fn is_one_of(&self, types: &[&str]) -> bool {
        types.contains(&self.resource.resource_type.as_str())
    }

    /// Returns everything that the property at this path may become.
    fn under(&self, path: &[&str]) -> Vec<PropertyOutcome<'t>> {
        outcomes(self.resource.properties.as_ref(), path, self.template)
    }

    fn may_be_absent(&self, path: &[&str]) -> bool {
        self.under(path).contains(&PropertyOutcome::Absent)
    }

    fn may_be(&self, path: &[&str], text: &str) -> bool {
        self.under(path).iter().any(|outcome| outcome.is_text(text))
    }

    /// Whether the property is `true` for every choice. Values that only AWS can determine count as `true`.
    fn is_always_true(&self, path: &[&str]) -> bool {
        let holds = |outcome: &PropertyOutcome<'_>| match outcome {
            PropertyOutcome::Text(text) => text.eq_ignore_ascii_case("true"),
            PropertyOutcome::Unknown => true,
            PropertyOutcome::Absent | PropertyOutcome::Structure(_) => false,
        };
        self.under(path).iter().all(holds)
    }

    /// Creates a finding about this resource, at the line of the property if it is present.
    fn finding(&self, property: &str, problem: &str, remedy: &str) -> Problem {
        let written = self.resource.properties.as_ref().and_then(|properties| properties.get(property));
        let line = written.map_or(self.resource.line, |node: &Node| node.line);
        let Resource { logical_id, resource_type, .. } = self.resource;
        Problem::new(line, format!("`{logical_id}` ({resource_type}) {problem}"), remedy)
    }
}
