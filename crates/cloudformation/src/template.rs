//! A whole template: parameters, conditions, rules, resources and outputs.
//!
//! Reading the sections is left to their modules; whether a template is good enough to be offered to people is up to
//! the caller.

use std::borrow::Cow;

use crate::document::{Node, ParseProblem, Problem, Problems, TemplateText, Value, parse_template_text};
use crate::interface::ParameterGroup;
use crate::logical_ids::{ANY, is_one_of};
use crate::loops::Looped;
use crate::parameter::Parameter;
use crate::scalars::scalar_text;
use crate::sections::{Resource, Rule, TemplateOutput};
use crate::value::{check_options, default_problems};
use crate::{interface, limits, loops, parameter, references, scalars, sections};

/// A parsed template; every list is in file order.
#[derive(Debug, Clone)]
pub struct Template {
    /// The top-level description; empty if there is none.
    pub description: String,
    /// The parameters, in the order of the file.
    pub parameters: Vec<Parameter>,
    /// The groups from the `AWS::CloudFormation::Interface` metadata.
    pub groups: Vec<ParameterGroup>,
    /// The `Mappings` section, a map of maps of maps; an empty map if there is none.
    pub mappings: Node,
    /// Named conditions with their expressions.
    pub conditions: Vec<(String, Node)>,
    /// Rules about combinations of parameters.
    pub rules: Vec<Rule>,
    /// The resources, in the order of the file, with loops expanded.
    pub resources: Vec<Resource>,
    /// The outputs.
    pub outputs: Vec<TemplateOutput>,
    /// Names of outputs made by loops over parameters, with a `*` for each item.
    open_outputs: Vec<String>,
    /// Whether a macro may add outputs in AWS.
    pub(crate) has_foreign_outputs: bool,
    /// The template as written, if it has loops, so that they can be expanded again for other values.
    looped: Option<Looped>,
    /// What CloudFormation accepts although it is probably a mistake.
    pub doubts: Vec<Problem>,
}

