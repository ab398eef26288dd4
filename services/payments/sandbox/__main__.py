"""The sandbox's composition root: settings > books > sender > HTTP."""

import uvloop

from services._platform import log
from services._platform.settings import from_environment
from services.payments.sandbox.server import open_sandbox
from services.payments.sandbox.settings import SandboxSettings

NAME = "sandbox"


async def serve(settings: SandboxSettings) -> None:
    """Serves until SIGTERM or SIGINT."""
    async with open_sandbox(settings) as server:
        await server.serve()


if __name__ == "__main__":
    settings = from_environment(SandboxSettings)
    log.configure(settings.log_level, NAME)
    uvloop.run(serve(settings))
