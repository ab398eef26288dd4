"""The proof that the mesh works: a small catalogue and one reservation, all through the JSON edge."""

import json
import uuid
from pathlib import Path
from typing import Any

from services._local import loopback
from services._local.layout import MeshError, say

CATALOGUE = Path(__file__).with_name("demo.json")
SECONDS = 10.0
OK, CONFLICT = 200, 409


def tell(edge: str) -> None:
    """Loads the catalogue where it is not there yet, then holds, reads and cancels a reservation, and tells of it.

    Raises `MeshError` when the edge refuses anything.
    """
    demo = json.loads(CATALOGUE.read_text())
    for kind, field in (("warehouses", "warehouseId"), ("products", "productId")):
        for name, resource in demo[kind].items():
            _post(edge, f"/v1/{kind}?{field}={name}", resource, accept=CONFLICT)
    _post(edge, "/v1/stock:batchAdjust", _deliveries(demo["stock"]))
    say(f"Demo catalogue: {len(demo['warehouses'])} warehouses, {len(demo['products'])} products with stock.")

    held = _post(edge, "/v1/reservations", demo["reservation"] | {"requestId": str(uuid.uuid4())})
    say(f"One reservation over the edge, as JSON:\n  POST /v1/reservations -> {held['name']}, {_state(held)}")
    for line in held["lines"]:
        say(f"    {line['quantity']} x {line['product']} from {line['warehouse']}")
    path = f"/v1/{held['lines'][0]['product']}/stock"
    say(f"  GET {path} -> {_totals(edge, path)}")
    say(f"  GET /v1/reservations/... -> {_state(_call(edge, '/v1/' + held['name']))}")
    cancelled = _post(edge, f"/v1/{held['name']}:cancel", {})
    say(f"  POST /v1/reservations/...:cancel -> {_state(cancelled)}\n  GET {path} -> {_totals(edge, path)}")

    say("\nTo try yourself:")
    say(f"  curl '{edge}/v1/products?pageSize=3'\n  curl {edge}{path}")
    say(f"  curl {edge}/v1/reservations -d '{json.dumps(demo['reservation'])}'")


def _deliveries(stock: dict[str, dict[str, int]]) -> dict[str, Any]:
    """Fills empty shelves: where there is stock already the adjustment is refused, and the others are made."""
    adjustments = [
        {
            "product": f"products/{product}",
            "warehouse": f"warehouses/{warehouse}",
            "type": "ADD",
            "quantity": quantity,
            "reason": "ADJUSTMENT_REASON_RECEIPT",
            "expectedQuantity": 0,
            "note": "Demo catalogue",
        }
        for product, levels in stock.items()
        for warehouse, quantity in levels.items()
    ]
    request_id = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(adjustments))
    return {"adjustments": adjustments, "requestId": str(request_id)}


def _state(reservation: dict[str, Any]) -> str:
    return str(reservation["state"]).removeprefix("RESERVATION_STATE_")


def _totals(edge: str, path: str) -> str:
    totals = _call(edge, path)["totals"]
    return ", ".join(f"{field} {totals.get(field, 0)}" for field in ("onHand", "reserved", "available"))


def _post(edge: str, path: str, body: dict[str, Any], *, accept: int = OK) -> dict[str, Any]:
    return _call(edge, path, json.dumps(body).encode(), accept=accept)


def _call(edge: str, path: str, body: bytes | None = None, *, accept: int = OK) -> dict[str, Any]:
    code, answer = loopback.call(edge + path, body, seconds=SECONDS)
    if code not in (OK, accept):
        raise MeshError(f"edge: {path} answered {code}: {answer}")
    return dict(json.loads(answer)) if code == OK else {}
