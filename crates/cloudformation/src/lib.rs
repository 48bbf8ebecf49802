//! CloudFormation templates without an account: parses a template, says what CloudFormation would refuse and what is
//! probably a mistake, checks values of its parameters, and computes which resources and outputs come of them.
//!
//! Nothing here does I/O, and nothing knows what a template is for.
//!
//! Reading order: [`document`] for text to trees with line numbers; `template` for the whole of a template, and
//! `sections`, `interface` and `parameter` for its parts; `pattern`, [`shapes`] and [`value`] for what a parameter
//! accepts; `scalars` and `logical_ids` for what is written; `limits`, `references` and `rules` for what is refused;
//! `loops` for `Fn::ForEach`; [`evaluate`] for what a template comes to; [`text`] for how messages write numbers.

pub mod document;
pub mod evaluate;
mod interface;
mod limits;
mod logical_ids;
mod loops;
mod parameter;
mod pattern;
mod references;
mod rules;
mod scalars;
mod sections;
pub mod shapes;
mod template;
pub mod text;
pub mod value;

pub use interface::ParameterGroup;
pub use logical_ids::is_or_becomes;
pub use parameter::{Parameter, ParameterKind};
pub use pattern::Pattern;
pub use rules::FailedRule;
pub use sections::{Assertion, Resource, Rule, TemplateOutput};
pub use template::Template;
