//! One parameter as one field: which input, which options, what it starts with, what it says.

use super::label::readable;
use crate::document::Problem;
use crate::domain::parameters::{
    Canonical, can_be_listed, constraint_problem, cut, example, grouped, is_whole, length_words, range_words,
    takes_nothing,
};
use crate::domain::template::{Parameter, ParameterKind};
use rust_decimal::Decimal;

/// Most characters of a label or a hint in Slack.
const MAX_LABEL: usize = 2_000;

/// Most characters of an option's text in Slack, and of its value to be safe in every client.
const MAX_OPTION: usize = 75;

/// Most options of a select in Slack.
const MAX_OPTIONS: usize = 100;

/// Most characters of a text input in Slack.
const MAX_TEXT: u32 = 3_000;

/// Most characters of a default that a hint quotes.
const MAX_BECOMES: usize = 100;

/// What to do at a field in which nothing was chosen although something has to.
pub const CHOOSE: &str = "Choose one";

/// One input of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The parameter's key.
    pub key: String,
    /// What stands above it, at most 2,000 characters.
    pub label: String,
    /// What stands below it, at most 2,000 characters.
    pub hint: Option<String>,
    /// How it is filled.
    pub input: Input,
    /// What it comes to where it is left empty: an empty text where the template takes one, otherwise the default. Nothing
    /// where it has to be filled: what is chosen, and a number, stand there from the start, so nothing in their place is no
    /// choice.
    pub left_empty: Option<String>,
    /// What it starts with: the default, where the input can show it.
    pub initial: Option<String>,
    /// How its values are written.
    pub canonical: Canonical,
}

/// How a field is filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// One of at most 100 options, sent with the form.
    Select {
        /// The options in file order.
        options: Vec<Choice>,
    },
    /// One of many options, looked up while the person types.
    TypeAhead {
        /// The options in file order.
        options: Vec<Choice>,
    },
    /// What exists in the account, looked up while the person types; an id that is not found may be typed.
    Existing {
        /// Of which type, such as `AWS::EC2::VPC::Id`.
        parameter_type: String,
        /// Whether several can be chosen.
        many: bool,
    },
    /// Typed text; lengths in characters.
    Text {
        /// Whether it has several lines.
        multiline: bool,
        /// Fewest characters.
        min_length: Option<u32>,
        /// Most characters, 3,000 at most.
        max_length: u32,
    },
    /// A typed number.
    Number {
        /// Whether a fraction is allowed.
        decimal: bool,
        /// Smallest.
        min: Option<Decimal>,
        /// Largest.
        max: Option<Decimal>,
    },
}

/// One option of a select.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The value as the template has it.
    pub value: String,
    /// What people see, at most 75 characters, never empty.
    pub label: String,
}

impl Field {
    /// Whether it may be left empty.
    pub fn optional(&self) -> bool {
        self.left_empty.is_some()
    }

    /// The options, whichever way they are offered; none for typed fields.
    pub fn options(&self) -> &[Choice] {
        match &self.input {
            Input::Select { options } | Input::TypeAhead { options } => options,
            Input::Existing { .. } | Input::Text { .. } | Input::Number { .. } => &[],
        }
    }

