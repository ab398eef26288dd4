"""Queues and their numbers, as messages and back."""

from google.protobuf.duration_pb2 import Duration

from mesh.jobs.v1 import queue_pb2
from services.jobs.domain.queues import Numbers, Settings

_DEFAULTS = Settings()


def settings(queue: queue_pb2.Queue) -> Settings:
    """How a queue is worked off."""
    return Settings(
        max_running=queue.max_running,
        max_running_per_key=queue.max_running_per_key,
        max_running_per_tenant=queue.max_running_per_tenant,
        max_starts_per_second=queue.max_starts_per_second,
        tenant_weights=dict(queue.tenant_weights),
        max_waiting=queue.max_waiting or _DEFAULTS.max_waiting,
        paused=any(not pause.task and not pause.tenant for pause in queue.pauses),
        paused_tasks=frozenset(pause.task for pause in queue.pauses if pause.task),
        paused_tenants=frozenset(pause.tenant for pause in queue.pauses if pause.tenant),
    )


def statistics(numbers: Numbers) -> queue_pb2.QueueStatistics:
    """The numbers of a queue."""
    return queue_pb2.QueueStatistics(
        ready_count=numbers.ready,
        scheduled_count=numbers.scheduled,
        waiting_count=numbers.waiting,
        running_count=numbers.running,
        succeeded_count=numbers.succeeded,
        failed_count=numbers.failed,
        dead_count=numbers.dead,
        worker_count=numbers.workers,
        oldest_ready_duration=_duration(numbers.oldest_ready),
        mean_queue_duration=_duration(numbers.mean_queue),
        mean_run_duration=_duration(numbers.mean_run),
        drain_duration=_duration(numbers.drain) if numbers.drain is not None else None,
    )


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromNanoseconds(int(max(0.0, seconds) * 1e9))
    return duration
