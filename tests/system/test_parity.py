"""Bad input is refused alike over gRPC and JSON: the same code, reason, fields and words, and nothing is written."""

import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import httpx
import pytest

from tests.callers import AuthorizedChannel
from tests.gateway.callers import GrpcCaller, Json, status_of
from tests.inventory.conftest import content
from tests.system.json_caller import JsonCaller
from tests.system.mesh import Mesh

PRODUCTS, WAREHOUSES, STOCK, RESERVATIONS, ALERTS, TRANSFERS = (
    f"mesh.inventory.v1.{noun}Service"
    for noun in ("Product", "Warehouse", "Stock", "Reservation", "StockAlert", "Transfer")
)
NOBODYS = "0198c0de-0000-7000-8000-000000000000"
INVALID_ARGUMENT, DEADLINE_EXCEEDED = 3, 4


@dataclass(frozen=True)
class Given:
    """What is there before each case: 10 mugs in one warehouse, one more product, and one of each thing to forge."""

    reservation: str
    used_id: str
    """The request id of the reservation."""
    page_token: str
    """Of a list of products without a filter."""


@dataclass(frozen=True)
class Case:
    """A request, and how it is refused."""

    rpc: str
    request: Json
    code: str
    reason: str
    fields: list[str] = field(default_factory=list)


def adjust(**fields: Any) -> Json:
    return {"product": "products/p-mug", "warehouse": "warehouses/p-main", "type": "ADD", "quantity": 1, **fields}


def reserve(quantity: int = 1, product: str = "products/p-mug", **fields: Any) -> Json:
    return {"lines": [{"product": product, "quantity": quantity}], **fields}


def invalid(rpc: str, request: Json, *fields: str) -> Case:
    return Case(rpc, request, "INVALID_ARGUMENT", "FIELD_INVALID", list(fields))


