"""The promise that matters most, through the edge."""

import asyncio
from collections import Counter
from typing import cast

import grpc
import httpx

from tests.callers import AuthorizedChannel
from tests.conftest import Clock
from tests.inventory.conftest import Inventory
from tests.system.mesh import Mesh

UNITS, CALLERS = 100, 512


async def test_512_json_callers_racing_for_100(mesh: Mesh) -> None:
    async with (
        grpc.aio.insecure_channel(mesh.target) as channel,
        httpx.AsyncClient(
            base_url=mesh.edge, headers=mesh.headers(), timeout=60, limits=httpx.Limits(), trust_env=False
        ) as http,
    ):
        inventory = Inventory(cast("grpc.aio.Channel", AuthorizedChannel(channel, mesh.token())), Clock())
        product, _ = await inventory.stocked("race", "race", UNITS)
        body = {"lines": [{"product": product, "quantity": 1}]}
        answers = await asyncio.gather(*(http.post("/v1/reservations", json=body) for _ in range(CALLERS)))
        assert Counter(map(_told, answers)) == {(200, ""): UNITS, (400, "OUT_OF_STOCK"): CALLERS - UNITS}
        assert len({answer.json()["name"] for answer in answers if answer.status_code == 200}) == UNITS
        assert await inventory.totals(product) == (UNITS, UNITS, 0)
        await inventory.assert_balanced()


def _told(answer: httpx.Response) -> tuple[int, str]:
    refused = answer.status_code != 200
    return answer.status_code, answer.json()["details"][0]["reason"] if refused else ""
