//! The values of interactive elements: empty, initial and filled in, and the checks that Slack's client makes
//! before it calls the app. Pure; views and messages are not known here.

use serde_json::{Map, Value, json};

/// The keys of an element that hold its value.
struct Slot {
    key: &'static str,
    initial: &'static str,
    many: bool,
}

fn slot(kind: &str) -> Option<Slot> {
    let (key, initial, many) = match kind {
        "plain_text_input" | "number_input" | "email_text_input" | "url_text_input" => {
            ("value", "initial_value", false)
        }
        "rich_text_input" => ("rich_text_value", "initial_value", false),
        "static_select" | "external_select" | "radio_buttons" => ("selected_option", "initial_option", false),
        "multi_static_select" | "multi_external_select" | "checkboxes" => {
            ("selected_options", "initial_options", true)
        }
        "users_select" => ("selected_user", "initial_user", false),
        "multi_users_select" => ("selected_users", "initial_users", true),
        "channels_select" => ("selected_channel", "initial_channel", false),
        "multi_channels_select" => ("selected_channels", "initial_channels", true),
        "conversations_select" => ("selected_conversation", "initial_conversation", false),
        "multi_conversations_select" => ("selected_conversations", "initial_conversations", true),
        "datepicker" => ("selected_date", "initial_date", false),
        "timepicker" => ("selected_time", "initial_time", false),
        "datetimepicker" => ("selected_date_time", "initial_date_time", false),
        _ => return None,
    };
    Some(Slot { key, initial, many })
}

fn kind_of(element: &Value) -> &str {
    element["type"].as_str().unwrap_or_default()
}

/// Returns the state of an element when its view opens; `None` if it has no value, such as a button.
pub(super) fn initial(element: &Value) -> Option<Value> {
    let kind = kind_of(element);
    let slot = slot(kind)?;
    let empty = if slot.many { json!([]) } else { Value::Null };
    let start = element.get(slot.initial).cloned().unwrap_or(empty);
    let mut state = Map::new();
    state.insert("type".to_owned(), json!(kind));
    state.insert(slot.key.to_owned(), start);
    Some(Value::Object(state))
}

/// Returns the state of an element after a user entered `input`: text, the value of an option, an id, a date,
/// or a list of these. `suggested` are the options that the app offered for the typed text.
pub(super) fn fill(element: &Value, input: &Value, suggested: &[Value]) -> Result<Value, String> {
    let kind = kind_of(element);
    let Some(slot) = slot(kind) else {
        return Err(format!("a {kind} holds no value"));
    };
    let filled = match slot.key {
        "value" => text_value(input),
        "selected_option" if input.is_null() => Value::Null,
        "selected_option" => option(element, input, suggested)?,
        "selected_options" => Value::Array(
            several(input).iter().map(|value| option(element, value, suggested)).collect::<Result<_, _>>()?,
        ),
        _ if slot.many => Value::Array(several(input)),
        _ => match input.as_str() {
            Some("") => Value::Null,
            _ => input.clone(),
        },
    };
    let mut state = Map::new();
    state.insert("type".to_owned(), json!(kind));
    state.insert(slot.key.to_owned(), filled);
    Ok(Value::Object(state))
}

fn text_value(input: &Value) -> Value {
    let text = match input {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    };
    if text.is_empty() { Value::Null } else { Value::String(text) }
}

fn several(input: &Value) -> Vec<Value> {
    match input.as_array() {
        Some(values) => values.clone(),
        None if input.is_null() => Vec::new(),
        None => vec![input.clone()],
    }
}

/// Finds the option with this value in `element` or in `suggested`.
pub(super) fn option(element: &Value, value: &Value, suggested: &[Value]) -> Result<Value, String> {
    let value = value.get("value").unwrap_or(value);
    // A type-ahead select keeps its initial options even if the app no longer offers them.
    let begun =
        element["initial_options"].as_array().into_iter().flatten().chain(element.get("initial_option"));
    options(element)
        .into_iter()
        .chain(suggested)
        .chain(begun)
        .find(|option| option["value"] == *value)
        .cloned()
        .ok_or_else(|| format!("there is no option {value}"))
}

