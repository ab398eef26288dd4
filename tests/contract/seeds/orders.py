"""Seeds of orders."""

from tests.contract.outcome import Json
from tests.contract.seeds.api import Api

PACKAGE = "mesh.orders.v1"

_CUSTOMER = "users/ada"
_PAYMENT = "payments/0198c0de-0000-7000-8000-0000000000fa"
_CENT = {"currency_code": "EUR", "nanos": 10_000_000}


def new_order(api: Api) -> Json:
    """Two mugs, sent for 4.90 euros, paid with what was said beforehand. Enough for many refunds of a cent."""
    unit_price = {"currency_code": "EUR", "units": 500}
    total = {"currency_code": "EUR", "units": 1_000}
    line = {"product": "products/mug", "display_name": "Mug", "quantity": 2, "unit_price": unit_price}
    return {
        "customer": _CUSTOMER,
        "lines": [{**line, "total_amount": total}],
        "shipping_amount": {"currency_code": "EUR", "units": 4, "nanos": 900_000_000},
        "total_amount": {"currency_code": "EUR", "units": 1_004, "nanos": 900_000_000},
        "payment": _PAYMENT,
        "origin": api.unique("carts/1"),
    }


def placed(api: Api) -> str:
    return str(api("OrderService/CreateOrder", order=new_order(api))["name"])


def paid(api: Api) -> str:
    return str(api("OrderService/MarkOrderPaid", name=placed(api))["name"])


def fulfilled(api: Api) -> str:
    return str(api("OrderService/FulfillOrder", name=paid(api))["name"])


def shipped(api: Api) -> str:
    return str(api("OrderService/ShipOrder", name=fulfilled(api), tracking_code="JD01")["name"])


def first_move(api: Api) -> str:
    return f"{placed(api)}/moves/1"


def refund_again(api: Api, request: Json) -> None:
    """One more move of a paid order."""
    api("OrderService/RefundOrder", name=request["parent"], amount=_CENT)


RESOURCES = {
    "mesh/Order": placed,
    "mesh/OrderMove": first_move,
}

REQUESTS = {
    "OrderService/CreateOrder": {"order": new_order},
    "OrderService/GetOrder": {"name": placed},
    "OrderService/ListOrders": {},
    "OrderService/ListOrderMoves": {"parent": paid},
    "OrderService/MarkOrderPaid": {"name": placed},
    "OrderService/FulfillOrder": {"name": paid, "reason": "packed"},
    "OrderService/ShipOrder": {"name": fulfilled, "tracking_code": "JD01"},
    "OrderService/DeliverOrder": {"name": shipped},
    "OrderService/RefundOrder": {"name": paid, "amount": _CENT, "reason": "a scratch"},
    "OrderService/CancelOrder": {"name": placed, "reason": "changed my mind"},
}

MORE = {"OrderService/ListOrderMoves": refund_again}
