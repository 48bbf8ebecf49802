"""The launch roles against AWS's own resource schemas, action by action, for create, read, update and delete; and the bot,
which lists what exists through Cloud Control, against them for list and read.

    python compare.py [CATALOG [ROLES]]     catalog and infra/launch-roles.yml

Names every action that a product's role lacks, and every one that it has beyond the schemas without a reason here; and in
these roles, the portal's and the templates' own, what IAM would never allow: an action that accepts no resource allowed on one, a condition that
an action knows nothing of. Exit 1 if there is one. The schemas are those of us-east-1 that the package cfn-lint ships, what
actions accept is AWS's service authorization reference as cfn-lint and policy_sentry ship it, so run it with the Python of
`.venv-lint`, as `.ci/lint-infra` does (2026-11-29).
"""

import json
import pathlib
import re
import sys

import cfnlint
import policy_sentry
from cfnlint.decode import decode
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

HANDLERS = ("create", "read", "update", "delete")

# Actions that only a property needs which the template does not set. As soon as it does, the role has to have them. What
# the read handler asks is not among them: it looks at everything.
FOR_A_PROPERTY = {
    "AWS::ECS::Cluster": {
        "CapacityProviders": ["ecs:PutClusterCapacityProviders"],
        "DefaultCapacityProviderStrategy": ["ecs:PutClusterCapacityProviders"],
    },
    "AWS::IAM::Role": {
        "ManagedPolicyArns": ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
        "PermissionsBoundary": ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"],
        "Policies": ["iam:PutRolePolicy"],
    },
    "AWS::KMS::Key": {"Enabled": ["kms:DisableKey", "kms:EnableKey"]},
    "AWS::Logs::LogGroup": {
        "BearerTokenAuthenticationEnabled": ["logs:PutBearerTokenAuthentication"],
        "DataProtectionPolicy": [
            "firehose:TagDeliveryStream",
            "logs:CreateLogDelivery",
            "logs:DeleteDataProtectionPolicy",
            "logs:PutDataProtectionPolicy",
        ],
        "DeletionProtectionEnabled": ["logs:PutLogGroupDeletionProtection"],
        "FieldIndexPolicies": ["logs:DeleteIndexPolicy", "logs:PutIndexPolicy"],
        "ResourcePolicyDocument": ["logs:DeleteResourcePolicy", "logs:PutResourcePolicy"],
    },
    "AWS::RDS::DBInstance": {
        "AssociatedRoles": ["iam:ListRoles", "rds:AddRoleToDBInstance", "rds:RemoveRoleFromDBInstance"],
        "AutomaticBackupReplicationRegion": [
            "rds:StartDBInstanceAutomatedBackupsReplication",
            "rds:StopDBInstanceAutomatedBackupsReplication",
        ],
        "DBClusterSnapshotIdentifier": ["rds:DescribeDBClusterSnapshots"],
        "DBSnapshotIdentifier": ["rds:RestoreDBInstanceFromDBSnapshot"],
        "RestoreTime": ["rds:RestoreDBInstanceToPointInTime"],
        "SourceDBInstanceAutomatedBackupsArn": ["rds:RestoreDBInstanceToPointInTime"],
        "SourceDBInstanceIdentifier": [
            "rds:CreateDBInstanceReadReplica",
            "rds:PromoteReadReplica",
            "rds:RestoreDBInstanceToPointInTime",
        ],
        "SourceDbiResourceId": ["rds:RestoreDBInstanceToPointInTime"],
        "UseLatestRestorableTime": ["rds:RestoreDBInstanceToPointInTime"],
    },
    "AWS::S3::Bucket": {
        "AbacStatus": ["s3:PutBucketAbac"],
        "AccelerateConfiguration": ["s3:PutAccelerateConfiguration"],
        "AccessControl": ["s3:PutBucketAcl", "s3:PutObjectAcl"],
        "AnalyticsConfigurations": ["s3:PutAnalyticsConfiguration"],
        "CorsConfiguration": ["s3:PutBucketCORS"],
        "IntelligentTieringConfigurations": ["s3:PutIntelligentTieringConfiguration"],
        "InventoryConfigurations": ["s3:PutInventoryConfiguration"],
        "MetadataConfiguration": [
            "s3:CreateBucketMetadataTableConfiguration",
            "s3:DeleteBucketMetadataTableConfiguration",
            "s3:UpdateBucketMetadataAnnotationTableConfiguration",
            "s3:UpdateBucketMetadataInventoryTableConfiguration",
            "s3:UpdateBucketMetadataJournalTableConfiguration",
            "s3tables:CreateNamespace",
            "s3tables:CreateTable",
            "s3tables:CreateTableBucket",
            "s3tables:GetTable",
            "s3tables:GetTableMetadataLocation",
            "s3tables:PutTableBucketPolicy",
            "s3tables:PutTableEncryption",
            "s3tables:PutTablePolicy",
            "s3tables:UpdateTableMetadataLocation",
        ],
        "MetadataTableConfiguration": [
            "s3:CreateBucketMetadataTableConfiguration",
            "s3:DeleteBucketMetadataTableConfiguration",
            "s3tables:CreateNamespace",
            "s3tables:CreateTable",
            "s3tables:GetTable",
            "s3tables:PutTablePolicy",
        ],
        "MetricsConfigurations": ["s3:PutMetricsConfiguration"],
        "NotificationConfiguration": ["s3:PutBucketNotification"],
        "ObjectLockConfiguration": ["s3:PutBucketObjectLockConfiguration"],
        "ObjectLockEnabled": ["s3:PutBucketObjectLockConfiguration"],
        "ReplicationConfiguration": ["iam:PassRole", "s3:PutReplicationConfiguration"],
        "WebsiteConfiguration": ["s3:DeleteBucketWebsite", "s3:PutBucketWebsite"],
    },
}

