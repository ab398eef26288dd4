"""What cart does by itself."""

from services._platform.lease import Lease
from services._platform.loops import Loop
from services.cart.convert import checkouts
from services.cart.store.holds import Holds
from services.cart.store.leaving import Leaving
from services.cart.store.sagas import Sagas

_TOGETHER = 200
_TRY_AGAIN = 2.0


def registration(sagas: Sagas) -> Loop:
    """Registers the saga of checkouts, once, as soon as there is somebody to register it with."""
    left = [checkouts.definition()]

    async def step() -> bool:
        if left:
            await sagas.register(checkouts.SAGA, left[0])
            left.clear()
        return False

    return Loop("register-checkout", step, every=_TRY_AGAIN)


def abandonment(leaving: Leaving, lease: Lease) -> Loop:
    """Announces carts that were left alone."""

    async def step() -> bool:
        return await leaving.announce(_TOGETHER) == _TOGETHER

    return Loop("announce-abandoned-carts", step, every=10, lease=lease)


def expiry(leaving: Leaving, lease: Lease) -> Loop:
    """Closes carts whose time is up. It only tidies: a cart is expired from its expire time on, swept or not."""

    async def step() -> bool:
        return await leaving.expire(_TOGETHER) == _TOGETHER

    return Loop("expire-carts", step, every=10, lease=lease)


def lapse(holds: Holds, lease: Lease) -> Loop:
    """Gives back redemptions whose hold ran out. It only tidies: they count no more from their expire time on."""

    async def step() -> bool:
        return await holds.lapse(_TOGETHER) == _TOGETHER

    return Loop("lapse-coupon-holds", step, every=1, lease=lease)
