//! The shape of ids and names of existing AWS resources. Whether they exist is up to AWS.

use crate::parameter::ParameterKind;
use crate::pattern::Pattern;

/// A parameter type, an example of its values, and the prefix of its ids; no prefix if names are free.
struct Shape {
    aws_type: &'static str,
    example: &'static str,
    prefix: Option<&'static str>,
}

const fn id(aws_type: &'static str, prefix: &'static str, example: &'static str) -> Shape {
    Shape { aws_type, example, prefix: Some(prefix) }
}

const fn name(aws_type: &'static str, example: &'static str) -> Shape {
    Shape { aws_type, example, prefix: None }
}

const SHAPES: [Shape; 11] = [
    id("AWS::EC2::Image::Id", "ami-", "ami-0abc1234def567890"),
    id("AWS::EC2::Instance::Id", "i-", "i-0abc1234def567890"),
    id("AWS::EC2::SecurityGroup::Id", "sg-", "sg-0abc1234def567890"),
    id("AWS::EC2::Subnet::Id", "subnet-", "subnet-0abc1234def567890"),
    id("AWS::EC2::VPC::Id", "vpc-", "vpc-0abc1234def567890"),
    id("AWS::EC2::Volume::Id", "vol-", "vol-0abc1234def567890"),
    name("AWS::EC2::AvailabilityZone::Name", "us-east-1a"),
    name("AWS::EC2::KeyPair::KeyName", "my-key-pair"),
    name("AWS::EC2::SecurityGroup::GroupName", "web-servers"),
    name("AWS::Route53::HostedZone::Id", "Z0123456789ABCDEFGHIJ"),
    name("AWS::SSM::Parameter::Name", "/team/setting"),
];

fn shape_of(aws_type: &str) -> Option<&'static Shape> {
    SHAPES.iter().find(|shape| shape.aws_type == aws_type)
}

/// Whether a value may be an id of this type.
pub fn looks_like(aws_type: &str, value: &str) -> bool {
    !value.trim().is_empty() && shape_problem(&ParameterKind::Aws(aws_type.to_owned()), value).is_none()
}

/// Returns an example of a value of this kind, such as `vpc-0abc1234def567890`.
pub fn example(kind: &ParameterKind) -> Option<&'static str> {
    match kind {
        ParameterKind::Aws(aws_type) | ParameterKind::AwsList(aws_type) => {
            shape_of(aws_type).map(|shape| shape.example)
        }
        ParameterKind::SsmValue(_) => Some("/team/setting"),
        ParameterKind::NumberList => Some("80,443"),
        ParameterKind::CommaDelimitedList => Some("one,two"),
        ParameterKind::String | ParameterKind::Number => None,
    }
}

/// Returns what is wrong with the shape of an id. An empty list is left to AWS.
pub(crate) fn shape_problem(kind: &ParameterKind, value: &str) -> Option<String> {
    let (aws_type, values) = match kind {
        ParameterKind::Aws(aws_type) => (aws_type, vec![value.trim()]),
        ParameterKind::AwsList(_) if value.trim().is_empty() => return None,
        ParameterKind::AwsList(aws_type) => (aws_type, value.split(',').map(str::trim).collect()),
        ParameterKind::String
        | ParameterKind::Number
        | ParameterKind::NumberList
        | ParameterKind::CommaDelimitedList
        | ParameterKind::SsmValue(_) => return None,
    };
    let shape = shape_of(aws_type)?;
    let suits = |value: &str| match shape.prefix {
        Some(prefix) => Pattern::new(&format!("{prefix}[0-9a-f]{{8,17}}")).accepts(value),
        None => !value.is_empty(),
    };
    if values.into_iter().all(suits) {
        return None;
    }
    Some(format!(
        "Must look like {}{}",
        shape.example,
        if kind.is_list() { ", several separated by commas" } else { "" }
    ))
}
