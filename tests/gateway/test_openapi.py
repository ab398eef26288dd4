"""The OpenAPI document is valid, complete, and what the edge does; the API page shows all of it."""

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from openapi_spec_validator import validate

from clients import contract
from clients.contract import Access
from gateway import surface as surfaces
from gateway.openapi.document import document
from gateway.openapi.templates import Template, template
from tests.gateway.edge import Edge
from tests.gateway.test_authentication import GUARDED, bearer

Json = dict[str, Any]


@pytest.fixture(scope="session")
def described(image: Path) -> Json:
    return document(image, surfaces.read(image))


def operations(described: Json) -> dict[str, Json]:
    return {said["operationId"]: said for verbs in described["paths"].values() for said in verbs.values()}


def test_it_is_valid(described: Json) -> None:
    validate(described)


def test_every_json_path_is_described(image: Path, described: Json) -> None:
    rpcs = [rpc for service in contract.services(image) for rpc in contract.methods(service)]
    expected = sorted(rpc.path[1:] for rpc in rpcs if rpc.access is not Access.SERVICE for _ in rpc.http)
    assert sorted(said["x-mesh"]["rpc"] for said in operations(described).values()) == expected


def test_an_operation(described: Json) -> None:
    said = described["paths"]["/v1/products/{product}"]["patch"]
    assert said["security"] == [{"accessToken": []}, {"apiKey": []}]
    assert said["x-mesh"]["permission"] == "inventory.write"
    names = [(one["in"], one["name"], one["required"]) for one in said["parameters"]]
    assert names == [("path", "product", True), ("query", "updateMask", False), ("query", "requestId", False)]
    assert said["parameters"][2]["schema"]["format"] == "uuid"
    assert said["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/inventory.v1.Product")
    refused = said["responses"]["404"]["content"]["application/json"]["examples"]
    assert refused == {"PRODUCT_NOT_FOUND": {"$ref": "#/components/examples/inventory.PRODUCT_NOT_FOUND"}}
    assert {"400", "401", "403", "404", "409", "413", "429", "500", "503", "504"} <= said["responses"].keys()


def test_what_is_open_asks_for_nothing(described: Json) -> None:
    said = described["paths"]["/v1/probes/{key}"]["get"]
    assert said["security"] == []
    assert not {"401", "403"} & said["responses"].keys()


def test_limits_are_those_of_the_contract(described: Json) -> None:
    schemas = described["components"]["schemas"]
    sku = schemas["inventory.v1.Product"]["properties"]["sku"]
    assert sku["pattern"] == "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
    lines = schemas["inventory.v1.CreateReservationRequest"]["properties"]["lines"]
    assert (lines["minItems"], lines["maxItems"]) == (1, 100)
    assert "lines" in schemas["inventory.v1.CreateReservationRequest"]["required"]


def test_a_deprecated_operation(described: Json) -> None:
    said = described["paths"]["/v1/old"]["get"]
    assert said["deprecated"]
    assert said["responses"]["200"]["headers"]["deprecation"]["schema"]["const"] == "@1793491200"


def test_nested_messages_and_maps(described: Json) -> None:
    nest = described["components"]["schemas"]["probe.v1.Nest"]["properties"]
    reference = {"$ref": "#/components/schemas/probe.v1.Nest"}
    assert nest["innerNests"]["items"] == reference
    assert nest["byName"]["additionalProperties"] == reference
    assert nest["size"]["type"] == "integer"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/{name=products/*}", Template("/v1/products/{product}", ("product",), ("name",))),
        ("/v1/{name=products/*/stock}", Template("/v1/products/{product}/stock", ("product",), ("name",))),
        ("/v1/{a.name=products/*}:go", Template("/v1/products/{product}:go", ("product",), ("a.name",))),
        ("/v1/{key}", Template("/v1/{key}", ("key",), ("key",))),
        ("/v1/{item=**}:go", Template("/v1/{item}:go", ("item",), ("item",))),
        ("/v1/{a=b/*/b/*}", Template("/v1/b/{b}/b/{b_1}", ("b", "b_1"), ("a",))),
    ],
)
def test_path_templates(path: str, expected: Template) -> None:
    assert template(path, {"products": "product"}) == expected


def test_answers_are_as_described(http: httpx.Client, described: Json) -> None:
    """Of the edge itself and of a service, errors included."""
    resolve = cache(lambda name: {"$ref": f"#/components/schemas/{name}", "components": described["components"]})
    http.post("/v1/products?productId=described", json={"sku": "DESCRIBED", "displayName": "Described"})
    product = http.get("/v1/products/described").json()
    jsonschema.validate(product, resolve("inventory.v1.Product"))
    for answer in (http.get("/v1/unknown"), http.get(GUARDED, headers=bearer("x")), http.get("/v1/products/none")):
        jsonschema.validate(answer.json(), resolve("Status"))


def test_it_is_served(anyone: httpx.Client, described: Json) -> None:
    answer = anyone.get("/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == json.loads(json.dumps(described))
    assert anyone.post("/openapi.json").status_code == 404


def test_the_page_shows_every_operation_and_type(anyone: httpx.Client, described: Json) -> None:
    answer = anyone.get("/docs")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    ids = set(re.findall(r'id="([\w-]+)"', answer.text))
    assert {name.replace(".", "-") for name in operations(described)} <= ids
    assert {name.replace(".", "-") for name in described["components"]["schemas"]} <= ids
    targets = re.findall(r'href="#([\w-]+)"', answer.text)
    assert set(targets) <= ids


def test_the_page_asks_nobody_for_anything(anyone: httpx.Client) -> None:
    """Its own style and script are what its policy allows, and nothing is loaded from elsewhere."""
    answer = anyone.get("/docs")
    policy = answer.headers["content-security-policy"]
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", answer.text)
    assert not re.findall(r"\son\w+=|\sstyle=", answer.text)


def test_prose_is_not_markup(edge: Edge) -> None:
    page = next(edge.folder.glob("docs-*.html")).read_text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
