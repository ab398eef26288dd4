"""Metrics for Prometheus and traces for OpenTelemetry, of every call and every loop."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter, time

from opentelemetry import propagate, trace
from prometheus_client import Counter, Gauge, Histogram, start_http_server

from services._platform.call import Call
from services._platform.errors import Refusal

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_CALLS = Histogram("mesh_rpc_seconds", "Time to answer a call.", ["method", "code"], buckets=_BUCKETS)
_IN_FLIGHT = Gauge("mesh_rpc_in_flight", "Calls that are worked on.")
_REFUSED = Counter("mesh_rpc_refusals", "Calls refused, by reason.", ["method", "reason"])
_LOOPS = Gauge("mesh_loop_success_timestamp_seconds", "When a background loop last finished a step.", ["loop"])
_LOOP_ERRORS = Counter("mesh_loop_errors", "Steps of background loops that failed.", ["loop"])
BATCH_SIZE = Histogram(
    "mesh_combiner_batch_size",
    "Writes that shared a commit.",
    ["combiner"],
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
DEPENDENCY_UP = Gauge("mesh_dependency_up", "Whether a store that the service needs answers.", ["dependency"])

_tracer = trace.get_tracer("mesh")


def serve_metrics(listen: str) -> None:
    """Serves `/metrics` on host:port; an empty address serves nothing."""
    if listen:
        host, _, port = listen.rpartition(":")
        start_http_server(int(port), addr=host)


def export_traces(service: str) -> None:
    """Sends traces to the OTLP collector that OTEL_EXPORTER_OTLP_ENDPOINT names; without it, makes none."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


@contextmanager
def observed(call: Call) -> Iterator[None]:
    """Counts and times a call, whatever becomes of it."""
    started = perf_counter()
    code = "OK"
    _IN_FLIGHT.inc()
    try:
        with _span(call):
            yield
    except Refusal as refusal:
        code = refusal.code
        _REFUSED.labels(call.method.path, refusal.reason).inc()
        raise
    except GeneratorExit:
        code = "CANCELLED"
        raise
    except BaseException as error:
        code = "INTERNAL" if isinstance(error, Exception) else "CANCELLED"
        raise
    finally:
        _IN_FLIGHT.dec()
        _CALLS.labels(call.method.path, code).observe(perf_counter() - started)


@contextmanager
def observed_step(loop: str) -> Iterator[None]:
    """Counts a step of a background loop, and when it last succeeded."""
    try:
        yield
    except Exception:
        _LOOP_ERRORS.labels(loop).inc()
        raise
    _LOOPS.labels(loop).set(time())


def _span(call: Call) -> AbstractContextManager[object]:
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):  # nobody asked for traces
        return nullcontext()
    return _tracer.start_as_current_span(
        call.method.path.lstrip("/"),
        context=propagate.extract(call.metadata),
        kind=trace.SpanKind.SERVER,
        attributes={"rpc.system": "grpc", "mesh.request_id": call.request_id},
    )
