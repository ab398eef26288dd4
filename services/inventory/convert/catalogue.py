"""Products and warehouses, as messages."""

from mesh.inventory.v1 import product_pb2, warehouse_pb2
from services._platform.times import timestamp
from services.inventory.convert import names
from services.inventory.domain.catalogue import Product, Warehouse


def product(product: Product) -> product_pb2.Product:
    """A product as a message."""
    return product_pb2.Product(
        name=names.PRODUCT.name(product.id),
        sku=product.sku,
        display_name=product.display_name,
        description=product.description,
        category=product.category,
        min_stock_level=product.min_stock_level,
        max_stock_level=product.max_stock_level,
        labels=product.labels,
        etag=str(product.version),
        create_time=timestamp(product.create_time),
        update_time=timestamp(product.update_time),
    )


def to_product(id: str, message: product_pb2.Product) -> Product:
    """A product from what a caller may say of it."""
    return Product(
        id=id,
        sku=message.sku,
        display_name=message.display_name,
        description=message.description,
        category=message.category,
        min_stock_level=message.min_stock_level,
        max_stock_level=message.max_stock_level,
        labels=dict(message.labels),
    )


def to_warehouse(id: str, message: warehouse_pb2.Warehouse) -> Warehouse:
    """A warehouse from what a caller may say of it."""
    return Warehouse(
        id=id,
        display_name=message.display_name,
        location=message.location,
        allocation_rank=message.allocation_rank,
    )


def warehouse(warehouse: Warehouse) -> warehouse_pb2.Warehouse:
    """A warehouse as a message."""
    return warehouse_pb2.Warehouse(
        name=names.WAREHOUSE.name(warehouse.id),
        display_name=warehouse.display_name,
        location=warehouse.location,
        allocation_rank=warehouse.allocation_rank,
        etag=str(warehouse.version),
        create_time=timestamp(warehouse.create_time),
        update_time=timestamp(warehouse.update_time),
    )
