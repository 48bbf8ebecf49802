//! Evaluates a template for given parameters: which resources are created, in which order, and the outputs.
//!
//! The caller invents physical ids; nothing here is random or does I/O.

mod attributes;
mod conditions;
mod functions;
mod names;
mod order;
mod protection;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod unknown;

use crate::document::{Node, Problems, Value};
use crate::parameter::ParameterKind;
use crate::scalars::scalar_text;
use crate::sections::Resource;
use crate::template::Template;
pub use names::ref_is_name;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// Deepest nesting of expressions, including references between resources.
const MAX_DEPTH: usize = 150;

/// Most expressions evaluated per template, so that references to references cannot multiply without limit.
const MAX_STEPS: u32 = 200_000;

/// Longest text that an expression may evaluate to, in bytes; CloudFormation allows far less.
const MAX_TEXT: usize = 64 * 1024;

/// The inputs of an evaluation.
pub struct Inputs<'a> {
    /// Parameter values by key; defaults apply where one is missing.
    pub parameters: &'a [(String, String)],
    /// Values of SSM parameters by path; missing ones are unknown.
    pub ssm: &'a BTreeMap<String, String>,
    /// The value of `AWS::Region`.
    pub region: &'a str,
    /// The value of `AWS::AccountId`.
    pub account_id: &'a str,
    /// The value of `AWS::StackName`.
    pub stack_name: &'a str,
    /// The value of `AWS::StackId`.
    pub stack_id: &'a str,
    /// Invents what `Ref` (attribute `None`) or `GetAtt` returns. Has to be deterministic, and must return `None` if
    /// the invented value could be mistaken for one of AWS.
    pub physical: &'a dyn Fn(&LiveResource, Option<&str>) -> Option<String>,
}

impl std::fmt::Debug for Inputs<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be secret.
        let keys: Vec<&String> = self.parameters.iter().map(|(key, _)| key).collect();
        f.debug_struct("Inputs")
            .field("parameters", &keys)
            .field("stack_name", &self.stack_name)
            .finish_non_exhaustive()
    }
}

/// A resource that is created with these inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveResource {
    /// The logical id.
    pub logical_id: String,
    /// The type, such as `AWS::S3::Bucket`.
    pub resource_type: String,
    /// The name that its properties give it, such as `BucketName`.
    pub name: Option<String>,
}

/// An output with these inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluatedOutput {
    /// The key.
    pub name: String,
    /// The description; empty if there is none.
    pub description: String,
    /// The value, or why it is unknown here.
    pub value: Result<String, EvaluationError>,
}

/// Why an expression cannot be evaluated here, in a few words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EvaluationError(String);

impl EvaluationError {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// The result of evaluating a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The resources that are created, dependencies first, otherwise in file order.
    pub resources: Vec<LiveResource>,
    /// How many more may be created, depending on conditions that only AWS can evaluate.
    pub perhaps: usize,
    /// Logical ids of resources that AWS refuses to delete until somebody disables their deletion protection.
    pub protected: Vec<String>,
    /// The outputs, in file order.
    pub outputs: Vec<EvaluatedOutput>,
}

impl Template {
    /// Evaluates conditions, names and outputs. If only AWS can evaluate a condition, the resources that depend on it
    /// are left out, and such outputs are unknown.
    pub fn evaluate(&self, inputs: &Inputs<'_>) -> Evaluation {
        // An empty region stands for one that is not known.
        let template =
            self.with_values_in(Some(inputs.region).filter(|region| !region.is_empty()), inputs.parameters);
        let evaluator = Evaluator {
            template: &template,
            inputs,
            parameters: inputs.parameters.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect(),
            conditions: RefCell::default(),
            in_conditions: Cell::new(false),
            saw_secret: Cell::new(false),
            names: RefCell::default(),
            untold_names: RefCell::default(),
            steps: Cell::new(0),
        };
        let made: Vec<_> = template
            .resources
            .iter()
            .map(|resource| (resource, evaluator.exists(resource.condition.as_deref(), 0)))
            .collect();
        // An error means that only AWS can evaluate the condition.
        let perhaps = made.iter().filter(|(_, is_made)| is_made.is_err()).count();
        let live: Vec<_> = made
            .into_iter()
            .filter(|(_, is_made)| *is_made == Ok(true))
            .map(|(resource, _)| resource)
            .collect();
        let live = order::dependencies_first(&live);
        let is_protected = |resource: &&&Resource| evaluator.is_protected(resource);
        let protected =
            live.iter().filter(is_protected).map(|resource| resource.logical_id.clone()).collect();
        let resources = live.into_iter().map(|resource| evaluator.live(resource, 0)).collect();
        let outputs = template.outputs.iter().filter_map(|output| {
            let value = match evaluator.exists(output.condition.as_deref(), 0) {
                Ok(true) => evaluator.output(&output.value),
                Ok(false) => return None,
                Err(why) => Err(why),
            };
            let (name, description) = (output.name.clone(), output.description.clone());
            Some(EvaluatedOutput { name, description, value })
        });
        Evaluation { resources, perhaps, protected, outputs: outputs.collect() }
    }

