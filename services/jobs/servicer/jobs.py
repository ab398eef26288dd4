"""The RPCs of jobs."""

from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

from google.protobuf.field_mask_pb2 import FieldMask

from mesh.jobs.v1 import job_pb2, job_service_pb2
from mesh.jobs.v1.job_service_servicer import JobServiceServicer
from services._platform import filters, jobs
from services._platform.call import Call
from services._platform.errors import InvalidArgument
from services._platform.jobs import Enqueued
from services._platform.paging import Pager
from services._platform.validation import validate
from services.jobs.convert import jobs as convert
from services.jobs.convert import names
from services.jobs.servicer.watching import Watching
from services.jobs.store.jobs import Jobs as Store
from services.jobs.store.reads import Reads
from services.jobs.store.versions import CANCEL, RUN_NOW, Versions

_EQUAL = frozenset({"="})
_FIXED = ("queue", "dependencies", "unique")
"""What an edit leaves as it is."""
_FIELDS = {"queue": _EQUAL, "tenant": _EQUAL, "task": _EQUAL, "state": _EQUAL}


class Jobs(JobServiceServicer[Call]):
    """`mesh.jobs.v1.JobService`."""

    def __init__(self, store: Store, versions: Versions, reads: Reads, watching: Watching, pager: Pager) -> None:
        self._store = store
        self._versions = versions
        self._reads = reads
        self._watching = watching
        self._pager = pager

    async def CreateJob(self, request: job_service_pb2.CreateJobRequest, call: Call, /) -> job_pb2.Job:
        asked = jobs.request(request.spec, call.principal)
        return await self._store.create(asked, call.once(job_pb2.Job, _same))

    async def BatchCreateJobs(
        self, request: job_service_pb2.BatchCreateJobsRequest, call: Call, /
    ) -> job_service_pb2.BatchCreateJobsResponse:
        asked = [jobs.request(spec, call.principal) for spec in request.specs]
        return await self._store.submit(asked, call.once(job_service_pb2.BatchCreateJobsResponse, _batch_created))

    async def GetJob(self, request: job_service_pb2.GetJobRequest, call: Call, /) -> job_pb2.Job:
        return await self._reads.job(_id(request.name))

    async def ListJobs(
        self, request: job_service_pb2.ListJobsRequest, call: Call, /
    ) -> job_service_pb2.ListJobsResponse:
        page = self._pager.page(request, default=50, most=250)
        filter_ = filters.parse(request.filter, _FIELDS)
        found, last = await self._reads.page(filter_, UUID(page.key) if page.key else None, page.size)
        token = self._pager.token(request, (str(last),)) if last else ""
        return job_service_pb2.ListJobsResponse(jobs=found, next_page_token=token)

    async def UpdateJob(self, request: job_service_pb2.UpdateJobRequest, call: Call, /) -> job_pb2.Job:
        def change(spec: job_pb2.JobSpec) -> job_pb2.JobSpec:
            edited = _edited(spec, request.job.spec, request.update_mask)
            return jobs.request(edited, call.principal, _id(request.job.name)).spec

        return await self._versions.edit(_id(request.job.name), change, call.once(job_pb2.Job, _same))

    async def CancelJob(self, request: job_service_pb2.CancelJobRequest, call: Call, /) -> job_pb2.Job:
        return await self._versions.ask(_id(request.name), CANCEL, call.once(job_pb2.Job, _same))

    async def RunJob(self, request: job_service_pb2.RunJobRequest, call: Call, /) -> job_pb2.Job:
        return await self._versions.ask(_id(request.name), RUN_NOW, call.once(job_pb2.Job, _same))

    async def ListJobRuns(
        self, request: job_service_pb2.ListJobRunsRequest, call: Call, /
    ) -> job_service_pb2.ListJobRunsResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._reads.runs(_id(request.parent), int(page.key or 0), page.limit)
        shown, token = self._pager.cut(request, page, found, lambda run: (str(run.run),))
        return job_service_pb2.ListJobRunsResponse(job_runs=shown, next_page_token=token)

    def WatchRun(
        self, request: job_service_pb2.WatchRunRequest, call: Call, /
    ) -> AsyncGenerator[job_service_pb2.WatchRunResponse, None]:
        return self._watching.job(request, call)

    async def ListDeadLetterGroups(
        self, request: job_service_pb2.ListDeadLetterGroupsRequest, call: Call, /
    ) -> job_service_pb2.ListDeadLetterGroupsResponse:
        page = self._pager.page(request, default=50, most=250)
        queue = request.queue.removeprefix("queues/")
        found = await self._reads.dead_letter_groups(queue, page.after, page.limit)
        shown, token = self._pager.cut(
            request, page, found, lambda row: (str(row["count"]), row["fingerprint"], row["queue"])
        )
        return job_service_pb2.ListDeadLetterGroupsResponse(
            dead_letter_groups=map(convert.group, shown), next_page_token=token
        )

    async def RedriveJobs(
        self, request: job_service_pb2.RedriveJobsRequest, call: Call, /
    ) -> job_service_pb2.RedriveJobsResponse:
        once = call.once(job_service_pb2.RedriveJobsResponse, _redriven)
        ids = [_id(name) for name in request.jobs]
        return await self._versions.redrive(ids, request.fingerprint, request.per_second, once)


def _id(name: str) -> UUID:
    return UUID(names.JOB.id(name))


def _batch_created(done: Sequence[Enqueued]) -> job_service_pb2.BatchCreateJobsResponse:
    return job_service_pb2.BatchCreateJobsResponse(jobs=[f"jobs/{one.id}" for one in done])


def _redriven(count: int) -> job_service_pb2.RedriveJobsResponse:
    return job_service_pb2.RedriveJobsResponse(redriven_count=count)


def _same(job: job_pb2.Job) -> job_pb2.Job:
    return job


def _edited(spec: job_pb2.JobSpec, patch: job_pb2.JobSpec, mask: FieldMask) -> job_pb2.JobSpec:
    """A spec with the fields that the mask names taken from a patch; all of them when it names none.

    Its queue, dependencies and unique key stay as they are. Refuses a path that is not of a spec, or names those.
    """
    edited = job_pb2.JobSpec()
    paths = [_path(path) for path in mask.paths if path not in ("spec", "*")]
    if paths:
        edited.CopyFrom(spec)
        FieldMask(paths=paths).MergeMessage(patch, edited, replace_message_field=True, replace_repeated_field=True)
    else:
        edited.CopyFrom(patch)
        FieldMask(paths=_FIXED).MergeMessage(spec, edited, replace_message_field=True, replace_repeated_field=True)
    validate(edited, "job.spec")
    return edited


def _path(path: str) -> str:
    """What a path of a job's mask names in its spec."""
    whole, _, within = path.partition(".")
    if whole != "spec" or not FieldMask(paths=[within]).IsValidForDescriptor(job_pb2.JobSpec.DESCRIPTOR):
        raise InvalidArgument.of("update_mask", f"there is no field {path!r}, or it may not be written")
    if within.partition(".")[0] in _FIXED:
        raise InvalidArgument.of("update_mask", f"{path!r} may not be written")
    return within
