"""Templates that try to run away: chains of variables that double, loops and lambdas within each other, nested deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

Json: TypeAlias = Any

# How a variable is made of the one before (`@`); `#` is a number.
_STEPS = (
    "concat(@, @)",
    "concat(@, '-', @)",
    "createArray(@, @)",
    "createObject('a', @, 'b', @)",
    "createArray(@)",
    "union(createArray(@), createArray('#'))",
    "union(createObject('k#', @), createObject('l', @))",
    "string(createArray(@))",
    "format('{0}{1}', toLower(@), toUpper(@))",
    "extensionResourceId(string(@), 'A.B/c', string(@))",
    "resourceId('A.B/c/d', string(@), string(@))",
    "groupBy(createArray(@, @), lambda('x', string(lambdaVariables('x'))))",
    "createObject(string(@), @)",
    "if(equals(parameters('p'), '#'), concat(string(@), 'a'), concat('b', string(@)))",
    "sort(createArray(@, @, @), lambda('a', 'b', less(string(lambdaVariables('a')), string(lambdaVariables('b')))))",
    "mapValues(createObject('a', @, 'b', @), lambda('v', lambdaVariables('v')))",
    "intersection(createArray(@, @), createArray(@))",
    "equals(createArray(@, @), createArray(@, @))",
    "parameters('o')[string(@)]",
    "format('{0,9999}{0,-9999}', @)",
    "padLeft(string(@), 9999)",
    "replace(string(@), 'a', 'aaaa')",
    "replace(string(@), string(@), concat(string(@), string(@)))",
    "base64(string(@))",
    "uriComponent(string(@))",
    "dataUri(string(@))",
    "json(string(createArray(@, @)))",
    "split(concat(string(@), ','), ',')",
    "join(split(string(@), 'a'), 'aa')",
    "if(equals(@, '#'), @, concat(string(@), '#'))",
    "if(empty(@), 'd#', @)",
    "if(equals(parameters('p'), '#'), @, createArray(@)[0])",
    "coalesce(tryGet(createObject('a', @), 'a'), @)",
    "first(array(@))",
    "map(range(0, 9), lambda('x', @))",
    "reduce(range(0, 99), @, lambda('x', 'y', createArray(lambdaVariables('x'))))",
    "toObject(range(0, 99), lambda('x', string(lambdaVariables('x'))), lambda('x', @))",
    "flatten(createArray(createArray(@), createArray(@)))",
    "reference(string(@)).a",
    "listKeys(string(@), string(@)).a",
    "uniqueString(string(@))",
    "guid(string(@), string(@))",
    "uri('https://x/', string(@))",
    "items(createObject('a', @))",
    "shallowMerge(createArray(createObject('k#', @), createObject('m', @)))",
    "add(length(string(@)), #)",
    "mul(9223372036854775807, length(string(@)))",
    "toLower(string(@))",
    "f.grow(@)",
    "f.again(@)",
)
_LEAVES = (
    "x",
    "a",
    "%",
    '"',
    "é",
    "[parameters('p')]",
    "[resourceGroup().location]",
    "[reference('x').y]",
    "[newGuid()]",
    ["a"],
    {"a": "b"},
    "[padLeft('', 9999, 'a')]",
    "[range(0, 10000)]",
    "[parameters('o')]",
    "[parameters('list')]",
    7,
    None,
    True,
)
_FUNCTIONS = {
    "grow": "[createArray(parameters('a'), parameters('a'))]",
    "again": "[if(empty(parameters('a')), 'x', f.again(parameters('a')))]",
}
_ELSEWHERE = 0.6
_DEEPEST = 3  # loops and lambdas in each other
_BODIES = (
    "lambdaVariables('#')",
    "concat(parameters('p'), string(lambdaVariables('#')))",
    "range(0, 999)",
    "createArray(lambdaVariables('#'))",
)


def grown(random: Random) -> Json:
    """A deployment template that holds one image template, and grows in some way."""
    variables: dict[str, Json] = {"v0": random.choice(_LEAVES)}
    length = random.choice((3, 8, 15, 40, 256))
    steps = random.sample(_STEPS, random.choice((1, 1, 2, 3)))
    for number in range(1, length + 1):
        step = random.choice(steps).replace("@", f"variables('v{number - 1}')").replace("#", str(number))
        variables[f"v{number}"] = f"[{step}]"
    variables["copy"] = [_loop(random, 0)]
    last = random.choice((f"variables('v{length}')", "variables('loop')", _lambdas(random, 0)))
    resources = [_image(random.choice((f"[{last}]", f"[string({last})]", f"[length({last})]")), random)]
    for level in range(random.choice((0, 0, 0, 1, 3))):
        resources = [_deployment(resources, level, random)]
    members = {
        name: {"parameters": [{"name": "a", "type": "object"}], "output": {"type": "object", "value": value}}
        for name, value in _FUNCTIONS.items()
    }
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "parameters": {"p": {"type": "string"}, "o": {"type": "object"}, "list": {"type": "array"}},
        "functions": [{"namespace": "f", "members": members}],
        "variables": variables,
        "resources": resources,
    }


def _loop(random: Random, depth: int) -> Json:
    inside: Json = random.choice(
        ("[copyIndex('loop')]", "[padLeft('', 99999)]", "[parameters('p')]", "[range(0, 800)]", [1, 2, 3])
    )
    if depth < _DEEPEST and random.random() < 0.6:
        inside = {"copy": [{**_loop(random, depth + 1), "name": f"loop{depth}"}]}
    return {"name": "loop", "count": random.choice((1, 20, 800)), "input": inside}


def _lambdas(random: Random, depth: int) -> str:
    name = f"x{depth}"
    body = random.choice(_BODIES).replace("#", name)
    if depth < _DEEPEST and random.random() < 0.7:
        body = _lambdas(random, depth + 1)
    over = random.choice(("range(0, 9)", "range(0, 9999)", "parameters('list')", "split(parameters('p'), ',')"))
    return random.choice(
        (
            f"map({over}, lambda('{name}', {body}))",
            f"filter({over}, lambda('{name}', empty({body})))",
            f"reduce({over}, createArray(), lambda('{name}', 'n{depth}', createArray(lambdaVariables('{name}'), {body})))",
            f"sort({over}, lambda('{name}', 'n{depth}', less(string({body}), string(lambdaVariables('n{depth}')))))",
        )
    )


def _image(command: str, random: Random) -> Json:
    properties = {
        "source": {"type": "PlatformImage", "publisher": "Canonical", "offer": "o", "sku": "server", "version": "latest"},
        "customize": [{"type": "Shell", "name": "a", random.choice(("inline", "scriptUri")): command}],
        "distribute": [{"type": "VHD", "runOutputName": "o", "artifactTags": {"a": command}}],
        "vmProfile": {"vmSize": "Standard_D2s_v5", "vnetConfig": {"subnetId": "s"}, "userAssignedIdentities": []},
    }
    gallery = {"type": "SharedImage", "runOutputName": "g", "galleryImageId": command, "targetRegions": [{"name": "x"}]}
    image = {"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "name": "web"}
    whole: Json = {**image, "location": "westeurope", "tags": {"a": "b"}, "condition": True, "properties": properties}
    if random.random() < _ELSEWHERE:
        properties["distribute"].append(gallery)  # type: ignore[attr-defined]
        around, key = random.choice([place for place in _places(whole) if place[1] not in {"type", "apiVersion"}])
        around[key] = command
    return whole


def _places(value: Json) -> Iterator[tuple[Json, Any]]:
    """Where something can be put in place of something else: what it stands in, and its key there."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield value, key
        yield from _places(item)


def _deployment(resources: list[Json], level: int, random: Random) -> Json:
    properties = {"mode": "Incremental", "template": {"resources": resources}}
    deployment = {"type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": f"d{level}"}
    loop = {"copy": {"name": f"c{level}", "count": random.choice((2, 800))}} if random.random() < 0.5 else {}
    return {**deployment, **loop, "properties": properties}
