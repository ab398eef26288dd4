"""Jobs in Postgres."""

from services.jobs.store.dispatcher import Dispatcher
from services.jobs.store.jobs import Jobs
from services.jobs.store.journal import Journal
from services.jobs.store.reads import Reads
from services.jobs.store.segments import Segments
from services.jobs.store.versions import Versions

__all__ = ["Dispatcher", "Jobs", "Journal", "Reads", "Segments", "Versions"]
