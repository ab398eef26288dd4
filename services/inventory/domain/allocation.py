"""Which warehouses serve an order: one if one has enough, else the fewest that do."""

from collections.abc import Iterable

from services.inventory.domain.levels import Key, Level
from services.inventory.domain.refusals import OutOfStock
from services.inventory.domain.reservations import Line, Want, summed


def allocate(wants: tuple[Want, ...], levels: Iterable[Level]) -> tuple[Line, ...]:
    """The lines that hold all wants, or `OutOfStock` for the first product that falls short.

    Wants that name a warehouse take theirs first. For the others, a single warehouse that can serve every product of
    the order is preferred, by allocation rank; else each product goes to one warehouse, or is split over those that
    have most.
    """
    free = {level.key: level.available for level in levels}
    ranks = {level.warehouse: (level.allocation_rank, level.warehouse) for level in levels}
    taken: dict[Key, int] = {}
    wants = summed(wants)

    def take(key: Key, quantity: int) -> None:
        free[key] -= quantity
        taken[key] = taken.get(key, 0) + quantity

    for want in wants:
        if want.warehouse:
            key = (want.product, want.warehouse)
            if free.get(key, 0) < want.quantity:
                raise OutOfStock(want.product, want.quantity, free.get(key, 0))
            take(key, want.quantity)

    anywhere = [want for want in wants if not want.warehouse]
    by_rank = sorted(ranks, key=ranks.__getitem__)
    for warehouse in by_rank:
        if all(free.get((want.product, warehouse), 0) >= want.quantity for want in anywhere):
            for want in anywhere:
                take((want.product, warehouse), want.quantity)
            break
    else:
        for want in anywhere:
            for key, quantity in _split(want, free, by_rank):
                take(key, quantity)
    return tuple(Line(product, warehouse, quantity) for (product, warehouse), quantity in sorted(taken.items()))


def _split(want: Want, free: dict[Key, int], by_rank: list[str]) -> list[tuple[Key, int]]:
    stocked = [(want.product, warehouse) for warehouse in by_rank if free.get((want.product, warehouse), 0) > 0]
    available = sum(free[key] for key in stocked)
    if available < want.quantity:
        raise OutOfStock(want.product, want.quantity, available)
    for key in stocked:
        if free[key] >= want.quantity:
            return [(key, want.quantity)]
    parts: list[tuple[Key, int]] = []
    left = want.quantity
    # The fullest first makes the fewest parts; the sort is stable, so rank decides between equals.
    for key in sorted(stocked, key=lambda key: -free[key]):
        part = min(left, free[key])
        parts.append((key, part))
        left -= part
        if not left:
            break
    return parts
