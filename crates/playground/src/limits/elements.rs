//! Limits of interactive elements, and where each is allowed.

use serde_json::Value;

use super::objects::OptionKind;
use super::{Checker, ID, OPTIONS, Surface};

const BUTTON_TEXT: usize = 75;
const BUTTON_VALUE: usize = 2_000;
const PLACEHOLDER: usize = 150;
const INPUT_TEXT: usize = 3_000;
const CHOICES: usize = 10;
const OVERFLOW: usize = 5;
const URL: usize = 3_000;
const ALT_TEXT: usize = 2_000;

/// The part of a block that contains an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Accessory,
    Actions,
    Input,
}

/// The elements, with the fields that each has besides `type` and `action_id`.
const OWN_FIELDS: [(&str, &str); 24] = [
    ("button", "text url value style confirm accessibility_label"),
    ("workflow_button", "text workflow style accessibility_label"),
    ("static_select", "options option_groups initial_option"),
    ("multi_static_select", "options option_groups initial_options"),
    ("external_select", "initial_option min_query_length"),
    ("multi_external_select", "initial_options min_query_length"),
    ("users_select", "initial_user"),
    ("multi_users_select", "initial_users"),
    ("channels_select", "initial_channel response_url_enabled"),
    ("multi_channels_select", "initial_channels"),
    (
        "conversations_select",
        "initial_conversation default_to_current_conversation response_url_enabled filter",
    ),
    ("multi_conversations_select", "initial_conversations default_to_current_conversation filter"),
    ("overflow", "options confirm"),
    ("radio_buttons", "options initial_option confirm focus_on_load"),
    ("checkboxes", "options initial_options confirm focus_on_load"),
    ("datepicker", "placeholder initial_date confirm focus_on_load"),
    ("timepicker", "placeholder initial_time timezone confirm focus_on_load"),
    ("datetimepicker", "initial_date_time confirm focus_on_load"),
    ("plain_text_input", "multiline min_length max_length"),
    ("number_input", "is_decimal_allowed min_value max_value"),
    ("email_text_input", ""),
    ("url_text_input", ""),
    ("rich_text_input", "min_lines max_lines"),
    ("file_input", "filetypes max_files"),
];
const SELECT_FIELDS: &str = "placeholder confirm focus_on_load";
const TEXT_FIELDS: &str = "placeholder initial_value dispatch_action_config focus_on_load";

/// Returns the fields that an element may have; `None` for an unknown type.
fn fields_of(kind: &str) -> Option<Vec<&'static str>> {
    let (_, own) = OWN_FIELDS.iter().find(|(listed, _)| *listed == kind)?;
    let shared = if kind.ends_with("_select") {
        SELECT_FIELDS
    } else if kind.ends_with("_input") && kind != "file_input" {
        TEXT_FIELDS
    } else {
        ""
    };
    let mut fields = vec!["action_id"];
    fields.extend(own.split(' ').chain(shared.split(' ')));
    if kind.starts_with("multi_") {
        fields.push("max_selected_items");
    }
    Some(fields)
}

fn belongs(kind: &str, host: Host) -> bool {
    match host {
        Host::Accessory => !kind.ends_with("_input") && kind != "datetimepicker",
        Host::Actions => !kind.ends_with("_input") || kind == "rich_text_input",
        Host::Input => !matches!(kind, "button" | "workflow_button" | "overflow"),
    }
}

impl Checker {
    pub(super) fn element(&mut self, element: &Value, path: &str, host: Host) {
        let kind = element["type"].as_str().unwrap_or_default();
        if kind == "image" && host == Host::Accessory {
            self.image_element(element, path);
            return;
        }
        let Some(allowed) = fields_of(kind).filter(|_| belongs(kind, host)) else {
            self.fail(&format!("{path}/type"), format!("unsupported type here: {kind:?}"));
            return;
        };
        self.fields(element, path, &allowed);
        self.surface_of(kind, path);
        self.string(element, "action_id", path, 1, ID);
        self.optional_plain_text(element, "placeholder", path, PLACEHOLDER);
        self.confirm(element, path);
        self.boolean(element, "focus_on_load", path);
        if element["focus_on_load"] == true {
            self.focused += 1;
        }
        self.whole_number(element, "max_selected_items", path, 1, 100);
        self.whole_number(element, "min_query_length", path, 0, 150);
        self.own_rules(element, kind, path);
    }

