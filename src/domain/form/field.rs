//! Derives a field from a parameter: the kind of input, its options, initial value and texts.

use super::label::readable;
use crate::domain::parameters::Canonical;
use cloudformation::document::Problem;
use cloudformation::shapes::example;
use cloudformation::text::{cut, grouped};
use cloudformation::value::{constraint_problem, is_whole, length_words, range_words, takes_nothing};
use cloudformation::{Parameter, ParameterKind};
use rust_decimal::Decimal;

/// Longest label or hint in Slack, in characters.
const MAX_LABEL: usize = 2_000;

/// Longest text of an option in Slack, in characters; also a length of its value that is safe in every client.
const MAX_OPTION: usize = 75;

/// Most options of a select in Slack.
const MAX_OPTIONS: usize = 100;

/// Longest text of an input in Slack, in characters.
const MAX_TEXT: u32 = 3_000;

/// Longest default that a hint quotes, in characters.
const MAX_BECOMES: usize = 100;

/// The message for a required field in which nothing was chosen.
pub const CHOOSE: &str = "Choose one";

/// One input of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The parameter's key.
    pub key: String,
    /// The label above the input, at most 2,000 characters.
    pub label: String,
    /// The hint below the input, at most 2,000 characters.
    pub hint: Option<String>,
    /// The kind of input.
    pub input: Input,
    /// The value that an empty input stands for: an empty text if the template accepts one, otherwise the default.
    /// `None` if it has to be filled. Selects and numbers start with their default visible, so emptying one is no
    /// choice of the default.
    pub left_empty: Option<String>,
    /// The initial value: the default, if the input can show it.
    pub initial: Option<String>,
    /// How its values are normalized.
    pub canonical: Canonical,
}

/// The kind of input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A select of at most 100 options, which are sent with the form.
    Select {
        /// The options, in file order.
        options: Vec<Choice>,
    },
    /// A select of many options, which are looked up while the user types.
    TypeAhead {
        /// The options, in file order.
        options: Vec<Choice>,
    },
    /// Resources that exist in the account, looked up while the user types. An id that is not found may be typed.
    Existing {
        /// The parameter's type, such as `AWS::EC2::VPC::Id`.
        parameter_type: String,
        /// Whether several may be chosen.
        many: bool,
    },
    /// A text; lengths in characters.
    Text {
        /// Whether the input has several lines.
        multiline: bool,
        /// Minimum length.
        min_length: Option<u32>,
        /// Maximum length, at most 3,000.
        max_length: u32,
    },
    /// A number.
    Number {
        /// Whether fractions are allowed.
        decimal: bool,
        /// Minimum.
        min: Option<Decimal>,
        /// Maximum.
        max: Option<Decimal>,
    },
}

/// One option of a select.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The value as the template has it.
    pub value: String,
    /// The text that people see, at most 75 characters, never empty.
    pub label: String,
}

/// Types whose resources can be listed per account. Images are too many, and availability zones are not the
/// account's.
const LISTED: [&str; 7] = [
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
];

/// Whether users can choose among the existing resources of this type.
fn can_be_listed(aws_type: &str) -> bool {
    LISTED.contains(&aws_type)
}

impl Field {
    /// Whether it may be left empty.
    pub fn optional(&self) -> bool {
        self.left_empty.is_some()
    }

    /// Returns the options, however they are offered; empty for other inputs.
    pub fn options(&self) -> &[Choice] {
        match &self.input {
            Input::Select { options } | Input::TypeAhead { options } => options,
            Input::Existing { .. } | Input::Text { .. } | Input::Number { .. } => &[],
        }
    }

