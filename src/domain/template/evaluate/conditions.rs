//! The `Conditions` section: named and nested conditions come to true or false.

use super::{EvaluationError, Evaluator};
use crate::document::{Node, Value};

impl Evaluator<'_> {
    /// A named condition; each is evaluated once.
    pub(super) fn condition(&self, name: &str, depth: usize) -> Result<bool, EvaluationError> {
        match self.conditions.borrow().get(name) {
            Some(Some(known)) => return known.clone(),
            Some(None) => {
                return Err(EvaluationError::new(format!("the condition `{name}` refers to itself")));
            }
            None => {}
        }
        let Some((_, node)) = self.template.conditions.iter().find(|(own, _)| own == name) else {
            return Err(EvaluationError::new(format!("there is no condition `{name}`")));
        };
        self.conditions.borrow_mut().insert(name.to_owned(), None);
        let result = self.holds(node, depth + 1);
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
            ("Fn::And", [_, ..]) => self.fold(parts, depth, |all, one| all && one, true),
            ("Fn::Or", [_, ..]) => self.fold(parts, depth, |any, one| any || one, false),
            (name, _) => Err(EvaluationError::new(format!("`{name}` cannot be evaluated here"))),
        }
    }

    fn fold(
        &self,
        parts: &[Node],
        depth: usize,
        join: fn(bool, bool) -> bool,
        start: bool,
    ) -> Result<bool, EvaluationError> {
        parts.iter().try_fold(start, |so_far, part| Ok(join(so_far, self.holds(part, depth + 1)?)))
    }
}
