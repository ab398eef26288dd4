"""Jobs in Postgres."""

from services.jobs.store.dispatcher import Dispatcher
from services.jobs.store.forgetting import forget
from services.jobs.store.jobs import Jobs
from services.jobs.store.journal import Journal
from services.jobs.store.news import Reader
from services.jobs.store.queues import Queues
from services.jobs.store.reads import Reads
from services.jobs.store.schedules import Schedules
from services.jobs.store.segments import Segments
from services.jobs.store.sessions import Session
from services.jobs.store.versions import Versions
from services.jobs.store.workflows import Workflows

__all__ = [
    "Dispatcher",
    "Jobs",
    "Journal",
    "Queues",
    "Reader",
    "Reads",
    "Schedules",
    "Segments",
    "Session",
    "Versions",
    "Workflows",
    "forget",
]
