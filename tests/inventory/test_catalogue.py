"""Stories of products and warehouses, over the wire."""

import uuid
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from mesh.inventory.v1 import product_pb2, warehouse_pb2
from mesh.inventory.v1.product_service_pb2 import (
    CreateProductRequest,
    GetProductRequest,
    ListProductsRequest,
    UpdateProductRequest,
)
from mesh.inventory.v1.warehouse_service_pb2 import (
    CreateWarehouseRequest,
    GetWarehouseRequest,
    ListWarehousesRequest,
    UpdateWarehouseRequest,
)
from tests.conftest import Clock
from tests.inventory.conftest import Inventory, refused


async def test_a_product_is_created_read_and_updated(inventory: Inventory, clock: Clock) -> None:
    product = product_pb2.Product(
        sku="MUG-1", display_name="Mug", category="mugs", max_stock_level=9, labels={"colour": "blue"}
    )
    created = await inventory.products.CreateProduct(CreateProductRequest(product_id="mug", product=product))
    assert created.name == "products/mug"
    assert await inventory.products.GetProduct(GetProductRequest(name=created.name)) == created
    clock.advance(minutes=1)
    updated = await _update(inventory, "products/mug", [], display_name="Cup", etag=created.etag)
    assert (updated.display_name, updated.sku, updated.labels["colour"]) == ("Cup", "MUG-1", "blue")
    assert updated.etag != created.etag
    assert (updated.update_time.seconds - created.update_time.seconds, updated.create_time) == (60, created.create_time)
    updated = await _update(inventory, "products/mug", ["labels", "max_stock_level"])
    assert (dict(updated.labels), updated.max_stock_level, updated.display_name) == ({}, 0, "Cup")


async def test_updates_that_are_refused(inventory: Inventory) -> None:
    await inventory.product("mug", min_stock_level=5)
    await inventory.product("cup")
    refusal = await refused(_update(inventory, "products/mug", [], display_name="x", etag="stale"))
    assert (refusal.code, refusal.reason, refusal.metadata) == (
        "ABORTED",
        "ETAG_MISMATCH",
        {"resource": "products/mug"},
    )
    refusal = await refused(_update(inventory, "products/mug", ["display_name"]))
    assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", ["product.display_name"])
    refusal = await refused(_update(inventory, "products/mug", [], max_stock_level=2))
    assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", ["product.max_stock_level"])
    refusal = await refused(_update(inventory, "products/mug", ["create_time"]))
    assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", ["update_mask"])
    refusal = await refused(_update(inventory, "products/mug", [], sku="CUP"))
    assert (refusal.code, refusal.reason, refusal.metadata) == ("ALREADY_EXISTS", "SKU_TAKEN", {"sku": "CUP"})
    refusal = await refused(_update(inventory, "products/none", [], sku="X"))
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "PRODUCT_NOT_FOUND")
    product = await inventory.products.GetProduct(GetProductRequest(name="products/mug"))
    assert (product.display_name, product.sku, product.etag) == ("Mug", "MUG", "1")


async def test_ids_and_skus_are_unique(inventory: Inventory) -> None:
    await inventory.product("mug")
    refusal = await refused(inventory.product("mug", sku="OTHER"))
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", "PRODUCT_EXISTS")
    refusal = await refused(inventory.product("other", sku="MUG"))
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", "SKU_TAKEN")
    request = CreateProductRequest(product=product_pb2.Product(sku="A", display_name="A"))
    made = await inventory.products.CreateProduct(request)
    assert uuid.UUID(made.name.removeprefix("products/")).version == 7


async def test_a_replayed_create_is_one_product(inventory: Inventory) -> None:
    request = CreateProductRequest(product=product_pb2.Product(sku="A", display_name="A"), request_id=str(uuid.uuid4()))
    first = await inventory.products.CreateProduct(request)
    assert await inventory.products.CreateProduct(request) == first
    request.product.display_name = "B"
    assert (await refused(inventory.products.CreateProduct(request))).reason == "REQUEST_ID_REUSED"


