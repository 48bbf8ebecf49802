//! Guardrails for the resources of products: encryption, no public access, a deletion policy, tags, unique
//! names, narrow rights. A small table with one function per question; anything else about templates is left
//! to linters.
//!
//! A guardrail only warns if some choice in the form can lead to the problem.

mod access;
mod encryption;
mod inspected;
mod keeping;
mod naming;
mod outcomes;
mod rights;
#[cfg(test)]
mod tests;

use self::inspected::Inspected;
use cloudformation::Template;
use cloudformation::document::Problem;

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