    /// Returns how many resources are created with these parameters, including those that only AWS can decide about.
    pub fn resources_made(&self, parameters: &[(String, String)]) -> usize {
        let inputs = Inputs {
            parameters,
            ssm: &BTreeMap::new(),
            region: "",
            account_id: "",
            stack_name: "",
            stack_id: "",
            // Only conditions matter here, and those cannot depend on resources.
            physical: &|_, _| None,
        };
        let evaluation = self.evaluate(&inputs);
        evaluation.resources.len() + evaluation.perhaps
    }
}

/// The value of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Evaluated {
    Text(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
    /// `AWS::NoValue`, which is removed from whatever contains it.
    Nothing,
}

struct Evaluator<'a> {
    template: &'a Template,
    inputs: &'a Inputs<'a>,
    parameters: BTreeMap<&'a str, &'a str>,
    /// Conditions by name; `None` while one is being evaluated.
    conditions: RefCell<BTreeMap<String, Option<Result<bool, EvaluationError>>>>,
    /// Whether a condition is being evaluated. It may read secrets, because only its verdict is revealed.
    in_conditions: Cell<bool>,
    /// Whether the condition that is being evaluated has read a secret.
    saw_secret: Cell<bool>,
    /// Names of resources by logical id, once known.
    names: RefCell<BTreeMap<String, Option<String>>>,
    /// Logical ids of resources whose name is given by the template but unknown here, with the reason.
    untold_names: RefCell<BTreeMap<String, EvaluationError>>,
    steps: Cell<u32>,
}

