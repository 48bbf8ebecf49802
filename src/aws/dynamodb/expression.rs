//! An expression of DynamoDB: a condition or a change, with its values.

use aws_sdk_dynamodb::types::AttributeValue;

/// A DynamoDB expression with its values.
#[derive(Clone, Debug, Default)]
pub(super) struct Expression {
    pub(super) text: String,
    pub(super) values: Vec<(String, AttributeValue)>,
    /// Placeholders for attribute names that are reserved words in DynamoDB.
    pub(super) names: Vec<(&'static str, &'static str)>,
}

impl Expression {
    pub(super) fn new(text: impl Into<String>, values: Vec<(&'static str, AttributeValue)>) -> Self {
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { text: text.into(), values, names: Vec::new() }
    }

    /// Adds a placeholder `name` for `attribute`.
    pub(super) fn named(mut self, name: &'static str, attribute: &'static str) -> Self {
        self.names.push((name, attribute));
        self
    }

    /// Adds the value of a placeholder such as `:now`.
    pub(super) fn with(mut self, name: impl Into<String>, value: AttributeValue) -> Self {
        self.values.push((name.into(), value));
        self
    }
}
