"""Spans: a caller's trace is continued through the edge, and nothing is sent where no collector is named."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.gateway.callers import PROBE
from tests.gateway.edge import Edge, Replica
from tests.gateway.ports import free_port, wait_until

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
PARENT = {"traceparent": f"00-{TRACE}-{CALLER}-01"}


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def Export(
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                self.spans.extend(scope.spans)
        return trace_service_pb2.ExportTraceServiceResponse()


@pytest.fixture
def collector() -> Iterator[tuple[Collector, str]]:
    server, collector = grpc.server(ThreadPoolExecutor(2)), Collector()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    address = f"127.0.0.1:{free_port()}"
    server.add_insecure_port(address)
    server.start()
    yield collector, address
    server.stop(grace=None).wait()


def test_a_trace_is_continued(
    fresh_edge: Edge, replica: Callable[[str], Replica], collector: tuple[Collector, str]
) -> None:
    collected, address = collector
    fresh_edge.place({"probe": [replica("a")]}, traces=address)
    fresh_edge.start()
    wait_until(lambda: bool(fresh_edge.healthy("probe")), "the replica is healthy")
    answer = httpx.get(f"{fresh_edge.url}/v1/probes/key", params={"padding": "secret"}, headers=PARENT).json()
    version, trace, parent, _ = answer["headers"]["traceparent"].split("-")
    assert (version, trace) == ("00", TRACE)

    def spans_of_the_trace() -> dict[str, Span]:
        return {span.span_id.hex(): span for span in collected.spans if span.trace_id.hex() == TRACE}

    wait_until(lambda: parent in spans_of_the_trace() and len(spans_of_the_trace()) >= 2, "the spans are there")
    spans = spans_of_the_trace()
    # The edge asks the rate limiter as well, in spans that Envoy names.
    assert {span.name for span in spans.values() if not span.name.startswith("async ")} == {f"{PROBE}/Read"}
    assert spans[parent].parent_span_id.hex() in spans
    assert CALLER in {span.parent_span_id.hex() for span in spans.values()}
    assert "secret" not in str(collected.spans)


def test_without_a_collector_a_trace_passes_through(http: httpx.Client) -> None:
    assert http.get("/v1/probes/key", headers=PARENT).json()["headers"]["traceparent"] == PARENT["traceparent"]
