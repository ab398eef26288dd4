"""How a dispatcher that takes over makes its board from what is stored."""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from services.jobs.convert import specs
from services.jobs.domain.board import Board
from services.jobs.domain.jobs import Failure, FailureClass, Job, JobId, State
from services.jobs.store.news import Loaded

_TICKETS_OF_A_FENCE = 40
"""Bits: a new dispatcher's tickets are above all of those before it."""


def missing_parents(loaded: Loaded) -> list[JobId]:
    """Jobs that others wait for and that have ended."""
    waiting = {one.on for row in loaded.jobs for one in specs.job(row).dependencies}
    return list(waiting - {row["job_id"] for row in loaded.jobs})


def board(loaded: Loaded, ended: Mapping[JobId, State], fence: int, chance: random.Random, now: float) -> Board:
    """The board as it stood. Runs stay with their workers, which have a grace to come back."""
    made = Board(fence << _TICKETS_OF_A_FENCE, loaded.settings, chance, now)
    jobs = [specs.job(row) for row in loaded.jobs]
    for job in parents_first(jobs):
        failure, claim = loaded.failures.get(job.id), loaded.claims.get(job.id)
        if failure is not None and failure["run"] >= job.run:
            _remember(job, failure)
        if claim is not None and claim["run"] > job.run:
            job.run = claim["run"]
            made.resume(job, claim["worker"], claim["ticket"], claim["start_time"].timestamp(), now)
        else:
            made.arrive(job, ended, now)
    for request in loaded.requests:
        made.cancel(request.job, now)
    return made


def parents_first(jobs: Sequence[Job]) -> Iterable[Job]:
    """The jobs, each after those that it waits for."""
    if not any(job.dependencies for job in jobs):
        return jobs
    by_id = {job.id: job for job in jobs}
    ordered: dict[JobId, Job] = {}
    for first in jobs:
        trail = [first]
        while trail:
            job = trail[-1]
            ahead = [by_id[one.on] for one in job.dependencies if one.on in by_id and one.on not in ordered]
            # A circle cannot be enqueued; should one be there, it is broken rather than followed for ever.
            ahead = [parent for parent in ahead if parent not in trail]
            if ahead:
                trail.extend(ahead)
            else:
                ordered[trail.pop().id] = job
    return ordered.values()


def _remember(job: Job, failure: Mapping[str, object]) -> None:
    """Sets what the last failed run left behind."""
    values = dict(failure)
    job.run = int(str(values["run"]))
    job.failures, job.losses = int(str(values["failures"])), int(str(values["losses"]))
    job.failure = Failure(FailureClass(int(str(values["kind"]))), str(values["code"]), str(values["message"]))
    next_time = values["next_time"]
    if isinstance(next_time, datetime):
        job.ready = max(job.ready, next_time.timestamp())
