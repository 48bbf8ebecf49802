//! The tree that every parser makes: values with the line that each starts on.

/// One value of a parsed document, with the line it starts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The line the value starts on, counted from 1; 0 if unknown.
    pub line: usize,
    /// The value itself.
    pub value: Value,
}

/// The value of a [`Node`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A scalar, kept as written: `true`, `0755` and `2010-09-09` are not interpreted.
    Scalar {
        /// The text, without quotes and with escapes resolved.
        text: String,
        /// Whether it was written without quotes, so that `5` may be meant as a number.
        plain: bool,
    },
    /// A list, in document order.
    List(Vec<Node>),
    /// A map, in document order; its keys are unique.
    Map(Vec<Entry>),
}

/// One key of a map, with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key, without quotes.
    pub key: String,
    /// The line of the key, counted from 1; 0 if unknown.
    pub line: usize,
    /// The value of the key.
    pub value: Node,
}

impl Node {
    /// Returns a quoted scalar, for values that the program generates.
    pub fn text(line: usize, text: impl Into<String>) -> Self {
        Self { line, value: Value::Scalar { text: text.into(), plain: false } }
    }

    /// Returns the text of a scalar; `None` for lists and maps.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Returns the elements of a list; `None` for anything else.
    pub fn as_list(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(nodes) => Some(nodes),
            Value::Scalar { .. } | Value::Map(_) => None,
        }
    }

    /// Returns the entries of a map; `None` for anything else.
    pub fn as_map(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            Value::Scalar { .. } | Value::List(_) => None,
        }
    }

    /// Returns the value of `key`, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// Whether it is null: nothing was written (`key:`), or an unquoted `null` or `~`.
    pub fn is_null(&self) -> bool {
        match &self.value {
            Value::Scalar { text, plain } => {
                *plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            Value::List(_) | Value::Map(_) => false,
        }
    }

    /// Describes the value for a message: `` `5` ``, `a list`, `a map`, `nothing`.
    pub fn describe(&self) -> String {
        match &self.value {
            _ if self.is_null() => "nothing".to_owned(),
            Value::Scalar { text, .. } => {
                let mut excerpt: String = text.chars().take(40).collect();
                // Compares bytes: the text was cut if any are missing.
                if excerpt.len() < text.len() {
                    excerpt.push('…');
                }
                format!("`{excerpt}`")
            }
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }
}
