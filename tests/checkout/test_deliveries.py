"""Calls of a checkout arrive twice, or late, or their answers do not, and the books balance all the same."""

import pytest

from tests.checkout.conftest import Market
from tests.checkout.courier import Courier, Fate, serving
from tests.checkout.stall import ENDS, Stall

SAMPLED = 3


@pytest.mark.parametrize("fate", Fate)
@pytest.mark.parametrize("card", ENDS)
async def test_however_its_calls_arrive(market: Market, card: str, fate: Fate, request: pytest.FixtureRequest) -> None:
    stall = await Stall.open(market, card)
    courier = Courier(market.plain)
    async with serving(courier) as address, market.orchestrator(services=dict.fromkeys(market.plain, address)) as saga:
        await stall.assert_ends(saga, await stall.begun())
        calls = courier.carried
        assert calls >= 5
        for place in range(0, calls, 1 if request.config.getoption("--deep") else calls // SAMPLED):
            courier.disturb(place, fate)
            await stall.assert_ends(saga, await stall.begun())
            assert courier.carried > place
        await stall.assert_balanced()
        assert bool(courier.late) == (fate is Fate.LATE)
        await courier.deliver_late()
        await stall.assert_balanced()
