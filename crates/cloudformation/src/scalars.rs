//! What CloudFormation makes of unquoted scalars: it reads YAML 1.1, in which some of them are no texts.
//!
//! "The CloudFormation yaml parser interprets yes/no as boolean" (ASFHyP3/hyp3, pull request 2061), but not `y` and
//! `n` (ljmc.bearblog.dev, "YAML booleans in cloudformation templates"); "for account id `012345670123`
//! CloudFormation will see `1402433619`" (aws-cloudformation/cloudformation-coverage-roadmap, issue 745). All read on
//! 2026-11-29; the shapes of numbers are those of `lib/yaml/resolver.py` in yaml/pyyaml 6.0.

use crate::document::{Node, Problem, Problems, Value};

/// Returns the text that CloudFormation sees for a scalar: an unquoted boolean is `true` or `false`, everything else
/// stays as written.
pub(crate) fn scalar_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Scalar { text, plain: true } => Some(match text.as_str() {
            "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => "true".to_owned(),
            "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => "false".to_owned(),
            _ if node.is_null() => String::new(),
            written => written.to_owned(),
        }),
        Value::Scalar { text, plain: false } => Some(text.clone()),
        Value::List(_) | Value::Map(_) => None,
    }
}

/// Reports numbers that CloudFormation reads differently than they look. Values of secrets are not quoted.
pub(crate) fn doubt(node: &Node, doubts: &Problems) {
    doubt_each(node, false, doubts);
}

fn doubt_each(node: &Node, is_secret: bool, doubts: &Problems) {
    match &node.value {
        Value::Scalar { text, plain: true } => {
            let Some(read) = read_otherwise(text) else { return };
            let (description, remedy) = if is_secret {
                (
                    "a secret without quotes is another number to CloudFormation".to_owned(),
                    "write it in quotes".to_owned(),
                )
            } else {
                (
                    format!("`{text}` without quotes is the number {read} to CloudFormation"),
                    format!("write `'{text}'`, or `{read}` if that is meant"),
                )
            };
            doubts.add(Problem::new(node.line, description, remedy));
        }
        // A quoted scalar is a text, whatever it looks like.
        Value::Scalar { plain: false, .. } => {}
        Value::List(nodes) => nodes.iter().for_each(|node| doubt_each(node, is_secret, doubts)),
        Value::Map(entries) => {
            let no_echo = node.get("NoEcho").and_then(scalar_text);
            // A misspelt `NoEcho` counts as secret, as in the parameter itself.
            let is_secret = is_secret || no_echo.is_some_and(|text| !text.eq_ignore_ascii_case("false"));
            for entry in entries {
                doubt_each(&entry.value, is_secret, doubts);
            }
        }
    }
}

/// Returns the number that YAML 1.1 reads where a different number, or a time, seems to be written.
pub(crate) fn read_otherwise(text: &str) -> Option<String> {
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text), |unsigned| ("-", unsigned));
    let unsigned = unsigned.strip_prefix('+').unwrap_or(unsigned);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let digits = unsigned.replace('_', "");
    let of_base = |prefix: &str, base: u32| i128::from_str_radix(digits.strip_prefix(prefix)?, base).ok();
    let number = match digits.split_once(':') {
        // A colon makes a sexagesimal number in YAML 1.1.
        Some(_) => sixtieths(&digits),
        None => of_base("0x", 16)
            .or_else(|| of_base("0b", 2))
            .or_else(|| of_base("0", 8))
            // Without an underscore it is an ordinary number, which means what it looks like.
            .or_else(|| digits.parse().ok().filter(|_| unsigned.contains('_'))),
    }?;
    let read = format!("{sign}{number}");
    (read != text).then_some(read)
}

/// Parses a sexagesimal number such as `22:30`.
fn sixtieths(text: &str) -> Option<i128> {
    let mut parts = text.split(':');
    // PyYAML's pattern requires a first digit from 1 to 9, so `08:30` stays a text.
    let first = parts.next().filter(|first| !first.starts_with('0'))?;
    parts.try_fold(first.parse::<i128>().ok()?, |number, part| {
        let part: i128 = part.parse().ok().filter(|_| part.len() <= 2)?;
        (part < 60).then(|| number.checked_mul(60)?.checked_add(part))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_seems_to_be_one_number_and_is_read_as_another_is_known() {
        for (written, read) in [
            ("012345670123", "1402433619"),
            ("0755", "493"),
            ("-012", "-10"),
            ("0x1F", "31"),
            ("0b101", "5"),
            ("1_000", "1000"),
            ("22:30", "1350"),
            ("1:02:03", "3723"),
        ] {
            assert_eq!(read_otherwise(written).as_deref(), Some(read), "{written}");
        }
        for same in [
            "0",
            "5",
            "1000",
            "012345678901",
            "0o7",
            "1.50",
            "1e3",
            "2010-09-09",
            "10.0.0.0/16",
            "22:75",
            "03:00-04:00",
            "a:b",
            "-",
            "",
            "0x",
            "1_a",
            "08:30",
            "99999999999999999999999999999999999999999999:1",
        ] {
            assert_eq!(read_otherwise(same), None, "{same}");
        }
    }
}
