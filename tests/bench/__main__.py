"""Measures, and writes `docs/benchmarks.md` and `.bench/BENCH.json`.

    python -m tests.bench [BENCH ...] [--rounds N] [--seconds S] [--only TEXT]

Fails when a load had errors or a store does not hold what was acknowledged. A missed goal is reported and is no
failure: a busy machine can miss one.
"""

import argparse
import signal
import sys
from functools import partial
from types import ModuleType

import uvloop

from services._local.layout import CHECKOUT
from tests.bench import checkout, edge, events, identity, inventory, jobs, ratelimit, report, saga, stage
from tests.bench.measure import BenchError, rounds

BENCHES = {
    "checkout": checkout,
    "edge": edge,
    "events": events,
    "identity": identity,
    "inventory": inventory,
    "jobs": jobs,
    "ratelimit": ratelimit,
    "saga": saga,
}
PAGE = CHECKOUT / "docs" / "benchmarks.md"
OUT = CHECKOUT / ".bench"
WARM_SECONDS = 1.0


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("bench", nargs="*", help=f"which of {', '.join(BENCHES)}; all by default")
    parser.add_argument("--rounds", type=int, default=3, help="how many turns each case has")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long a turn measures")
    parser.add_argument("--only", default="", help="only cases with this in `subject, load`; writes no page")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end, it ends what it started
    if unknown := set(given.bench) - BENCHES.keys():
        parser.error(f"there is no bench {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    try:
        for name in given.bench or BENCHES:
            uvloop.run(_run(name, BENCHES[name], given.rounds, given.seconds, given.only))
    except BenchError as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit("bench: interrupted")


async def _run(name: str, bench: ModuleType, times: int, seconds: float, only: str) -> None:
    _say(f"bench {name}")
    with stage.running(OUT / "stage") as stores:
        await stores.prepare(partial(bench.seed, stores))
        async with bench.cases(stores) as every:
            cases = [case for case in every if only in f"{case.subject}, {case.load}"]
            figures = await rounds(cases, times=times, warm=WARM_SECONDS, seconds=seconds, say=_say)
        postgres = await stores.postgres_version()
    if only:
        _say("\n" + report.table(figures))
        return
    rates = {(case.subject, case.load): found.middle.rate for case, found in figures}
    rates |= {(case.subject, f"{case.load}, p99 ms"): found.middle.p99 for case, found in figures}
    method = f"Medians of {times} rounds in turns, each {WARM_SECONDS:g} s to warm up and {seconds:g} s measured."
    found = report.Report(name, bench.__doc__ or "", method, postgres, figures, bench.goals(lambda *key: rates[key]))
    _say("\n" + found.section())
    (OUT / f"{name}.json").write_text(found.document())
    report.put(PAGE, found.section())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
