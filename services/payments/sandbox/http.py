"""The sandbox's HTTP API."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services._platform.clock import Clock
from services.payments.sandbox import behaviours
from services.payments.sandbox.behaviours import Behaviour
from services.payments.sandbox.books import Books, KeyReusedError, NoSuchChargeError
from services.payments.sandbox.charges import Asked
from services.payments.sandbox.settings import SandboxSettings
from services.payments.sandbox.webhooks import Sender

HEALTH = "/healthz"
_LONGEST_KEY = 100
OPERATIONS = ("capture", "void", "refund")

Amount = Annotated[int, Field(gt=0, strict=True)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


Endpoint = Callable[[Request], Awaitable[Response]]


class Period(BaseModel):
    """Which part of the settlement export is asked for: from `start` to before `end`, after a number."""

    start: AwareDatetime
    end: AwareDatetime
    after: int = 0


class Body(BaseModel):
    """What an operation is asked for with. A charge has a token as well."""

    amount: Amount
    currency: Currency
    token: str = ""
    reference: str = ""


class Api:
    """The API's endpoints."""

    def __init__(self, books: Books, sender: Sender, settings: SandboxSettings, clock: Clock) -> None:
        self._books = books
        self._sender = sender
        self._settings = settings
        self._clock = clock

    async def authorize(self, request: Request) -> Response:
        """Makes a charge of a token: holds the money, or declines."""
        body = Body.model_validate_json(await request.body())
        asked = Asked(_key(request), "authorize", "", body.amount, body.currency, body.token, body.reference)
        return await self._answer(asked, behaviours.of(body.token))

    def operation(self, kind: str) -> Endpoint:
        """Captures, voids or refunds a charge."""

        async def endpoint(request: Request) -> Response:
            body = Body.model_validate_json(await request.body())
            charge = request.path_params["charge"]
            asked = Asked(_key(request), kind, charge, body.amount, body.currency)
            return await self._answer(asked, behaviours.of(self._books.token(charge)))

        return endpoint

    async def settlements(self, request: Request) -> Response:
        """A page of the settlement export."""
        period = Period.model_validate({name: value for name, value in request.query_params.items() if value})
        done, following = self._books.export(_utc(period.start), _utc(period.end), period.after)
        return JSONResponse({"lines": [one.told for one in done], "next": str(following or "")})

    async def health(self, _request: Request) -> Response:
        """Says that the sandbox is there."""
        return JSONResponse({"status": "ok"})

    async def _answer(self, asked: Asked, behaviour: Behaviour) -> Response:
        attempt = self._books.attempt(asked.key)
        if asked.kind == "authorize" and attempt <= behaviour.errors_before:
            return _error(500, "internal_error")
        done = self._books.carry_out(asked, self._clock())
        self._sender.ring()
        if behaviour.webhook_first:
            await self._sender.sent(asked.key)
        if behaviour.slow:
            await asyncio.sleep(self._settings.slow_seconds)
        if attempt == 1 and asked.kind in behaviour.hang:
            await asyncio.sleep(self._settings.hang_seconds)
            return _error(504, "timeout")
        if asked.kind == "authorize" and attempt <= behaviour.errors_after:
            return _error(500, "internal_error")
        return JSONResponse(done.told)


def app(api: Api, api_key: str) -> Starlette:
    """The ASGI application."""

    async def authenticated(request: Request, call_next: RequestResponseEndpoint) -> Response:
        given = request.headers.get("authorization", "")
        if request.url.path != HEALTH and not hmac.compare_digest(given.encode(), f"Bearer {api_key}".encode()):
            return _error(401, "unauthorized")
        return await call_next(request)

    return Starlette(
        routes=[
            Route("/v1/charges", api.authorize, methods=["POST"]),
            *(Route(f"/v1/charges/{{charge}}/{kind}", api.operation(kind), methods=["POST"]) for kind in OPERATIONS),
            Route("/v1/settlements", api.settlements),
            Route(HEALTH, api.health),
        ],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=authenticated)],
        exception_handlers={
            ValidationError: _refusing(422, "invalid_request"),
            KeyReusedError: _refusing(409, "idempotency_key_reused"),
            NoSuchChargeError: _refusing(404, "no_such_charge"),
        },
    )


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if not 0 < len(key) <= _LONGEST_KEY:
        raise HTTPException(400, "an idempotency key is needed")
    return key


def _utc(instant: datetime) -> str:
    """As the books write it, so that text compares as instants do."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def _refusing(status: int, code: str) -> Callable[[Request, Exception], Response]:
    return lambda _request, _error_raised: _error(status, code)


def _error(status: int, code: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code}}, status_code=status)
