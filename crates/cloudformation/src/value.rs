//! Checks whether a value suits a parameter, and what to say if it does not.

use crate::document::{Problem, Problems};
use crate::parameter::{Parameter, ParameterKind};
use crate::scalars::read_otherwise;
use crate::shapes::shape_problem;
use crate::text::{cut, grouped, parse_number};
use rust_decimal::Decimal;

/// Longest parameter value in AWS, in bytes.
const MAX_BYTES: usize = 4_096;

/// Longest list of choices, or pattern, that a message quotes, in characters.
const MAX_QUOTED: usize = 200;

/// Returns what is wrong with a typed value, for the user; `None` if it is valid.
pub fn value_problem(parameter: &Parameter, value: &str) -> Option<String> {
    constraint_problem(parameter, value).or_else(|| shape_problem(&parameter.kind, value))
}

/// Like [`value_problem`], but without checking the shape of an id: defaults of ids are often blank.
pub fn constraint_problem(parameter: &Parameter, value: &str) -> Option<String> {
    let composed = broken_constraint(parameter, value)?;
    // The template's text describes its constraints, not a malformed number or an oversized value.
    let is_own = parameter.constraint_description.is_some() && !is_general(parameter, value);
    Some(parameter.constraint_description.clone().filter(|_| is_own).unwrap_or(composed))
}

/// Whether the problem is a general one, and not with a constraint of the template.
fn is_general(parameter: &Parameter, value: &str) -> bool {
    value.len() > MAX_BYTES || number_problem(parameter, value).is_some()
}

/// Describes what is wrong with a value.
fn broken_constraint(parameter: &Parameter, value: &str) -> Option<String> {
    if value.len() > MAX_BYTES {
        return Some("Shorten this: AWS takes 4,096 bytes at most".to_owned());
    }
    // A template does not constrain the path of an SSM parameter; AWS checks the value it leads to.
    if matches!(parameter.kind, ParameterKind::SsmValue(_)) && parameter.allowed_values.is_empty() {
        return None;
    }
    number_problem(parameter, value)
        .or_else(|| allowed_problem(parameter, value))
        .or_else(|| length_problem(parameter, value))
        .or_else(|| range_problem(parameter, value))
        .or_else(|| pattern_problem(parameter, value))
}

/// Reports defaults that violate their own constraints: "you must specify a value that adheres to those constraints"
/// ("CloudFormation template Parameters syntax" in the AWS CloudFormation User Guide), and "CloudFormation deems the
/// template invalid" otherwise (aws-samples/aws-service-catalog-reference-architectures, pull request 23), read on
/// 2026-11-29.
pub(crate) fn default_problems(parameters: &[Parameter]) -> Vec<Problem> {
    let problem = |parameter: &Parameter| {
        // A default that is too long is reported with the other size limits.
        let default = parameter.default.as_ref().filter(|default| default.len() <= MAX_BYTES)?;
        let demand = broken_constraint(parameter, default)?;
        let description =
            format!("parameter `{}`: its own constraints do not allow its default", parameter.key);
        // The options of a secret are as secret as its default.
        let Some(default) = parameter.shown_default() else {
            return Some(Problem::new(parameter.default_line, description, "change one of them"));
        };
        let description = format!("{description} `{}`", cut(default, MAX_QUOTED));
        Some(Problem::new(parameter.default_line, description, format!("change one of them: {demand}")))
    };
    parameters.iter().filter_map(problem).collect()
}

/// Reports allowed values that the type or the other constraints refuse: users could choose them, but AWS would fail.
pub(crate) fn check_options(parameters: &[Parameter], problems: &Problems, doubts: &Problems) {
    for parameter in parameters {
        // Its allowed values are paths, and only AWS knows the values that they lead to.
        if matches!(parameter.kind, ParameterKind::SsmValue(_)) {
            continue;
        }
        let Parameter { key, line, allowed_values, no_echo, .. } = parameter;
        let note = |report: &Problems, refused: &[&String], why: &str, remedy: &str| {
            if refused.is_empty() {
                return;
            }
            let quoted = refused.iter().map(|value| format!("`{}`", cut(value, 40))).collect::<Vec<_>>();
            // Options of a secret must not be quoted.
            let which = if *no_echo { "one".to_owned() } else { cut(&quoted.join(", "), MAX_QUOTED) };
            report.add(Problem::new(
                *line,
                format!("parameter `{key}`: {why} {which} of its `AllowedValues`"),
                remedy,
            ));
        };
        let is_no_number = |value: &&String| parse_number(value).is_none() && read_otherwise(value).is_none();
        let strange: Vec<_> =
            allowed_values.iter().filter(|value| is_number(parameter) && is_no_number(value)).collect();
        note(problems, &strange, "its type does not allow", "write numbers only");
        let is_refused = |value: &&String| {
            length_problem(parameter, value)
                .or_else(|| range_problem(parameter, value))
                .or_else(|| pattern_problem(parameter, value))
                .is_some()
        };
        let refused: Vec<_> = allowed_values.iter().filter(is_refused).collect();
        let remedy = "change one of them: the form offers what AWS would refuse";
        note(doubts, &refused, "its other constraints do not allow", remedy);
    }
}

