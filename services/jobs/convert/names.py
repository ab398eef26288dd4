"""The resource names of jobs."""

from services._platform.names import Pattern

JOB = Pattern("jobs/{job}")
QUEUE = Pattern("queues/{queue}")
SCHEDULE = Pattern("schedules/{schedule}")
WORKFLOW = Pattern("workflows/{workflow}")

DEFAULT_QUEUE = "default"
