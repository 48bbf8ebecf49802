"""What AWS's own service models say of the operations that the program calls, as one JSON file for each service.

    python models.py           writes them
    python models.py --check   compares them with the committed files, exit 1 if they differ

Source: the package botocore (PyPI), which holds AWS's models, in the version that `.ci/lint-catalog` pins and installs:

    PYTHONPATH=.venv-lint/models .venv-lint/bin/python tests/model/models.py

Nothing is recorded from AWS. `.ci/lint-infra` checks it.
"""

import json
import pathlib
import re
import sys

import botocore
import botocore.session

OPERATIONS = {
    "ce": ["GetCostAndUsage"],
    "cloudcontrol": ["GetResource", "ListResources"],
    "dynamodb": [
        "BatchGetItem",
        "DeleteItem",
        "DescribeTable",
        "GetItem",
        "PutItem",
        "Query",
        "TransactWriteItems",
        "UpdateItem",
    ],
    "servicecatalog": [
        "DescribeProduct",
        "DescribeProvisionedProduct",
        "DescribeProvisioningArtifact",
        "DescribeProvisioningParameters",
        "DescribeRecord",
        "ListLaunchPaths",
        "ProvisionProduct",
        "SearchProductsAsAdmin",
        "SearchProvisionedProducts",
        "TerminateProvisionedProduct",
        "UpdateProvisionedProduct",
    ],
    "sns": ["Publish"],
    "sqs": ["DeleteMessage", "GetQueueAttributes", "ReceiveMessage"],
    "stepfunctions": [
        "DescribeExecution",
        "DescribeStateMachine",
        "ListExecutions",
        "SendTaskFailure",
        "SendTaskSuccess",
        "StartExecution",
    ],
}
READ = "2026-11-29"
# The shape of what has none.
NOTHING = "Nothing"


def described(shape, shapes):
    """The name of a shape, whose description is among the shapes afterwards."""
    if shape is None:
        return NOTHING
    if shape.name in shapes:
        return shape.name
    text = shapes[shape.name] = {"type": shape.type_name}
    for limit in ("min", "max", "pattern"):
        if limit in shape.metadata:
            text[limit] = shape.metadata[limit]
    if shape.type_name == "structure":
        text["required"] = sorted(shape.required_members)
        text["members"] = {
            member.serialization.get("name", name): described(member, shapes) for name, member in sorted(shape.members.items())
        }
    elif shape.type_name == "list":
        text["member"] = described(shape.member, shapes)
    elif shape.type_name == "map":
        text["key"], text["value"] = described(shape.key, shapes), described(shape.value, shapes)
    elif shape.type_name == "string" and shape.enum:
        text["enum"] = shape.enum
    return shape.name


def error(shape, shapes, written):
    """The HTTP status of an error, and the shape of what it tells beside its message. Of whose fault it is botocore's shapes
    say nothing; what they are made from does."""
    described(shape, shapes)
    for name in ("message", "Message"):
        shapes[shape.name]["members"].pop(name, None)
    shapes[shape.name]["required"] = [name for name in shapes[shape.name]["required"] if name.lower() != "message"]
    status = shape.metadata.get("error", {}).get("httpStatusCode", 500 if written[shape.name].get("fault") else 400)
    return {"status": status, "shape": shape.name}


def model(name, operations):
    session = botocore.session.Session()
    service = session.get_service_model(name)
    written = session.get_component("data_loader").load_service_model(name, "service-2")["shapes"]
    # What is sent in a form says in XML which error it is, and by another word than the shape's name.
    is_form = service.metadata["protocol"] == "query"
    shapes = {NOTHING: {"type": "structure", "required": [], "members": {}}}
    described_operations = {}
    for operation in map(service.operation_model, operations):
        described_operations[operation.name] = {
            "input": described(operation.input_shape, shapes),
            "output": described(operation.output_shape, shapes),
            "errors": {
                shape.error_code if is_form else shape.name: error(shape, shapes, written)
                for shape in sorted(operation.error_shapes, key=lambda shape: shape.name)
            },
        }
    return {
        "source": f"botocore {botocore.__version__}, {name} {service.api_version}, read {READ}; not recorded from AWS",
        "target": service.metadata.get("targetPrefix"),
        "version": service.api_version,
        "operations": described_operations,
        "shapes": dict(sorted(shapes.items())),
    }


def printed(model):
    """As JSON with a line for each operation and each shape, so that a difference can be read."""
    def line(value):
        return json.dumps(value, ensure_ascii=False)

    parts = [f" {line(key)}: {line(model[key])}" for key in ("source", "target", "version")]
    for key in ("operations", "shapes"):
        lines = ",\n".join(f"  {line(name)}: {line(value)}" for name, value in model[key].items())
        parts.append(f" {line(key)}: {{\n{lines}\n }}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main():
    folder = pathlib.Path(__file__).parent
    pinned = re.search(r"^botocore_version=(\S+)$", (folder / "../../.ci/lint-catalog").read_text(encoding="utf-8"), re.MULTILINE).group(1)
    if botocore.__version__ != pinned:
        sys.exit(f"this is botocore {botocore.__version__}, and .ci/lint-catalog pins {pinned}: set PYTHONPATH as the head of this file says")
    texts = {folder / f"{name}.json": printed(model(name, operations)) for name, operations in OPERATIONS.items()}
    if sys.argv[1:] != ["--check"]:
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
        return
    differing = [path.name for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    differing += [path.name for path in folder.glob("*.json") if path not in texts]
    if differing:
        sys.exit(f"tests/model: {', '.join(differing)}: not what botocore says: python tests/model/models.py, and look at the difference")
    print(f"tests/model: {len(texts)} services as botocore {botocore.__version__} has them")


main()
