"""What AWS's own service model says of the operations that the stand-in for Service Catalog answers, as model.json.

    python model.py           prints it
    python model.py --check   compares it with the committed file, exit 1 if they differ

Source: the package botocore (PyPI), which holds AWS's models. Not recorded from AWS. `.ci/lint-infra` checks it with the
botocore of its virtual environment.
"""

import json
import pathlib
import sys

import botocore.session

OPERATIONS = [
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
]


def described(shape, shapes):
    """The name of a shape, whose description is among the shapes afterwards."""
    if shape.name in shapes:
        return shape.name
    text = shapes[shape.name] = {"type": shape.type_name}
    for limit in ("min", "max", "pattern"):
        if limit in shape.metadata:
            text[limit] = shape.metadata[limit]
    if shape.type_name == "structure":
        text["required"] = sorted(shape.required_members)
        text["members"] = {name: described(member, shapes) for name, member in sorted(shape.members.items())}
    elif shape.type_name == "list":
        text["member"] = described(shape.member, shapes)
    elif shape.type_name == "map":
        text["key"], text["value"] = described(shape.key, shapes), described(shape.value, shapes)
    elif shape.type_name == "string" and shape.enum:
        text["enum"] = shape.enum
    return shape.name


def model():
    service = botocore.session.Session().get_service_model("servicecatalog")
    shapes, operations = {}, {}
    for name in OPERATIONS:
        operation = service.operation_model(name)
        operations[name] = {
            "input": described(operation.input_shape, shapes),
            "output": described(operation.output_shape, shapes),
            "errors": sorted(error.name for error in operation.error_shapes),
        }
    source = "botocore 1.35.99, servicecatalog 2015-12-10, read 2026-11-29; not recorded from AWS"
    return {"source": source, "operations": operations, "shapes": dict(sorted(shapes.items()))}


def main():
    text = json.dumps(model(), indent=1, ensure_ascii=False) + "\n"
    if sys.argv[1:] != ["--check"]:
        print(text, end="")
        return
    if pathlib.Path(__file__).with_name("model.json").read_text(encoding="utf-8") != text:
        sys.exit("tests/stand_in/model.json is not what botocore says: python tests/stand_in/model.py > it, and look at the difference")


main()