impl Template {
    /// Parses a template, JSON or YAML. Returns all problems, ordered by line. The references of its expressions are
    /// not checked.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        Self::read(text, false)
    }

    /// Parses a template that is to be offered. Also refuses expressions that refer to nothing.
    pub fn parse_offered(text: &str) -> Result<Self, Vec<Problem>> {
        Self::read(text, true)
    }

    fn read(text: &str, is_offered: bool) -> Result<Self, Vec<Problem>> {
        let TemplateText { root, doubt } =
            parse_template_text(text).map_err(|problem| vec![Problem::from(problem)])?;
        let (problems, doubts) = (Problems::new(), Problems::new());
        if let Some(doubt) = doubt {
            doubts.add(no_json(&doubt));
        }
        let mut parameters = parameter::read_all(root.get("Parameters"), &problems, &doubts);
        let groups = interface::apply(root.get("Metadata"), &mut parameters, &doubts);
        for problem in default_problems(&parameters) {
            problems.add(problem);
        }
        check_options(&parameters, &problems, &doubts);
        loops::check(&root, &problems);
        let looped = Looped::of(&root);
        // Without values the defaults apply; the region is only known when a product is evaluated.
        let inputs = loops::LoopInputs { parameters: &parameters, given: &[], region: None };
        let mut expanded = looped.as_ref().map(|looped| looped.expanded(inputs));
        for problem in expanded.iter_mut().flat_map(|expanded| expanded.problems.drain(..)) {
            problems.add(problem);
        }
        for doubt in expanded.iter_mut().flat_map(|expanded| expanded.doubts.drain(..)) {
            doubts.add(doubt);
        }
        if expanded.as_ref().is_some_and(|expanded| expanded.is_cut) {
            // Checks of a partly expanded template would report problems that do not exist.
            return Err(problems.into_sorted());
        }
        let (whole, open_outputs) = expanded.map_or_else(
            || (Cow::Borrowed(&root), Vec::new()),
            |expanded| (Cow::Owned(expanded.root), expanded.open),
        );
        if let Some(entries) = root.as_map() {
            limits::check(&whole, &root, &problems, &doubts);
            if is_offered {
                references::check(&whole, &root, &parameters, &problems, &doubts);
            }
            // Metadata is free of form and has no effect.
            for entry in entries.iter().filter(|entry| entry.key != "Metadata") {
                scalars::doubt(&entry.value, &doubts);
            }
        } else {
            let remedy = "write a map with a `Resources` section";
            problems.add(Problem::new(root.line, "this is not a template", remedy));
        }
        let template = Self {
            description: root.get("Description").and_then(scalar_text).unwrap_or_default(),
            groups,
            mappings: root
                .get("Mappings")
                .cloned()
                .unwrap_or(Node { line: 0, value: Value::Map(Vec::new()) }),
            conditions: sections::conditions(whole.get("Conditions")),
            rules: sections::rules(root.get("Rules")),
            resources: sections::resources(whole.get("Resources"), &problems),
            outputs: sections::outputs(whole.get("Outputs")),
            open_outputs,
            has_foreign_outputs: loops::has_foreign_outputs(&root),
            parameters,
            looped,
            doubts: doubts.into_sorted(),
        };
        problems.into_result(template)
    }

    /// Returns the template with its loops expanded for these values; defaults apply where a value is missing.
    pub fn with_values(&self, values: &[(String, String)]) -> Cow<'_, Self> {
        self.with_values_in(None, values)
    }

    /// Like [`with_values`](Self::with_values), in this region. A loop over unknown items is expanded once, with a
    /// `*` in the names.
    pub fn with_values_in(&self, region: Option<&str>, values: &[(String, String)]) -> Cow<'_, Self> {
        let Some(looped) = &self.looped else { return Cow::Borrowed(self) };
        let inputs = loops::LoopInputs { parameters: &self.parameters, given: values, region };
        let root = looped.expanded(inputs).root;
        let mut outputs = sections::outputs(root.get("Outputs"));
        for output in outputs.iter_mut().filter(|output| output.name.contains(ANY)) {
            // Its value would be computed from the placeholder, not from the item.
            output.value = Node::text(output.value.line, UNTOLD);
        }
        Cow::Owned(Self {
            conditions: sections::conditions(root.get("Conditions")),
            // Problems have been reported when the template was parsed.
            resources: sections::resources(root.get("Resources"), &Problems::new()),
            outputs,
            ..self.clone()
        })
    }

    /// Whether there can be an output with this name: with other values than the defaults, or by something that only
    /// AWS expands.
    pub fn may_give(&self, output: &str) -> bool {
        self.outputs.iter().any(|own| own.name == output)
            || self.open_outputs.iter().any(|open| is_one_of(open, output))
            || self.has_foreign_outputs
    }

    /// Returns the parameter with this key, case-sensitive.
    pub fn parameter(&self, key: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.key == key)
    }

    /// Returns the resource with this logical id.
    pub fn resource(&self, logical_id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.logical_id == logical_id)
    }
}

/// Stands for a value that AWS looks up during provisioning.
const UNTOLD: &str = "{{resolve:}}";

fn no_json(doubt: &ParseProblem) -> Problem {
    let description = format!("this begins as JSON and is none ({})", doubt.message);
    Problem::new(
        doubt.line,
        description,
        "mend it: CloudFormation reads it as YAML, other tools may refuse it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    const SMALL: &str = r"
AWSTemplateFormatVersion: 2010-09-09
Description: A bucket
Metadata:
  AWS::CloudFormation::Interface:
    ParameterGroups:
      - Label: {default: Basics}
        Parameters: [Name, Size, Gone]
    ParameterLabels:
      Name: {default: Bucket name}
  ParameterAllowedValueLabels:
    Versioned: {'true': Keep every version}
Parameters:
  Name: {Type: String, AllowedPattern: '[a-z-]+', MinLength: '3', MaxLength: 63, ConstraintDescription: lower case}
  Size: {Type: Number, Default: 020, MinValue: 0.5, MaxValue: '100'}
  Versioned: {Type: String, Default: True, AllowedValues: [True, false, true]}
  Since: {Type: String, Default: 2010-09-09, NoEcho: true}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}
  Image: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /aws/ami}
