"""The provider's HTTP API, as a client. The shipped sandbox speaks it; so would an adapter to any real provider."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from services._platform.call import current_call
from services._platform.log import logger
from services.payments.domain.moves import Kind
from services.payments.domain.operations import Instruction, Outcome, SettlementLine
from services.payments.domain.refusals import ProviderUnavailable
from services.payments.provider.messages import Export, Told, period
from services.payments.settings import PaymentsSettings

_PATIENCE = 8.0
"""Seconds that an operation may take in all, where no caller's deadline is nearer."""
_RESERVE = 1.0
"""Seconds of a caller's deadline that are left to write down and answer what is known."""
_FIRST_PAUSE = 0.05

_log = logger(__name__)
Message = TypeVar("Message", bound=BaseModel)


class HttpProvider:
    """A `Provider` behind HTTP."""

    def __init__(self, client: httpx.AsyncClient, tries: int) -> None:
        self._client = client
        self._tries = tries

    async def carry_out(self, instruction: Instruction) -> Outcome:
        """Does what is asked, or tells what came of it; a request that is not answered is sent again."""
        request = self._client.build_request(
            "POST",
            _path(instruction),
            headers={"idempotency-key": instruction.key},
            json=_body(instruction),
        )
        return (await self._ask(request, Told)).outcome

    async def settlements(self, start: datetime, end: datetime) -> Sequence[SettlementLine]:
        """The captures and refunds from `start` to before `end`."""
        lines: list[SettlementLine] = []
        cursor: str | None = ""
        while cursor is not None:
            query = {**period(start, end), "after": cursor}
            page = await self._ask(self._client.build_request("GET", "/v1/settlements", params=query), Export)
            lines += [told.line for told in page.lines]
            cursor = page.next or None
        return lines

    async def _ask(self, request: httpx.Request, kind: type[Message]) -> Message:
        call = current_call.get()
        patience = min(_PATIENCE, call.remaining - _RESERVE) if call else _PATIENCE
        try:
            async with asyncio.timeout(patience):
                return await self._tried(request, kind)
        except TimeoutError:
            raise ProviderUnavailable(self._client.base_url.host) from None

    async def _tried(self, request: httpx.Request, kind: type[Message]) -> Message:
        for attempt in range(self._tries):
            if attempt:
                await asyncio.sleep(_FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1))  # noqa: S311
            try:
                answer = await self._client.send(request)
                answer.raise_for_status()
                return kind.model_validate_json(answer.content)
            except (httpx.HTTPError, ValidationError) as error:
                _log.warning("the provider gave no answer", path=request.url.path, error=type(error).__name__)
        raise ProviderUnavailable(self._client.base_url.host)


@asynccontextmanager
async def open_provider(settings: PaymentsSettings) -> AsyncIterator[HttpProvider]:
    """The provider that the settings name, until the block ends."""
    headers = {"authorization": f"Bearer {settings.provider_key.get_secret_value()}"}
    async with httpx.AsyncClient(
        base_url=settings.provider_url, headers=headers, timeout=settings.provider_timeout, trust_env=False
    ) as client:
        yield HttpProvider(client, settings.provider_tries)


def _path(instruction: Instruction) -> str:
    match instruction.kind:
        case Kind.AUTHORIZE:
            return "/v1/charges"
        case kind:
            return f"/v1/charges/{instruction.charge}/{kind.name.lower()}"


def _body(instruction: Instruction) -> dict[str, str | int]:
    amount: dict[str, str | int] = {"amount": instruction.amount, "currency": instruction.currency}
    if instruction.kind is not Kind.AUTHORIZE:
        return amount
    return {**amount, "token": instruction.method, "reference": instruction.reference}
