"""An account of AWS with a command line, as far as infra/deploy.sh uses it: stacks, change sets, objects in a bucket.

Which options a command has, what they hold, which errors there are, what an answer looks like and when a `wait` is over comes
from AWS's service models in the package botocore; the states of a stack and which of them an operation takes, from AWS's
documentation of CloudFormation (2026-11-29). Requests and answers are both held to the models. What is said in refusals is
written after AWS's pages; it is not recorded from AWS.
"""

import json
import re
import socketserver
import threading

import botocore.session
import jmespath
from botocore import xform_name
from botocore.validate import ParamValidator
from cfnlint.decode import cfn_yaml

ACCOUNT, REGION = "123456789012", "us-east-1"
SESSION = botocore.session.Session()
MODELS = {name: SESSION.get_service_model(api) for name, api in (("cloudformation", "cloudformation"), ("iam", "iam"), ("s3api", "s3"), ("sts", "sts"))}
WAITERS = SESSION.get_waiter_model("cloudformation")
STATUSES = MODELS["cloudformation"].shape_for("StackStatus").enum
UPDATABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}

# What a stack becomes by itself.
ENDS = {
    "CREATE_IN_PROGRESS": "CREATE_COMPLETE",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK_COMPLETE",
    "DELETE_IN_PROGRESS": "DELETE_COMPLETE",
    "UPDATE_IN_PROGRESS": "UPDATE_COMPLETE",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_IN_PROGRESS": "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_IN_PROGRESS": "IMPORT_ROLLBACK_COMPLETE",
}
# What no operation of the script, and nothing that follows by itself, leads to here: scenarios begin in these.
NOT_PLAYED = {
    "CREATE_FAILED": "a creation that fails is rolled back, unless it is asked for otherwise",
    "ROLLBACK_FAILED": "something outside keeps a resource from being deleted",
    "DELETE_FAILED": "the same",
    "UPDATE_FAILED": "a change that fails is rolled back, unless it is asked for otherwise",
    "UPDATE_ROLLBACK_FAILED": "something outside keeps a resource from becoming what it was",
    "IMPORT_ROLLBACK_FAILED": "the script imports nothing",
}
assert set(ENDS) | set(ENDS.values()) | {"REVIEW_IN_PROGRESS"} | set(NOT_PLAYED) == set(STATUSES)
assert not NOT_PLAYED.keys() & (ENDS.keys() | set(ENDS.values()))

# Errors that the models of the operations do not list, and where AWS has them (2026-11-29).
ELSEWHERE = {
    "ValidationError": "https://docs.aws.amazon.com/securityhub/1.0/APIReference/CommonErrors.html: common to all services",
    "AccessDenied": "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
    "ExpiredToken": "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
    "NoSuchBucket": "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
    "404": "https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html: no body, so no code but the status",
    "Throttling": "botocore, data/_retry.json: what is tried again",
}
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html (2026-11-29)
LONGEST_BODY, LONGEST_VALUE = 51_200, 4_096

OUTPUTS = {
    "AssetBucket": f"quartermaster-assets-{ACCOUNT}-{REGION}",
    "AssetUrl": "https://assets.example.com",
    "BotRoleArn": f"arn:aws:iam::{ACCOUNT}:role/bot",
}