impl Evaluator<'_> {
    fn step(&self, depth: usize) -> Result<(), EvaluationError> {
        self.steps.set(self.steps.get().saturating_add(1));
        // The depth keeps the stack small; the steps end what refers to the same things over and over.
        if depth > MAX_DEPTH || self.steps.get() > MAX_STEPS {
            return Err(EvaluationError::new("its expressions refer to each other without end"));
        }
        Ok(())
    }

    fn evaluate(&self, node: &Node, depth: usize) -> Result<Evaluated, EvaluationError> {
        self.step(depth)?;
        match &node.value {
            // AWS replaces dynamic references, often with secrets, during provisioning.
            Value::Scalar { text, .. } if functions::is_dynamic(text) => functions::looked_up(),
            Value::Scalar { text, plain: true } if is_read_otherwise(node) => {
                Err(EvaluationError::new(format!("AWS reads `{text}` as another number")))
            }
            Value::Scalar { .. } => Ok(Evaluated::Text(scalar_text(node).unwrap_or_default())),
            Value::List(nodes) => {
                let values =
                    nodes.iter().map(|node| self.evaluate(node, depth + 1)).collect::<Result<Vec<_>, _>>()?;
                Ok(Evaluated::List(values.into_iter().filter(|value| *value != Evaluated::Nothing).collect()))
            }
            Value::Map(entries) => {
                if let [entry] = entries.as_slice()
                    // A function is a map with this single key.
                    && (entry.key == "Ref" || entry.key.starts_with("Fn::"))
                {
                    return self.function(&entry.key, &entry.value, depth + 1);
                }
                let mut values = Vec::new();
                for entry in entries {
                    let value = self.evaluate(&entry.value, depth + 1)?;
                    if value != Evaluated::Nothing {
                        values.push((entry.key.clone(), value));
                    }
                }
                Ok(Evaluated::Map(values))
            }
        }
    }

    fn text(&self, node: &Node, depth: usize) -> Result<String, EvaluationError> {
        as_text(self.evaluate(node, depth)?)
    }

    /// Evaluates an output: "The `Value` field of every Outputs member must evaluate to a String and not a List"
    /// (aws-cloudformation/cfn-lint, issue 485, read on 2026-11-29).
    fn output(&self, node: &Node) -> Result<String, EvaluationError> {
        if self.template.has_foreign_outputs {
            return Err(EvaluationError::new("a macro may rewrite it"));
        }
        self.text(node, 0)
    }

    /// Whether something that depends on this condition exists.
    fn exists(&self, condition: Option<&str>, depth: usize) -> Result<bool, EvaluationError> {
        condition.map_or(Ok(true), |name| self.condition(name, depth))
    }

    fn list(&self, node: &Node, depth: usize) -> Result<Vec<Evaluated>, EvaluationError> {
        match self.evaluate(node, depth)? {
            Evaluated::List(values) => Ok(values),
            // Invented attributes are texts. Where the template expects a list, the text is split into one.
            Evaluated::Text(text) if node.get("Fn::GetAtt").is_some() => Ok(comma_separated(&text)),
            Evaluated::Text(_) | Evaluated::Map(_) | Evaluated::Nothing => {
                Err(EvaluationError::new("a list should be there"))
            }
        }
    }

    /// Returns the resource with its name. A name that is unknown here is left to the caller to invent.
    fn live(&self, resource: &Resource, depth: usize) -> LiveResource {
        let name = self.names.borrow().get(&resource.logical_id).cloned();
        let name = name.unwrap_or_else(|| {
            let property = names::property(&resource.resource_type);
            let node = property.and_then(|property| resource.properties.as_ref()?.get(property));
            // Recorded before it is evaluated, so that a name that refers to itself ends here.
            self.names.borrow_mut().insert(resource.logical_id.clone(), None);
            let name = node.map(|node| self.evaluate(node, depth + 1));
            let name = match name
                .filter(|name| *name != Ok(Evaluated::Nothing))
                .map(|name| name.and_then(as_text))
            {
                Some(Ok(name)) => {
                    Some(names::as_kept(&resource.resource_type, name)).filter(|name| !name.is_empty())
                }
                Some(Err(why)) => {
                    self.untold_names.borrow_mut().insert(resource.logical_id.clone(), why);
                    None
                }
                None => None,
            };
            // Now with the result, so that each name is evaluated once.
            self.names.borrow_mut().insert(resource.logical_id.clone(), name.clone());
            name
        });
        LiveResource {
            logical_id: resource.logical_id.clone(),
            resource_type: resource.resource_type.clone(),
            name,
        }
    }

    /// Evaluates `Ref`.
    fn reference(&self, name: &str, depth: usize) -> Result<Evaluated, EvaluationError> {
        let text = |text: &str| Ok(Evaluated::Text(text.to_owned()));
        match name {
            "AWS::Region" => return text(self.inputs.region),
            "AWS::AccountId" => return text(self.inputs.account_id),
            "AWS::StackName" => return text(self.inputs.stack_name),
            "AWS::StackId" => return text(self.inputs.stack_id),
            // Other partitions (`aws-cn`, `aws-us-gov`) are not considered.
            "AWS::Partition" => return text("aws"),
            "AWS::URLSuffix" => return text("amazonaws.com"),
            "AWS::NoValue" => return Ok(Evaluated::Nothing),
            "AWS::NotificationARNs" => return Err(EvaluationError::new("AWS decides whom it notifies")),
            _ => {}
        }
        if let Some(value) = self.parameter(name) {
            return value;
        }
        let (resource, live) = self.live_by_id(name, depth)?;
        if let Some(why) = self.looks_otherwise(resource, &live, None, depth) {
            return Err(why);
        }
        match live.name.clone().filter(|_| ref_is_name(&live.resource_type)) {
            Some(name) => Ok(Evaluated::Text(name)),
            None => self.invented(&live, None),
        }
    }

    /// Returns what the caller invents for a resource; nothing that depends on a name given by the template but
    /// unknown here.
    fn invented(
        &self,
        resource: &LiveResource,
        attribute: Option<&str>,
    ) -> Result<Evaluated, EvaluationError> {
        if let Some(why) = self.untold_names.borrow().get(&resource.logical_id) {
            return Err(why.clone());
        }
        let id = &resource.logical_id;
        (self.inputs.physical)(resource, attribute).map(Evaluated::Text).ok_or_else(|| {
            EvaluationError::new(match attribute {
                Some(attribute) => format!("AWS decides `{attribute}` of `{id}`"),
                None => format!("AWS decides what `{id}` is called"),
            })
        })
    }

    /// Evaluates `GetAtt`.
    fn attribute(
        &self,
        logical_id: &str,
        attribute: &str,
        depth: usize,
    ) -> Result<Evaluated, EvaluationError> {
        let (resource, live) = self.live_by_id(logical_id, depth)?;
        if let Some(why) = self.looks_otherwise(resource, &live, Some(attribute), depth) {
            return Err(why);
        }
        self.said(resource, attribute, depth).unwrap_or_else(|| self.invented(&live, Some(attribute)))
    }

    fn live_by_id(
        &self,
        logical_id: &str,
        depth: usize,
    ) -> Result<(&Resource, LiveResource), EvaluationError> {
        self.step(depth)?;
        let resource = self.template.resource(logical_id);
        let resource = resource.ok_or_else(|| EvaluationError::new(format!("there is no `{logical_id}`")))?;
        // Conditions are evaluated before any resource exists.
        if self.in_conditions.get() {
            return Err(EvaluationError::new("a condition cannot ask for a resource"));
        }
        if !self.exists(resource.condition.as_deref(), depth + 1)? {
            return Err(EvaluationError::new(format!("`{logical_id}` is not made with these parameters")));
        }
        Ok((resource, self.live(resource, depth + 1)))
    }

    fn parameter(&self, key: &str) -> Option<Result<Evaluated, EvaluationError>> {
        let parameter = self.template.parameter(key)?;
        if parameter.no_echo {
            // A condition may depend on a secret; an output must not show it.
            if !self.in_conditions.get() {
                return Some(Err(EvaluationError::new(format!("`{key}` is a secret"))));
            }
            self.saw_secret.set(true);
        }
        let typed = self.parameters.get(key).copied();
        let value = typed.or(parameter.default.as_deref()).unwrap_or_default();
        let (value, is_list) = if let ParameterKind::SsmValue(inner) = &parameter.kind {
            let Some(stored) = self.inputs.ssm.get(value) else {
                return Some(Err(EvaluationError::new(format!(
                    "AWS looks `{value}` up in the Parameter Store"
                ))));
            };
            (stored.as_str(), inner.starts_with("List<") || inner == "CommaDelimitedList")
        } else {
            (value, parameter.kind.is_list())
        };
        Some(Ok(if is_list {
            Evaluated::List(comma_separated(value))
        } else {
            Evaluated::Text(value.to_owned())
        }))
    }
}

/// Whether CloudFormation reads a different number than the one that seems to be written.
fn is_read_otherwise(node: &Node) -> bool {
    let doubts = Problems::new();
    crate::scalars::doubt(node, &doubts);
    !doubts.is_empty()
}

fn comma_separated(text: &str) -> Vec<Evaluated> {
    text.split(',').map(|part| Evaluated::Text(part.trim().to_owned())).collect()
}

fn as_text(value: Evaluated) -> Result<String, EvaluationError> {
    let text = match value {
        Evaluated::Text(text) => text,
        Evaluated::Nothing => {
            return Err(EvaluationError::new("AWS wants a text here, and there is nothing"));
        }
        Evaluated::List(_) => return Err(EvaluationError::new("AWS wants a text here, not a list")),
        Evaluated::Map(_) => return Err(EvaluationError::new("a text should be there, not a map")),
    };
    if text.len() > MAX_TEXT {
        return Err(EvaluationError::new("the text becomes too long"));
    }
    Ok(text)
}
