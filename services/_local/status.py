"""What runs, and how it is."""

import time
from contextlib import suppress
from dataclasses import dataclass

import psutil

from services._local import health, plan, state
from services._local.layout import Layout, say

HEADINGS = ("NAME", "STATE", "HEALTH", "ADDRESS", "MEMORY MB", "UPTIME", "RESTARTS")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    name: str
    state: str
    health: str
    address: str = ""
    memory: str = ""
    uptime: str = ""
    restarts: str = ""

    def cells(self) -> tuple[str, ...]:
        """The columns, in the order of the headings."""
        return (self.name, self.state, self.health, self.address, self.memory, self.uptime, self.restarts)


def status(layout: Layout) -> bool:
    """Prints a table of all processes and whether the mesh is SERVING, and returns that."""
    parts = plan.load(layout.plan)
    if not parts:
        say("The mesh is down; `make up` starts it.\nNOT_SERVING")
        return False
    now = state.load(layout.state)
    reasons = health.failures({part.name: part.check for part in parts})
    rows = [_row("supervisor", "", now.supervisor, "", workers=False)]
    for part in parts:
        reason, process = reasons.get(part.name, ""), now.processes.get(part.name)
        rows.append(_row(part.name, part.address, process, reason) if part.command else _external(part, reason))
    _print_table(rows)
    for name, reason in reasons.items():
        say(f"{name}: {reason}")
    serving = now.supervised and not reasons
    say("SERVING" if serving else "NOT_SERVING")
    return serving


def _external(part: plan.Part, reason: str) -> Row:
    return Row(part.name, "EXTERNAL", _verdict(reason), part.address)


def _row(name: str, address: str, process: state.Process | None, reason: str, *, workers: bool = True) -> Row:
    found = process.find() if process else None
    if process is None or found is None:
        waits = process is not None and process.phase is state.Phase.BACKOFF
        return Row(name, state.Phase.BACKOFF if waits else "DEAD", "NOT_SERVING", address)
    uptime = _duration(time.time() - found.create_time())
    return Row(
        name,
        process.phase,
        _verdict(reason),
        address,
        _megabytes(found, workers=workers),
        uptime,
        str(process.restarts),
    )


def _verdict(reason: str) -> str:
    return "NOT_SERVING" if reason else "SERVING"


def _megabytes(process: psutil.Process, *, workers: bool) -> str:
    """Memory of a process and its workers; what they share is counted once, where the kernel tells."""
    total = 0
    for each in (process, *(process.children(recursive=True) if workers else ())):
        with suppress(psutil.Error):  # it may just have ended
            memory = each.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
    return f"{total / 1e6:.0f}"


def _duration(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}"


def _print_table(rows: list[Row]) -> None:
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
