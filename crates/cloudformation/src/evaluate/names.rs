//! Which property names a resource, whether `Ref` returns that name, and how AWS stores it.

/// The type, the naming property, and whether `Ref` returns the name (otherwise an ARN, a URL or an id).
const NAMES: [(&str, &str, bool); 40] = [
    ("AWS::ApiGateway::RestApi", "Name", false),
    ("AWS::AutoScaling::AutoScalingGroup", "AutoScalingGroupName", true),
    ("AWS::Backup::BackupVault", "BackupVaultName", true),
    ("AWS::CloudWatch::Alarm", "AlarmName", true),
    ("AWS::CloudWatch::Dashboard", "DashboardName", true),
    ("AWS::CodeBuild::Project", "Name", true),
    ("AWS::Cognito::UserPool", "UserPoolName", false),
    ("AWS::DynamoDB::GlobalTable", "TableName", true),
    ("AWS::DynamoDB::Table", "TableName", true),
    ("AWS::ECR::Repository", "RepositoryName", true),
    ("AWS::ECS::Cluster", "ClusterName", true),
    ("AWS::ECS::Service", "ServiceName", false),
    ("AWS::ECS::TaskDefinition", "Family", false),
    ("AWS::EKS::Cluster", "Name", true),
    ("AWS::ElastiCache::CacheCluster", "ClusterName", true),
    ("AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId", true),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name", false),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "Name", false),
    ("AWS::Events::Rule", "Name", true),
    ("AWS::Glue::Crawler", "Name", true),
    ("AWS::IAM::Group", "GroupName", true),
    ("AWS::IAM::InstanceProfile", "InstanceProfileName", true),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName", false),
    ("AWS::IAM::Role", "RoleName", true),
    ("AWS::IAM::User", "UserName", true),
    ("AWS::KMS::Alias", "AliasName", true),
    ("AWS::Kinesis::Stream", "Name", true),
    ("AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName", true),
    ("AWS::Lambda::Function", "FunctionName", true),
    ("AWS::Logs::LogGroup", "LogGroupName", true),
    ("AWS::RDS::DBCluster", "DBClusterIdentifier", true),
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier", true),
    ("AWS::RDS::DBParameterGroup", "DBParameterGroupName", true),
    ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName", true),
    ("AWS::S3::Bucket", "BucketName", true),
    ("AWS::SNS::Topic", "TopicName", false),
    ("AWS::SQS::Queue", "QueueName", false),
    ("AWS::SSM::Parameter", "Name", true),
    ("AWS::SecretsManager::Secret", "Name", false),
    ("AWS::StepFunctions::StateMachine", "StateMachineName", false),
];

fn find(resource_type: &str) -> Option<&'static (&'static str, &'static str, bool)> {
    NAMES.iter().find(|(own, _, _)| *own == resource_type)
}

/// Returns the property that names a resource of this type.
pub(super) fn property(resource_type: &str) -> Option<&'static str> {
    find(resource_type).map(|(_, property, _)| *property)
}

/// Whether `Ref` returns the name of a resource of this type.
pub fn ref_is_name(resource_type: &str) -> bool {
    find(resource_type).is_some_and(|(_, _, ref_is_name)| *ref_is_name)
}

/// Returns the name as AWS stores it: "stored as a lowercase string" (`DBInstanceIdentifier` in the Amazon RDS API
/// Reference, `ReplicationGroupId` in that of Amazon `ElastiCache`, read on 2026-11-29).
pub(super) fn as_kept(resource_type: &str, name: String) -> String {
    let is_lower = resource_type.starts_with("AWS::RDS::") || resource_type.starts_with("AWS::ElastiCache::");
    if is_lower { name.to_lowercase() } else { name }
}