async def test_products_are_found_by_words_fields_and_labels(inventory: Inventory) -> None:
    await inventory.product("a", display_name="Blue mug", category="mugs", labels={"colour": "blue"})
    await inventory.product("b", display_name="Red mug", category="mugs", labels={"colour": "red"})
    await inventory.product("c", display_name="Kettle", description="Boils water for a blue mug", category="kettles")

    async def ids(filter: str) -> str:
        found, token = "", ""
        while True:
            request = ListProductsRequest(filter=filter, page_size=1, page_token=token)
            page = await inventory.products.ListProducts(request)
            found += "".join(product.name.removeprefix("products/") for product in page.products)
            token = page.next_page_token
            if not token:
                return found

    assert await ids("") == "abc"
    assert await ids("mug") == "abc"
    assert await ids("mugs boiling") == "c"
    assert await ids('"blue mug"') == "ac"
    assert await ids('category = "mugs"') == "ab"
    assert await ids('category != "mugs"') == "c"
    assert await ids('labels.colour = "red"') == "b"
    assert await ids('labels.colour != "red"') == "ac"
    assert await ids('category = mugs AND blue AND sku != "B"') == "a"
    assert await ids('category = "mugs" AND category = "kettles"') == ""


async def test_page_tokens_hold_for_one_request_only(inventory: Inventory) -> None:
    for name in "abc":
        await inventory.product(name)
    page = await inventory.products.ListProducts(ListProductsRequest(page_size=2, filter='category = ""'))
    token = page.next_page_token
    forged = "nonsense"
    other = [
        ListProductsRequest(page_token=token),
        ListProductsRequest(page_token=("A" if token[0] != "A" else "B") + token[1:], filter='category = ""'),
        ListProductsRequest(page_token=forged, filter='category = ""'),
    ]
    for request in other:
        refusal = await refused(inventory.products.ListProducts(request))
        assert (refusal.code, refusal.reason, refusal.fields) == (
            "INVALID_ARGUMENT",
            "PAGE_TOKEN_INVALID",
            ["page_token"],
        )
    refusal = await refused(inventory.warehouses.ListWarehouses(ListWarehousesRequest(page_token=token)))
    assert refusal.reason == "PAGE_TOKEN_INVALID"


async def test_a_warehouse_is_created_read_listed_and_updated(inventory: Inventory) -> None:
    main = await inventory.warehouse("main", rank=3)
    await inventory.warehouse("other")
    got = await inventory.warehouses.GetWarehouse(GetWarehouseRequest(name=main))
    assert (got.display_name, got.allocation_rank) == ("Main", 3)
    page = await inventory.warehouses.ListWarehouses(ListWarehousesRequest(page_size=1))
    assert [one.name for one in page.warehouses] == [main]
    page = await inventory.warehouses.ListWarehouses(
        ListWarehousesRequest(page_size=5, page_token=page.next_page_token)
    )
    assert [one.name for one in page.warehouses] == ["warehouses/other"]
    assert not page.next_page_token
    request = UpdateWarehouseRequest(warehouse=warehouse_pb2.Warehouse(name=main, location="Mumbai", etag=got.etag))
    assert (await inventory.warehouses.UpdateWarehouse(request)).location == "Mumbai"
    assert (await refused(inventory.warehouses.UpdateWarehouse(request))).reason == "ETAG_MISMATCH"
    again = CreateWarehouseRequest(warehouse_id="main", warehouse=warehouse_pb2.Warehouse(display_name="x"))
    assert (await refused(inventory.warehouses.CreateWarehouse(again))).reason == "WAREHOUSE_EXISTS"
    missing = GetWarehouseRequest(name="warehouses/none")
    assert (await refused(inventory.warehouses.GetWarehouse(missing))).reason == "WAREHOUSE_NOT_FOUND"


async def _update(inventory: Inventory, name: str, mask: list[str], **fields: Any) -> product_pb2.Product:
    product = product_pb2.Product(name=name, **fields)
    request = UpdateProductRequest(product=product, update_mask=FieldMask(paths=mask))
    return await inventory.products.UpdateProduct(request)
