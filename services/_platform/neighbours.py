"""Channels to the other services of the mesh, each call with the token of this one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from clients.channel import Channel, Headers, connect
from services._platform.clock import Clock
from services._platform.service_token import ServiceToken
from services._platform.settings import Settings


class Neighbours:
    """The services that this one may call. A channel is opened once and shared.

    `headers` tells what a call carries, for channels that do not see to it themselves.
    """

    def __init__(self, channels: Mapping[str, Channel], headers: Headers) -> None:
        self._channels = channels
        self.headers = headers

    def channel(self, service: str) -> Channel:
        """The channel to a service of the contract, by its full name: `mesh.inventory.v1.StockService`.

        Raises `KeyError` for an area that the settings do not name.
        """
        return self._channels[service.split(".")[1]]

    def __contains__(self, service: str) -> bool:
        return service.split(".")[1] in self._channels


@asynccontextmanager
async def open_neighbours(
    area: str, settings: Settings, clock: Clock, *, conducted: bool = True
) -> AsyncIterator[Neighbours]:
    """The neighbours of `area` that the settings name, while the block lasts; `conducted` as of `connect`."""
    token = ServiceToken(settings, area, clock)
    async with AsyncExitStack() as stack:
        yield Neighbours(
            {
                name: await stack.enter_async_context(
                    connect(target, token.headers, balanced=True, conducted=conducted)
                )
                for name, target in settings.services.items()
            },
            token.headers,
        )