Conditions: {Keep: !Equals [!Ref Versioned, 'true']}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Condition: Keep
    DependsOn: Key
    DeletionPolicy: Retain
    Properties: {BucketName: !Ref Name}
  Key: {Type: AWS::KMS::Key}
Outputs:
  Arn: {Description: The ARN, Condition: Keep, Value: !GetAtt Bucket.Arn}
";

    #[test]
    fn every_section_is_read_in_file_order() {
        let template = Template::parse(SMALL).unwrap();
        let mut text = format!("{}\n", template.description);
        for parameter in &template.parameters {
            writeln!(
                text,
                "{} {:?} default {:?} allowed {:?} length {:?}..{:?} value {:?}..{:?} label {:?}",
                parameter.key,
                parameter.kind,
                parameter.default,
                parameter.allowed_values,
                parameter.min_length,
                parameter.max_length,
                parameter.min_value,
                parameter.max_value,
                parameter.label,
            )
            .unwrap();
        }
        for resource in &template.resources {
            writeln!(
                text,
                "{} {} if {:?} after {:?} on delete {:?}",
                resource.logical_id,
                resource.resource_type,
                resource.condition,
                resource.depends_on,
                resource.deletion_policy
            )
            .unwrap();
        }
        writeln!(text, "{:?}", template.groups).unwrap();
        writeln!(text, "{:?}", template.parameter("Versioned").unwrap().value_labels).unwrap();
        assert!(template.parameter("Since").unwrap().no_echo);
        assert_eq!(template.outputs[0].condition.as_deref(), Some("Keep"));
        insta::assert_snapshot!(text, @r#"
        A bucket
        Name String default None allowed [] length Some(3)..Some(63) value None..None label Some("Bucket name")
        Size Number default Some("020") allowed [] length None..None value Some(0.5)..Some(100) label None
        Versioned String default Some("true") allowed ["true", "false"] length None..None value None..None label None
        Since String default Some("2010-09-09") allowed [] length None..None value None..None label None
        Subnets AwsList("AWS::EC2::Subnet::Id") default None allowed [] length None..None value None..None label None
        Image SsmValue("AWS::EC2::Image::Id") default Some("/aws/ami") allowed [] length None..None value None..None label None
        Bucket AWS::S3::Bucket if Some("Keep") after ["Key"] on delete Some("Retain")
        Key AWS::KMS::Key if None after [] on delete None
        [ParameterGroup { label: Some("Basics"), parameters: ["Name", "Size", "Gone"] }]
        {"true": "Keep every version"}
        "#);
    }

    #[test]
    fn what_cannot_be_a_template_is_said_with_line_and_remedy() {
        let text = "Parameters:\n  A: {Type: Boolean}\n  B: {Default: x}\n  C: {Type: Number, MinValue: low, AllowedValues: x}\n  D-E: {Type: String, Default: [1]}\n  F: text\n";
        let lines: Vec<String> = Template::parse(text).unwrap_err().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        line 1: the template has no `Resources`: add the resources that the product consists of
        line 2: parameter `A`: there is no type `Boolean`: use `String` with `AllowedValues: ["true", "false"]`
        line 3: parameter `B`: it has no `Type`: add one, for example `Type: String`
        line 4: parameter `C`: `AllowedValues` is not a list of texts: write for example `AllowedValues: [small, large]`
        line 4: parameter `C`: `MinValue` is `low`: write a number, for example `MinValue: 3`
        line 5: parameter `D-E`: its key is not made of letters and digits: rename it, for example `BucketName`
        line 5: parameter `D-E`: `Default` is a list: write one text after `Default:`
        line 6: parameter `F`: it is `text`: write at least `Type: String` under it
        "#);
        insta::assert_snapshot!(Template::parse("- a").unwrap_err()[0], @"line 1: this is not a template: write a map with a `Resources` section");
        insta::assert_snapshot!(Template::parse("{\"Resources\": ").unwrap_err()[0], @"line 1: the text ends where a value should begin: correct the text so that it can be read");
    }
}
