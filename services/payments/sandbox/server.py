"""Serves the sandbox in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing

import httpx
import uvicorn

from services._platform.clock import Clock, system_clock
from services._platform.tasks import end
from services.payments.sandbox.books import Books
from services.payments.sandbox.http import Api, app
from services.payments.sandbox.settings import SandboxSettings
from services.payments.sandbox.webhooks import Deliver, Sender, over_http

_DELIVERY_TIMEOUT = 5.0


@asynccontextmanager
async def open_sandbox(
    settings: SandboxSettings, clock: Clock = system_clock, deliver: Deliver | None = None
) -> AsyncIterator[uvicorn.Server]:
    """A sandbox that is ready to serve, and delivers webhooks while the block lasts: to the URL of the settings,
    unless told another way.
    """
    async with AsyncExitStack() as stack:
        books = stack.enter_context(closing(Books(settings.file)))
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=_DELIVERY_TIMEOUT, trust_env=False))
        secret = settings.webhook_secret.get_secret_value()
        sender = Sender(books, deliver or over_http(client, settings.webhook_url), secret, clock)
        api = Api(books, sender, settings, clock)
        host, _, port = settings.listen.rpartition(":")
        config = uvicorn.Config(
            app(api, settings.api_key.get_secret_value()),
            host=host,
            port=int(port),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        sending = asyncio.create_task(sender.run())
        try:
            yield uvicorn.Server(config)
        finally:
            await end(sending)
