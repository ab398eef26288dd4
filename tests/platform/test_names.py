"""Resource names and the ids in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services._platform.names import Pattern

PRODUCT = Pattern("products/{product}")
LEVEL = Pattern("products/{product}/levels/{warehouse}")
IDS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)


@given(IDS, IDS)
def test_ids_come_back_out_of_the_name(product: str, warehouse: str) -> None:
    assert PRODUCT.id(PRODUCT.name(product)) == product
    assert LEVEL.ids(LEVEL.name(product, warehouse)) == (product, warehouse)


@pytest.mark.parametrize(
    "name",
    ["", "mug", "products/", "products", "Products/mug", "products/mug/levels/main", "/products/mug", "x/products/mug"],
)
def test_a_name_of_another_pattern_is_told(name: str) -> None:
    with pytest.raises(ValueError, match=r"is not of the pattern products/\{product\}"):
        PRODUCT.id(name)


def test_a_name_of_two_variables_has_no_single_id() -> None:
    with pytest.raises(ValueError, match="too many values"):
        LEVEL.id("products/mug/levels/main")
