//! Normalizes values: one spelling per value, wherever it came from (a form, a command, an earlier request, a
//! change), so that the same text is shown, checked, compared and stored.

use cloudformation::text::parse_number;
use cloudformation::{Parameter, ParameterKind};

/// How the values of one parameter are normalized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Canonical {
    /// Left as typed.
    AsTyped,
    /// Trimmed: ids and names of existing resources.
    Trimmed,
    /// Elements separated by commas, each trimmed, as CloudFormation does as well.
    List {
        /// A list whose own spelling is kept.
        written: Option<String>,
    },
    /// A number, or numbers separated by commas without blanks: `500.0` and `+500` become `500`.
    ///
    /// To CloudFormation a `Number` is a text that has to look like one: it is compared with `AllowedValues` as text,
    /// and `Ref` returns it as text
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html> and
    /// cfn-lint's "Convert values to strings for allowed value checks", aws-cloudformation/cfn-lint, pull request
    /// 834, read on 2026-11-29). So a number from the template keeps its spelling.
    Numbers {
        /// Numbers whose own spelling is kept.
        numbers: Vec<String>,
        /// A whole value whose own spelling is kept.
        written: Option<String>,
    },
}

impl Canonical {
    /// Returns the normalization of this parameter's values.
    pub fn of(parameter: &Parameter) -> Self {
        match parameter.kind {
            ParameterKind::Number | ParameterKind::NumberList => {
                // The template's own spellings of numbers are kept.
                let default = parameter.default.iter().flat_map(|default| default.split(','));
                let numbers = parameter.allowed_values.iter().map(String::as_str).chain(default);
                Self::Numbers {
                    numbers: numbers.map(|text| text.trim().to_owned()).collect(),
                    written: parameter.default.clone(),
                }
            }
            ParameterKind::CommaDelimitedList | ParameterKind::AwsList(_) => {
                Self::List { written: parameter.default.clone() }
            }
            ParameterKind::Aws(_) | ParameterKind::SsmValue(_) => Self::Trimmed,
            ParameterKind::String => Self::AsTyped,
        }
    }

    /// Keeps the spelling of a current value, so that the same numbers or elements do not count as a different value.
    pub fn keep(&mut self, current: &str) {
        match self {
            Self::Numbers { numbers, written } => {
                // In front, because the first spelling of a number wins.
                numbers.splice(0..0, current.split(',').map(|text| text.trim().to_owned()));
                *written = Some(current.to_owned());
            }
            Self::List { written } => *written = Some(current.to_owned()),
            Self::AsTyped | Self::Trimmed => {}
        }
    }

    /// Returns the normalized value of a text. Anything that is no number stays as it is, for the checks to report.
    pub fn text(&self, typed: &str) -> String {
        let plain = self.plain_text(typed);
        let (Self::Numbers { written, .. } | Self::List { written }) = self else { return plain };
        match written {
            // Equal values, so this spelling is the one that has been stored or shown.
            Some(written) if self.plain_text(written) == plain => written.clone(),
            Some(_) | None => plain,
        }
    }

    /// Like [`text`](Self::text), without keeping the spelling of a whole value.
    fn plain_text(&self, typed: &str) -> String {
        match self {
            Self::AsTyped => typed.to_owned(),
            Self::Trimmed => typed.trim().to_owned(),
            Self::List { .. } => list(typed, str::to_owned),
            Self::Numbers { numbers, .. } => list(typed, |element| number(numbers, element)),
        }
    }
}

fn list(text: &str, write: impl Fn(&str) -> String) -> String {
    text.split(',').map(|element| write(element.trim())).collect::<Vec<_>>().join(",")
}

fn number(written: &[String], text: &str) -> String {
    let Some(number) = parse_number(text) else { return text.to_owned() };
    let spelling = written.iter().find(|spelling| parse_number(spelling) == Some(number));
    let shortest = || if number.is_zero() { "0".to_owned() } else { number.normalize().to_string() };
    spelling.cloned().unwrap_or_else(shortest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use cloudformation::Template;

    const TEMPLATE: &str = r#"
Parameters:
  Size: {Type: Number, Default: 020}
  Tier: {Type: Number, AllowedValues: [1.50, "2"], Default: 2}
  Ports: {Type: "List<Number>", Default: "080,443"}
  Zones: {Type: CommaDelimitedList, Default: "a, b"}
  Subnets: {Type: "List<AWS::EC2::Subnet::Id>"}
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
        assert_eq!(
            (written("Vpc", " vpc-1 "), written("Note", " 5.0 ")),
            ("vpc-1".to_owned(), " 5.0 ".to_owned())
        );
    }

    #[test]
    fn a_list_has_one_text_however_many_blanks_are_typed_into_it() {
        for (key, typed, is) in [
            ("Ports", " 80, 443.0,x, 8080.0 ", "080,443,x,8080"),
            ("Ports", "22, 443", "22,443"),
            ("Ports", "22 ,\t443 ", "22,443"),
            ("Ports", "80, 443", "080,443"),
            ("Zones", " c ,d d", "c,d d"),
            ("Zones", "a,b", "a, b"),
            ("Zones", "", ""),
            ("Subnets", "subnet-1, subnet-2 ", "subnet-1,subnet-2"),
            ("Subnets", "a,,b", "a,,b"),
        ] {
            assert_eq!(written(key, typed), is, "{typed}");
        }
    }

    #[test]
    fn what_stands_keeps_its_text() {
        let mut size = Canonical::of(Template::parse(TEMPLATE).unwrap().parameter("Size").unwrap());
        size.keep("500.0");
        assert_eq!(
            (size.text("500"), size.text("20"), size.text("5.0")),
            ("500.0".into(), "020".into(), "5".into())
        );
        // A row stored before lists were normalized.
        for (key, other) in [("Ports", "22,8080"), ("Subnets", "subnet-1,subnet-3")] {
            let mut list = Canonical::of(Template::parse(TEMPLATE).unwrap().parameter(key).unwrap());
            let standing = if key == "Ports" { "22, 443" } else { "subnet-1, subnet-2" };
            list.keep(standing);
            let same = standing.replace(' ', "");
            assert_eq!((list.text(&same), list.text(other)), (standing.to_owned(), other.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn a_text_that_is_written_so_is_read_as_it_is(typed in "[-+ ]?[0-9.,x ]{0,30}") {
            for key in ["Size", "Tier", "Ports", "Zones", "Subnets"] {
                let once = written(key, &typed);
                prop_assert_eq!(written(key, &once), once);
            }
        }
    }
}
