"""Keeps the processes of the plan running: python -m services._local.supervisor FOLDER

What ends is started again, without limit, after a pause that doubles from 0.1 to 10 seconds while it keeps ending
soon. SIGHUP: read the plan again, and stop and start what differs. SIGTERM: stop everything, the edge first and
the stores last, and end. If the supervisor itself is killed the mesh goes on without it, until `up` or `down`
clear up by the state file.

Why not `supervisor` from PyPI: its pause grows without bound until it gives up on the process for good, it cannot
tell how often it restarted one, and its socket's path must fit in 108 bytes, which a deep checkout's may not.
"""

import asyncio
import hashlib
import logging
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from services._local import logs, plan, state
from services._local.command import Command
from services._local.layout import Layout

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
STEADY_SECONDS = 10.0
ROTATE_SECONDS = 10.0

log = logging.getLogger("supervisor")


class Supervisor:
    """Runs the plan of one mesh."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._parts: dict[str, plan.Part] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._processes: dict[str, state.Process] = {}
        self._news = asyncio.Event()
        self._applied = ""
        self._self = state.Process.of(os.getpid())

    async def run(self) -> None:
        """Returns when SIGTERM came and everything has stopped."""
        signals: asyncio.Queue[signal.Signals] = asyncio.Queue()
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, signals.put_nowait, number)
        rotation = asyncio.create_task(self._rotate())
        await self._apply(plan.load(self._layout.plan))
        while await signals.get() is signal.SIGHUP:
            await self._apply(plan.load(self._layout.plan))
        rotation.cancel()
        await self._apply(())

    async def _apply(self, parts: tuple[plan.Part, ...]) -> None:
        wanted = {part.name: part for part in parts if part.command}
        leaving = [part for name, part in self._parts.items() if wanted.get(name) != part]
        for stage in sorted({part.stage for part in leaving}, reverse=True):
            await asyncio.gather(*(self._stop(part.name) for part in leaving if part.stage == stage))
        for name, part in wanted.items():
            if name not in self._tasks and part.command:
                self._tasks[name] = asyncio.create_task(self._keep(name, part.command), name=name)
        while wanted.keys() - self._processes.keys():
            self._news.clear()
            await self._news.wait()
        self._parts = wanted
        self._applied = digest(self._layout)
        self._publish()

    async def _stop(self, name: str) -> None:
        task = self._tasks.pop(name)
        task.cancel()
        await asyncio.wait([task])
        self._processes.pop(name, None)
        self._publish()

    async def _keep(self, name: str, command: Command) -> None:
        restarts, pause = 0, FIRST_PAUSE
        while True:
            began = time.monotonic()
            try:
                ending = f"ended with {await self._once(name, command, restarts)}"
            except OSError as error:
                ending = f"cannot be started ({error})"
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY_SECONDS else min(2 * pause, LONGEST_PAUSE)
            log.warning("%s %s, the next start is in %.1f s", name, ending, pause)
            self._publish(name, state.Process(0, 0.0, state.Phase.BACKOFF, restarts))
            await asyncio.sleep(pause)
            restarts += 1

    async def _once(self, name: str, command: Command, restarts: int) -> int:
        """Runs the command until it ends; ends it when cancelled. Returns its exit code."""
        with self._layout.log(name).open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command.argv,
                cwd=command.cwd,
                env=command.full_environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        log.info("%s runs as pid %d", name, process.pid)
        self._publish(name, state.Process.of(process.pid, restarts))
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                await self._end(name, process, command)

    async def _end(self, name: str, process: asyncio.subprocess.Process, command: Command) -> None:
        process.send_signal(command.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), command.stop_seconds)
        except TimeoutError:
            log.warning("%s did not stop within %.0f s and is killed", name, command.stop_seconds)
            process.kill()
            await process.wait()
        log.info("%s has stopped", name)

    async def _rotate(self) -> None:
        while True:
            await asyncio.sleep(ROTATE_SECONDS)
            with suppress(OSError):  # the disk may be full, and have room again later
                logs.rotate(self._layout)

    def _publish(self, name: str = "", process: state.Process | None = None) -> None:
        if process:
            self._processes[name] = process
            self._news.set()
        try:
            state.save(self._layout.state, state.State(self._self, self._applied, self._processes))
        except OSError as error:  # the next change is written again; the processes matter more
            log.error("the state cannot be written: %s", error)


def digest(layout: Layout) -> str:
    """Names a version of the plan."""
    return hashlib.sha256(layout.plan.read_bytes()).hexdigest() if layout.plan.exists() else ""


def main() -> None:
    """Runs the supervisor of the mesh in the folder that is the only argument."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    asyncio.run(Supervisor(Layout(Path(sys.argv[1]))).run())


if __name__ == "__main__":
    main()
