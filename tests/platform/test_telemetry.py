"""Every call and every step is counted, whatever becomes of it."""

import asyncio
from typing import Any

import pytest
from opentelemetry import trace
from prometheus_client import REGISTRY

from services._platform import telemetry
from services._platform.combiner import Combiner
from services._platform.errors import OutOfRange
from services._platform.telemetry import observed, observed_step
from tests.platform.conftest import NewCall

SAY = "/mesh.echo.v1.EchoService/Say"


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, "OK"),
        (OutOfRange("no", reason="NO"), "OUT_OF_RANGE"),
        (LookupError(), "INTERNAL"),
        (asyncio.CancelledError(), "CANCELLED"),
        (GeneratorExit(), "CANCELLED"),
    ],
)
async def test_a_call_is_counted_by_method_and_code(new_call: NewCall, error: BaseException | None, code: str) -> None:
    before = value("mesh_rpc_seconds_count", method=SAY, code=code)
    refused = value("mesh_rpc_refusals_total", method=SAY, reason="NO")
    working = value("mesh_rpc_in_flight")
    try:
        with observed(new_call()):
            assert value("mesh_rpc_in_flight") == working + 1
            if error is not None:
                raise error
    except BaseException as raised:
        if raised is not error:
            raise
    assert value("mesh_rpc_seconds_count", method=SAY, code=code) == before + 1
    assert value("mesh_rpc_refusals_total", method=SAY, reason="NO") == refused + (code == "OUT_OF_RANGE")
    assert value("mesh_rpc_in_flight") == working


def test_a_step_of_a_loop_is_counted() -> None:
    with observed_step("counted"):
        pass
    succeeded = value("mesh_loop_success_timestamp_seconds", loop="counted")
    assert succeeded > 0

    def fail() -> None:
        with observed_step("counted"):
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert value("mesh_loop_errors_total", loop="counted") == 1
    assert value("mesh_loop_success_timestamp_seconds", loop="counted") == succeeded


async def test_the_size_of_a_batch_is_counted() -> None:
    async def flush(items: Any) -> Any:
        return items

    combiner: Combiner[int, int] = Combiner("counted", flush)
    await asyncio.gather(*(combiner.submit(number) for number in range(5)))
    assert value("mesh_combiner_batch_size_sum", combiner="counted") == 5
    assert value("mesh_combiner_batch_size_count", combiner="counted") == 1


def test_nothing_is_traced_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    telemetry.export_traces("cart")
    assert isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    telemetry.export_traces("cart")
    assert isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
