"""Products and warehouses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Product:
    """Something that is kept in stock. `version` counts its writes; it and the times are the store's."""

    id: str
    sku: str
    display_name: str
    description: str
    category: str
    min_stock_level: int
    max_stock_level: int
    labels: Mapping[str, str]
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A place where stock is kept. Automatic allocation tries lower ranks first."""

    id: str
    display_name: str
    location: str
    allocation_rank: int
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None
