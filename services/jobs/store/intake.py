"""The intake: brings what was committed elsewhere to the board."""

from collections.abc import Mapping

from services.jobs.convert import specs
from services.jobs.domain.board import Board
from services.jobs.domain.jobs import Job, JobId, State
from services.jobs.store import takeover
from services.jobs.store.news import News, Reader, Request
from services.jobs.store.segments import Segments
from services.jobs.store.versions import CANCEL, CONFIGURE, RUN_NOW


class Intake:
    """Takes in new jobs and what the dispatcher is asked for."""

    def __init__(self, reader: Reader, segments: Segments) -> None:
        self._reader = reader
        self._segments = segments

    async def take_in(self, board: Board, news: News, now: float) -> None:
        """Brings news to the board."""
        jobs = [specs.job(row) for row in news.jobs]
        self._segments.note_strays(news.jobs)
        ended: Mapping[JobId, State] = {}
        if any(job.dependencies for job in jobs):
            coming = {job.id for job in jobs}
            parents = {one.on for job in jobs for one in job.dependencies} - coming - board.jobs.keys()
            ended = await self._reader.outcomes(list(parents)) if parents else {}
        for job in takeover.parents_first(jobs):
            board.arrive(job, ended, now)
        for request in news.requests:
            await self._do(board, request, now)

    async def _do(self, board: Board, request: Request, now: float) -> None:
        match request.kind:
            case _ if request.kind == CANCEL:
                board.cancel(request.job, now)
            case _ if request.kind == RUN_NOW:
                board.run_now(request.job, now)
            case _ if request.kind == CONFIGURE:
                board.configure(request.queue, await self._reader.settings(request.queue), now)

    async def answer_from_cache(self, board: Board, at: float) -> None:
        """Ends what has become ready and is answered by a result that is known."""
        arriving = board.take_arriving()
        if not arriving:
            return
        by_digest: dict[bytes, list[Job]] = {}
        for job in arriving:
            by_digest.setdefault(specs.digest(job.task, job.payload), []).append(job)
        for digest, result in (await self._reader.cached(list(by_digest), specs.instant(at))).items():
            for job in by_digest[digest]:
                board.answer(job, result, at)
