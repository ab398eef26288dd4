"""Everything that inventory reads and writes in Postgres. Every statement is named and stands in a `.sql` file."""

from services.inventory.store.alerts import Alerts
from services.inventory.store.catalogue import Catalogue
from services.inventory.store.reservations import Reservations
from services.inventory.store.stock import Stock
from services.inventory.store.transfers import Transfers

__all__ = ["Alerts", "Catalogue", "Reservations", "Stock", "Transfers"]
