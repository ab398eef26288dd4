"""Seeds of inventory."""

from tests.contract.outcome import Json
from tests.contract.seeds.api import Api

PACKAGE = "mesh.inventory.v1"

_PLENTY = 1_000_000


def product(api: Api) -> str:
    return str(api("ProductService/CreateProduct", product=new_product(api))["name"])


def new_product(api: Api) -> Json:
    return {"sku": api.unique("SKU"), "display_name": "Mug", "category": "mugs", "labels": {"colour": "blue"}}


def warehouse(api: Api) -> str:
    return str(api("WarehouseService/CreateWarehouse", warehouse={"display_name": "Main"})["name"])


def level(api: Api) -> Json:
    """A product with plenty of stock in a warehouse."""
    made = {"product": product(api), "warehouse": warehouse(api)}
    return api("StockService/AdjustStock", **made, type="ADD", quantity=_PLENTY)


def line(api: Api) -> Json:
    return {"product": level(api)["product"], "quantity": 1}


def adjustment(api: Api) -> Json:
    made = level(api)
    return {"product": made["product"], "warehouse": made["warehouse"], "type": "SUBTRACT", "quantity": 1}


def reservation(api: Api) -> str:
    return str(api("ReservationService/CreateReservation", lines=[line], order="orders/1")["name"])


def new_transfer(api: Api) -> Json:
    made = level(api)
    lines = [{"product": made["product"], "quantity": 1}]
    return {"source_warehouse": made["warehouse"], "destination_warehouse": warehouse(api), "lines": lines}


def transfer(api: Api) -> str:
    return str(api("TransferService/CreateTransfer", **new_transfer(api))["name"])


def stock_alert(api: Api) -> str:
    """Raised by stock at the minimum."""
    made = api("ProductService/CreateProduct", product={**new_product(api), "min_stock_level": 5})["name"]
    api("StockService/AdjustStock", product=made, warehouse=warehouse, type="ADD", quantity=10)
    where = api("StockService/GetStock", name=f"{made}/stock")["levels"][0]["warehouse"]
    api("StockService/AdjustStock", product=made, warehouse=where, type="SUBTRACT", quantity=6)
    alerts = api("StockAlertService/ListStockAlerts", filter=f'product = "{made}"')["stock_alerts"]
    return str(alerts[0]["name"])


def adjust_again(api: Api, request: Json) -> None:
    """One more change of the stock of the product that the request names, or of any."""
    made = request.get("parent") or next(iter(request.get("products", ())), None)
    api("StockService/AdjustStock", product=made or product, warehouse=warehouse, type="ADD", quantity=1)


RESOURCES = {
    "mesh/Product": product,
    "mesh/Warehouse": warehouse,
    "mesh/Stock": lambda api: f"{level(api)['product']}/stock",
    "mesh/StockLevel": lambda api: level(api)["name"],
    "mesh/Reservation": reservation,
    "mesh/Transfer": transfer,
    "mesh/StockAlert": stock_alert,
}

REQUESTS = {
    "ProductService/CreateProduct": {"product": new_product},
    "ProductService/GetProduct": {"name": product},
    "ProductService/ListProducts": {},
    "ProductService/UpdateProduct": {"product": {"name": product, "display_name": "Cup"}},
    "ReservationService/CreateReservation": {"lines": [line]},
    "ReservationService/GetReservation": {"name": reservation},
    "ReservationService/ListReservations": {},
    "ReservationService/ConfirmReservation": {"name": reservation},
    "ReservationService/CancelReservation": {"name": reservation},
    "ReservationService/ExtendReservation": {"name": reservation, "ttl": "7200s"},
    "StockAlertService/ListStockAlerts": {},
    "StockAlertService/GetStockAlert": {"name": stock_alert},
    "StockAlertService/AcknowledgeStockAlert": {"name": stock_alert},
    "StockAlertService/SnoozeStockAlert": {"name": stock_alert},
    "StockAlertService/ResolveStockAlert": {"name": stock_alert},
    "StockService/GetStock": {"name": RESOURCES["mesh/Stock"]},
    "StockService/ListStockLevels": {"parent": "products/-"},
    "StockService/UpdateStockLevel": {"stock_level": {"name": RESOURCES["mesh/StockLevel"], "min_stock_level": 3}},
    "StockService/AdjustStock": adjustment,
    "StockService/BatchAdjustStock": {"adjustments": [adjustment, adjustment]},
    "StockService/ImportAdjustments": [{"adjustment": adjustment}, {"adjustment": adjustment}],
    "StockService/ListStockMovements": {"parent": lambda api: level(api)["product"]},
    "StockService/VerifyStock": {"product": lambda api: level(api)["product"]},
    "StockService/RepairStock": {"product": lambda api: level(api)["product"]},
    "StockService/WatchStock": {"products": [product]},
    "TransferService/CreateTransfer": new_transfer,
    "TransferService/GetTransfer": {"name": transfer},
    "TransferService/ListTransfers": {},
    "TransferService/ReceiveTransfer": {"name": transfer},
    "TransferService/CancelTransfer": {"name": transfer},
    "WarehouseService/CreateWarehouse": {"warehouse": {"display_name": "Main"}},
    "WarehouseService/GetWarehouse": {"name": warehouse},
    "WarehouseService/ListWarehouses": {},
    "WarehouseService/UpdateWarehouse": {"warehouse": {"name": warehouse, "display_name": "Depot"}},
}

MORE = {
    "StockService/ListStockMovements": adjust_again,
    "StockService/WatchStock": adjust_again,
}
