"""Load by a program, which calls a library of its own and tells how long each call took.

Told "start …" and "stop" on standard input, it writes how long each call took, in milliseconds, as a JSON array a line;
`null` when the last has ended. Its first line says that it is ready.
"""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import cast

from services._local.layout import CHECKOUT
from tests.bench.measure import BenchError, Tally

_LINE = 1 << 24


class Program(asyncio.BaseTransport):
    """A running program, in the place of a connection."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        super().__init__()
        self._process = process
        self.pid = process.pid

    async def connect(self, tally: Tally, *wanted: str) -> Sequence[asyncio.BaseTransport]:
        """Starts the load that is wanted, which lasts as long as the tally says."""
        tally.in_flight += 1
        self._say(" ".join(("start", *wanted)))
        self._tasks = [asyncio.create_task(self._listen(tally)), asyncio.create_task(self._stop(tally))]
        return [self]

    def close(self) -> None:
        """The program stays, for the next round."""
        for task in self._tasks:
            task.cancel()

    def _say(self, line: str) -> None:
        cast("asyncio.StreamWriter", self._process.stdin).write(f"{line}\n".encode())

    async def _stop(self, tally: Tally) -> None:
        while tally.sending:  # noqa: ASYNC110  a tally has no event
            await asyncio.sleep(0.005)
        self._say("stop")

    async def _listen(self, tally: Tally) -> None:
        lines = cast("asyncio.StreamReader", self._process.stdout)
        while line := await lines.readline():
            if (taken := json.loads(line)) is None:
                tally.in_flight -= 1
                return
            now = perf_counter()
            for milliseconds in taken:
                tally.in_flight += 1
                tally.answered(now - milliseconds / 1e3)
        tally.failures["the program has ended"] += 1


@asynccontextmanager
async def running(argv: Sequence[str], environment: Mapping[str, str]) -> AsyncIterator[Program]:
    """The program, once it is ready. Raises `BenchError` when it ends before."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], **environment},
        cwd=CHECKOUT,
        limit=_LINE,
    )
    try:
        if not await cast("asyncio.StreamReader", process.stdout).readline():
            raise BenchError(f"{' '.join(argv)} does not run")
        yield Program(process)
    finally:
        cast("asyncio.StreamWriter", process.stdin).close()
        await process.wait()
