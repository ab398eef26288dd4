"""Load by a Node program, which calls a library of its own and tells how long each call took."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import cast

from tests.bench.measure import Tally

PACKAGES = ("rate-limiter-flexible@11", "ioredis@5")
_LINE = 1 << 24


class NodeMissingError(Exception):
    """There is no Node here, or its packages cannot be had."""


class Program(asyncio.BaseTransport):
    """A running program, in the place of a connection."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        super().__init__()
        self._process = process
        self.pid = process.pid

    async def connect(self, tally: Tally) -> Sequence[asyncio.BaseTransport]:
        """Starts the load, which lasts as long as the tally says."""
        tally.in_flight += 1
        self._say("start")
        self._tasks = [asyncio.create_task(self._listen(tally)), asyncio.create_task(self._stop(tally))]
        return [self]

    def close(self) -> None:
        """The program stays, for the next round."""
        for task in self._tasks:
            task.cancel()

    def _say(self, word: str) -> None:
        cast("asyncio.StreamWriter", self._process.stdin).write(f"{word}\n".encode())

    async def _stop(self, tally: Tally) -> None:
        while tally.sending:  # noqa: ASYNC110  a tally has no event
            await asyncio.sleep(0.005)
        self._say("stop")

    async def _listen(self, tally: Tally) -> None:
        lines = cast("asyncio.StreamReader", self._process.stdout)
        while (taken := json.loads(await lines.readline())) is not None:
            now = perf_counter()
            for milliseconds in taken:
                tally.in_flight += 1
                tally.answered(now - milliseconds / 1e3)
        tally.in_flight -= 1


@asynccontextmanager
async def running(program: Path, folder: Path, redis: str) -> AsyncIterator[Program]:
    """The program, once it is ready. Its packages are installed into `folder`. Raises `NodeMissingError`."""
    _install(folder)
    environment = {"PATH": os.environ["PATH"], "BENCH_NODE_FOLDER": str(folder), "BENCH_REDIS_URL": redis}
    process = await asyncio.create_subprocess_exec(
        "node", str(program), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, limit=_LINE
    )
    try:
        await cast("asyncio.StreamReader", process.stdout).readline()
        yield Program(process)
    finally:
        cast("asyncio.StreamWriter", process.stdin).close()
        await process.wait()


def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NodeMissingError("there is no node here")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text("{}\n")
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *PACKAGES]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NodeMissingError(f"npm cannot install {', '.join(PACKAGES)}")
