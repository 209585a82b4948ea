"""How long deployment templates take, in process: a nested one of 640 KB (aim: 500 ms), and the AVM module (aim: 50 ms).

Usage: python benchmarks/arm.py [RUNS]. Prints medians in milliseconds. The nested template is made here, with as many nested
deployments, parameters and expressions as Azure's landing zone for Virtual Desktop; where ../shared/corpus is, that one itself
and the modules for images of the Bicep registry are measured too.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from aib2packer import Options, convert

_CORPUS = Path(__file__).parent.parent.parent / "shared" / "corpus" / "files"
_LARGE = _CORPUS / "Azure__avdaccelerator" / "workload__arm__deploy-custom-image.json"
_REGISTRY = _CORPUS / "Azure__bicep-registry-modules"
_MODULE = _REGISTRY / "avm__res__virtual-machine-images__image-template__main.json"
_PATTERN = _REGISTRY / "avm__ptn__virtual-machine-images__azure-image-builder__main.json"
_SOURCE = {"type": "PlatformImage", "publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2"}
_STEP = {"type": "Shell", "name": "update", "inline": ["apt-get update"]}
_TARGET = {
    "type": "SharedImage",
    "imageName": "i",
    "sharedImageGalleryImageDefinitionResourceId": (
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/c/images/i"
    ),
}
_SETTINGS = tuple(
    f"{name}={json.dumps(value)}"
    for name, value in {
        "imageSource": _SOURCE,
        "customizationSteps": [_STEP],
        "imageTemplateCustomizationSteps": [_STEP],
        "imageTemplateImageSource": _SOURCE,
        "distributions": [_TARGET],
    }.items()
)
_SIZE = 637_000


def _template(body: dict[str, Any], level: str = "deploymentTemplate") -> dict[str, Any]:
    schema = f"https://schema.management.azure.com/schemas/2019-04-01/{level}.json#"
    return {"$schema": schema, "contentVersion": "1.0.0.0", **body}


def _nested(name: str, parameters: dict[str, Any], template: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": name,
        "resourceGroup": "[parameters('group')]",
        "properties": {
            "expressionEvaluationOptions": {"scope": "inner"},
            "mode": "Incremental",
            "parameters": parameters,
            "template": template,
        },
    }


def _bystander(number: int) -> dict[str, Any]:
    """A module that has nothing to do with the image, as most of a landing zone has."""
    declared = {f"p{index}": {"type": "string", "defaultValue": f"value {index}"} for index in range(40)}
    variables = {f"v{index}": f"[concat(parameters('p{index}'), '-', uniqueString(resourceGroup().id))]" for index in range(40)}
    roles = [
        {
            "type": "Microsoft.Authorization/roleAssignments",
            "apiVersion": "2022-04-01",
            "name": f"[guid(resourceGroup().id, variables('v{index}'))]",
            "condition": f"[not(empty(parameters('p{index}')))]",
            "properties": {"principalId": f"[variables('v{index}')]", "roleDefinitionId": f"[parameters('p{index}')]"},
        }
        for index in range(40)
    ]
    passed = {f"p{index}": {"value": f"[format('{{0}}-{index}', parameters('prefix'))]"} for index in range(40)}
    body = _template({"parameters": declared, "variables": variables, "resources": roles})
    return _nested(f"[format('module-{number}-{{0}}', parameters('prefix'))]", passed, body)


def _image() -> dict[str, Any]:
    """The module with the image template, whose properties are one expression."""
    parts = (
        "createObject('source', parameters('source'), 'customize', map(parameters('packages'), lambda('p', "
        "createObject('type', 'Shell', 'inline', createArray(concat('apt-get install -y ', lambdaVariables('p')))))), "
        "'distribute', createArray(createObject('type', 'SharedImage', 'runOutputName', 'image', 'galleryImageId', "
        "resourceId('Microsoft.Compute/galleries/images', parameters('gallery'), 'image'))))"
    )
    size = (
        "if(empty(parameters('size')), createObject(), createObject('vmProfile', createObject('vmSize', parameters('size'))))"
    )
    image = {
        "type": "Microsoft.VirtualMachineImages/imageTemplates",
        "apiVersion": "2024-02-01",
        "name": "image",
        "location": "[parameters('location')]",
        "properties": f"[shallowMerge(createArray({parts}, {size}))]",
    }
    declared = {
        "source": {"type": "object"},
        "packages": {"type": "array"},
        **{name: {"type": "string"} for name in ("gallery", "location", "size")},
    }
    passed = {
        "source": {"value": _SOURCE},
        "packages": {"value": [f"package-{number}" for number in range(40)]},
        "gallery": {"value": "[concat(parameters('prefix'), 'gallery')]"},
        "location": {"value": "[parameters('location')]"},
        "size": {"value": "Standard_D2s_v5"},
    }
    return _nested("image", passed, _template({"parameters": declared, "resources": [image]}))


def large() -> bytes:
    """A template as large as the largest public one."""
    modules = [_image()]
    declared = {name: {"type": "string"} for name in ("prefix", "group", "location")}
    size = len(json.dumps(_bystander(0), indent=2))
    modules += [_bystander(number) for number in range(_SIZE // size)]
    template = _template({"parameters": declared, "resources": modules}, "subscriptionDeploymentTemplate")
    return json.dumps(template, indent=2).encode()


def _measure(name: str, data: bytes, runs: int, aim: int, options: Options | None = None) -> None:
    times = []
    conversion = convert(data, options=options)  # imports and caches
    for _ in range(runs):
        start = time.perf_counter()
        convert(data, options=options)
        times.append((time.perf_counter() - start) * 1000)
    outcome = "converted" if conversion.hcl is not None else "not converted"
    print(f"{name:36} {len(data) // 1000:4} KB {statistics.median(times):7.1f} ms (aim {aim} ms), {outcome}")


def main() -> None:
    """Measure, and print a line each."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    _measure("nested deployments, made here", large(), runs, 500)
    for name, path, aim in (
        ("avdaccelerator, custom image", _LARGE, 500),
        ("AVM module image-template", _MODULE, 50),
        ("AVM pattern azure-image-builder", _PATTERN, 500),
    ):
        if path.exists():
            _measure(name, path.read_bytes(), runs, aim, Options(settings=_SETTINGS))
        else:
            print(f"{name:36} skipped: there is no {path}")


if __name__ == "__main__":
    main()
