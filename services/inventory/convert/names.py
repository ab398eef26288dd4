"""The resource names of inventory."""

from services._platform.names import Pattern

PRODUCT = Pattern("products/{product}")
WAREHOUSE = Pattern("warehouses/{warehouse}")
STOCK = Pattern("products/{product}/stock")
LEVEL = Pattern("products/{product}/levels/{warehouse}")
RESERVATION = Pattern("reservations/{reservation}")
TRANSFER = Pattern("transfers/{transfer}")
STOCK_ALERT = Pattern("stockAlerts/{stock_alert}")
