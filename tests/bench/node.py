"""Load by a Node program, with packages of npm's."""

import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench import program
from tests.bench.program import Program


class NodeMissingError(Exception):
    """There is no Node here, or its packages cannot be had."""


@asynccontextmanager
async def running(script: Path, folder: Path, packages: Sequence[str], redis: str) -> AsyncIterator[Program]:
    """The program, once it is ready. Its packages are installed into `folder`. Raises `NodeMissingError`."""
    _install(folder, packages)
    environment = {"BENCH_NODE_FOLDER": str(folder), "BENCH_REDIS_URL": redis}
    async with program.running(("node", str(script)), environment) as started:
        yield started


def _install(folder: Path, packages: Sequence[str]) -> None:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NodeMissingError("there is no node here")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text("{}\n")
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NodeMissingError(f"npm cannot install {', '.join(packages)}")