# Actions that a schema lists and no launch role gets.
NEVER = {
    "ecs:PutAccountSetting": "it changes the settings of whoever calls, for everything; tags and Container Insights need none",
    "ecs:PutAccountSettingDefault": "it changes the settings of the whole account",
    "s3:DeleteObject": "a bucket is removed when it is empty; the role removes nobody's data",
}

# Actions that no schema of a product's resources lists.
BEYOND = {
    "cloudformation:CreateStack": "Service Catalog makes the stack with this role",
    "cloudformation:DeleteStack": "Service Catalog removes the stack with this role",
    "cloudformation:DescribeStackEvents": "Service Catalog follows the stack",
    "cloudformation:DescribeStacks": "Service Catalog follows the stack",
    "cloudformation:GetTemplateSummary": "Service Catalog reads the template's parameters",
    "cloudformation:SetStackPolicy": "Service Catalog sets it when it makes the stack",
    "cloudformation:UpdateStack": "a change",
    "cloudformation:ValidateTemplate": "Service Catalog reads the template",
    "ec2:DescribeAccountAttributes": "databases list it; the policy on security groups is shared",
    "ec2:DescribeAvailabilityZones": "databases list it; the policy on security groups is shared",
    "ec2:DescribeInternetGateways": "databases list it; the policy on security groups is shared",
    "ec2:DescribeSubnets": "databases list it; the policy on security groups is shared",
    "ec2:DescribeVpcAttribute": "databases list it; the policy on security groups is shared",
    "ec2:DescribeVpcs": "databases list it; the policy on security groups is shared",
    "kms:Decrypt": "the key of the product encrypts the database's password; only through RDS and Secrets Manager",
    "kms:GenerateDataKey": "the key of the product encrypts the database's password; only through RDS and Secrets Manager",
    "s3:GetObject": "Service Catalog's copies of the templates, by their tag",
    "ssm:GetParameters": "what the templates take from the platform",
}

IAM = json.loads(
    (pathlib.Path(cfnlint.__file__).parent / "data/AdditionalSpecs/Policies.json").read_text(encoding="utf-8")
)
REFERENCE = json.loads(
    (pathlib.Path(policy_sentry.__file__).parent / "shared/data/iam-definition.json").read_text(encoding="utf-8")
)