/// Whether an empty text is a value of this parameter, and not the absence of one. It never is for ids, paths and
/// numbers, whatever their constraints.
pub fn takes_nothing(parameter: &Parameter) -> bool {
    let is_text = matches!(parameter.kind, ParameterKind::String | ParameterKind::CommaDelimitedList);
    is_text && constraint_problem(parameter, "").is_none()
}

/// Returns the parts of a value that constraints apply to: the elements of a list, otherwise the whole value.
fn parts<'v>(parameter: &Parameter, value: &'v str) -> Vec<&'v str> {
    if parameter.kind.is_list() { value.split(',').map(str::trim).collect() } else { vec![value] }
}

/// Whether only whole numbers make sense, because no bound and no default has a fraction.
pub fn is_whole(parameter: &Parameter) -> bool {
    let default = parameter.default.as_deref().and_then(parse_number);
    [default, parameter.min_value, parameter.max_value].iter().flatten().all(Decimal::is_integer)
}

fn is_number(parameter: &Parameter) -> bool {
    matches!(parameter.kind, ParameterKind::Number | ParameterKind::NumberList)
}

fn number_problem(parameter: &Parameter, value: &str) -> Option<String> {
    // Allowed values are compared as texts, and `allowed_problem` says which there are.
    if !is_number(parameter) || !parameter.allowed_values.is_empty() {
        return None;
    }
    let whole = is_whole(parameter) && parameter.kind == ParameterKind::Number;
    let suits = |part: &str| parse_number(part).is_some_and(|number| !whole || number.is_integer());
    if parts(parameter, value).into_iter().all(suits) {
        return None;
    }
    Some(number_demand(parameter, whole))
}

fn number_demand(parameter: &Parameter, whole: bool) -> String {
    let range = range_words(parameter).unwrap_or_default();
    match (parameter.kind.is_list(), whole) {
        (true, _) => format!("Must be numbers{range}, separated by commas"),
        (false, true) => format!("Must be a whole number{range}"),
        (false, false) => format!("Must be a number{range}"),
    }
}

fn range_problem(parameter: &Parameter, value: &str) -> Option<String> {
    if !is_number(parameter) {
        return None;
    }
    let inside = |part: &str| {
        // What is no number is reported as that, and not as out of range as well.
        parse_number(part).is_none_or(|number| {
            parameter.min_value.is_none_or(|min| number >= min)
                && parameter.max_value.is_none_or(|max| number <= max)
        })
    };
    if parts(parameter, value).into_iter().all(inside) {
        return None;
    }
    Some(number_demand(parameter, is_whole(parameter)))
}

/// Returns ` from 20 to 1,000`; `None` if there are no bounds.
pub fn range_words(parameter: &Parameter) -> Option<String> {
    match (parameter.min_value.as_ref().map(grouped), parameter.max_value.as_ref().map(grouped)) {
        (Some(min), Some(max)) => Some(format!(" from {min} to {max}")),
        (Some(min), None) => Some(format!(" of at least {min}")),
        (None, Some(max)) => Some(format!(" of at most {max}")),
        (None, None) => None,
    }
}

fn allowed_problem(parameter: &Parameter, value: &str) -> Option<String> {
    let allowed = &parameter.allowed_values;
    if allowed.is_empty() || parts(parameter, value).iter().all(|part| allowed.iter().any(|one| one == part))
    {
        return None;
    }
    let quoted = cut(&allowed.join(", "), MAX_QUOTED);
    Some(if parameter.kind.is_list() {
        format!("Use only these, separated by commas: {quoted}")
    } else {
        format!("Choose one of: {quoted}")
    })
}

fn length_problem(parameter: &Parameter, value: &str) -> Option<String> {
    // CloudFormation documents lengths for texts only.
    if parameter.kind.is_list() || is_number(parameter) {
        return None;
    }
    let length = value.chars().count();
    let is_short = parameter.min_length.is_some_and(|min| length < min as usize);
    let is_long = parameter.max_length.is_some_and(|max| length > max as usize);
    if is_short || is_long { length_words(parameter).map(|words| format!("Use {words}")) } else { None }
}

/// Returns `3 to 63 characters`; `None` if any length is allowed.
pub fn length_words(parameter: &Parameter) -> Option<String> {
    match (parameter.min_length.filter(|min| *min > 0), parameter.max_length) {
        (Some(min), Some(max)) if min == max => Some(format!("exactly {} characters", grouped(&min))),
        (Some(min), Some(max)) => Some(format!("{} to {} characters", grouped(&min), grouped(&max))),
        (Some(1), None) => Some("at least one character".to_owned()),
        (Some(min), None) => Some(format!("at least {} characters", grouped(&min))),
        (None, Some(max)) => Some(format!("at most {} characters", grouped(&max))),
        (None, None) => None,
    }
}

fn pattern_problem(parameter: &Parameter, value: &str) -> Option<String> {
    let pattern = parameter.allowed_pattern.as_ref()?;
    if parts(parameter, value).into_iter().all(|part| pattern.accepts(part)) {
        return None;
    }
    Some(format!("Must match the pattern {}", cut(pattern.as_str(), MAX_QUOTED)))
}
