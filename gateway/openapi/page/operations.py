"""Operations as HTML: how to call, what to send, what comes back, and what may be refused."""

import json
from collections.abc import Iterator
from typing import Any

from gateway.openapi.page.types import fields, row
from gateway.openapi.page.words import anchor, code, escape, inline, prose
from gateway.proto_json import Json

_DEEPEST = 4


def operation(path: str, verb: str, said: Json, document: Json) -> str:
    """A part of the page."""
    schemas = document["components"]["schemas"]
    parameters = "".join(
        row(one["name"], {**one["schema"], "description": one.get("description", "")}, required=one["required"])
        for one in said["parameters"]
    )
    body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    parts = {
        "Parameters": f"<table>{parameters}</table>" if parameters else "",
        "Body": fields(body, schemas) if body else "",
        "Answer": "".join(_answer(said["responses"]["200"], schemas)),
        "Refusals": f"<table>{''.join(_refusals(said['responses'], document['components']))}</table>",
    }
    shown = "".join(f"<details><summary>{title}</summary>{part}</details>" for title, part in parts.items() if part)
    old = " old" if said.get("deprecated") else ""
    return (
        f'<article class="op{old}" id="{anchor(said["operationId"])}">'
        f'<h3><b class="verb {verb}">{verb}</b> <code>{escape(path)}</code></h3>'
        f"{prose(said['description'])}<ul class=policy>{''.join(_policy(said))}</ul>"
        f"<pre>{escape(_curl(path, verb, said, body, schemas))}</pre>{shown}</article>"
    )


def _policy(said: Json) -> Iterator[str]:
    policy = said["x-mesh"]
    public = policy["access"] == "PUBLIC"
    yield "<li>open to anyone</li>" if public else f"<li>needs {code(policy['permission'])}</li>"
    yield f"<li>{policy['deadlineSeconds']:g} s, at most {policy['maxDeadlineSeconds']:g} s</li>"
    yield f"<li>costs {policy['rateLimit']['cost']} of {escape(policy['rateLimit']['class'])}</li>"
    yield f"<li>{'may be repeated' if policy['idempotent'] else 'not to be repeated'}</li>"
    if "cacheSeconds" in policy:
        yield f"<li>holds for {policy['cacheSeconds']:g} s</li>"
    if "deprecatedSince" in policy:
        until = f", gone from {policy['sunset']}" if policy["sunset"] else ""
        yield f"<li class=warn>deprecated since {policy['deprecatedSince']}{until}</li>"
    yield f"<li>gRPC {code(policy['rpc'])}</li>"


def _answer(response: Json, schemas: Json) -> Iterator[str]:
    if response["description"] != "OK":
        yield prose(response["description"])
    yield fields(response["content"]["application/json"]["schema"], schemas)


def _refusals(responses: Json, components: Json) -> Iterator[str]:
    for status, response in responses.items():
        if status == "200":
            continue
        name = response.get("$ref", "").rpartition("/")[2]
        shown = (components["responses"][name] if name else response)["content"]["application/json"]["examples"]
        for reason, reference in shown.items():
            example = components["examples"][reference["$ref"].rpartition("/")[2]]
            body = escape(json.dumps(example["value"], indent=2, ensure_ascii=False))
            text = f"{inline(example['summary'])}<details><summary>example</summary><pre>{body}</pre></details>"
            yield f"<tr><th>{status} {code(reason)}</th><td>{text}</td></tr>"


def _curl(path: str, verb: str, said: Json, body: Json | None, schemas: Json) -> str:
    lines = [f'curl -X {verb.upper()} "$EDGE{path}"']
    if said["security"]:
        lines.append('-H "authorization: Bearer $TOKEN"')
    if body is not None:
        lines.append(f"-d '{json.dumps(_sample(body, schemas, 0), ensure_ascii=False)}'")
    return " \\\n  ".join(lines)


def _sample(schema: Json, schemas: Json, depth: int) -> Any:
    """The least that a caller has to say."""
    if "$ref" in schema:
        return _sample(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth)
    if "properties" in schema:
        needed = schema.get("required", ()) if depth < _DEEPEST else ()
        return {name: _sample(schema["properties"][name], schemas, depth + 1) for name in needed}
    if "enum" in schema:
        return schema["enum"][-1]
    if schema.get("type") == "array":
        return [_sample(schema.get("items", {}), schemas, depth + 1)]
    return {"integer": schema.get("minimum", 1), "number": 1.0, "boolean": True, "object": {}}.get(
        schema.get("type", ""), "…"
    )
