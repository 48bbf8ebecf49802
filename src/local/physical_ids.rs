//! Invented physical ids: the values of `Ref` and `GetAtt` for simulated resources. They look like those of
//! AWS and are derived from the request, so that reading a record twice gives the same values.

use sha2::{Digest as _, Sha256};

use crate::domain::ids::RequestId;
use cloudformation::evaluate::{LiveResource, ref_is_name};

/// The account id that AWS's documentation uses.
pub(super) const ACCOUNT: &str = "123456789012";
/// The region of the shipped price list.
pub(super) const REGION: &str = "us-east-1";

/// The shape of an attribute by resource type; the attribute of `Ref` is empty. In braces: the resource's
/// `name`, a `uuid`, or a number of hexadecimal digits.
const SHAPES: [(&str, &str, &str); 50] = [
    ("AWS::ApiGateway::RestApi", "", "{10}"),
    ("AWS::CertificateManager::Certificate", "", "arn:aws:acm:{region}:{account}:certificate/{uuid}"),
    ("AWS::CloudFront::Distribution", "DomainName", "d{13}.cloudfront.net"),
    ("AWS::DynamoDB::Table", "Arn", "arn:aws:dynamodb:{region}:{account}:table/{name}"),
    ("AWS::EC2::Instance", "", "i-0{16}"),
    ("AWS::EC2::LaunchTemplate", "", "lt-0{16}"),
    ("AWS::EC2::SecurityGroup", "", "sg-0{16}"),
    ("AWS::EC2::SecurityGroup", "GroupId", "sg-0{16}"),
    ("AWS::EC2::Subnet", "", "subnet-0{16}"),
    ("AWS::EC2::VPC", "", "vpc-0{16}"),
    ("AWS::EC2::Volume", "", "vol-0{16}"),
    ("AWS::ECR::Repository", "Arn", "arn:aws:ecr:{region}:{account}:repository/{name}"),
    ("AWS::ECR::Repository", "RepositoryUri", "{account}.dkr.ecr.{region}.amazonaws.com/{name}"),
    ("AWS::ECS::Cluster", "Arn", "arn:aws:ecs:{region}:{account}:cluster/{name}"),
    ("AWS::ECS::Service", "", "arn:aws:ecs:{region}:{account}:service/default/{name}"),
    ("AWS::ECS::Service", "Name", "{name}"),
    ("AWS::ECS::TaskDefinition", "", "arn:aws:ecs:{region}:{account}:task-definition/{name}:1"),
    ("AWS::EFS::FileSystem", "", "fs-0{16}"),
    (
        "AWS::ElastiCache::ReplicationGroup",
        "PrimaryEndPoint.Address",
        "{name}.{6}.ng.0001.use1.cache.amazonaws.com",
    ),
    (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "",
        "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/{16}",
    ),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "DNSName", "{name}-{10}.{region}.elb.amazonaws.com"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerName", "{name}"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupName", "{name}"),
    (
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "",
        "arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{name}/{16}",
    ),
    ("AWS::Events::Rule", "Arn", "arn:aws:events:{region}:{account}:rule/{name}"),
    ("AWS::IAM::InstanceProfile", "Arn", "arn:aws:iam::{account}:instance-profile/{name}"),
    ("AWS::IAM::ManagedPolicy", "", "arn:aws:iam::{account}:policy/{name}"),
    ("AWS::IAM::Role", "Arn", "arn:aws:iam::{account}:role/{name}"),
    ("AWS::IAM::User", "Arn", "arn:aws:iam::{account}:user/{name}"),
    ("AWS::KMS::Key", "", "{uuid}"),
    ("AWS::KMS::Key", "Arn", "arn:aws:kms:{region}:{account}:key/{uuid}"),
    ("AWS::KMS::Key", "KeyId", "{uuid}"),
    ("AWS::Kinesis::Stream", "Arn", "arn:aws:kinesis:{region}:{account}:stream/{name}"),
    ("AWS::Lambda::Function", "Arn", "arn:aws:lambda:{region}:{account}:function:{name}"),
    ("AWS::Logs::LogGroup", "Arn", "arn:aws:logs:{region}:{account}:log-group:{name}:*"),
    ("AWS::RDS::DBCluster", "Endpoint.Address", "{name}.cluster-{12}.{region}.rds.amazonaws.com"),
    ("AWS::RDS::DBInstance", "DBInstanceArn", "arn:aws:rds:{region}:{account}:db:{name}"),
    ("AWS::RDS::DBInstance", "Endpoint.Address", "{name}.{12}.{region}.rds.amazonaws.com"),
    (
        "AWS::RDS::DBInstance",
        "MasterUserSecret.SecretArn",
        "arn:aws:secretsmanager:{region}:{account}:secret:rds!db-{uuid}-{6}",
    ),
    ("AWS::S3::Bucket", "Arn", "arn:aws:s3:::{name}"),
    ("AWS::S3::Bucket", "DomainName", "{name}.s3.amazonaws.com"),
    ("AWS::S3::Bucket", "RegionalDomainName", "{name}.s3.{region}.amazonaws.com"),
    ("AWS::SNS::Topic", "", "arn:aws:sns:{region}:{account}:{name}"),
    ("AWS::SNS::Topic", "TopicArn", "arn:aws:sns:{region}:{account}:{name}"),
    ("AWS::SNS::Topic", "TopicName", "{name}"),
    ("AWS::SQS::Queue", "QueueName", "{name}"),
    ("AWS::SQS::Queue", "", "https://sqs.{region}.amazonaws.com/{account}/{name}"),
    ("AWS::SQS::Queue", "Arn", "arn:aws:sqs:{region}:{account}:{name}"),
    ("AWS::SecretsManager::Secret", "", "arn:aws:secretsmanager:{region}:{account}:secret:{name}-{6}"),
    ("AWS::StepFunctions::StateMachine", "", "arn:aws:states:{region}:{account}:stateMachine:{name}"),
];