def exists(action):
    """Whether IAM knows the action: some that the schemas list are names of calls, such as s3:REST.PUT.OBJECT."""
    service, _, name = action.partition(":")
    return name.lower() in IAM.get(service, {}).get("Actions", {})


def resources_of(path):
    template, problems = decode(str(path))
    if problems:
        sys.exit(f"{path}: {problems}")
    return template["Resources"]


def actions_of(document):
    for statement in document["Statement"]:
        actions = statement["Action"]
        yield from [actions] if isinstance(actions, str) else actions


def policies_in(resources):
    """(where, document) of every policy of a role."""
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] in ("AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"):
            yield name, properties["PolicyDocument"]
        if resource["Type"] == "AWS::IAM::Role":
            for policy in properties.get("Policies", []):
                yield f"{name}.{policy['PolicyName']}", policy["PolicyDocument"]


def without_effect(path):
    """Actions that accept no resource and are allowed on one: IAM never allows them then."""
    for where, document in policies_in(resources_of(path)):
        for statement in document["Statement"]:
            for action in actions_of({"Statement": [statement]}):
                service, _, name = action.partition(":")
                known = IAM.get(service, {}).get("Actions", {}).get(name.lower())
                if known is not None and not known.get("Resources") and statement["Resource"] != "*":
                    yield f"{path}: {where}: {action} accepts no resource, so it needs Resource '*'"


def conditions_of(action):
    """The condition keys that an action knows, itself or for a resource that it accepts; all of those that a `*` covers."""
    service, _, name = action.partition(":")
    reference = REFERENCE[service]
    wanted = re.compile(name.replace("*", ".*"))
    for privilege in (one for known, one in reference["privileges"].items() if wanted.fullmatch(known)):
        for accepted in privilege["resource_types"].values():
            yield from accepted["condition_keys"]
            resource = reference["resources"].get(accepted["resource_type"].rstrip("*"), {})
            yield from resource.get("condition_keys", [])


def knows(action, key):
    # `s3:ExistingObjectTag/<key>`, `aws:ResourceTag/${TagKey}` and the like stand for any.
    open_ended = (re.split(r"<key>|\$\{", known, maxsplit=1) for known in conditions_of(action))
    return any(key.startswith(begin[0]) if len(begin) > 1 else key == begin[0] for begin in open_ended)


def unfulfillable(path):
    """Conditions on what an action says nothing of: what is allowed by one is never allowed, what is denied never denied."""
    for where, document in policies_in(resources_of(path)):
        for statement in document["Statement"]:
            keys = {key for operator in statement.get("Condition", {}).values() for key in operator}
            for action in actions_of({"Statement": [statement]}):
                for key in sorted(keys):
                    if not knows(action, key):
                        yield f"{path}: {where}: {action} knows no condition {key}"


def granted_to(role, resources):
    properties = role["Properties"]
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    # What is denied under a condition is allowed all the same, elsewhere.
    for shared in properties.get("ManagedPolicyArns", []):
        documents.append(resources[shared["Ref"]]["Properties"]["PolicyDocument"])
    allowed = [statement for document in documents for statement in document["Statement"] if statement["Effect"] == "Allow"]
    return set(actions_of({"Statement": allowed}))


def handlers_of(kind, wanted=HANDLERS):
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    handlers = schema.get("handlers") or {}
    return {handler: set(handlers.get(handler, {}).get("permissions", [])) for handler in wanted}


def spared_for(kind, properties):
    """What the template needs not: actions for properties, none of which it sets."""
    by_action = {}
    for name, actions in FOR_A_PROPERTY.get(kind, {}).items():
        for action in actions:
            by_action.setdefault(action, set()).add(name)
    return {action for action, names in by_action.items() if not names & set(properties)}