def cases(given: Given) -> dict[str, Case]:
    change, hold = f"{STOCK}/AdjustStock", f"{RESERVATIONS}/CreateReservation"
    create, listed = f"{PRODUCTS}/CreateProduct", f"{PRODUCTS}/ListProducts"
    held = {"name": given.reservation}
    none, nobodys = {"name": f"reservations/{NOBODYS}"}, {"name": f"stockAlerts/{NOBODYS}"}
    lamp = {"sku": "P-LAMP", "displayName": "Lamp"}
    return {
        "unknown product": Case(change, adjust(product="products/no"), "NOT_FOUND", "PRODUCT_NOT_FOUND"),
        "unknown warehouse": Case(change, adjust(warehouse="warehouses/no"), "NOT_FOUND", "WAREHOUSE_NOT_FOUND"),
        "reserved unknown product": Case(hold, reserve(product="products/no"), "NOT_FOUND", "PRODUCT_NOT_FOUND"),
        "read unknown product": Case(
            f"{PRODUCTS}/GetProduct", {"name": "products/no"}, "NOT_FOUND", "PRODUCT_NOT_FOUND"
        ),
        "stock of unknown product": Case(
            f"{STOCK}/GetStock", {"name": "products/no/stock"}, "NOT_FOUND", "PRODUCT_NOT_FOUND"
        ),
        "unknown reservation": Case(f"{RESERVATIONS}/GetReservation", none, "NOT_FOUND", "RESERVATION_NOT_FOUND"),
        "confirmed unknown": Case(f"{RESERVATIONS}/ConfirmReservation", none, "NOT_FOUND", "RESERVATION_NOT_FOUND"),
        "unknown alert": Case(f"{ALERTS}/AcknowledgeStockAlert", nobodys, "NOT_FOUND", "STOCK_ALERT_NOT_FOUND"),
        "unknown transfer": Case(
            f"{TRANSFERS}/CancelTransfer", {"name": f"transfers/{NOBODYS}"}, "NOT_FOUND", "TRANSFER_NOT_FOUND"
        ),
        "more than there is": Case(hold, reserve(11), "FAILED_PRECONDITION", "OUT_OF_STOCK"),
        "taken below zero": Case(
            change, adjust(type="SUBTRACT", quantity=11), "FAILED_PRECONDITION", "INSUFFICIENT_STOCK"
        ),
        "set below what is held": Case(change, adjust(type="SET", quantity=0), "FAILED_PRECONDITION", "BELOW_RESERVED"),
        "not the expected quantity": Case(change, adjust(expectedQuantity=3), "ABORTED", "QUANTITY_MISMATCH"),
        "confirmed more than is held": Case(
            f"{RESERVATIONS}/ConfirmReservation", held | reserve(5), "FAILED_PRECONDITION", "RESERVATION_EXCEEDED"
        ),
        "product id that is taken": Case(
            create, {"productId": "p-mug", "product": lamp}, "ALREADY_EXISTS", "PRODUCT_EXISTS"
        ),
        "sku that is taken": Case(
            create, {"productId": "p-lamp", "product": lamp | {"sku": "P-MUG"}}, "ALREADY_EXISTS", "SKU_TAKEN"
        ),
        "old etag": Case(
            f"{PRODUCTS}/UpdateProduct",
            {"product": {"name": "products/p-mug", "displayName": "Cup", "etag": "0"}, "updateMask": "displayName"},
            "ABORTED",
            "ETAG_MISMATCH",
        ),
        "reused request id": Case(hold, reserve(2, requestId=given.used_id), "ABORTED", "REQUEST_ID_REUSED"),
        "forged page token": Case(
            listed, {"pageToken": "abc"}, "INVALID_ARGUMENT", "PAGE_TOKEN_INVALID", ["page_token"]
        ),
        "page token of another filter": Case(
            listed,
            {"pageToken": given.page_token, "filter": 'category = "tea"'},
            "INVALID_ARGUMENT",
            "PAGE_TOKEN_INVALID",
            ["page_token"],
        ),
        "page token that was changed": Case(
            listed, {"pageToken": given.page_token[:-1]}, "INVALID_ARGUMENT", "PAGE_TOKEN_INVALID", ["page_token"]
        ),
        "forged resume token": Case(
            f"{STOCK}/WatchStock", {"resumeToken": "abc"}, "INVALID_ARGUMENT", "RESUME_TOKEN_INVALID", ["resume_token"]
        ),
        "unreadable filter": Case(listed, {"filter": 'a = "'}, "INVALID_ARGUMENT", "FILTER_INVALID", ["filter"]),
        "negative quantity": invalid(change, adjust(quantity=-1), "quantity"),
        "overflowing quantity": invalid(change, adjust(quantity=2**31 - 1), "quantity"),
        "overflowing line": invalid(hold, reserve(2**31 - 1), "lines[0].quantity"),
        "unknown enum number": invalid(change, adjust(type=99), "type"),
        "no enum value": invalid(change, adjust(type="ADJUSTMENT_TYPE_UNSPECIFIED"), "type"),
        "malformed product": invalid(change, adjust(product="p-mug"), "product"),
        "malformed warehouse": invalid(change, adjust(warehouse="warehouses/A B"), "warehouse"),
        "malformed name in the path": invalid(f"{PRODUCTS}/GetProduct", {"name": "products/A B"}, "name"),
        "malformed id in the query": invalid(create, {"productId": "A B", "product": lamp}, "product_id"),
        "malformed reservation": invalid(f"{RESERVATIONS}/CancelReservation", {"name": "reservations/1"}, "name"),
        "malformed request id": invalid(hold, reserve(requestId="1"), "request_id"),
        "hold for no time": invalid(hold, reserve(ttl="0.1s"), "ttl"),
        "hold for ever": invalid(hold, reserve(ttl="1000000000s"), "ttl"),
        "no lines": invalid(hold, {"lines": []}, "lines"),
        "negative page": invalid(listed, {"pageSize": -1}, "page_size"),
        "text with a NUL": invalid(hold, reserve(order="a\0b"), "order"),
        "several at once": invalid(change, adjust(product="", quantity=-1), "product", "quantity"),
    }


