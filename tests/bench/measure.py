"""Measures cases against one another: in rounds that take turns, so that what disturbs the machine disturbs all alike.

A figure is the median over the rounds. Ratios of one run mean something; rates of two runs, hardly.
"""

import asyncio
from array import array
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

import psutil

DRAIN_SECONDS = 10.0
GENERATOR = "load generator"


@dataclass(slots=True)
class Tally:
    """What a load generator saw. Only answers while `measuring` count as latencies; acknowledgements always count."""

    sending: bool = True
    measuring: bool = False
    in_flight: int = 0
    acknowledged: int = 0
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    failures: Counter[str] = field(default_factory=Counter)

    def answered(self, sent: float, failure: str | None = None) -> None:
        """Notes the answer to what was sent at an instant of `perf_counter`; `failure` says why it is not a success."""
        self.in_flight -= 1
        if failure is not None:
            self.failures[failure] += 1
            return
        self.acknowledged += 1
        if self.measuring:
            self.latencies.append(perf_counter() - sent)


Connect = Awaitable[Sequence[asyncio.BaseTransport]]


@dataclass(frozen=True, slots=True)
class Case:
    """One load on one subject.

    `connect` opens the connections, which send as long as the tally says. `processes` are the roots of what serves it,
    by label. `verify` raises unless the store holds exactly what was acknowledged, of this case in all of its rounds.
    """

    subject: str
    load: str
    connect: Callable[[Tally], Connect]
    processes: Mapping[str, int]
    verify: Callable[[Tally], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of a case: calls a second, latencies in ms, CPU in microseconds a call by process label."""

    rate: float
    p50: float
    p99: float
    cpu: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Figures:
    """The medians of a case over its rounds, and its slowest and fastest round."""

    middle: Sample
    slowest: float
    fastest: float


class BenchError(Exception):
    """A load had failures, or the store does not hold what was acknowledged: its figures mean nothing."""


async def rounds(
    cases: Sequence[Case], *, times: int, warm: float, seconds: float, say: Callable[[str], None]
) -> list[tuple[Case, Figures]]:
    """Runs every case `times` times, in turns; each turn warms up, then measures."""
    samples: dict[int, list[Sample]] = {place: [] for place in range(len(cases))}
    for turn in range(times):
        for place, case in enumerate(cases):
            sample = await _once(case, warm, seconds)
            samples[place].append(sample)
            say(f"  {turn + 1}/{times}  {case.subject}, {case.load}: {sample.rate:,.0f}/s")
    return [(case, _figures(samples[place])) for place, case in enumerate(cases)]


async def _once(case: Case, warm: float, seconds: float) -> Sample:
    tally = Tally()
    connections = await case.connect(tally)
    try:
        await asyncio.sleep(warm)
        before, started = _cpu(case.processes), perf_counter()
        tally.measuring = True
        await asyncio.sleep(seconds)
        tally.measuring = False
        after, stopped = _cpu(case.processes), perf_counter()
        tally.sending = False
        await _drained(tally)
    finally:
        for connection in connections:
            connection.close()
    if tally.failures or not tally.latencies:
        raise BenchError(f"{case.subject}, {case.load}: {dict(tally.failures.most_common(3)) or 'no answers'}")
    await case.verify(tally)
    count = len(tally.latencies)
    ordered = sorted(tally.latencies)
    return Sample(
        rate=count / (stopped - started),
        p50=1e3 * ordered[count // 2],
        p99=1e3 * ordered[count * 99 // 100],
        cpu={label: 1e6 * (after[label] - before[label]) / count for label in after},
    )


async def _drained(tally: Tally) -> None:
    deadline = perf_counter() + DRAIN_SECONDS
    while tally.in_flight:
        if perf_counter() > deadline:
            raise BenchError(f"{tally.in_flight} calls were never answered")
        await asyncio.sleep(0.005)


def _cpu(processes: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds so far of each process with all that it started, and of this one, which makes the load."""
    own = psutil.Process().cpu_times()
    return {label: _tree(pid) for label, pid in processes.items()} | {GENERATOR: own.user + own.system}


def _tree(pid: int) -> float:
    root = psutil.Process(pid)
    # Those that have ended are in the children's time of whoever waited for them.
    times = [process.cpu_times() for process in (root, *root.children(recursive=True))]
    return sum(sum((one.user, one.system, one.children_user, one.children_system)) for one in times)


def _figures(samples: Sequence[Sample]) -> Figures:
    return Figures(
        middle=Sample(
            rate=median(one.rate for one in samples),
            p50=median(one.p50 for one in samples),
            p99=median(one.p99 for one in samples),
            cpu={label: median(one.cpu[label] for one in samples) for label in samples[0].cpu},
        ),
        slowest=min(one.rate for one in samples),
        fastest=max(one.rate for one in samples),
    )