class Refused(Exception):
    """A refusal as the command line prints it."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Usage(Exception):
    """The command line itself refuses: no such command or option."""


_templates = {}


def parsed(text):
    if text not in _templates:
        _templates[text] = json.loads(json.dumps(cfn_yaml.loads(text)))
    return _templates[text]


class Stack:
    def __init__(self, name, status, number, run):
        self.name, self.status, self.run = name, status, run
        self.id = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{number:036d}"
        self.template, self.parameters, self.tags, self.protected = "", {}, {}, False
        self.change_sets, self.events = {}, []

    @property
    def exists(self):
        return self.status != "DELETE_COMPLETE"

    def outputs(self):
        found = parsed(self.template).get("Outputs", {}) if self.template else {}
        return [
            {"OutputKey": key, "OutputValue": OUTPUTS.get(key, f"the-{key}")}
            for key, output in found.items()
            if "Condition" not in output
        ]

    def described(self):
        stack = {
            "StackId": self.id,
            "StackName": self.name,
            "StackStatus": self.status,
            "CreationTime": "2026-11-29T00:00:00Z",
            "EnableTerminationProtection": self.protected,
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()],
        }
        if self.status != "REVIEW_IN_PROGRESS" and self.template:
            stack["Parameters"] = [
                {"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()
            ]
            stack["Outputs"] = self.outputs()
        return stack


class Account:
    def __init__(self):
        self.stacks, self.objects, self.calls, self.deleted = [], {}, [], []
        self.run = 0
        self.fault = None  # called with the number of a call and its words; True, "after" or None
        self.before = None  # called with the words of a call before it is answered
        self.fails = set()  # names of stacks whose next change fails
        self.roles = set()  # names of roles that no stack of this region has made

    # What happens beside the script.

    def stack(self, name):
        return next((stack for stack in self.stacks if stack.name == name and stack.exists), None)

    def make(self, name, status):
        self.stacks.append(Stack(name, status, len(self.stacks), self.run))
        return self.stacks[-1]

    def settle(self, only=None):
        for stack in self.stacks:
            if only is None or stack is only:
                while stack.status in ENDS:
                    self.end(stack)

    def end(self, stack):
        if stack.status in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS") and stack.name in self.fails:
            self.fails.discard(stack.name)
            kind = stack.status.split("_")[0]
            self.happened(stack, "Queue", f"{kind}_FAILED", "the queue already exists")
            stack.template, stack.parameters, stack.tags = stack.before
            stack.status = "ROLLBACK_COMPLETE" if kind == "CREATE" else "UPDATE_ROLLBACK_COMPLETE"
        else:
            if stack.status == "UPDATE_IN_PROGRESS" and balancer(stack.before[1]) == "protected" and not balancer(stack.parameters):
                # What an update no longer needs is removed after it, and the update is complete without that, too:
                # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
                self.happened(stack, "Balancer", "DELETE_FAILED", "cannot be deleted because deletion protection is enabled")
            stack.status = ENDS[stack.status]

    @staticmethod
    def happened(stack, resource, status, reason):
        stack.events.append(
            {
                "StackId": stack.id, "EventId": str(len(stack.events)), "StackName": stack.name,
                "Timestamp": "2026-11-29T00:00:00Z", "LogicalResourceId": resource, "PhysicalResourceId": f"the-{resource}",
                "ResourceStatus": status, "ResourceStatusReason": reason, "ClientRequestToken": stack.token,
            }
        )

    # The command line.

    def answer(self, words):
        """(exit code, standard output, standard error)"""
        self.calls.append(words)
        if self.before:
            self.before(words)
        fault = self.fault(len(self.calls) - 1, words) if self.fault else None
        try:
            if fault and fault != "after":
                raise Refused(*fault)
            said = self.command(words)
            if fault == "after":
                return 255, "", '\nCould not connect to the endpoint URL: "https://example.com/"\n'
            return 0, said, ""
        except Refused as refused:
            operation = "".join(word.capitalize() for word in words[1].split("-"))
            model = MODELS.get(words[0])
            if model and operation in model.operation_names:
                errors = [error.error_code for error in model.operation_model(operation).error_shapes]
                assert refused.code in (*errors, *ELSEWHERE), f"{operation} has no error {refused.code}"
            return 254, "", f"\nAn error occurred ({refused.code}) when calling the {operation} operation: {refused}\n"
        except Usage as usage:
            return 252, "", f"\naws: error: {usage}\n"

    def command(self, words):
        if words == ["configure", "get", "region"]:
            return f"{REGION}\n"
        service, operation, *rest = words
        if service not in MODELS:
            raise Usage(f"argument command: Invalid choice: {service}")
        model = MODELS[service]
        if (service, operation) == ("cloudformation", "wait"):
            return self.wait(rest[0], rest[1:])
        name = next((name for name in model.operation_names if kebab(name) == operation), None)
        if name is None:
            raise Usage(f"argument operation: Invalid choice: {operation}")
        parameters, query, output = options(model.operation_model(name), rest)
        handler = getattr(self, xform_name(name), None)
        if handler is None:
            raise AssertionError(f"the stand-in has no {name}")
        answer = handler(**parameters) or {}
        check(model.operation_model(name).output_shape, answer, name)
        if query:
            answer = jmespath.search(query, answer)
        elif not answer:
            return ""
        return text(answer) if output == "text" else json.dumps(answer, indent=4) + "\n"

    def wait(self, name, rest):
        config = next((WAITERS.get_waiter(known) for known in WAITERS.waiter_names if kebab(known) == name), None)
        if config is None:
            raise Usage(f"argument waiter: Invalid choice: {name}")
        model = MODELS["cloudformation"].operation_model(config.operation)
        parameters, *_ = options(model, rest)
        stack = self.find(parameters["StackName"])
        self.settle(stack)
        for change_set in stack.change_sets.values():
            change_set |= change_set.pop("becomes", {})
        try:
            answer = getattr(self, xform_name(config.operation))(**parameters)
        except Refused as refused:
            answer = {"Error": {"Code": refused.code, "Message": str(refused)}}
        for acceptor in config.acceptors:
            if acceptor.matcher_func(answer):
                if acceptor.state == "success":
                    return ""
                raise Usage(f"Waiter {name} failed: Waiter encountered a terminal failure state: {acceptor.expected}")
        raise Usage(f"Waiter {name} failed: Max attempts exceeded")

    # The operations.

    def get_caller_identity(self):
        return {"Account": ACCOUNT, "UserId": "AIDA", "Arn": f"arn:aws:iam::{ACCOUNT}:user/somebody"}

    def get_role(self, RoleName):
        if RoleName not in self.roles:
            raise Refused("NoSuchEntity", f"The role with name {RoleName} cannot be found.")
        arn = f"arn:aws:iam::{ACCOUNT}:role/{RoleName}"
        return {"Role": {"Path": "/", "RoleName": RoleName, "RoleId": "AROAEXAMPLEEXAMPLE", "Arn": arn, "CreateDate": "2026-11-29T00:00:00Z"}}

    def head_object(self, Bucket, Key):
        if (Bucket, Key) not in self.objects:
            raise Refused("404", "Not Found")
        return {"ContentLength": len(self.objects[Bucket, Key])}

    def put_object(self, Bucket, Key, Body):
        if Bucket != OUTPUTS["AssetBucket"] or not self.stack("quartermaster-assets"):
            raise Refused("NoSuchBucket", "The specified bucket does not exist")
        self.objects[Bucket, Key] = open(Body, encoding="utf-8").read()
        return {"ETag": '"x"'}

    def find(self, name):
        """A stack by its name, or by its id, by which removed ones are found too."""
        found = next((stack for stack in self.stacks if stack.id == name), None) or self.stack(name)
        if found is None:
            raise Refused("ValidationError", f"Stack with id {name} does not exist")
        return found

    def describe_stacks(self, StackName):
        return {"Stacks": [self.find(StackName).described()]}

    def describe_stack_events(self, StackName):
        return {"StackEvents": self.find(StackName).events}

    def create_change_set(self, StackName, ChangeSetName, Capabilities=(), ChangeSetType="UPDATE", TemplateBody=None, TemplateURL=None, Parameters=(), Tags=()):
        stack = self.stack(StackName)
        if ChangeSetType == "CREATE":
            if stack and stack.status != "REVIEW_IN_PROGRESS":
                raise Refused("ValidationError", f"Stack [{StackName}] already exists and cannot be created again with the changeSet [{ChangeSetName}].")
        elif stack is None:
            raise Refused("ValidationError", f"Stack [{StackName}] does not exist")
        elif stack.status not in UPDATABLE:
            raise Refused("ValidationError", f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        if TemplateURL:
            key = TemplateURL.removeprefix(OUTPUTS["AssetUrl"] + "/")
            TemplateBody = self.objects.get((OUTPUTS["AssetBucket"], key))
            if TemplateBody is None:
                raise Refused("ValidationError", "S3 error: The specified key does not exist.")
        elif len(TemplateBody.encode()) > LONGEST_BODY:
            raise Refused("ValidationError", f"1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to {LONGEST_BODY}")
        template = parsed(TemplateBody)
        # Named roles and policies take the second, https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
        if "CAPABILITY_NAMED_IAM" not in Capabilities and any(resource["Type"].startswith("AWS::IAM::") for resource in template["Resources"].values()):
            raise Refused("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]")
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
        if any(tag["Key"].lower().startswith("aws:") for tag in Tags):
            raise Refused("ValidationError", "aws: prefixed tag key names are not allowed for external use.")
        values = self.values(stack, template, Parameters)
        stack = stack or self.make(StackName, "REVIEW_IN_PROGRESS")
        if ChangeSetName in stack.change_sets:
            raise Refused("AlreadyExistsException", f"ChangeSet {ChangeSetName} cannot be created due to a mismatch with existing attribute")
        tags = {tag["Key"]: tag["Value"] for tag in Tags}
        change_set = {
            "ChangeSetName": ChangeSetName,
            "ChangeSetId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/{ChangeSetName}/1",
            "StackId": stack.id,
            "StackName": stack.name,
            "Status": "CREATE_IN_PROGRESS",
            "ExecutionStatus": "UNAVAILABLE",
            "Changes": [],
            "content": (TemplateBody, values, tags),
            "becomes": {"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE"},
        }
        new = ChangeSetType == "CREATE"
        if not new and (stack.template, stack.parameters, stack.tags) == (TemplateBody, values, tags):
            reason = "The submitted information didn't contain changes. Submit different information to create a change set."
            change_set["becomes"] = {"Status": "FAILED", "StatusReason": reason}
        for name, resource in template["Resources"].items():
            change = {"Action": "Add" if new else "Modify", "LogicalResourceId": name, "ResourceType": resource["Type"]}
            change |= {} if new else {"Replacement": "False"}
            change_set["Changes"].append({"Type": "Resource", "ResourceChange": change})
        stack.change_sets[ChangeSetName] = change_set
        return {"Id": change_set["ChangeSetId"], "StackId": stack.id}

    @staticmethod
    def values(stack, template, parameters):
        declared = template.get("Parameters", {})
        given = {parameter["ParameterKey"]: parameter for parameter in parameters}
        if unknown := sorted(set(given) - set(declared)):
            raise Refused("ValidationError", f"Parameters: [{', '.join(unknown)}] do not exist in the template")
        values = {}
        for name, declaration in declared.items():
            parameter = given.get(name, {})
            if parameter.get("UsePreviousValue"):
                if stack is None or name not in stack.parameters:
                    raise Refused("ValidationError", f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a parameter key not in the previous template")
                values[name] = stack.parameters[name]
            elif "ParameterValue" in parameter:
                values[name] = parameter["ParameterValue"]
            elif "Default" in declaration:
                values[name] = str(declaration["Default"])
            else:
                raise Refused("ValidationError", f"Parameters: [{name}] must have values")
            allowed = [str(word) for word in declaration.get("AllowedValues", [])]
            if allowed and values[name] not in allowed:
                raise Refused("ValidationError", f"Template error: Parameter '{name}' must be one of AllowedValues")
            if len(values[name].encode()) > LONGEST_VALUE:
                raise Refused("ValidationError", f"Parameter '{name}' is longer than {LONGEST_VALUE} bytes")
            low, high = declaration.get("MinValue", "-inf"), declaration.get("MaxValue", "inf")
            try:
                fits = declaration["Type"] != "Number" or float(low) <= float(values[name]) <= float(high)
            except ValueError:
                fits = False
            if not fits:
                raise Refused("ValidationError", f"Parameter '{name}' must be a number from {low} to {high}")
            pattern = declaration.get("AllowedPattern")
            if pattern and not re.fullmatch(pattern, values[name]):
                raise Refused("ValidationError", f"Parameter '{name}' must match pattern {pattern}")
        return values

    def change_set(self, StackName, ChangeSetName):
        try:
            stack = self.find(StackName)
        except Refused:
            raise Refused("ValidationError", f"Stack [{StackName}] does not exist") from None
        if ChangeSetName not in stack.change_sets:
            raise Refused("ChangeSetNotFound", f"ChangeSet [{ChangeSetName}] does not exist")
        return stack, stack.change_sets[ChangeSetName]

    def describe_change_set(self, StackName, ChangeSetName):
        _, change_set = self.change_set(StackName, ChangeSetName)
        return {key: value for key, value in change_set.items() if key not in ("content", "becomes")}

    def list_change_sets(self, StackName):
        return {"Summaries": [{"ChangeSetName": name} for name in self.find(StackName).change_sets]}

    def delete_change_set(self, StackName, ChangeSetName):
        """Of one that is not there, too, if only the stack is: so it was measured in an account by the authors of
        https://github.com/ministackorg/ministack/pull/1625 (2026-11-29), and the model lists no error for it."""
        try:
            stack, change_set = self.change_set(StackName, ChangeSetName)
        except Refused as refused:
            if refused.code == "ChangeSetNotFound":
                return
            raise
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteChangeSet.html has the error; that a change
        # set that is still being made is one of those is read from its words.
        if change_set["ExecutionStatus"] == "EXECUTE_IN_PROGRESS" or change_set.get("Status") == "CREATE_IN_PROGRESS":
            raise Refused("InvalidChangeSetStatus", f"ChangeSet [{ChangeSetName}] cannot be deleted in its current status")
        del stack.change_sets[ChangeSetName]
        self.deleted.append(("change set", ChangeSetName, None))

    def execute_change_set(self, StackName, ChangeSetName, ClientRequestToken=None):
        stack, change_set = self.change_set(StackName, ChangeSetName)
        if change_set["ExecutionStatus"] != "AVAILABLE":
            raise Refused("InvalidChangeSetStatus", f"ChangeSet [{ChangeSetName}] cannot be executed in its current status")
        stack.before = (stack.template, stack.parameters, stack.tags)
        stack.token = ClientRequestToken
        stack.template, stack.parameters, stack.tags = change_set["content"]
        stack.status = "CREATE_IN_PROGRESS" if stack.status == "REVIEW_IN_PROGRESS" else "UPDATE_IN_PROGRESS"
        # "When you execute a change set, CloudFormation deletes all other change sets associated with the stack".
        stack.change_sets.clear()
        return {}

    def delete_stack(self, StackName, RetainResources=()):
        try:
            stack = self.find(StackName)
        except Refused:
            return
        if stack.protected:
            raise Refused("ValidationError", f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        if stack.exists:
            self.deleted.append(("stack", stack.name, stack.run))
            stack.status = "DELETE_COMPLETE" if stack.status == "REVIEW_IN_PROGRESS" else "DELETE_IN_PROGRESS"

    def rollback_stack(self, StackName, RetainExceptOnCreate=False):
        stack = self.find(StackName)
        if stack.status not in ("CREATE_FAILED", "UPDATE_FAILED"):
            raise Refused("ValidationError", f"Stack [{stack.name}] is in {stack.status} state and cannot be rolled back")
        # "This operation will delete a stack if it doesn't contain a last known stable state."
        stack.status = "DELETE_IN_PROGRESS" if stack.status == "CREATE_FAILED" else "UPDATE_ROLLBACK_IN_PROGRESS"
        return {}

    def continue_update_rollback(self, StackName):
        stack = self.find(StackName)
        if stack.status != "UPDATE_ROLLBACK_FAILED":
            raise Refused("ValidationError", f"Stack:{stack.id} is in {stack.status} state and can not continue rolling back")
        stack.status = "UPDATE_ROLLBACK_IN_PROGRESS"
        return {}

    def update_termination_protection(self, StackName, EnableTerminationProtection):
        stack = self.find(StackName)
        stack.protected = EnableTerminationProtection
        return {"StackId": stack.id}


def balancer(parameters):
    """Whether the portal has a load balancer with these, and whether that is protected."""
    if parameters.get("Transport") != "http" or not parameters.get("ImageUri"):
        return None
    return "protected" if parameters.get("BalancerProtection") == "yes" else "there"


def kebab(name):
    return xform_name(name, "-")


def options(operation, words):
    """The parameters of a call, and --query and --output."""
    members = operation.input_shape.members if operation.input_shape else {}
    named = {"--" + kebab(name): (name, shape) for name, shape in members.items()}
    parameters, given, words = {}, {"--query": None, "--output": "json"}, list(words)
    while words:
        word = words.pop(0)
        if word in given:
            given[word] = words.pop(0)
            continue
        flag = word.replace("--no-", "--", 1)
        if flag in named and named[flag][1].type_name == "boolean":
            parameters[named[flag][0]] = flag == word
            continue
        if word not in named:
            raise Usage(f"Unknown options: {word}")
        name, shape = named[word]
        if not words or words[0].startswith("--"):
            raise Usage(f"argument {word}: expected one argument")
        value = words.pop(0)
        if shape.type_name == "list" and shape.member.type_name == "string":
            value = [value]
            while words and not words[0].startswith("--"):
                value.append(words.pop(0))
        elif shape.type_name in ("list", "structure"):
            value = json.loads(value)
        elif value.startswith("file://"):
            value = open(value.removeprefix("file://"), encoding="utf-8").read()
        parameters[name] = value
    if operation.input_shape:
        blobs = {name: b"" for name, shape in members.items() if shape.type_name == "blob" and name in parameters}
        report = ParamValidator().validate(parameters | blobs, operation.input_shape)
        if report.has_errors():
            raise Usage(f"Parameter validation failed: {report.generate_report()}")
        for wrong in beyond(operation.input_shape, parameters | blobs, operation.name):
            raise Refused("ValidationError", f"1 validation error detected: {wrong}")
    return parameters, given["--query"], given["--output"]


def beyond(shape, value, place):
    """What the model limits and the command line does not check: AWS refuses it."""
    low, high, pattern = (shape.metadata.get(name) for name in ("min", "max", "pattern"))
    size = len(value) if isinstance(value, (str, list, dict, bytes)) else value
    if low is not None and size < low or high is not None and size > high:
        yield f"'{place}' failed to satisfy constraint: {low} to {high}"
    if pattern and not re.fullmatch(pattern, value):
        yield f"'{place}' failed to satisfy regular expression pattern: {pattern}"
    if shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"'{place}' must be one of {shape.enum}"
    if shape.type_name == "structure":
        for name, member in value.items():
            yield from beyond(shape.members[name], member, f"{place}.{name}")
    if shape.type_name == "list":
        for member in value:
            yield from beyond(shape.member, member, place)
    if shape.type_name == "map":
        for key, member in value.items():
            yield from beyond(shape.key, key, place)
            yield from beyond(shape.value, member, f"{place}.{key}")


def check(shape, answer, place):
    """That an answer is one that the model allows."""
    if shape is None:
        assert answer == {}, (place, answer)
        return
    report = ParamValidator().validate(answer, shape)
    assert not report.has_errors(), f"{place} does not answer so: {report.generate_report()}"
    wrong = list(beyond(shape, answer, place))
    assert not wrong, f"{place} does not answer so: {wrong}"


def text(value):
    """As `--output text` prints it."""
    if isinstance(value, list):
        if not value:
            return ""
        if all(not isinstance(element, list) for element in value):
            return "\t".join(str(element) for element in value) + "\n"
        return "".join(text(element) for element in value)
    return f"{value}\n"


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        received = self.connection.recv(1 << 20)
        while received.count(b"\0") < 1 or received.count(b"\0") <= int(received.split(b"\0", 1)[0]):
            received += self.connection.recv(1 << 20)
        words = [word.decode() for word in received.split(b"\0")[1:-1]]
        with self.server.lock:
            try:
                code, said, refused = self.server.account.answer(words)
            except Exception as broken:  # A mistake of the stand-in ends the test, not the connection.
                self.server.broken.append(f"{words}: {broken!r}")
                code, said, refused = 99, "", f"the stand-in is broken: {broken!r}\n"
        said, refused = said.encode(), refused.encode()
        self.wfile.write(f"{code} {len(said)} {len(refused)}\n".encode() + said + refused)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.account, self.broken, self.lock = None, [], threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]