@pytest.fixture
def json(http: httpx.Client) -> JsonCaller:
    """A JSON caller by RPC."""
    return JsonCaller(http)


@pytest.fixture
def given(json: JsonCaller) -> Given:
    """What the cases refer to. Making it again changes nothing."""
    for name in ("p-mug", "p-cup"):
        json(f"{PRODUCTS}/CreateProduct", {"productId": name, "product": {"sku": name.upper(), "displayName": name}})
    json(f"{WAREHOUSES}/CreateWarehouse", {"warehouseId": "p-main", "warehouse": {"displayName": "Main"}})
    json(f"{STOCK}/AdjustStock", adjust(quantity=10, expectedQuantity=0))
    used = str(uuid.uuid5(uuid.NAMESPACE_URL, "parity"))
    held = json(f"{RESERVATIONS}/CreateReservation", reserve(requestId=used)).json()
    page = json(f"{PRODUCTS}/ListProducts", {"pageSize": 1}).json()
    return Given(held["name"], used, page["nextPageToken"])


@pytest.fixture
async def nothing_written(mesh: Mesh, given: Given) -> AsyncIterator[None]:
    """Fails the test that changes anything in the database."""
    before = await content(mesh.database)
    yield
    assert await content(mesh.database) == before


async def test_refused_alike(
    mesh: Mesh, json: JsonCaller, call: GrpcCaller, given: Given, subtests: pytest.Subtests
) -> None:
    before = await content(mesh.database)
    for name, case in cases(given).items():
        with subtests.test(name):
            over_grpc = refused(call, case)
            over_json = json(case.rpc, case.request)
            assert over_json.json() == over_grpc
            assert over_json.headers["content-type"] == "application/json"
            assert over_json.status_code == http_status(over_grpc["code"])
            assert (over_grpc["code"], over_grpc["details"][0]["reason"]) == (number(case.code), case.reason)
            assert over_grpc["message"]
            assert sorted(set(fields(over_grpc))) == case.fields
            assert await content(mesh.database) == before


UNREADABLE: dict[str, Json] = {
    "enum name that is none": adjust(type="EXPLODE"),
    "integer over 64 bits": adjust(quantity=2**70),
    "integer over 32 bits": adjust(quantity=2**32 + 1),
    "integer with a fraction": adjust(quantity=1.5),
    "word for an integer": adjust(quantity="many"),
    "object for a text": adjust(product={}),
    "no request but a list": [],  # type: ignore[dict-item]
}


@pytest.mark.usefixtures("nothing_written")
def test_what_only_json_can_say_wrongly(http: httpx.Client, subtests: pytest.Subtests) -> None:
    for name, body in UNREADABLE.items():
        with subtests.test(name):
            assert_refused(http.post("/v1/stock:adjust", json=body), 400, INVALID_ARGUMENT, "REQUEST_MALFORMED")
    broken = {"cut short": b'{"product": ', "not JSON": b"product=mug", "not UTF-8": b'{"product": "\xff"}'}
    for name, body_ in broken.items():
        with subtests.test(name):
            refusal = http.post("/v1/stock:adjust", content=body_)
            assert_refused(refusal, 400, INVALID_ARGUMENT, "REQUEST_MALFORMED")
    with subtests.test("unknown query parameter"):
        refusal = http.get("/v1/products", params={"colour": "blue"})
        assert_refused(refusal, 400, INVALID_ARGUMENT, "REQUEST_MALFORMED")
        assert "colour" in refusal.json()["message"]
    with subtests.test("wrong verb"):
        refusal = http.delete("/v1/products/p-mug")
        assert_refused(refusal, 405, 12, "VERB_NOT_ALLOWED")
        assert refusal.headers["allow"] == "GET, PATCH"


