"""The RPCs of jobs."""

from services.jobs.servicer.jobs import Jobs
from services.jobs.servicer.watching import Watching
from services.jobs.servicer.work import Work

__all__ = ["Jobs", "Watching", "Work"]
