"""JSON and gRPC callers get the same of the same service."""

import grpc
import httpx
import pytest
from google.rpc import error_details_pb2  # noqa: F401  (the details of errors are decoded by name)

from tests.gateway.callers import PROBE, PRODUCTS, GrpcCaller, status_of


def test_unary_parity(http: httpx.Client, call: GrpcCaller) -> None:
    product = {"sku": "MUG-1", "displayName": "Mug", "labels": {"colour": "blue"}, "minStockLevel": 3}
    created = http.post("/v1/products?productId=mug", json=product)
    assert created.status_code == 200
    assert created.headers["content-type"] == "application/json"
    assert created.json()["name"] == "products/mug"
    assert http.get("/v1/products/mug").json() == call(f"{PRODUCTS}/GetProduct", {"name": "products/mug"})
    listed = http.get("/v1/products", params={"pageSize": 1, "filter": 'a = "b&c"'}).json()
    assert listed == call(f"{PRODUCTS}/ListProducts", {"pageSize": 1, "filter": 'a = "b&c"'})
    assert listed["nextPageToken"] == 'a = "b&c"'


def test_update_mask_and_body(http: httpx.Client, call: GrpcCaller) -> None:
    http.post("/v1/products?productId=cup", json={"sku": "CUP-1", "displayName": "Cup"})
    changed = http.patch("/v1/products/cup?updateMask=displayName", json={"displayName": "Big cup"}).json()
    assert (changed["displayName"], changed["sku"]) == ("Big cup", "CUP-1")
    assert changed == call(f"{PRODUCTS}/GetProduct", {"name": "products/cup"})


@pytest.mark.parametrize(
    ("code", "http_status"),
    [(3, 400), (5, 404), (6, 409), (7, 403), (8, 429), (9, 400), (10, 409), (13, 500), (16, 401)],
)
def test_error_parity(http: httpx.Client, call: GrpcCaller, code: int, http_status: int) -> None:
    """Every kind of detail reaches a JSON caller as a gRPC caller."""
    request = {"key": f"error-{code}", "failures": 1000, "code": code}
    answer = http.post("/v1/probes:writeOnce", json=request)
    assert answer.status_code == http_status
    assert answer.headers["content-type"] == "application/json"
    with pytest.raises(grpc.RpcError) as refused:
        call(f"{PROBE}/WriteOnce", request)
    assert answer.json() == status_of(refused.value)
    assert (answer.json()["code"], answer.json()["message"]) == (code, "as asked for")
    kinds = [detail["@type"].rpartition(".")[2] for detail in answer.json()["details"]]
    assert kinds == ["ErrorInfo", "BadRequest", "PreconditionFailure", "QuotaFailure", "ResourceInfo", "RetryInfo"]


def test_default_values_are_printed(http: httpx.Client) -> None:
    answer = http.get("/v1/probes/defaults").json()
    assert answer["padding"] == "0"
    assert "secondsLeft" in answer
