//! Evaluates the `Conditions` section: named and nested conditions are true, false, or known only to AWS.

use super::{EvaluationError, Evaluator};
use crate::document::{Node, Value};

impl Evaluator<'_> {
    /// Evaluates a named condition, once.
    pub(super) fn condition(&self, name: &str, depth: usize) -> Result<bool, EvaluationError> {
        match self.conditions.borrow().get(name) {
            Some(Some(result)) => return result.clone(),
            Some(None) => {
                return Err(EvaluationError::new(format!("the condition `{name}` refers to itself")));
            }
            None => {}
        }
        let Some((_, node)) = self.template.conditions.iter().find(|(own, _)| own == name) else {
            return Err(EvaluationError::new(format!("there is no condition `{name}`")));
        };
        // Marks the condition as being evaluated, so that a cycle is detected above.
        self.conditions.borrow_mut().insert(name.to_owned(), None);
        // Conditions nest, so the state of the outer one is restored afterwards.
        let (within, seen) = (self.in_conditions.replace(true), self.saw_secret.replace(false));
        let result = self.holds(node, depth + 1);
        self.in_conditions.set(within);
        // The error may quote the value that was read.
        let by_secret = self.saw_secret.get();
        let result =
            result.map_err(|why| if by_secret { EvaluationError::new("a secret decides it") } else { why });
        self.saw_secret.set(seen || by_secret);
        self.conditions.borrow_mut().insert(name.to_owned(), Some(result.clone()));
        result
    }

    fn holds(&self, node: &Node, depth: usize) -> Result<bool, EvaluationError> {
        self.step(depth)?;
        let entry = match &node.value {
            Value::Map(entries) if entries.len() == 1 => &entries[0],
            Value::Scalar { .. } | Value::List(_) | Value::Map(_) => {
                return Err(EvaluationError::new("a condition should be there"));
            }
        };
        let parts = entry.value.as_list().unwrap_or_default();
        match (entry.key.as_str(), parts) {
            ("Condition", _) => self.condition(entry.value.as_text().unwrap_or_default(), depth + 1),
            ("Fn::Equals", [left, right]) => {
                Ok(self.evaluate(left, depth + 1)? == self.evaluate(right, depth + 1)?)
            }
            ("Fn::Not", [inner]) => Ok(!self.holds(inner, depth + 1)?),
            ("Fn::And", [_, ..]) => self.all(parts, depth, true),
            ("Fn::Or", [_, ..]) => self.all(parts, depth, false).map(|none| !none),
            (name, _) => Err(EvaluationError::new(format!("`{name}` cannot be evaluated here"))),
        }
    }

    /// Whether all parts evaluate to `wanted`; unknown if none differs and one is unknown.
    fn all(&self, parts: &[Node], depth: usize, wanted: bool) -> Result<bool, EvaluationError> {
        let mut untold = None;
        for part in parts {
            match self.holds(part, depth + 1) {
                // One part can decide it, even if another is known only to AWS.
                Ok(holds) if holds != wanted => return Ok(false),
                Ok(_) => {}
                Err(why) => untold = untold.or(Some(why)),
            }
        }
        untold.map_or(Ok(true), Err)
    }
}
