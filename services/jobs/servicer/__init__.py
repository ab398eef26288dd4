"""The RPCs of jobs."""

from services.jobs.servicer.jobs import Jobs
from services.jobs.servicer.queues import Queues
from services.jobs.servicer.schedules import Schedules
from services.jobs.servicer.watching import Watching
from services.jobs.servicer.work import Work
from services.jobs.servicer.workflows import Workflows

__all__ = ["Jobs", "Queues", "Schedules", "Watching", "Work", "Workflows"]
