//! Names that a template gives to its resources. AWS requires most of them to be unique, so if a name is the
//! same for every stack, the second stack of the product fails.
//!
//! The property with the name usually follows from the type. Exceptions are from CloudFormation's list:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>, of
//! 2026-11-29.

use super::inspected::Inspected;
use cloudformation::Template;
use cloudformation::document::{Node, Problem, Value};

/// Name properties that do not follow from the type.
const CALLED_OTHERWISE: [(&str, &str); 18] = [
    ("AWS::EC2::SecurityGroup", "GroupName"),
    ("AWS::EC2::KeyPair", "KeyName"),
    ("AWS::ElastiCache::CacheCluster", "ClusterName"),
    ("AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId"),
    ("AWS::ElastiCache::SubnetGroup", "CacheSubnetGroupName"),
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
    ("AWS::RDS::OptionGroup", "OptionGroupName"),
    ("AWS::DMS::ReplicationInstance", "ReplicationInstanceIdentifier"),
    ("AWS::SSM::PatchBaseline", "Name"),
    ("AWS::DynamoDB::GlobalTable", "TableName"),
    ("AWS::OpenSearchServerless::Collection", "Name"),
    ("AWS::Batch::ComputeEnvironment", "ComputeEnvironmentName"),
    ("AWS::CodeDeploy::Application", "ApplicationName"),
    ("AWS::ElasticBeanstalk::Application", "ApplicationName"),
    ("AWS::IoT::Thing", "ThingName"),
    ("AWS::CloudWatch::CompositeAlarm", "AlarmName"),
    ("AWS::StepFunctions::Activity", "Name"),
    ("AWS::ServiceCatalog::CloudFormationProvisionedProduct", "ProvisionedProductName"),
];

/// Types whose names need not be unique, are unique only within a parent, or are assigned elsewhere.
const MAY_COME_TWICE: [&str; 24] = [
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Stage",
    "AWS::AppSync::GraphQLApi",
    "AWS::CertificateManager::Certificate",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolDomain",
    "AWS::EKS::Addon",
    "AWS::EKS::Nodegroup",
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
    "AWS::Lambda::Alias",
    "AWS::Logs::LogStream",
    "AWS::Route53::HostedZone",
    "AWS::Route53::RecordSet",
    "AWS::ServiceDiscovery::Service",
    "AWS::Transfer::User",
    "AWS::CloudFront::CloudFrontOriginAccessIdentity",
    "AWS::AmplifyUIBuilder::Theme",
];

/// Pseudo parameters that differ between stacks.
const OF_THE_STACK: [&str; 2] = ["AWS::StackId", "AWS::StackName"];
/// The parameter that the portal fills in with the request's id.
const OF_THE_REQUEST: &str = "RequestId";

pub(super) fn once_for_each_stack(inspected: &Inspected<'_>) -> Option<Problem> {
    let resource_type = inspected.resource.resource_type.as_str();
    if MAY_COME_TWICE.contains(&resource_type) || is_in_its_own_parent(inspected) {
        return None;
    }
    let properties = inspected.resource.properties.as_ref()?;
    let (property, name) = names(resource_type).into_iter().find_map(|property| {
        let name = properties.get(&property)?;
        Some((property, name))
    })?;
    if may_be_left_out(name) || differs(name, inspected.template) {
        return None;
    }
    let problem = format!("has a `{property}` that is the same for every stack, so a second one fails");
    let remedy = "leave it out, or put a part of `AWS::StackId` into it";
    Some(inspected.finding(&property, &problem, remedy))
}

/// Returns the properties that may name a resource of this type, such as `Name` or `RoleName`.
fn names(resource_type: &str) -> Vec<String> {
    let otherwise = CALLED_OTHERWISE.iter().filter(|(listed_type, _)| *listed_type == resource_type);
    let mut names: Vec<String> = otherwise.map(|(_, property)| (*property).to_owned()).collect();
    let mut parts = resource_type.split("::");
    // A type has three parts. One of a module has a fourth, and properties that are not known here.
    if let (Some("AWS"), Some(_), Some(thing), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    {
        names.extend([format!("{thing}Name"), format!("{thing}Identifier"), "Name".to_owned()]);
    }
    names
}

/// Whether the name only needs to be unique within the stack: that of a service in the stack's own cluster.
fn is_in_its_own_parent(inspected: &Inspected<'_>) -> bool {
    let cluster = inspected.resource.properties.as_ref().and_then(|properties| properties.get("Cluster"));
    inspected.is_one_of(&["AWS::ECS::Service"])
        && cluster.is_some_and(|cluster| differs(cluster, inspected.template))
}

fn may_be_left_out(name: &Node) -> bool {
    argument(name, "Ref").and_then(Node::as_text) == Some("AWS::NoValue")
}

/// Whether a text has a part that differs between stacks. Names of other resources and values that AWS
/// generates count as different.
fn differs(node: &Node, template: &Template) -> bool {
    // The form may lead to either branch, and a fixed name in one of them is enough to fail.
    if let Some([_, yes, no]) = argument(node, "Fn::If").and_then(Node::as_list) {
        return [yes, no].into_iter().all(|branch| may_be_left_out(branch) || differs(branch, template));
    }
    if let Some(referred) = argument(node, "Ref").and_then(Node::as_text) {
        return is_of_one_stack(referred, template);
    }
    if argument(node, "Fn::GetAtt").is_some() {
        return true;
    }
    if let Some(text) = argument(node, "Fn::Sub") {
        let (text, values) = match text.as_list() {
            Some([text, values]) => (text.as_text(), Some(values)),
            _ => (text.as_text(), None),
        };
        let value = |name: &str| values.and_then(|values| values.get(name));
        let part = |name: &str| match value(name) {
            Some(value) => differs(value, template),
            None => is_of_one_stack(name.split('.').next().unwrap_or(name), template),
        };
        return text.is_some_and(|text| placeholders(text).into_iter().any(part));
    }
    // Other functions, such as `Fn::Join`, differ if any of their arguments does.
    match &node.value {
        Value::Scalar { .. } => false,
        Value::List(items) => items.iter().any(|item| differs(item, template)),
        Value::Map(entries) => entries.iter().any(|entry| differs(&entry.value, template)),
    }
}

fn is_of_one_stack(name: &str, template: &Template) -> bool {
    OF_THE_STACK.contains(&name)
        || name == OF_THE_REQUEST
        || template.resources.iter().any(|resource| resource.logical_id == name)
}

/// Returns the names in `${…}`; `${!…}` is not a placeholder.
fn placeholders(text: &str) -> Vec<&str> {
    let inside = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    inside.map(|(name, _)| name.trim()).filter(|name| !name.starts_with('!')).collect()
}

/// Returns the argument if the node is a call of this function.
fn argument<'n>(node: &'n Node, function: &str) -> Option<&'n Node> {
    let [entry] = node.as_map()? else { return None };
    if entry.key == function { Some(&entry.value) } else { None }
}
