"""The contract's path templates as patterns."""

import re
from pathlib import Path

import pytest

from gateway import surface
from gateway.paths import json_paths


@pytest.fixture(scope="module")
def verbs_by_pattern(image: Path) -> dict[str, tuple[str, ...]]:
    return {path.pattern: path.verbs for path in json_paths(surface.read(image))}


@pytest.mark.parametrize(
    ("path", "verbs"),
    [
        ("/v1/products", ("GET", "POST")),
        ("/v1/products?pageSize=1", ("GET", "POST")),
        ("/v1/products/mug", ("GET", "PATCH")),
        ("/v1/products/mug?updateMask=sku", ("GET", "PATCH")),
        ("/v1/products/mug/levels/main", ("PATCH",)),
        ("/v1/reservations/1:confirm", ("POST",)),
        ("/v1/reservations/1:other", ("GET",)),
        ("/v1/stock:adjust", ("POST",)),
        ("/v1/products/", None),
        ("/v1/products/mug/unknown", None),
        ("/v1/productsandmore", None),
        ("/V1/products", None),
    ],
)
def test_first_match(verbs_by_pattern: dict[str, tuple[str, ...]], path: str, verbs: tuple[str, ...] | None) -> None:
    found = [verbs for pattern, verbs in verbs_by_pattern.items() if re.fullmatch(pattern, path)]
    assert (found[0] if found else None) == verbs
