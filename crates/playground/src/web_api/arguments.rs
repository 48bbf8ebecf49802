//! The arguments of a Web API call, from a query, a form or JSON.

use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use crate::answer::ApiError;

/// Arguments that are JSON even in a form.
const STRUCTURED: [&str; 4] = ["blocks", "view", "attachments", "metadata"];

/// Whether a method only reads. Slack accepts no JSON body for these.
pub(super) fn is_read_method(method: &str) -> bool {
    matches!(
        method,
        "api.test"
            | "auth.test"
            | "chat.getPermalink"
            | "conversations.info"
            | "conversations.members"
            | "users.info"
            | "users.lookupByEmail"
            | "users.list"
            | "users.profile.get"
            | "usergroups.list"
            | "usergroups.users.list"
    )
}

#[derive(Debug)]
pub(super) struct Arguments {
    fields: Map<String, Value>,
}

impl Arguments {
    pub(super) fn read(
        method: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, ApiError> {
        let mut fields = Map::new();
        read_form(method, query.unwrap_or_default().as_bytes(), &mut fields)?;
        let content_type =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if content_type.starts_with("application/json") {
            let ignored = is_read_method(method) || body.is_empty();
            if !ignored {
                let Ok(Value::Object(sent)) = serde_json::from_slice(body) else {
                    // No method's documentation has an error code for this.
                    let problem = "[ERROR] the body has to be a JSON object".to_owned();
                    return Err(ApiError::because("invalid_arguments", vec![problem]));
                };
                fields.extend(sent);
            }
        } else if !body.is_empty() {
            read_form(method, body, &mut fields)?;
        }
        fields.retain(|_, value| !value.is_null());
        Ok(Self { fields })
    }

    /// Returns all arguments except the token.
    pub(super) fn to_json(&self) -> Value {
        let mut fields = self.fields.clone();
        fields.remove("token");
        Value::Object(fields)
    }

    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        self.fields.get(key)
    }

    /// Returns a text argument; an empty one counts as absent.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        let text = self.fields.get(key)?.as_str()?;
        (!text.is_empty()).then_some(text)
    }

    /// Whether an argument is present and not empty.
    pub(super) fn has(&self, key: &str) -> bool {
        self.fields.get(key).is_some_and(|value| value.as_str() != Some(""))
    }

    pub(super) fn required(&self, key: &str) -> Result<&str, ApiError> {
        self.text(key).ok_or_else(|| ApiError::missing(key))
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        match self.fields.get(key) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text == "true" || text == "1",
            _ => false,
        }
    }

    /// Returns one page of `all`, and the cursor of the next one (empty at the end).
    pub(super) fn page<T>(&self, all: Vec<T>) -> Result<(Vec<T>, String), ApiError> {
        let number = |key: &str| -> Option<usize> {
            let value = self.fields.get(key)?;
            let text = value.as_str().map(str::to_owned);
            text.unwrap_or_else(|| value.to_string()).parse().ok()
        };
        let limit = number("limit").filter(|limit| *limit > 0).unwrap_or(1000);
        let start = match self.text("cursor") {
            None => 0,
            Some(cursor) => cursor
                .strip_prefix("from:")
                .and_then(|start| start.parse::<usize>().ok())
                .ok_or("invalid_cursor")?,
        };
        let more = all.len() > start.saturating_add(limit);
        let cursor = if more { format!("from:{}", start + limit) } else { String::new() };
        Ok((all.into_iter().skip(start).take(limit).collect(), cursor))
    }
}

fn read_form(method: &str, form: &[u8], fields: &mut Map<String, Value>) -> Result<(), ApiError> {
    for (key, text) in form_urlencoded::parse(form) {
        let value = if STRUCTURED.contains(&key.as_ref()) {
            serde_json::from_str(&text).map_err(|_| {
                let takes_blocks = key == "blocks" && method.starts_with("chat.");
                let code = if takes_blocks { "invalid_blocks_format" } else { "invalid_arguments" };
                ApiError::from(code)
            })?
        } else {
            Value::String(text.into_owned())
        };
        fields.insert(key.into_owned(), value);
    }
    Ok(())
}
