"""Enqueueing, working and what becomes of jobs, over the wire."""

from clients.worker import Run
from tests.jobs.conftest import Jobs, spec


async def test_a_job_is_worked_on_once(jobs: Jobs) -> None:
    seen: list[bytes] = []

    async def note(run: Run) -> bytes:
        seen.append(run.payload)
        return b"done"

    async with jobs.worker({"note": note}):
        name = await jobs.enqueue("note", b"one", keep_result=True)
        job = await jobs.reaches(name, "SUCCEEDED")
        assert seen == [b"one"]
        assert (job.run, job.worker, job.result) == (1, "w", b"done")


async def test_a_batch_is_worked_on(jobs: Jobs) -> None:
    seen: list[bytes] = []

    async def note(run: Run) -> None:
        seen.append(run.payload)

    async with jobs.worker({"note": note}):
        names = await jobs.enqueue_many(*(spec("note", b"%d" % number) for number in range(1000)))
        for name in names[::100]:
            await jobs.reaches(name, "SUCCEEDED")
    assert len(seen) == len(set(seen)) == 1000
