"""Every way in which inventory says no. The reasons are those of `mesh.inventory.v1.ErrorReason`."""

from datetime import datetime

from services._platform.errors import Aborted, AlreadyExists, FailedPrecondition, NotFound


class ProductNotFound(NotFound):
    """No such product."""

    reason = "PRODUCT_NOT_FOUND"

    def __init__(self, product: str) -> None:
        super().__init__(f"there is no product {product}", metadata={"product": f"products/{product}"})


class ProductExists(AlreadyExists):
    """The product id is taken."""

    reason = "PRODUCT_EXISTS"

    def __init__(self, product: str) -> None:
        super().__init__(f"there is a product {product} already", metadata={"product": f"products/{product}"})


class SkuTaken(AlreadyExists):
    """Another product has the SKU."""

    reason = "SKU_TAKEN"

    def __init__(self, sku: str) -> None:
        super().__init__(f"another product has the SKU {sku}", metadata={"sku": sku})


class WarehouseNotFound(NotFound):
    """No such warehouse."""

    reason = "WAREHOUSE_NOT_FOUND"

    def __init__(self, warehouse: str) -> None:
        super().__init__(f"there is no warehouse {warehouse}", metadata={"warehouse": f"warehouses/{warehouse}"})


class WarehouseExists(AlreadyExists):
    """The warehouse id is taken."""

    reason = "WAREHOUSE_EXISTS"

    def __init__(self, warehouse: str) -> None:
        super().__init__(f"there is a warehouse {warehouse} already", metadata={"warehouse": f"warehouses/{warehouse}"})


class OutOfStock(FailedPrecondition):
    """Less is available than a reservation asks for."""

    reason = "OUT_OF_STOCK"

    def __init__(self, product: str, requested: int, available: int) -> None:
        super().__init__(
            f"{requested} of {product} were asked for, {available} are available",
            metadata={"product": f"products/{product}", "requested": requested, "available": available},
        )


class InsufficientStock(FailedPrecondition):
    """Less is there than an adjustment or a transfer takes."""

    reason = "INSUFFICIENT_STOCK"

    def __init__(self, product: str, warehouse: str, requested: int, available: int) -> None:
        super().__init__(
            f"{requested} of {product} were to leave {warehouse}, {available} are available",
            metadata={
                "product": f"products/{product}",
                "warehouse": f"warehouses/{warehouse}",
                "requested": requested,
                "available": available,
            },
        )


class BelowReserved(FailedPrecondition):
    """The stock on hand would fall below what is reserved."""

    reason = "BELOW_RESERVED"

    def __init__(self, product: str, warehouse: str, requested: int, reserved: int) -> None:
        super().__init__(
            f"{product} in {warehouse} cannot be set to {requested}: {reserved} are reserved",
            metadata={
                "product": f"products/{product}",
                "warehouse": f"warehouses/{warehouse}",
                "requested": requested,
                "reserved": reserved,
            },
        )


class QuantityMismatch(Aborted):
    """The stock on hand is not the expected quantity."""

    reason = "QUANTITY_MISMATCH"

    def __init__(self, product: str, warehouse: str, expected: int, on_hand: int) -> None:
        super().__init__(
            f"{expected} of {product} were expected in {warehouse}, {on_hand} are on hand",
            metadata={
                "product": f"products/{product}",
                "warehouse": f"warehouses/{warehouse}",
                "expected": expected,
                "onHand": on_hand,
            },
        )


class AdjustmentStale(Aborted):
    """A newer count of the level was booked already."""

    reason = "ADJUSTMENT_STALE"

    def __init__(self, product: str, warehouse: str, newest: datetime) -> None:
        super().__init__(
            f"{product} in {warehouse} was set by a newer count already",
            metadata={
                "product": f"products/{product}",
                "warehouse": f"warehouses/{warehouse}",
                "newest": newest.isoformat(),
            },
        )


class StockLimitExceeded(FailedPrecondition):
    """A product would have more units than the contract allows."""

    reason = "STOCK_LIMIT_EXCEEDED"

    def __init__(self, product: str, limit: int) -> None:
        super().__init__(
            f"{product} would have more than {limit} units",
            metadata={"product": f"products/{product}", "limit": limit},
        )


class ReservationNotFound(NotFound):
    """No such reservation."""

    reason = "RESERVATION_NOT_FOUND"

    def __init__(self, reservation: str) -> None:
        super().__init__(
            f"there is no reservation {reservation}", metadata={"reservation": f"reservations/{reservation}"}
        )


class ReservationClosed(FailedPrecondition):
    """The reservation is in a state that does not allow this."""

    reason = "RESERVATION_CLOSED"

    def __init__(self, reservation: str, state: str, allowed: str) -> None:
        super().__init__(
            f"the reservation is {state}, it would have to be {allowed}",
            metadata={"reservation": f"reservations/{reservation}", "state": state, "allowed": allowed},
        )


class ReservationExpired(FailedPrecondition):
    """The hold ran out."""

    reason = "RESERVATION_EXPIRED"

    def __init__(self, reservation: str, expire_time: datetime) -> None:
        super().__init__(
            "the hold ran out",
            metadata={"reservation": f"reservations/{reservation}", "expireTime": expire_time.isoformat()},
        )


class ReservationExceeded(FailedPrecondition):
    """More is confirmed than the reservation holds of a product."""

    reason = "RESERVATION_EXCEEDED"

    def __init__(self, reservation: str, product: str, requested: int, held: int) -> None:
        super().__init__(
            f"{requested} of {product} were to be confirmed, {held} are held",
            metadata={
                "reservation": f"reservations/{reservation}",
                "product": f"products/{product}",
                "requested": requested,
                "held": held,
            },
        )


class TransferNotFound(NotFound):
    """No such transfer."""

    reason = "TRANSFER_NOT_FOUND"

    def __init__(self, transfer: str) -> None:
        super().__init__(f"there is no transfer {transfer}", metadata={"transfer": f"transfers/{transfer}"})


class TransferClosed(FailedPrecondition):
    """The transfer is in a state that does not allow this."""

    reason = "TRANSFER_CLOSED"

    def __init__(self, transfer: str, state: str, allowed: str) -> None:
        super().__init__(
            f"the transfer is {state}, it would have to be {allowed}",
            metadata={"transfer": f"transfers/{transfer}", "state": state, "allowed": allowed},
        )


class TransferExceeded(FailedPrecondition):
    """More arrived than is under way."""

    reason = "TRANSFER_EXCEEDED"

    def __init__(self, transfer: str, product: str, arrived: int, under_way: int) -> None:
        super().__init__(
            f"{arrived} of {product} arrived, {under_way} are under way",
            metadata={
                "transfer": f"transfers/{transfer}",
                "product": f"products/{product}",
                "arrived": arrived,
                "underWay": under_way,
            },
        )


class StockAlertNotFound(NotFound):
    """No such alert."""

    reason = "STOCK_ALERT_NOT_FOUND"

    def __init__(self, alert: str) -> None:
        super().__init__(f"there is no alert {alert}", metadata={"stockAlert": f"stockAlerts/{alert}"})


class StockAlertResolved(FailedPrecondition):
    """The alert is over."""

    reason = "STOCK_ALERT_RESOLVED"

    def __init__(self, alert: str) -> None:
        super().__init__("the alert is over", metadata={"stockAlert": f"stockAlerts/{alert}"})
