"""The RPCs of inventory: each turns a message into a decision of the domain, and what came of it into a message."""

from services.inventory.servicer.alerts import StockAlerts
from services.inventory.servicer.products import Products
from services.inventory.servicer.reservations import Reservations
from services.inventory.servicer.stock import StockLevels
from services.inventory.servicer.transfers import Transfers
from services.inventory.servicer.warehouses import Warehouses

__all__ = ["Products", "Reservations", "StockAlerts", "StockLevels", "Transfers", "Warehouses"]
