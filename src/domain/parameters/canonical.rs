//! How a value is written: one text for one value, whichever way it came (a form, a command, an earlier request, a change), so
//! that what is shown, judged, compared and stored is the same.

use super::value::parse_number;
use crate::domain::template::{Parameter, ParameterKind};

/// How the values of one parameter are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Canonical {
    /// As typed.
    AsTyped,
    /// Without the blanks around it: ids and names of what exists.
    Trimmed,
    /// A number, or numbers between commas: `500.0` and `+500` are `500`.
    ///
    /// To CloudFormation a `Number` is a text that has to look like one; it compares it with `AllowedValues` as text, and `Ref`
    /// gives it as text: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
    /// and cfn-lint's "Convert values to strings for allowed value checks" (aws-cloudformation/cfn-lint, pull request 834),
    /// read on 2026-11-29. So a number that the template writes stays as it is written there.
    Numbers {
        /// Those that are written in a way of their own.
        written: Vec<String>,
    },
}

impl Canonical {
    /// How this parameter's are written.
    pub fn of(parameter: &Parameter) -> Self {
        match parameter.kind {
            ParameterKind::Number | ParameterKind::NumberList => {
                let default = parameter.default.iter().flat_map(|default| default.split(','));
                let written = parameter.allowed_values.iter().map(String::as_str).chain(default);
                Self::Numbers { written: written.map(|text| text.trim().to_owned()).collect() }
            }
            ParameterKind::Aws(_) | ParameterKind::AwsList(_) | ParameterKind::SsmValue(_) => Self::Trimmed,
            ParameterKind::String | ParameterKind::CommaDelimitedList => Self::AsTyped,
        }
    }

    /// Keeps the way in which a value is written that stands already: the same number is no other value.
    pub fn keep(&mut self, standing: &str) {
        if let Self::Numbers { written } = self {
            written.splice(0..0, standing.split(',').map(|text| text.trim().to_owned()));
        }
    }

    /// The value that was meant by this text; what is no number stays for the checks to name.
    pub fn text(&self, typed: &str) -> String {
        match self {
            Self::AsTyped => typed.to_owned(),
            Self::Trimmed => typed.trim().to_owned(),
            Self::Numbers { written } => {
                let parts = typed.trim().split(',').map(|part| {
                    let bare = part.trim();
                    part.replacen(bare, &number(written, bare), 1)
                });
                parts.collect::<Vec<_>>().join(",")
            }
        }
    }
}

fn number(written: &[String], text: &str) -> String {
    let Some(number) = parse_number(text) else { return text.to_owned() };
    let known = written.iter().find(|known| parse_number(known) == Some(number));
    let shortest = || if number.is_zero() { "0".to_owned() } else { number.normalize().to_string() };
    known.cloned().unwrap_or_else(shortest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::template::Template;

    const TEMPLATE: &str = r#"
Parameters:
  Size: {Type: Number, Default: 020}
  Tier: {Type: Number, AllowedValues: [1.50, "2"], Default: 2}
  Ports: {Type: "List<Number>", Default: "080,443"}
  Vpc: {Type: AWS::EC2::VPC::Id}
  Note: {Type: String}
Resources: {B: {Type: AWS::S3::Bucket}}
"#;

    fn written(key: &str, typed: &str) -> String {
        Canonical::of(Template::parse(TEMPLATE).unwrap().parameter(key).unwrap()).text(typed)
    }

    #[test]
    fn a_number_has_one_text_and_the_templates_own_where_that_has_it() {
        for (typed, is) in [
            ("500.0", "500"),
            (" +500. ", "500"),
            ("0500", "500"),
            ("500.50", "500.5"),
            (".5", "0.5"),
            ("-0.0", "0"),
            ("20", "020"),
            ("20.00", "020"),
            ("1e3", "1e3"),
            ("", ""),
            ("five", "five"),
        ] {
            assert_eq!(written("Size", typed), is, "{typed}");
        }
        assert_eq!((written("Tier", "1.5"), written("Tier", "2.0")), ("1.50".to_owned(), "2".to_owned()));
        assert_eq!(written("Ports", " 80, 443.0,x, 8080.0 "), "080, 443,x, 8080");
        assert_eq!(
            (written("Vpc", " vpc-1 "), written("Note", " 5.0 ")),
            ("vpc-1".to_owned(), " 5.0 ".to_owned())
        );
    }

    #[test]
    fn what_stands_keeps_its_text() {
        let mut size = Canonical::of(Template::parse(TEMPLATE).unwrap().parameter("Size").unwrap());
        size.keep("500.0");
        assert_eq!(
            (size.text("500"), size.text("20"), size.text("5.0")),
            ("500.0".into(), "020".into(), "5".into())
        );
    }

    proptest! {
        #[test]
        fn a_text_that_is_written_so_is_read_as_it_is(typed in "[-+ ]?[0-9.,x ]{0,30}") {
            for key in ["Size", "Tier", "Ports"] {
                let once = written(key, &typed);
                prop_assert_eq!(written(key, &once), once);
            }
        }
    }
}
