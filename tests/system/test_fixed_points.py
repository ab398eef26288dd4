"""What outside scripts rely on: routes, fields and files, used with plain HTTP as a script would, without our stubs."""

import json
import uuid
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.system.mesh import Mesh

Shelf = dict[str, Any]


@pytest.fixture
def shelf(http: httpx.Client) -> Shelf:
    """A new product with 10 units in a new warehouse: their names and ids."""
    id_ = f"fixed-{uuid.uuid4().hex[:8]}"
    product = {"sku": id_.upper(), "displayName": "Fixed", "minStockLevel": 4, "labels": {"colour": "blue"}}
    created = answer(http.post(f"/v1/products?productId={id_}", json=product))
    warehouse = answer(http.post(f"/v1/warehouses?warehouseId={id_}", json={"displayName": "Fixed"}))
    shelf = {"id": id_, "product": created["name"], "warehouse": warehouse["name"]}
    adjusted(http, shelf, "SET", 10)
    return shelf


def test_endpoints_tell_where_everything_is(mesh: Mesh) -> None:
    endpoints = json.loads((mesh.layout.folder / "endpoints.json").read_text())
    assert endpoints["edge"].startswith("http://127.0.0.1:")
    assert endpoints["postgres"].startswith("postgresql://127.0.0.1:")
    assert endpoints["redis"].startswith("redis://127.0.0.1:")
    targets = endpoints["services"]["inventory"]
    assert len(targets) == len(set(targets)) == 2
    assert all(target.startswith("127.0.0.1:") for target in targets)


def test_products(http: httpx.Client, shelf: Shelf) -> None:
    path = f"/v1/{shelf['product']}"
    got = answer(http.get(path))
    assert {"name", "sku", "displayName", "minStockLevel", "labels", "etag", "createTime", "updateTime"} <= got.keys()
    assert got["displayName"] == "Fixed"
    assert answer(http.patch(f"{path}?updateMask=displayName", json={"displayName": "Changed"}))["sku"] == got["sku"]
    assert answer(http.patch(path, json={"displayName": "Again"}))["labels"] == {"colour": "blue"}
    assert answer(http.get(path))["displayName"] == "Again"


def test_pages_of_products(http: httpx.Client, shelf: Shelf) -> None:
    found, token = [], ""
    while True:
        page = answer(http.get("/v1/products", params={"pageSize": 2, "pageToken": token}))
        found += [product["name"] for product in page["products"]]
        if not (token := page["nextPageToken"]):
            break
    assert found == sorted(set(found))
    assert shelf["product"] in found
    only = answer(http.get("/v1/products", params={"filter": f'sku = "{shelf["id"].upper()}"', "pageSize": 9}))
    assert [product["name"] for product in only["products"]] == [shelf["product"]]


def test_adjustments_take_short_enum_names(http: httpx.Client, shelf: Shelf) -> None:
    request_id = str(uuid.uuid4())
    for _ in range(2):
        assert adjusted(http, shelf, "ADD", 5, reason="ADJUSTMENT_REASON_RECEIPT", requestId=request_id)["onHand"] == 15
    assert adjusted(http, shelf, "SUBTRACT", 3)["onHand"] == 12
    assert adjusted(http, shelf, "SET", 7)["onHand"] == 7


def test_batch_adjust(http: httpx.Client, shelf: Shelf) -> None:
    good = adjustment(shelf, "ADD", 1)
    both = {"adjustments": [good, adjustment(shelf, "SUBTRACT", 1000)], "requestId": str(uuid.uuid4())}
    done = answer(http.post("/v1/stock:batchAdjust", json=both))
    assert (done["adjustedCount"], done["refusedCount"], len(done["results"])) == (1, 1, 2)
    refused = http.post("/v1/stock:batchAdjust", json={"adjustments": both["adjustments"], "atomic": True})
    assert reason(refused) == (400, "INSUFFICIENT_STOCK")
    assert totals(http, shelf) == (11, 0, 11)


def test_stock_has_levels_and_totals_as_numbers(http: httpx.Client, shelf: Shelf) -> None:
    stock = answer(http.get(f"/v1/{shelf['product']}/stock"))
    [level] = stock["levels"]
    assert (level["product"], level["warehouse"], level["onHand"]) == (shelf["product"], shelf["warehouse"], 10)
    assert {key: stock["totals"][key] for key in ("onHand", "reserved", "available")} == {
        "onHand": 10,
        "reserved": 0,
        "available": 10,
    }


