//! CloudFormation templates.

/// A template.
#[derive(Clone, Debug, Default)]
pub struct Template {}
