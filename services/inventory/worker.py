"""What inventory does by itself."""

from services._platform.lease import Lease
from services._platform.loops import Loop
from services.inventory.store.reservations import Reservations

_TOGETHER = 200


def sweeper(reservations: Reservations, lease: Lease) -> Loop:
    """Closes the holds that ran out. It only tidies: a hold is void from its expire time on, swept or not."""

    async def step() -> bool:
        return await reservations.sweep(_TOGETHER) == _TOGETHER

    return Loop("sweep-reservations", step, every=1, lease=lease)