def test_the_life_of_a_reservation(http: httpx.Client, shelf: Shelf) -> None:
    request = {"lines": [line(shelf, 3)], "order": "orders/1", "ttl": "60s", "requestId": str(uuid.uuid4())}
    held = answer(http.post("/v1/reservations", json=request))
    assert answer(http.post("/v1/reservations", json=request)) == held
    assert (held["order"], held["state"], held["lines"][0]["quantity"]) == ("orders/1", "RESERVATION_STATE_HELD", 3)
    assert seconds(held) == pytest.approx(60, abs=0.01)
    assert totals(http, shelf) == (10, 3, 7)
    path = f"/v1/{held['name']}"
    assert answer(http.get(path)) == held
    extended = answer(http.post(f"{path}:extend", json={"ttl": "120s"}))
    assert extended["expireTime"] > held["expireTime"]
    confirmed = answer(http.post(f"{path}:confirm", json={}))
    assert confirmed["state"] == "RESERVATION_STATE_CONFIRMED"
    assert totals(http, shelf) == (7, 0, 7)
    assert reason(http.post(f"{path}:cancel", json={})) == (400, "RESERVATION_CLOSED")


def test_a_cancelled_reservation_and_one_without_a_warehouse(http: httpx.Client, shelf: Shelf) -> None:
    held = answer(http.post("/v1/reservations", json={"lines": [{"product": shelf["product"], "quantity": 10}]}))
    assert held["lines"][0]["warehouse"] == shelf["warehouse"]
    assert reason(http.post("/v1/reservations", json={"lines": [line(shelf, 1)]})) == (400, "OUT_OF_STOCK")
    for _ in range(2):
        cancelled = answer(http.post(f"/v1/{held['name']}:cancel", json={}))
        assert cancelled["state"] == "RESERVATION_STATE_CANCELLED"
    assert totals(http, shelf) == (10, 0, 10)


def test_a_part_of_a_reservation_is_confirmed(http: httpx.Client, shelf: Shelf) -> None:
    held = answer(http.post("/v1/reservations", json={"lines": [line(shelf, 4)]}))
    confirmed = answer(http.post(f"/v1/{held['name']}:confirm", json={"lines": [line(shelf, 1)]}))
    assert confirmed["lines"][0]["confirmedQuantity"] == 1
    assert totals(http, shelf) == (9, 0, 9)


def test_stock_alerts(http: httpx.Client, shelf: Shelf) -> None:
    adjusted(http, shelf, "SET", 4)
    listed = answer(http.get("/v1/stockAlerts", params={"filter": f'product = "{shelf["product"]}"'}))
    [alert] = listed["stockAlerts"]
    assert (alert["state"], alert["severity"]) == ("STOCK_ALERT_STATE_ACTIVE", "STOCK_ALERT_SEVERITY_WARNING")
    assert (alert["warehouse"], alert["available"], alert["minStockLevel"]) == (shelf["warehouse"], 4, 4)
    acknowledged = answer(http.post(f"/v1/{alert['name']}:acknowledge", json={}))
    assert acknowledged["state"] == "STOCK_ALERT_STATE_ACKNOWLEDGED"


def test_a_script_without_a_content_type(http: httpx.Client, shelf: Shelf) -> None:
    """`curl -d` says that it sends a form."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = json.dumps({"lines": [line(shelf, 1)]})
    assert answer(http.post("/v1/reservations", content=body, headers=form))["state"] == "RESERVATION_STATE_HELD"


def answer(response: httpx.Response) -> dict[str, Any]:
    """The body of an answer that is no refusal."""
    assert response.status_code == 200, response.text
    return dict(response.json())


def reason(response: httpx.Response) -> tuple[int, str]:
    """How a call was refused."""
    return response.status_code, response.json()["details"][0]["reason"]


def adjustment(shelf: Shelf, type_: str, quantity: int, **more: Any) -> dict[str, Any]:
    return {"product": shelf["product"], "warehouse": shelf["warehouse"], "type": type_, "quantity": quantity, **more}


def adjusted(http: httpx.Client, shelf: Shelf, type_: str, quantity: int, **more: Any) -> dict[str, Any]:
    return answer(http.post("/v1/stock:adjust", json=adjustment(shelf, type_, quantity, **more)))


def line(shelf: Shelf, quantity: int) -> dict[str, Any]:
    return {"product": shelf["product"], "quantity": quantity, "warehouse": shelf["warehouse"]}


def totals(http: httpx.Client, shelf: Shelf) -> tuple[int, int, int]:
    """On hand, reserved and available."""
    found = answer(http.get(f"/v1/{shelf['product']}/stock"))["totals"]
    return found["onHand"], found["reserved"], found["available"]


def seconds(held: dict[str, Any]) -> float:
    """How long a reservation is to hold."""
    return (datetime.fromisoformat(held["expireTime"]) - datetime.fromisoformat(held["createTime"])).total_seconds()
