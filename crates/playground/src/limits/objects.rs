//! Limits of the objects in blocks: texts, options, groups of options and confirmation dialogs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Checker;
use crate::normalize;

/// The most characters of an option's text, and of its description.
const OPTION_TEXT: usize = 75;
/// The most characters of an option's value.
const OPTION_VALUE: usize = 150;
const GROUP_LABEL: usize = 75;
const URL: usize = 3_000;

/// The texts that an option may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OptionKind {
    /// Plain text.
    Select,
    /// Plain text and a URL.
    Overflow,
    /// Plain text or mrkdwn.
    Choice,
}

impl Checker {
    pub(super) fn plain_text(&mut self, text: &Value, path: &str, most: usize) {
        if text["type"] == "plain_text" {
            self.any_text(text, path, most);
        } else {
            self.fail(&format!("{path}/type"), "must be plain_text");
        }
    }

    pub(super) fn any_text(&mut self, text: &Value, path: &str, most: usize) {
        match text["type"].as_str() {
            Some("plain_text") => {
                self.fields(text, path, &["text", "emoji"]);
                self.boolean(text, "emoji", path);
            }
            Some("mrkdwn") => {
                self.fields(text, path, &["text", "verbatim"]);
                self.boolean(text, "verbatim", path);
            }
            _ => {
                self.fail(path, "must be a plain_text or mrkdwn object");
                return;
            }
        }
        if self.required(text, "text", path) {
            self.string(text, "text", path, 1, most);
        }
    }

    pub(super) fn optional_plain_text(&mut self, value: &Value, key: &str, path: &str, most: usize) {
        if let Some(text) = value.get(key) {
            self.plain_text(text, &format!("{path}/{key}"), most);
        }
    }

    pub(super) fn confirm(&mut self, element: &Value, path: &str) {
        let Some(confirm) = element.get("confirm") else {
            return;
        };
        let path = format!("{path}/confirm");
        self.fields(confirm, &path, &["title", "text", "confirm", "deny", "style"]);
        for (key, most) in [("title", 100), ("confirm", 30), ("deny", 30)] {
            if self.required(confirm, key, &path) {
                self.plain_text(&confirm[key], &format!("{path}/{key}"), most);
            }
        }
        if self.required(confirm, "text", &path) {
            self.any_text(&confirm["text"], &format!("{path}/text"), 300);
        }
        self.style(confirm, &path);
    }

    pub(super) fn style(&mut self, value: &Value, path: &str) {
        let Some(style) = value.get("style") else {
            return;
        };
        if style != "primary" && style != "danger" {
            self.fail(&format!("{path}/style"), "must be primary or danger");
        }
    }

    /// Checks that there is either `options` or `option_groups`.
    pub(super) fn option_lists(&mut self, value: &Value, path: &str, most: usize) {
        match (value.get("options"), value.get("option_groups")) {
            (Some(_), None) => {
                self.options(value, path, most, OptionKind::Select);
            }
            (None, Some(_)) => {
                let groups = self.list(value, "option_groups", path, 1, most);
                for (index, group) in groups.iter().enumerate() {
                    let path = format!("{path}/option_groups/{index}");
                    self.fields(group, &path, &["label", "options"]);
                    if self.required(group, "label", &path) {
                        self.plain_text(&group["label"], &format!("{path}/label"), GROUP_LABEL);
                    }
                    self.options(group, &path, most, OptionKind::Select);
                }
            }
            _ => self.fail(path, "needs either options or option_groups"),
        }
    }

    pub(super) fn options(&mut self, value: &Value, path: &str, most: usize, kind: OptionKind) {
        let mut values = BTreeSet::new();
        let options = self.list(value, "options", path, 1, most);
        for (index, option) in options.iter().enumerate() {
            let path = format!("{path}/options/{index}");
            self.option(option, &path, kind);
            if let Some(value) = option["value"].as_str()
                && !values.insert(value)
            {
                self.fail(&format!("{path}/value"), "duplicate option value");
            }
        }
    }

    fn option(&mut self, option: &Value, path: &str, kind: OptionKind) {
        let allowed: &[&str] = match kind {
            OptionKind::Overflow => &["text", "value", "description", "url"],
            OptionKind::Select | OptionKind::Choice => &["text", "value", "description"],
        };
        self.fields(option, path, allowed);
        for key in ["text", "description"] {
            let Some(text) = option.get(key) else {
                continue;
            };
            let path = format!("{path}/{key}");
            if kind == OptionKind::Choice {
                self.any_text(text, &path, OPTION_TEXT);
            } else {
                self.plain_text(text, &path, OPTION_TEXT);
            }
        }
        self.required(option, "text", path);
        if self.required(option, "value", path) {
            self.string(option, "value", path, 1, OPTION_VALUE);
        }
        self.string(option, "url", path, 1, URL);
    }

    /// Checks that every initial option exactly matches one of the options.
    pub(super) fn initial_options(&mut self, element: &Value, path: &str) {
        let offered = normalize::texts(element);
        let offered = crate::inputs::options(&offered);
        let one = element.get("initial_option").into_iter();
        let several = element["initial_options"].as_array();
        if several.is_some_and(Vec::is_empty) {
            self.fail(&format!("{path}/initial_options"), "no fewer than 1 items required");
        }
        for initial in one.chain(several.into_iter().flatten()) {
            if !offered.contains(&&normalize::texts(initial)) {
                self.fail(path, "an initial option does not match any option");
            }
        }
    }
}