/// Returns every option of a select, in groups or not.
pub(super) fn options(element: &Value) -> Vec<&Value> {
    let plain = element["options"].as_array().into_iter().flatten();
    let grouped = element["option_groups"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|group| group["options"].as_array().into_iter().flatten());
    plain.chain(grouped).collect()
}

/// Returns the error that Slack's client shows under the field before it submits the form, if any.
pub(super) fn complaint(block: &Value, state: &Value) -> Option<String> {
    let element = &block["element"];
    let current = slot(kind_of(element)).map_or(&Value::Null, |slot| &state[slot.key]);
    let empty = current.is_null() || current.as_array().is_some_and(Vec::is_empty);
    if empty {
        let optional = block["optional"].as_bool().unwrap_or(false);
        return (!optional).then(|| "Please complete this required field.".to_owned());
    }
    let text = current.as_str()?;
    match kind_of(element) {
        "plain_text_input" => length_complaint(element, text),
        "number_input" => number_complaint(element, text),
        "email_text_input" => {
            let looks_right =
                text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
            (!looks_right).then(|| "Please enter a valid email address.".to_owned())
        }
        "url_text_input" => url::Url::parse(text).is_err().then(|| "Please enter a valid URL.".to_owned()),
        _ => None,
    }
}

fn length_complaint(element: &Value, text: &str) -> Option<String> {
    let length = text.chars().count() as u64;
    let least = element["min_length"].as_u64().unwrap_or(0);
    // Slack's limit applies if the element sets none.
    let most = element["max_length"].as_u64().unwrap_or(3000);
    if length < least {
        return Some(format!("Please enter at least {least} characters."));
    }
    (length > most).then(|| format!("Please enter at most {most} characters."))
}

fn number_complaint(element: &Value, text: &str) -> Option<String> {
    let Ok(number) = text.parse::<f64>() else {
        return Some("Please enter a number.".to_owned());
    };
    if element["is_decimal_allowed"] == json!(false) && text.contains('.') {
        return Some("Please enter a whole number.".to_owned());
    }
    let bound = |key: &str| element[key].as_str().and_then(|text| text.parse::<f64>().ok());
    if let Some(least) = bound("min_value").filter(|least| number < *least) {
        return Some(format!("Please enter a number of at least {least}."));
    }
    bound("max_value")
        .filter(|most| number > *most)
        .map(|most| format!("Please enter a number of at most {most}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untouched_optional_text_is_null_and_an_untouched_list_is_empty() {
        let text = json!({"type": "plain_text_input", "action_id": "a"});
        let list = json!({"type": "checkboxes", "action_id": "a", "options": []});
        assert_eq!(initial(&text).unwrap()["value"], Value::Null);
        assert_eq!(initial(&list).unwrap()["selected_options"], json!([]));
        assert!(initial(&json!({"type": "button"})).is_none());
    }

    #[test]
    fn a_select_takes_only_an_option_it_has() {
        let select = json!({"type": "static_select", "options": [
            {"text": {"type": "plain_text", "text": "Dev"}, "value": "dev"}]});
        let state = fill(&select, &json!("dev"), &[]).unwrap();
        assert_eq!(state["selected_option"]["text"]["text"], "Dev");
        assert!(fill(&select, &json!("prod"), &[]).is_err());
    }

    #[test]
    fn the_client_complains_about_bounds_before_the_app_hears_of_them() {
        let block = json!({"type": "input", "element": {"type": "number_input",
            "is_decimal_allowed": false, "min_value": "20", "max_value": "100"}});
        let said = |text: &str| complaint(&block, &json!({"type": "number_input", "value": text}));
        assert_eq!(said("20"), None);
        insta::assert_snapshot!(said("7").unwrap(), @"Please enter a number of at least 20.");
        insta::assert_snapshot!(said("2.5").unwrap(), @"Please enter a whole number.");
        insta::assert_snapshot!(said("abc").unwrap(), @"Please enter a number.");
    }
}