    /// Returns the message for a required field that was left empty.
    pub fn demand(&self) -> &'static str {
        match self.input {
            Input::Select { .. } | Input::TypeAhead { .. } | Input::Existing { .. } => CHOOSE,
            Input::Text { .. } | Input::Number { .. } => "Fill this in",
        }
    }

    /// Returns the value of an option in Slack: the value itself if it fits, otherwise `#` and the index.
    pub fn wire_value(&self, position: usize) -> Option<String> {
        let value = &self.options().get(position)?.value;
        // A value that begins with `#` would be read back as an index.
        let fits = !value.is_empty() && !value.starts_with('#') && value.chars().count() <= MAX_OPTION;
        Some(if fits { value.clone() } else { format!("#{position}") })
    }

    /// Returns the value of an option by its value in Slack; `None` if it was never offered.
    pub fn from_wire(&self, wire: &str) -> Option<&str> {
        let position = match wire.strip_prefix('#') {
            Some(position) => position.parse().ok()?,
            None => self.position(wire)?,
        };
        // A forged `#3` must not select an option whose own value would have fitted.
        let is_same = self.wire_value(position).as_deref() == Some(wire);
        self.options().get(position).filter(|_| is_same).map(|choice| choice.value.as_str())
    }

    /// Returns the index of the option with this value.
    pub fn position(&self, value: &str) -> Option<usize> {
        self.options().iter().position(|choice| choice.value == value)
    }

    /// Returns the normalized value of a text from a command or an earlier request; `None` if it is not among the
    /// options.
    pub fn value(&self, typed: &str) -> Option<String> {
        let value = self.canonical.text(typed);
        (self.options().is_empty() || self.position(&value).is_some()).then_some(value)
    }

    /// Returns the value of what the input sent, like [`value`](Self::value).
    pub fn sent(&self, wire: &str) -> Option<String> {
        let is_typed = self.options().is_empty();
        if is_typed { self.value(wire) } else { self.from_wire(wire).map(str::to_owned) }
    }

    /// Returns a value as the form would send it, for values that come from a command instead of the form.
    pub fn to_wire(&self, typed: &str) -> Option<String> {
        let value = self.value(typed)?;
        if self.options().is_empty() { Some(value) } else { self.wire_value(self.position(&value)?) }
    }
}

/// Builds the field of a parameter, or reports why that is impossible; `Ok(None)` for a secret that keeps its
/// default.
pub(super) fn field(parameter: &Parameter) -> Result<Option<Field>, Problem> {
    // Slack stores what users type, so secrets must not be asked for.
    if parameter.no_echo {
        return match parameter.default {
            Some(_) => Ok(None),
            None => Err(problem(
                parameter,
                "is a secret (`NoEcho`) without a default",
                "secrets never go through Slack: use a managed or generated secret",
            )),
        };
    }
    let input = input(parameter)?;
    // A default that violates its own constraints could not be submitted.
    let usable =
        parameter.default.as_ref().filter(|default| constraint_problem(parameter, default).is_none());
    let mut field = Field {
        key: parameter.key.clone(),
        label: cut(&parameter.label.clone().unwrap_or_else(|| readable(&parameter.key)), MAX_LABEL),
        hint: hint(parameter),
        input,
        left_empty: None,
        initial: None,
        canonical: Canonical::of(parameter),
    };
    field.left_empty = usable.and_then(|default| left_empty(parameter, &field.input, default));
    let becomes = field.left_empty.as_deref().filter(|value| !value.is_empty()).map(if_left_empty);
    if let Some(becomes) = becomes {
        // The author's hint is cut, not this: what an empty input becomes cannot be seen anywhere else.
        let hint = field.hint.map(|hint| cut(&hint, MAX_LABEL - becomes.len() - 1) + " ");
        field.hint = Some(hint.unwrap_or_default() + &becomes);
    }
    field.initial = usable.and_then(|default| initial(&field, default));
    Ok(Some(field))
}

fn problem(parameter: &Parameter, description: &str, remedy: &str) -> Problem {
    Problem::new(parameter.line, format!("parameter `{}` {description}", parameter.key), remedy)
}

fn left_empty(parameter: &Parameter, input: &Input, default: &str) -> Option<String> {
    let fits = |id: &str| (1..=MAX_OPTION).contains(&id.chars().count());
    match input {
        Input::Select { .. } | Input::TypeAhead { .. } | Input::Number { .. } => None,
        // An id that fits into an option is preselected, so an empty input was emptied on purpose.
        Input::Existing { .. } if default.split(',').map(str::trim).all(fits) => None,
        Input::Text { .. } if takes_nothing(parameter) => Some(String::new()),
        Input::Existing { .. } | Input::Text { .. } => Some(default.to_owned()),
    }
}

/// Returns the part of the hint that explains an empty input.
fn if_left_empty(default: &str) -> String {
    format!("Left empty, it becomes {}.", cut(default, MAX_BECOMES))
}

fn initial(field: &Field, default: &str) -> Option<String> {
    match field.input {
        Input::Select { .. } | Input::TypeAhead { .. } => field.position(default).map(|_| default.to_owned()),
        Input::Number { .. } => Some(field.canonical.text(default)),
        Input::Existing { .. } | Input::Text { .. } => {
            // Slack refuses an initial value that is empty.
            Some(default.to_owned()).filter(|text| !text.is_empty())
        }
    }
}