/// Invents the ids of one request.
#[derive(Clone, Copy, Debug)]
pub(super) struct PhysicalIds {
    request: RequestId,
}

impl PhysicalIds {
    pub(super) fn of(request: RequestId) -> Self {
        Self { request }
    }

    /// Returns `pp-…`, in the style of Service Catalog.
    pub(super) fn provisioned_product(self) -> String {
        format!("pp-{}", self.digits("provisioned product", 13))
    }

    /// Returns `rec-…`, different for each purpose.
    pub(super) fn record(self, purpose: &str) -> String {
        format!("rec-{}", self.digits(purpose, 13))
    }

    /// Returns the name of the stack, in the style of Service Catalog.
    pub(super) fn stack_name(self) -> String {
        format!("SC-{ACCOUNT}-{}", self.provisioned_product())
    }

    /// Returns the stack's ARN.
    pub(super) fn stack_id(self) -> String {
        format!(
            "arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{}/{}",
            self.stack_name(),
            self.uuid("stack")
        )
    }

    /// Returns the value of `Ref` (no attribute) or `GetAtt` for this resource: an id or name in AWS's style,
    /// if that is known. Attributes that are not ids have one right value, so none is invented.
    pub(super) fn value(self, resource: &LiveResource, attribute: Option<&str>) -> Option<String> {
        let of_type = |(resource_type, name, _): &&(&str, &str, &str)| {
            *resource_type == resource.resource_type && *name == attribute.unwrap_or_default()
        };
        let shape = SHAPES.iter().find(of_type).map(|(_, _, shape)| *shape);
        let by_name = || (attribute.is_none() && ref_is_name(&resource.resource_type)).then_some("{name}");
        Some(self.fill(shape.or_else(by_name)?, resource))
    }

