"""The proof that the mesh works: a small catalogue and one reservation, all through the JSON edge."""

import json
import sys
import uuid
from pathlib import Path
from typing import Any

from services._local.edge import Edge
from services._local.layout import say

CATALOGUE = Path(__file__).with_name("demo.json")
CONFLICT = 409


def tell(edge: Edge, credentials: Path) -> None:
    """Loads the catalogue where it is not there yet, then holds, reads and cancels a reservation, and tells of it.

    `credentials` is the file that holds who the edge is called as.

    Raises `MeshError` when the edge refuses anything.
    """
    demo = json.loads(CATALOGUE.read_text())
    for kind, field in (("warehouses", "warehouseId"), ("products", "productId")):
        for name, resource in demo[kind].items():
            edge.post(f"/v1/{kind}?{field}={name}", resource, accept=CONFLICT)
    edge.post("/v1/stock:batchAdjust", _deliveries(demo["stock"]))
    say(f"Demo catalogue: {len(demo['warehouses'])} warehouses, {len(demo['products'])} products with stock.")

    held = edge.post("/v1/reservations", demo["reservation"] | {"requestId": str(uuid.uuid4())})
    say(f"One reservation over the edge, as JSON:\n  POST /v1/reservations -> {held['name']}, {_state(held)}")
    for line in held["lines"]:
        say(f"    {line['quantity']} x {line['product']} from {line['warehouse']}")
    path = f"/v1/{held['lines'][0]['product']}/stock"
    say(f"  GET {path} -> {_totals(edge, path)}")
    say(f"  GET /v1/reservations/... -> {_state(edge.get('/v1/' + held['name']))}")
    cancelled = edge.post(f"/v1/{held['name']}:cancel", {})
    say(f"  POST /v1/reservations/...:cancel -> {_state(cancelled)}\n  GET {path} -> {_totals(edge, path)}")

    say(f"\nTo try yourself, as the shop manager whose credentials are in {credentials}:")
    say(f'  token=$({sys.executable} -c \'import json; print(json.load(open("{credentials}"))["user_access_token"])\')')
    say(f"  curl -H \"authorization: Bearer $token\" '{edge.url}/v1/products?pageSize=3'")
    say(f'  curl -H "authorization: Bearer $token" {edge.url}{path}')
    say(f"  curl -H \"authorization: Bearer $token\" {edge.url}/v1/reservations -d '{json.dumps(demo['reservation'])}'")
    say(
        "The token holds for 10 minutes; `make up` gets a new one. Programs use `x-api-key` with admin_api_key instead."
    )


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


def _totals(edge: Edge, path: str) -> str:
    totals = edge.get(path)["totals"]
    return ", ".join(f"{field} {totals.get(field, 0)}" for field in ("onHand", "reserved", "available"))
