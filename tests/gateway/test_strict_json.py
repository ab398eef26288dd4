"""A field that the contract does not have is refused by its path, wherever it stands; all others pass."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.issuer import Issuer

NEST = "/v1/nests/n/items/a/b:fill"
WRITE = "/v1/probes:write"
GUARDED = "/v1/probes:guarded"
UNKNOWN = "unknown"
Json = dict[str, Any]


def put(http: httpx.Client, body: str) -> httpx.Response:
    return http.put(NEST, content=body, headers={"content-type": "application/json"})


def assert_unknown(answer: httpx.Response, path: str) -> None:
    assert answer.status_code == 400, answer.text
    status = answer.json()
    assert (status["code"], status["message"]) == (3, f"The contract has no field {path} here.")
    info, bad_request = status["details"]
    assert info["reason"] == "FIELD_UNKNOWN"
    assert bad_request["fieldViolations"] == [{"field": path, "description": "is not known"}]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (WRITE, '{"kee": 1}', "kee"),
        (WRITE, '{"key": "a", "KEY": "b"}', "KEY"),
        (WRITE, '{"": 1}', ""),
        (WRITE, '{"k\\u0065y": "a"}', "k\\u0065y"),
        ("/v1/products", '{"sku": "A", "colour": "blue"}', "product.colour"),
        ("/v1/stock:batchAdjust", '{"adjustments": [{}, {"prodcut": 1}]}', "adjustments[1].prodcut"),
        (NEST, '{"innerNests": [{}, {"byName": {"a": {"x": 1}}}]}', "nest.innerNests[1].byName.a.x"),
        (NEST, '{"other": {"other": {"anything": {"free": 1}, "x": {}}}}', "nest.other.other.x"),
        (NEST, ' { "labels" : { "x" : "y" } , "x" : [ ] } ', "nest.x"),
        (NEST, '{"words": ["{\\"x\\": 1}"], "x": 1}', "nest.x"),
        (f"{NEST}?x", '{"x": 1}', "nest.x"),
        ("/v1//nests/n/items/a/b:fill", '{"x": 1}', "nest.x"),
    ],
)
def test_an_unknown_field(http: httpx.Client, path: str, body: str, field: str) -> None:
    verb = "PUT" if "nests" in path else "POST"
    assert_unknown(http.request(verb, path, content=body, headers={"content-type": "application/json"}), field)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
def test_whatever_the_content_is_called(http: httpx.Client, kind: str) -> None:
    assert_unknown(http.post(WRITE, content='{"kee": 1}', headers={"content-type": kind}), "kee")


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"name": "n", "inner_nests": [], "innerNests": [{}], "byName": {}, "by_name": {"x": {"name": "y"}}}',
        '{"labels": {"any key": "value", "": ""}, "anything": {"free": {"as": ["a", {"bird": null}]}}}',
        '{"size": 5, "age": "1.5s", "words": ["a\\"b", "\\\\", "\\u00e9", ""], "empty": true}',
        '{"other": null, "innerNests": null}',
        '\r\n\t {"name" : "n"} \n',
    ],
)
def test_what_the_contract_has(http: httpx.Client, body: str) -> None:
    assert put(http, body).status_code == 200, put(http, body).text


@pytest.mark.parametrize(
    ("body", "byte"),
    [
        ('{"name": "n"', 12),
        ("{name: 1}", 1),
        ("{'name': 1}", 1),
        ('{"name": "n",}', 13),
        ('{"name" "n"}', 1),
        ('{"name": "n"} {}', 14),
        ("""{"words": ['"'], "x": 1, "name": "n"}""", 10),
        ('{"innerNests": [{}', 18),
        ('{"anything": {"a": [1, 2}', 13),
        ('{"name": "\\"}', 12),
        ("[" * 100, 33),
    ],
)
def test_what_is_not_json(http: httpx.Client, body: str, byte: int) -> None:
    answer = put(http, body)
    assert answer.status_code == 400
    assert answer.json()["details"][0]["reason"] == "REQUEST_MALFORMED"
    assert answer.json()["message"] == f"The body is not JSON (RFC 8259) from byte {byte} on."


def nests(depth: int) -> st.SearchStrategy[Json]:
    text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), max_size=9)
    fields: dict[str, st.SearchStrategy[Any]] = {
        "name": text,
        "labels": st.dictionaries(text, text, max_size=2),
        "anything": st.dictionaries(text, st.none() | st.booleans() | text | st.lists(text, max_size=2), max_size=2),
        "words": st.lists(text, max_size=3),
        "size": st.integers(-5, 5),
    }
    if depth:
        inner = nests(depth - 1)
        fields |= {
            "innerNests": st.lists(inner, max_size=2),
            "byName": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "other": inner,
        }
    return st.fixed_dictionaries({}, optional=fields)


def places(nest: Json, path: str = "nest") -> list[tuple[Json, str]]:
    """Every message in the document, and its path."""
    found = [(nest, path)]
    for index, inner in enumerate(nest.get("innerNests", ())):
        found += places(inner, f"{path}.innerNests[{index}]")
    for key, inner in nest.get("byName", {}).items():
        found += places(inner, f"{path}.byName.{key}")
    return found + (places(nest["other"], f"{path}.other") if "other" in nest else [])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nest=nests(2), ascii_only=st.booleans(), data=st.data())
def test_any_document(http: httpx.Client, nest: Json, ascii_only: bool, data: st.DataObject) -> None:
    """As it is it passes; with one field more, anywhere, it does not."""
    assert put(http, json.dumps(nest, ensure_ascii=ascii_only)).status_code == 200
    message, path = data.draw(st.sampled_from(places(nest)))
    message[UNKNOWN] = data.draw(st.sampled_from([None, {}, [], "x", 1, {"name": "n"}]))
    assert_unknown(put(http, json.dumps(nest, ensure_ascii=ascii_only)), f"{path}.{UNKNOWN}")


def test_as_large_as_the_rpc_takes(http: httpx.Client) -> None:
    head = len('{"key":""}')
    assert http.post(GUARDED, content=f'{{"key":"{"x" * (2000 - head)}"}}').status_code == 200
    answer = http.post(GUARDED, content=f'{{"key":"{"x" * (2001 - head)}"}}')
    assert answer.status_code == 413
    assert answer.json()["details"][0]["reason"] == "REQUEST_TOO_LARGE"


def test_bodies_of_the_unknown_are_not_read(anyone: httpx.Client, issuer: Issuer) -> None:
    """They cost nothing but a refusal."""
    assert anyone.post(GUARDED, content='{"kee": 1}').status_code == 401
    token = {"authorization": f"Bearer {issuer.token('prober')}"}
    assert_unknown(anyone.post(GUARDED, content='{"kee": 1}', headers=token), "kee")