@pytest.mark.usefixtures("nothing_written")
def test_bytes_that_are_no_message(mesh: Mesh) -> None:
    """The gRPC twin of broken JSON."""
    with grpc.insecure_channel(mesh.target) as channel, pytest.raises(grpc.RpcError) as caught:
        AuthorizedChannel(channel, mesh.token()).unary_unary(f"/{STOCK}/AdjustStock", bytes, bytes)(b"\xff\xff\xff")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert status_of(caught.value)["details"][0]["reason"] == "REQUEST_MALFORMED"


def test_unknown_paths(mesh: Mesh, http: httpx.Client) -> None:
    """As JSON the path is not found; as gRPC the method is not implemented, which is that protocol's custom."""
    assert_refused(http.get("/v1/unknown"), 404, 5, "ROUTE_UNKNOWN")
    with grpc.insecure_channel(mesh.target) as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(f"/{STOCK}/Unknown", bytes, bytes)(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert status_of(caught.value)["details"][0]["reason"] == "ROUTE_UNKNOWN"


@pytest.mark.usefixtures("nothing_written")
def test_a_body_that_is_too_large(json: JsonCaller, call: GrpcCaller) -> None:
    request = {"product": {"sku": "P-LAMP", "displayName": "Lamp", "description": "x" * 5_000_000}}
    case = Case(f"{PRODUCTS}/CreateProduct", request, "RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE")
    over_json = json(case.rpc, case.request)
    assert_refused(over_json, 413, 8, case.reason)
    over_grpc = refused(call, case)
    assert (over_grpc["code"], over_grpc["message"]) == (8, over_json.json()["message"])
    assert over_grpc["details"][0]["reason"] == case.reason


@pytest.mark.parametrize("timeout", ["0n", "1n", "1u"])
@pytest.mark.usefixtures("nothing_written")
def test_a_deadline_that_has_passed(http: httpx.Client, json: JsonCaller, call: GrpcCaller, timeout: str) -> None:
    """gRPC-Web for the gRPC side: the library of a gRPC caller would give up by itself, without asking.

    Who notices first answers: the edge, the service, or below the service its gRPC library, which knows no reasons.
    """
    rpc, late = f"{RESERVATIONS}/CreateReservation", {"grpc-timeout": timeout}
    answer = json(rpc, reserve(), headers=late)
    assert answer.status_code in (408, 504)  # the one before, the other after all of the request has come
    assert answer.json()["code"] == DEADLINE_EXCEEDED
    web = late | {"content-type": "application/grpc-web+proto"}
    try:
        answer = http.post(f"/{rpc}", content=call.encode(rpc, reserve()), headers=web)
    except httpx.RemoteProtocolError:
        return  # the time was up after the answer had begun: what can be done then is to end it
    # A status that comes alone is a header, one that follows a started answer a frame at its end.
    told = answer.headers.get("grpc-status") or answer.content.partition(b"grpc-status:")[2].decode()
    assert told.partition("\r\n")[0].strip() == str(DEADLINE_EXCEEDED)


def refused(call: GrpcCaller, case: Case) -> Json:
    """The status of a refused gRPC call, as JSON."""
    ask = call.stream if case.rpc.endswith("/WatchStock") else call
    with pytest.raises(grpc.RpcError) as caught:
        list(ask(case.rpc, case.request))
    return status_of(caught.value)


def assert_refused(answer: httpx.Response, status: int, code: int, reason: str) -> None:
    """The answer is a `google.rpc.Status`, as every other refusal."""
    refusal = answer.json()
    assert (answer.status_code, refusal["code"], refusal["details"][0]["reason"]) == (status, code, reason)
    assert answer.headers["content-type"] == "application/json"
    assert refusal["message"]


def fields(status: Json) -> Iterator[str]:
    """The fields that a status complains of."""
    for detail in status["details"]:
        yield from (violation["field"] for violation in detail.get("fieldViolations", ()))


def number(code: str) -> int:
    """A canonical code as a number."""
    return int(grpc.StatusCode[code].value[0])


def http_status(code: int) -> int:
    """As `google.rpc.Code` documents it."""
    return {3: 400, 5: 404, 6: 409, 9: 400, 10: 409}[code]
