"""What runs, and how it is."""

import time
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
    rows = [_row("supervisor", "", now.supervisor, "" if now.supervised else "dead", external=False)]
    rows += [
        _row(part.name, part.address, now.processes.get(part.name), reasons.get(part.name, ""), not part.command)
        for part in parts
    ]
    _print_table(rows)
    for name, reason in reasons.items():
        say(f"{name}: {reason}")
    serving = now.supervised and not reasons
    say("SERVING" if serving else "NOT_SERVING")
    return serving


def _row(name: str, address: str, process: state.Process | None, reason: str, external: bool) -> Row:
    verdict = "NOT_SERVING" if reason else "SERVING"
    if external:
        return Row(name, "EXTERNAL", verdict, address)
    found = process.find() if process else None
    if process is None or found is None:
        return Row(name, process.phase if process and process.pid == 0 else "DEAD", "NOT_SERVING", address)
    uptime = _duration(time.time() - found.create_time())
    return Row(name, "RUNNING", verdict, address, f"{_megabytes(found):.0f}", uptime, str(process.restarts))


def _megabytes(process: psutil.Process) -> float:
    """Memory of a process and its children; what they share is counted once, where the kernel tells."""
    total = 0
    for each in (process, *process.children(recursive=True)):
        try:
            memory = each.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
        except psutil.Error:  # it has just ended
            continue
    return total / 1e6


def _duration(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}"


def _print_table(rows: list[Row]) -> None:
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