def lacks(template, granted):
    """(action, who needs it) for all that the template needs and the role has not; and all that the schemas list."""
    missing, listed = {}, set()
    for name, resource in template.items():
        kind = resource["Type"]
        spared = spared_for(kind, resource.get("Properties", {}))
        for handler, actions in handlers_of(kind).items():
            listed |= actions
            for action in actions - granted:
                if action in NEVER or not exists(action) or (handler != "read" and action in spared):
                    continue
                missing.setdefault(action, f"{name} ({kind}) to {handler}")
    return missing, listed


def compare(catalog, roles):
    resources = resources_of(roles)
    named = {
        role["Properties"]["RoleName"]: role for role in resources.values() if role["Type"] == "AWS::IAM::Role"
    }
    problems, compared = [], 0
    for path in sorted(pathlib.Path(catalog).glob("*/template.yml")):
        key = path.parent.name
        role = named.get(f"quartermaster-launch-{key}")
        if role is None:
            problems.append(f"{roles}: {key} has no role quartermaster-launch-{key}")
            continue
        granted = granted_to(role, resources)
        missing, listed = lacks(resources_of(path), granted)
        compared += len(listed)
        problems += [f"{roles}: {key} lacks {action}, for {who}" for action, who in sorted(missing.items())]
        for action in sorted(granted - listed):
            if action not in BEYOND:
                problems.append(f"{roles}: {key} may {action}, which no schema lists and nothing here explains")
        for action in sorted(granted):
            if "*" in action or not exists(action):
                problems.append(f"{roles}: {key}: IAM has no action {action}")
    if not compared:
        problems.append(f"{catalog}: no template found: nothing was compared")
    return problems, compared


def compare_bot(portal="infra/portal.yml", listed="src/aws/inventory.rs"):
    """What Cloud Control asks of each service in the bot's name."""
    policies = resources_of(portal)["BotRole"]["Properties"]["Policies"]
    inventory = {"Properties": {"Policies": [policy for policy in policies if policy["PolicyName"] == "inventory"]}}
    granted = granted_to(inventory, {})
    needed = {"cloudformation:GetResource": "looking at one", "cloudformation:ListResources": "listing"}
    for kind in re.findall(r'\("AWS::[^"]+", "(AWS::[^"]+)", "', pathlib.Path(listed).read_text(encoding="utf-8")):
        for handler, actions in handlers_of(kind, ("list", "read")).items():
            needed |= {action: f"{kind} to {handler}" for action in actions if exists(action)}
    if len(needed) < 10:
        sys.exit(f"{listed}: no resource type found: the bot was not compared")
    problems = [f"{portal}: the bot lacks {action}, for {needed[action]}" for action in sorted(needed.keys() - granted)]
    problems += [f"{portal}: the bot may {action}, which nothing that it lists needs" for action in sorted(granted - needed.keys())]
    return problems, len(needed)


def assert_that_it_notices(catalog):
    """Tries first that something would be said: a role that lacks one action."""
    for path in sorted(pathlib.Path(catalog).glob("*/template.yml")):
        template = resources_of(path)
        needed, _ = lacks(template, set())
        for action in needed:
            missing, _ = lacks(template, set(needed) - {action})
            if set(missing) != {action}:
                sys.exit(f"compare.py does not notice that {path} needs {action}, but {sorted(missing)}")


def main():
    catalog = sys.argv[1] if len(sys.argv) > 1 else "catalog"
    roles = sys.argv[2] if len(sys.argv) > 2 else "infra/launch-roles.yml"
    assert_that_it_notices(catalog)
    problems, compared = compare(catalog, roles)
    of_bot, compared_of_bot = compare_bot()
    problems += of_bot
    for path in (roles, "infra/portal.yml", *sorted(pathlib.Path(catalog).glob("*/template.yml"))):
        problems += [*without_effect(path), *unfulfillable(path)]
    if problems:
        sys.exit("\n".join(problems))
    print(f"launch roles: {compared} actions of AWS's schemas compared, {compared_of_bot} of the bot's, none missing, none too many")


main()
