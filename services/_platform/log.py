"""Structured logs: one JSON object a line on stderr, with the call's ids."""

import logging
import sys

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from services._platform.call import current_call


def configure(level: str, service: str) -> None:
    """Makes every logger of the process, ours and the libraries', write JSON lines to stderr."""

    def with_service(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
        return {"service": service, **event}

    shared: list[Processor] = [
        with_service,
        _with_call,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # It tells of every request that goes well, with its address.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def logger(name: str) -> FilteringBoundLogger:
    """A logger that names its module."""
    bound: FilteringBoundLogger = structlog.get_logger(module=name)
    return bound


def _with_call(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    call = current_call.get()
    if call is not None:
        event["method"] = call.method.path
        event["request_id"] = call.request_id
        event["caller"] = call.principal.name
        if traceparent := call.metadata.get("traceparent"):
            event["trace_id"] = traceparent[3:35]
    return event
