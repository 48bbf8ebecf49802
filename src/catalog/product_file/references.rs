//! References to the template's parameters: checks that they exist and can take the given values.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{Context, did_you_mean};
use crate::domain::catalog::{Binding, Requesters};
use cloudformation::document::Reader;
use cloudformation::value::value_problem;
use cloudformation::{Parameter, ParameterKind};

/// Samples of the values that the portal fills in. Their shapes are fixed, except for team names.
const TEAM: &str = "payments";
const REQUESTER: &str = "U024BE7LH";
const REQUEST_ID: &str = "7f0c1a34-5b7e-4c8e-9f0a-1d2e3f4a5b6c";

/// Finds a parameter by name, or reports a problem at `at`.
pub(super) fn parameter<'c>(
    reader: &Reader<'_>,
    place: &str,
    name: &str,
    context: &Context<'c>,
) -> Option<&'c Parameter> {
    let template = context.template?;
    let parameter = template.parameter(name);
    if parameter.is_none() {
        let names: Vec<&str> = template.parameters.iter().map(|parameter| parameter.key.as_str()).collect();
        let remedy = did_you_mean(name, &names, "the parameters are");
        reader.report(place, format!("the template has no parameter `{name}`"), remedy);
    }
    parameter
}

/// Reports a problem at `at` if the parameter can never have this value.
pub(super) fn check_value(reader: &Reader<'_>, place: &str, parameter: &Parameter, value: &str) {
    let Some(problem) = value_problem(parameter, value) else { return };
    let allowed: Vec<&str> = parameter.allowed_values.iter().map(String::as_str).collect();
    let remedy = if allowed.is_empty() { problem } else { did_you_mean(value, &allowed, "its values are") };
    reader.report(place, format!("`{}` can never be `{value}`", parameter.key), remedy);
}

pub(super) fn bind(
    reader: Reader<'_>,
    requesters: &Requesters,
    context: &Context<'_>,
) -> BTreeMap<String, Binding> {
    let choices =
        [("team", Binding::Team), ("requester", Binding::Requester), ("request_id", Binding::RequestId)];
    let mut bound = BTreeMap::new();
    for entry in reader.entries() {
        let key = &entry.key;
        let Some(binding) = reader.choice(key, &choices) else { continue };
        if let Some(parameter) = parameter(&reader, key, key, context) {
            check_binding(&reader, parameter, binding, requesters);
        }
        bound.insert(key.clone(), binding);
    }
    reader.finish();
    bound
}

/// Parses the parameters that may be changed later. Only those in the form are allowed.
pub(super) fn change(reader: &Reader<'_>, context: &Context<'_>) -> Vec<String> {
    let named = reader.list_of_texts("change").unwrap_or_default();
    let bound = reader.section("bind");
    let mut seen = BTreeSet::new();
    for key in &named {
        parameter(reader, "change", key, context);
        if !seen.insert(key) {
            reader.report("change", format!("`change` names `{key}` twice"), "name it once");
        }
        if bound.has(key) {
            let problem = format!("`change` names `{key}`, which the portal sets");
            reader.report("change", problem, "leave it in `bind` alone");
        }
    }
    named
}

fn check_binding(reader: &Reader<'_>, parameter: &Parameter, binding: Binding, requesters: &Requesters) {
    let key = &parameter.key;
    if !matches!(parameter.kind, ParameterKind::String | ParameterKind::CommaDelimitedList) {
        let problem = format!("parameter `{key}` takes no plain text, so the portal cannot set it");
        reader.report(key, problem, "make it `Type: String` in template.yml, or bind another one");
        return;
    }
    let teams = match requesters {
        Requesters::Teams(teams) => teams.iter().map(|team| team.as_str().to_owned()).collect(),
        // A catalog is checked without settings, so the names of the teams are not known.
        Requesters::Everyone => vec![TEAM.to_owned()],
    };
    let (words, samples) = match binding {
        Binding::Team => ("a team's name", teams),
        Binding::Requester => ("a Slack user id", vec![REQUESTER.to_owned()]),
        Binding::RequestId => ("a request id", vec![REQUEST_ID.to_owned()]),
    };
    if let Some(refused) = samples.iter().find(|value| value_problem(parameter, value).is_some()) {
        let problem = format!("parameter `{key}` does not take {words} such as `{refused}`");
        reader.report(key, problem, format!("loosen {} in template.yml", constraints(parameter)));
    }
}

/// Names the constraints of a parameter as they are called in a template.
fn constraints(parameter: &Parameter) -> String {
    let present = [
        ("`AllowedValues`", !parameter.allowed_values.is_empty()),
        ("`AllowedPattern`", parameter.allowed_pattern.is_some()),
        ("`MinLength`", parameter.min_length.is_some()),
        ("`MaxLength`", parameter.max_length.is_some()),
    ];
    let names: Vec<&str> = present.iter().filter(|(_, is_there)| *is_there).map(|(name, _)| *name).collect();
    names.join(" or ")
}
