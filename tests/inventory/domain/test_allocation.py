"""Which warehouses serve an order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inventory.domain.allocation import allocate
from services.inventory.domain.levels import Level
from services.inventory.domain.refusals import OutOfStock
from services.inventory.domain.reservations import Want


def _levels(*stock: tuple[str, str, int, int]) -> list[Level]:
    return [Level(product, place, available, allocation_rank=rank) for product, place, available, rank in stock]


def _places(wants: list[Want], levels: list[Level]) -> dict[tuple[str, str], int]:
    return {line.key: line.quantity for line in allocate(tuple(wants), levels)}


def test_one_warehouse_for_the_whole_order_before_rank() -> None:
    levels = _levels(("mug", "near", 9, 0), ("mug", "far", 9, 5), ("cup", "far", 9, 5))
    assert _places([Want("mug", 1), Want("cup", 1)], levels) == {("mug", "far"): 1, ("cup", "far"): 1}
    assert _places([Want("mug", 1)], levels) == {("mug", "near"): 1}


def test_named_warehouses_take_first() -> None:
    levels = _levels(("mug", "near", 5, 0), ("mug", "far", 5, 1))
    wants = [Want("mug", 4), Want("mug", 3, "near")]
    assert _places(wants, levels) == {("mug", "near"): 3, ("mug", "far"): 4}


def test_the_product_that_falls_short_is_named() -> None:
    levels = _levels(("mug", "near", 5, 0), ("mug", "far", 5, 1))
    with pytest.raises(OutOfStock) as refusal:
        allocate((Want("mug", 11),), levels)
    assert refusal.value.metadata == {"product": "products/mug", "requested": "11", "available": "10"}


_products = st.sampled_from(["mug", "cup"])
_places_ = st.sampled_from(["a", "b", "c"])


@given(
    stock=st.dictionaries(st.tuples(_products, _places_), st.integers(0, 9)),
    wants=st.lists(st.builds(Want, _products, st.integers(1, 9), st.just("") | _places_), min_size=1, max_size=5),
)
def test_never_more_than_there_is_and_all_that_is_wanted(stock: dict[tuple[str, str], int], wants: list[Want]) -> None:
    levels = _levels(*((product, place, quantity, 0) for (product, place), quantity in stock.items()))
    try:
        lines = allocate(tuple(wants), levels)
    except OutOfStock as refusal:
        product = refusal.metadata["product"].removeprefix("products/")
        wanted = sum(want.quantity for want in wants if want.product == product)
        available = sum(quantity for key, quantity in stock.items() if key[0] == product)
        named = any(want.warehouse for want in wants)
        assert wanted > available or named
        return
    for line in lines:
        assert 0 < line.quantity <= stock[line.key]
    for product in {want.product for want in wants}:
        held = sum(line.quantity for line in lines if line.product == product)
        assert held == sum(want.quantity for want in wants if want.product == product)
    for key in {(want.product, want.warehouse) for want in wants if want.warehouse}:
        held = sum(line.quantity for line in lines if line.key == key)
        assert held >= sum(want.quantity for want in wants if (want.product, want.warehouse) == key)
