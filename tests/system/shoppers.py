"""Shoppers at the JSON edge: they fill carts, accept quotes and check out."""

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

import httpx

WAIT = "55s"
Json = dict[str, Any]


class Shoppers:
    """Everything that shoppers and the shop do, by one JSON client."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def post(self, path: str, body: Json, accept: frozenset[int] = frozenset({200})) -> Json:
        """A write, tried again while the mesh says that it may be."""
        key = {"idempotency-key": str(uuid.uuid4())}  # one for all tries
        for attempt in range(1, 30):
            answer = await self._http.post(path, json=body, headers=key)
            if answer.status_code not in (429, 503, 504):
                break
            await asyncio.sleep(0.1 * attempt)
        else:
            raise AssertionError(f"{path} was never answered")
        assert answer.status_code in accept, (path, answer.status_code, answer.text)
        return dict(answer.json())

    async def get(self, path: str) -> Json:
        """A read."""
        answer = await self._http.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return dict(answer.json())

    async def stocked(self, product: str, units: int, cents: int) -> str:
        """A new product with units in a new warehouse, and a price; returns its name."""
        await self.post(f"/v1/products?productId={product}", {"sku": product, "displayName": product})
        await self.post(f"/v1/warehouses?warehouseId={product}", {"displayName": product})
        there = {"product": f"products/{product}", "warehouse": f"warehouses/{product}"}
        await self.post("/v1/stock:adjust", {**there, "type": "ADD", "quantity": units})
        amount = {"currencyCode": "EUR", "units": str(cents // 100), "nanos": cents % 100 * 10**7}
        await self.post(f"/v1/prices?priceId={product}", {"product": there["product"], "amount": amount})
        return there["product"]

    async def filled(self, product: str, coupon: str = "") -> str:
        """A new cart with one unit; returns its name."""
        made = await self.post("/v1/carts", {"currencyCode": "EUR"})
        name = str(made["cart"]["name"])
        await self.post(f"/v1/{name}:addLine", {"product": product, "quantity": 1})
        if coupon:
            await self.post(f"/v1/{name}:applyCoupon", {"coupon": coupon})
        return name

    async def quoted(self, cart: str) -> Json:
        """The quote of a cart."""
        return dict((await self.post(f"/v1/{cart}:quote", {}))["cart"]["quote"])

    async def checked_out(self, cart: str, quote: Mapping[str, Any], method: str, wait: str = WAIT) -> Json:
        """Checks a cart out, and waits for what comes of it."""
        body = {"quoteId": quote["quoteId"], "paymentMethod": method, "wait": wait}
        return await self.post(f"/v1/{cart}:checkout", body)

    async def ended(self, checkout: Mapping[str, Any], seconds: float = 60) -> str:
        """The state that the saga of a checkout ends in."""
        async with asyncio.timeout(seconds):
            while True:
                saga = await self.get(f"/v1/{checkout['saga']}")
                if saga["state"] not in ("SAGA_STATE_RUNNING", "SAGA_STATE_COMPENSATING"):
                    return str(saga["state"]).removeprefix("SAGA_STATE_")
                await asyncio.sleep(0.2)

    async def stock(self, product: str) -> tuple[int, int]:
        """Units on hand and reserved."""
        totals = (await self.get(f"/v1/{product}/stock"))["totals"]
        return totals.get("onHand", 0), totals.get("reserved", 0)

    async def taken(self) -> int:
        """Cents that were taken from customers; nothing is held of theirs, and all accounts sum to zero."""
        found = (await self.get("/v1/ledger:trialBalance")).get("balances", [])
        cents = {one["account"]: _cents(one["balance"]) for one in found if one["balance"]["currencyCode"] == "EUR"}
        assert sum(cents.values()) == 0, cents
        assert cents.get("LEDGER_ACCOUNT_HELD", 0) == 0, cents
        return cents.get("LEDGER_ACCOUNT_PROVIDER", 0)


def _cents(amount: Json) -> int:
    return int(amount.get("units", 0)) * 100 + int(amount.get("nanos", 0)) // 10**7