    fn surface_of(&mut self, kind: &str, path: &str) {
        let modal_only =
            matches!(kind, "number_input" | "email_text_input" | "url_text_input" | "file_input");
        if modal_only && self.surface != Surface::Modal {
            self.fail(&format!("{path}/type"), format!("{kind} is allowed in modals only"));
        }
        if kind == "datetimepicker" && self.surface == Surface::Home {
            self.fail(&format!("{path}/type"), "datetimepicker is not allowed in a home tab");
        }
    }

    fn own_rules(&mut self, element: &Value, kind: &str, path: &str) {
        match kind {
            "button" => self.button(element, path),
            "static_select" | "multi_static_select" => {
                self.option_lists(element, path, OPTIONS);
                self.initial_options(element, path);
            }
            "radio_buttons" | "checkboxes" => {
                self.options(element, path, CHOICES, OptionKind::Choice);
                self.initial_options(element, path);
            }
            "overflow" => self.options(element, path, OVERFLOW, OptionKind::Overflow),
            "plain_text_input" => self.plain_text_input(element, path),
            "number_input" => self.number_input(element, path),
            "datepicker" => self.pattern(element, "initial_date", path, "YYYY-MM-DD"),
            "timepicker" => self.pattern(element, "initial_time", path, "HH:mm"),
            "datetimepicker" => {
                let least = 1_000_000_000;
                self.whole_number(element, "initial_date_time", path, least, 9_999_999_999);
            }
            _ => {}
        }
    }

    fn button(&mut self, button: &Value, path: &str) {
        if self.required(button, "text", path) {
            self.plain_text(&button["text"], &format!("{path}/text"), BUTTON_TEXT);
        }
        self.string(button, "value", path, 1, BUTTON_VALUE);
        self.string(button, "url", path, 1, URL);
        self.string(button, "accessibility_label", path, 1, BUTTON_TEXT);
        self.style(button, path);
    }

    fn plain_text_input(&mut self, input: &Value, path: &str) {
        self.boolean(input, "multiline", path);
        self.whole_number(input, "min_length", path, 0, 3_000);
        self.whole_number(input, "max_length", path, 1, 3_000);
        self.string(input, "initial_value", path, 0, INPUT_TEXT);
        let least = input["min_length"].as_u64().unwrap_or(0);
        if input["max_length"].as_u64().is_some_and(|most| most < least) {
            self.fail(path, "max_length must not be less than min_length");
        }
    }

    fn number_input(&mut self, input: &Value, path: &str) {
        if self.required(input, "is_decimal_allowed", path) {
            self.boolean(input, "is_decimal_allowed", path);
        }
        for key in ["initial_value", "min_value", "max_value"] {
            let Some(bound) = input.get(key) else {
                continue;
            };
            let number = bound.as_str().and_then(|text| text.parse::<f64>().ok());
            if number.is_none() {
                self.fail(&format!("{path}/{key}"), "must be a string that is a number");
            }
        }
    }

    fn whole_number(&mut self, value: &Value, key: &str, path: &str, least: u64, most: u64) {
        let Some(number) = value.get(key) else { return };
        let fits = number.as_u64().is_some_and(|number| (least..=most).contains(&number));
        if !fits {
            let problem = format!("must be a whole number from {least} to {most}");
            self.fail(&format!("{path}/{key}"), problem);
        }
    }

    /// Checks a date or time: digits where the pattern has letters.
    fn pattern(&mut self, value: &Value, key: &str, path: &str, pattern: &str) {
        let Some(field) = value.get(key) else { return };
        let text = field.as_str().unwrap_or_default();
        let fits = text.len() == pattern.len()
            && text.chars().zip(pattern.chars()).all(|(character, wanted)| {
                if wanted.is_ascii_alphabetic() { character.is_ascii_digit() } else { character == wanted }
            });
        if !fits {
            self.fail(&format!("{path}/{key}"), format!("must look like {pattern}"));
        }
    }

    pub(super) fn image_element(&mut self, image: &Value, path: &str) {
        self.fields(image, path, &["image_url", "slack_file", "alt_text"]);
        self.image_parts(image, path);
    }

    pub(super) fn image_parts(&mut self, image: &Value, path: &str) {
        if self.required(image, "alt_text", path) {
            self.string(image, "alt_text", path, 0, ALT_TEXT);
        }
        if image.get("slack_file").is_none() && self.required(image, "image_url", path) {
            self.string(image, "image_url", path, 1, URL);
        }
    }
}