fn input(parameter: &Parameter) -> Result<Input, Problem> {
    let allowed = &parameter.allowed_values;
    // A select returns one value, so a list with allowed values is typed and each of its elements checked.
    if !allowed.is_empty() && !parameter.kind.is_list() {
        let options = allowed.iter().map(|value| choice(parameter, value)).collect();
        return Ok(if allowed.len() > MAX_OPTIONS {
            Input::TypeAhead { options }
        } else {
            Input::Select { options }
        });
    }
    if let ParameterKind::Aws(of) | ParameterKind::AwsList(of) = &parameter.kind
        && allowed.is_empty()
        && can_be_listed(of)
    {
        return Ok(Input::Existing { parameter_type: of.clone(), many: parameter.kind.is_list() });
    }
    if parameter.kind == ParameterKind::Number {
        return Ok(Input::Number {
            decimal: !is_whole(parameter),
            min: parameter.min_value,
            max: parameter.max_value,
        });
    }
    text_input(parameter)
}

fn text_input(parameter: &Parameter) -> Result<Input, Problem> {
    let default = parameter.default.as_deref().unwrap_or_default();
    if default.chars().count() > MAX_TEXT as usize {
        return Err(problem(
            parameter,
            "has a default of more than 3,000 characters, which no field in Slack can hold",
            "shorten it or move it into the template",
        ));
    }
    // Lengths of lists and of SSM paths say nothing about the typed text.
    let (min, max) = match parameter.kind {
        ParameterKind::String | ParameterKind::Aws(_) => (parameter.min_length, parameter.max_length),
        ParameterKind::Number
        | ParameterKind::NumberList
        | ParameterKind::CommaDelimitedList
        | ParameterKind::AwsList(_)
        | ParameterKind::SsmValue(_) => (None, None),
    };
    let max_length = max.unwrap_or(MAX_TEXT).min(MAX_TEXT);
    if max_length == 0 || min.is_some_and(|min| min > max_length) {
        return Err(problem(
            parameter,
            "asks for a length that no text in Slack can have",
            "choose a `MinLength` and `MaxLength` from 1 to 3000, the smaller one first",
        ));
    }
    // More than a line of a modal shows.
    let multiline = default.contains('\n') || default.chars().count() > 150;
    Ok(Input::Text { multiline, min_length: min.filter(|min| *min > 0), max_length })
}

fn choice(parameter: &Parameter, value: &str) -> Choice {
    let label = match parameter.value_labels.get(value) {
        Some(label) => label,
        // An option cannot have an empty text in Slack.
        None if value.is_empty() => "(none)",
        None if value.trim().is_empty() => "(blank)",
        None => value,
    };
    Choice { value: value.to_owned(), label: cut(label, MAX_OPTION) }
}

/// The author's own texts come first. Ours only add what they leave open, so that nothing is said twice.
fn hint(parameter: &Parameter) -> Option<String> {
    let written = |text: &Option<String>| {
        text.as_deref().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let description = written(&parameter.description);
    let says_how = description.as_ref().is_some_and(|text| text.to_lowercase().contains("for example"));
    let rest = if says_how {
        None
    } else {
        written(&parameter.constraint_description).or_else(|| limits(parameter))
    };
    let rest = rest
        .filter(|text| description.as_ref().is_none_or(|description| !description.contains(text.as_str())));
    let parts: Vec<String> = [description, rest].into_iter().flatten().map(|part| sentence(&part)).collect();
    let hint = parts.join(" ");
    if hint.is_empty() { None } else { Some(cut(&hint, MAX_LABEL)) }
}

fn sentence(part: &str) -> String {
    if part.ends_with(['.', '!', '?', ':', ')', '…']) { part.to_owned() } else { format!("{part}.") }
}

/// Describes the template's constraints, unless the input itself shows them.
fn limits(parameter: &Parameter) -> Option<String> {
    if parameter.kind.is_list() && !parameter.allowed_values.is_empty() {
        return Some(format!("Any of these, separated by commas: {}", parameter.allowed_values.join(", ")));
    }
    if !parameter.allowed_values.is_empty() {
        return None;
    }
    if let Some(example) = example(&parameter.kind) {
        return Some(format!("For example {example}"));
    }
    match parameter.kind {
        ParameterKind::Number => match (parameter.min_value, parameter.max_value) {
            (Some(min), Some(max)) => Some(format!("{} to {}", grouped(&min), grouped(&max))),
            _ => range_words(parameter).map(|words| format!("A number{words}")),
        },
        // A required field need not say that it needs a character.
        ParameterKind::String if parameter.min_length == Some(1) && parameter.max_length.is_none() => None,
        ParameterKind::String => length_words(parameter).map(|words| {
            let mut chars = words.chars();
            chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
        }),
        ParameterKind::NumberList
        | ParameterKind::CommaDelimitedList
        | ParameterKind::Aws(_)
        | ParameterKind::AwsList(_)
        | ParameterKind::SsmValue(_) => None,
    }
}
