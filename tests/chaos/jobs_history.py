"""What must be true of jobs, whatever was killed."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from services.jobs.domain.jobs import State
from tests.system.mesh import Mesh

_ENDS = """
    SELECT e.job_id, e.run, e.state
    FROM jobs.ending CROSS JOIN LATERAL unnest(jobs, runs, states) AS e (job_id, run, state)
"""
_CLAIMS = """
    SELECT c.job_id, c.run, first_ticket + c.place - 1 AS ticket
    FROM jobs.claim CROSS JOIN LATERAL unnest(jobs, runs) WITH ORDINALITY AS c (job_id, run, place)
"""


@dataclass
class JobsHistory:
    """The jobs that were acknowledged, in the order in which they were asked for."""

    keys: dict[UUID, str] = field(default_factory=dict)
    kinds: dict[UUID, str] = field(default_factory=dict)

    def add(self, names: list[str], keys: list[str], kinds: list[str]) -> None:
        """Notes a batch."""
        for name, key, kind in zip(names, keys, kinds, strict=True):
            job = UUID(name.removeprefix("jobs/"))
            self.keys[job], self.kinds[job] = key, kind


async def unfinished(mesh: Mesh, history: JobsHistory) -> set[UUID]:
    """Jobs, acknowledged or of a schedule, that have not ended. Asked while Postgres may be away."""
    async with mesh.database.connect() as sql:
        ended = {row["job_id"] for row in await sql.fetch(_ENDS)}
        fired = {row["job_id"] for row in await sql.fetch("SELECT job_id FROM jobs.fire")}
    return (history.keys.keys() | fired) - ended


async def assert_kept(mesh: Mesh, history: JobsHistory, log: Path, schedule: str) -> None:
    """Every job ended once, as it had to; keys kept their order; no fire was lost or doubled."""
    async with mesh.database.connect() as sql:
        stored = {
            row["job_id"] for row in await sql.fetch("SELECT DISTINCT job_id FROM jobs.job WHERE queue = 'chaos'")
        }
        ends = [row for row in await sql.fetch(_ENDS) if row["job_id"] in stored]
        claims = [row for row in await sql.fetch(_CLAIMS) if row["job_id"] in stored]
        fires = await sql.fetch("SELECT * FROM jobs.fire WHERE schedule_id = $1 ORDER BY fire_time", schedule)
        dead = {row["job_id"] for row in await sql.fetch("SELECT job_id FROM jobs.dead_letter WHERE queue = 'chaos'")}
    ended = {row["job_id"]: row for row in ends}
    assert len(ended) == len(ends), "a job ended twice"
    fired = {row["job_id"] for row in fires}
    assert len(fired) == len(fires)
    assert stored == history.keys.keys() | fired, "a job was enqueued that nobody asked for, or is lost"
    for job, kind in history.kinds.items():
        assert ended[job]["state"] == (State.DEAD if kind == "poison" else State.SUCCEEDED), (job, kind)
    assert dead == {job for job, kind in history.kinds.items() if kind == "poison"}
    _assert_fenced(ends, claims, log)
    _assert_ordered(history, claims)
    for before, after in pairwise(row["fire_time"] for row in fires):
        assert after - before == timedelta(seconds=1), (before, after)


def _assert_fenced(ends: Sequence[Any], claims: Sequence[Any], log: Path) -> None:
    """A run has one ticket, and what succeeded was done by a worker under the ticket of the very run."""
    tickets = {(row["job_id"], row["run"]): row["ticket"] for row in claims}
    assert len(set(tickets.values())) == len(tickets) == len(claims), "a ticket, or a run, was handed out twice"
    done = {(line["job"], line["run"], line["ticket"]) for line in map(json.loads, log.read_text().splitlines())}
    for row in ends:
        if row["state"] == State.SUCCEEDED:
            job, run = row["job_id"], row["run"]
            assert (f"jobs/{job}", run, tickets[job, run]) in done, "a success that no worker told of"


def _assert_ordered(history: JobsHistory, claims: Sequence[Any]) -> None:
    """Jobs of a key were handed out one after another: no run of one lies between those of another."""
    runs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    places = {job: place for place, job in enumerate(history.keys)}
    for row in claims:
        if row["job_id"] in places:
            runs[history.keys[row["job_id"]]].append((row["ticket"], places[row["job_id"]]))
    for key, found in runs.items():
        order = [place for _, place in sorted(found)]
        assert order == sorted(order), f"jobs of {key} overtook one another"
