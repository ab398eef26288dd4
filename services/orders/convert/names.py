"""The resource names of orders, and of what they refer to."""

from services._platform.names import Pattern

ORDER = Pattern("orders/{order}")
MOVE = Pattern("orders/{order}/moves/{move}")
PRODUCT = Pattern("products/{product}")
PAYMENT = Pattern("payments/{payment}")
RESERVATION = Pattern("reservations/{reservation}")


def optional_id(pattern: Pattern, name: str) -> str:
    """The id in a name; empty when there is none."""
    return pattern.id(name) if name else ""


def optional_name(pattern: Pattern, id: str) -> str:
    """The name of an id; empty when there is none."""
    return pattern.name(id) if id else ""