    /// What to do where nothing came although something has to.
    pub fn demand(&self) -> &'static str {
        match self.input {
            Input::Select { .. } | Input::TypeAhead { .. } | Input::Existing { .. } => CHOOSE,
            Input::Text { .. } | Input::Number { .. } => "Fill this in",
        }
    }

    /// What stands for an option in Slack: the value itself where it fits, otherwise `#` and its position.
    pub fn wire_value(&self, position: usize) -> Option<String> {
        let value = &self.options().get(position)?.value;
        let fits = !value.is_empty() && !value.starts_with('#') && value.chars().count() <= MAX_OPTION;
        Some(if fits { value.clone() } else { format!("#{position}") })
    }

    /// The value of an option by what stood for it in Slack; `None` for what was never offered.
    pub fn from_wire(&self, wire: &str) -> Option<&str> {
        let position = match wire.strip_prefix('#') {
            Some(position) => position.parse().ok()?,
            None => self.position(wire)?,
        };
        let is_same = self.wire_value(position).as_deref() == Some(wire);
        self.options().get(position).filter(|_| is_same).map(|choice| choice.value.as_str())
    }

    /// Where the option with this value stands.
    pub fn position(&self, value: &str) -> Option<usize> {
        self.options().iter().position(|choice| choice.value == value)
    }

    /// The value that was meant by a text of a command or an earlier request; `None` for what is none of the options.
    pub fn value(&self, typed: &str) -> Option<String> {
        let value = self.canonical.text(typed);
        (self.options().is_empty() || self.position(&value).is_some()).then_some(value)
    }

    /// The value of what the input sent, as [`value`](Self::value).
    pub fn sent(&self, wire: &str) -> Option<String> {
        let is_typed = self.options().is_empty();
        if is_typed { self.value(wire) } else { self.from_wire(wire).map(str::to_owned) }
    }

    /// A value as the form would send it: for values that came from a command instead of the form.
    pub fn to_wire(&self, typed: &str) -> Option<String> {
        let value = self.value(typed)?;
        if self.options().is_empty() { Some(value) } else { self.wire_value(self.position(&value)?) }
    }
}

/// Makes the field of a parameter, or says why there can be none; `Ok(None)` for a secret kept at its default.
pub(super) fn field(parameter: &Parameter) -> Result<Option<Field>, Problem> {
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
        let hint = field.hint.map(|hint| cut(&hint, MAX_LABEL - becomes.len() - 1) + " ");
        field.hint = Some(hint.unwrap_or_default() + &becomes);
    }
    field.initial = usable.and_then(|default| initial(&field, default));
    Ok(Some(field))
}

fn problem(parameter: &Parameter, what: &str, remedy: &str) -> Problem {
    Problem::new(parameter.line, format!("parameter `{}` {what}", parameter.key), remedy)
}

fn left_empty(parameter: &Parameter, input: &Input, default: &str) -> Option<String> {
    let fits = |id: &str| (1..=MAX_OPTION).contains(&id.chars().count());
    match input {
        Input::Select { .. } | Input::TypeAhead { .. } | Input::Number { .. } => None,
        Input::Existing { .. } if default.split(',').map(str::trim).all(fits) => None,
        Input::Text { .. } if takes_nothing(parameter) => Some(String::new()),
        Input::Existing { .. } | Input::Text { .. } => Some(default.to_owned()),
    }
}

/// What is said under a field that does not stay empty.
fn if_left_empty(default: &str) -> String {
    format!("Left empty, it becomes {}.", cut(default, MAX_BECOMES))
}

fn initial(field: &Field, default: &str) -> Option<String> {
    match field.input {
        Input::Select { .. } | Input::TypeAhead { .. } => field.position(default).map(|_| default.to_owned()),
        Input::Number { .. } => Some(field.canonical.text(default)),
        Input::Existing { .. } | Input::Text { .. } => {
            Some(default.to_owned()).filter(|text| !text.is_empty())
        }
    }
}

fn input(parameter: &Parameter) -> Result<Input, Problem> {
    let allowed = &parameter.allowed_values;
    // One select cannot give several values, so a list is typed and each of its elements checked.
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
    let multiline = default.contains('\n') || default.chars().count() > 150;
    Ok(Input::Text { multiline, min_length: min.filter(|min| *min > 0), max_length })
}

fn choice(parameter: &Parameter, value: &str) -> Choice {
    let label = match parameter.value_labels.get(value) {
        Some(label) => label,
        None if value.is_empty() => "(none)",
        None if value.trim().is_empty() => "(blank)",
        None => value,
    };
    Choice { value: value.to_owned(), label: cut(label, MAX_OPTION) }
}

/// The author's own words come first; ours only fill what they leave open, so that nothing is said twice.
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

/// What the template demands, in words, where the input does not show it anyway.
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
        // A field that must be filled need not say so.
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
