"""What it costs a service to know its caller: `python -m tests.bench.token_verification`.

A token that was verified before is a look-up; one that was not is a signature check (Ed25519) and some JSON.
"""

import asyncio
import sys
from time import process_time

from clients import contract
from services._platform.access_token import AccessTokens
from services._platform.clock import system_clock
from services._platform.jwks import FixedKeys, read
from tests import callers

CALLS = 2000


async def main() -> None:
    """Prints microseconds of CPU a call."""
    verifier = AccessTokens(FixedKeys(read(callers.JWKS)), contract.roles(), system_clock)
    different = [callers.token(jti=str(number)) for number in range(CALLS)]
    for name, tokens in (("not seen before", different), ("seen before", [different[-1]] * CALLS)):
        started = process_time()
        for token in tokens:
            await verifier.principal(token)
        sys.stdout.write(f"{name:<16}{1e6 * (process_time() - started) / CALLS:8.1f} us\n")


if __name__ == "__main__":
    asyncio.run(main())