    fn fill(self, shape: &str, resource: &LiveResource) -> String {
        let mut filled = String::new();
        let mut rest = shape;
        while let Some((before, opened)) = rest.split_once('{') {
            let (blank, after) = opened.split_once('}').unwrap_or((opened, ""));
            filled.push_str(before);
            match blank {
                "region" => filled.push_str(REGION),
                "account" => filled.push_str(ACCOUNT),
                "name" => filled.push_str(&self.name(resource)),
                "uuid" => filled.push_str(&self.uuid(&resource.logical_id)),
                count => filled.push_str(&self.digits(&resource.logical_id, count.parse().unwrap_or(8))),
            }
            rest = after;
        }
        filled + rest
    }

    /// Returns the name in the properties, or one that CloudFormation would derive from the names of stack
    /// and resource.
    fn name(self, resource: &LiveResource) -> String {
        if let Some(name) = &resource.name {
            return name.clone();
        }
        let digits = self.digits(&resource.logical_id, 12);
        let logical_id: String = resource.logical_id.chars().take(16).collect();
        let name = format!("{}-{logical_id}-{digits}", self.stack_name());
        // S3 buckets and RDS instances have lower-case names.
        let is_lower = resource.resource_type.starts_with("AWS::S3::")
            || resource.resource_type.starts_with("AWS::RDS::");
        if is_lower { name.to_lowercase() } else { name }
    }

    fn uuid(self, purpose: &str) -> String {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.digest(purpose)[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    fn digits(self, purpose: &str, count: usize) -> String {
        hex::encode(self.digest(purpose)).chars().take(count).collect()
    }

    fn digest(self, purpose: &str) -> [u8; 32] {
        Sha256::digest(format!("{}/{purpose}", self.request)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn physical() -> PhysicalIds {
        PhysicalIds::of(RequestId::parse("11111111-2222-4333-8444-555555555555").unwrap())
    }

    fn resource(resource_type: &str, name: Option<&str>) -> LiveResource {
        LiveResource {
            logical_id: "Thing".to_owned(),
            resource_type: resource_type.to_owned(),
            name: name.map(str::to_owned),
        }
    }

    #[test]
    fn invented_ids_look_as_in_aws_and_never_change() {
        let rows = [
            ("AWS::KMS::Key", None, Some("Arn")),
            ("AWS::KMS::Key", None, None),
            ("AWS::S3::Bucket", Some("payments-logs"), Some("Arn")),
            ("AWS::S3::Bucket", None, None),
            ("AWS::RDS::DBInstance", Some("orders"), Some("Endpoint.Address")),
            ("AWS::RDS::DBInstance", Some("orders"), Some("MasterUserSecret.SecretArn")),
            ("AWS::EC2::SecurityGroup", None, Some("GroupId")),
            ("AWS::Batch::JobQueue", Some("nightly"), Some("JobQueueArn")),
            ("Custom::Thing", Some("odd"), Some("{braces}")),
            ("Nonsense", None, None),
        ];
        let lines = rows.map(|(resource_type, name, attribute)| {
            physical()
                .value(&resource(resource_type, name), attribute)
                .unwrap_or_else(|| "not known".to_owned())
        });
        insta::assert_snapshot!(lines.join("\n"), @r"
        arn:aws:kms:us-east-1:123456789012:key/cb0b93a2-e513-47b3-a87e-80bb16b168b1
        cb0b93a2-e513-47b3-a87e-80bb16b168b1
        arn:aws:s3:::payments-logs
        sc-123456789012-pp-6e04ac8a2a992-thing-cb0b93a2e513
        orders.cb0b93a2e513.us-east-1.rds.amazonaws.com
        arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-cb0b93a2-e513-47b3-a87e-80bb16b168b1-cb0b93
        sg-0cb0b93a2e513c7b3
        not known
        not known
        not known
        ");
        insta::assert_snapshot!(physical().stack_id(), @"arn:aws:cloudformation:us-east-1:123456789012:stack/SC-123456789012-pp-6e04ac8a2a992/b71cdc9c-e49a-4bda-bd7e-87164ab5a72d");
    }

    #[test]
    fn two_requests_never_share_an_id() {
        let key = resource("AWS::KMS::Key", None);
        assert_ne!(physical().value(&key, None), PhysicalIds::of(RequestId::random()).value(&key, None));
    }
}
