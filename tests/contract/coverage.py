"""The coverage report: for every RPC and law what was exercised, and what the contract does not let us know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import pytest

CASE, EVIDENCE = "contract-case", "contract-evidence"

_PAGE = Path(__file__).with_name("coverage.html")
_MARKS = {"passed": "✓", "failed": "✗", "skipped": "·", "": " "}


@dataclass
class Result:
    """One RPC before one law. `note` is why it failed, or why the law spares it."""

    outcome: str = ""
    seen: Mapping[str, int] = field(default_factory=dict)
    unknown: Sequence[str] = ()
    note: str = ""

    @property
    def mark(self) -> str:
        """One letter for a table; `?` where something stays unknown."""
        return "?" if self.outcome == "passed" and self.unknown else _MARKS[self.outcome]


class Collector:
    """Listens to pytest and writes `coverage.html` and `coverage.txt` when the session ends."""

    def __init__(self, folder: Path, laws: Sequence[str]) -> None:
        self._folder = folder
        self._laws = laws
        self._results: dict[tuple[str, str], Result] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes the result of a case, wherever it ran."""
        told = dict(report.user_properties)
        if CASE not in told:
            return
        case: Any = told[CASE]
        result = self._results.setdefault(tuple(case), Result())
        if report.outcome != "passed" or report.when == "call":
            result.outcome = report.outcome
        if report.outcome != "passed":
            result.note = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext[-2000:]
        if EVIDENCE in told:
            evidence: Any = told[EVIDENCE]
            result.seen, result.unknown = evidence["seen"], evidence["unknown"]

    def pytest_sessionfinish(self) -> None:
        """Writes the report, if there is anything to report."""
        if self._results:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / "coverage.txt").write_text(text(self._results, self._laws))
            (self._folder / "coverage.html").write_text(html(self._results, self._laws))


Results = Mapping[tuple[str, str], Result]


def text(results: Results, laws: Sequence[str]) -> str:
    """A table of marks, and below it a line for everything that stays unknown or failed."""
    rpcs = sorted({rpc for rpc, _ in results})
    width = max(map(len, rpcs))
    lines = [f"{number:>{width + 4}}  {law}" for number, law in enumerate(laws, 1)]
    lines.append(" " * width + "".join(f"{number:>3}" for number in range(1, len(laws) + 1)))
    lines += [
        f"{rpc:<{width}}" + "".join(f"{results.get((rpc, law), Result()).mark:>3}" for law in laws) for rpc in rpcs
    ]
    lines.append("\n✓ holds  ? holds, something stays unknown  · does not apply  ✗ broken\n")
    for (rpc, law), result in sorted(results.items()):
        lines += [f"{rpc}  {law}: {gap}" for gap in result.unknown]
        if result.outcome == "failed":
            lines.append(f"{rpc}  {law}: BROKEN")
    return "\n".join(lines) + "\n"


def html(results: Results, laws: Sequence[str]) -> str:
    """The same, with what was exercised behind every mark."""
    rpcs = sorted({rpc for rpc, _ in results})
    head = "".join(f"<th><span>{escape(law)}</span></th>" for law in laws)
    rows, service = [], ""
    for rpc in rpcs:
        of, _, method = rpc.rpartition("/")
        if of != service:
            service = of
            rows.append(f'<tr class="service"><th colspan="{len(laws) + 1}">{escape(of)}</th></tr>')
        cells = "".join(_cell(results.get((rpc, law), Result())) for law in laws)
        rows.append(f"<tr><th>{escape(method)}</th>{cells}</tr>")
    counts = {mark: sum(result.mark == mark for result in results.values()) for mark in "✓?·✗"}
    return Template(_PAGE.read_text()).substitute(
        rpcs=len(rpcs),
        laws=len(laws),
        held=counts["✓"],
        partly=counts["?"],
        spared=counts["·"],
        broken=counts["✗"],
        head=head,
        rows="\n".join(rows),
    )


def _cell(result: Result) -> str:
    kind = {"✓": "held", "?": "partly", "·": "spared", "✗": "broken"}.get(result.mark, "absent")
    told = [f"<li>{escape(what)} <b>{times}</b></li>" for what, times in sorted(result.seen.items())]
    told += [f'<li class="unknown">unknown: {escape(gap)}</li>' for gap in result.unknown]
    told += [f"<li><pre>{escape(result.note)}</pre></li>"] if result.note else []
    return f'<td class="{kind}" tabindex="0">{result.mark}<ul>{"".join(told)}</ul></td>'
