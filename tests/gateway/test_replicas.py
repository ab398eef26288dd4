"""Replicas come, go and die while calls are made, and no caller notices."""

import contextlib
import json
import os
import signal
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import httpx
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from tests.gateway.callers import PROBE, GrpcCaller
from tests.gateway.edge import Edge, Replica
from tests.gateway.load import Load, load
from tests.gateway.ports import wait_until

NO_TLS = ssl.create_default_context()
Start = Callable[[str], Replica]


@contextlib.contextmanager
def served(edge: Edge, *replicas: Replica) -> Iterator[None]:
    edge.place({"probe": replicas, "inventory": replicas})
    edge.start()
    wait_until(lambda: edge.healthy("probe") == {replica.port for replica in replicas}, "all are healthy")
    yield


def write_once(edge: Edge) -> contextlib.AbstractContextManager[Load]:
    """Calls that may not be repeated: nothing hides a failure."""
    return load(edge, "WriteOnce", "/v1/probes:writeOnce")


def write(edge: Edge) -> contextlib.AbstractContextManager[Load]:
    return load(edge, "Write", "/v1/probes:write")


def test_join_and_leave_by_file(fresh_edge: Edge, replica: Start) -> None:
    a = replica("a")
    with served(fresh_edge, a), write_once(fresh_edge) as calls:
        calls.more("a")
        b = replica("b")
        fresh_edge.place({"probe": [a, b]})
        calls.more("a", "b")
        fresh_edge.place({"probe": [b]})
        wait_until(lambda: fresh_edge.healthy("probe") == {b.port}, "a has left")
        before = calls.answered["a"]
        calls.more("b")
    assert calls.failed == []
    assert calls.answered["a"] - before <= 6  # those that were under way
    assert fresh_edge.stat(r"listener_manager\.lds\.update_rejected") == 0


def test_a_draining_replica_loses_no_call(fresh_edge: Edge, replica: Start) -> None:
    a, b = replica("a"), replica("b")
    with served(fresh_edge, a, b), write_once(fresh_edge) as calls:
        calls.more("a", "b")
        a.stop()
        a.process.wait()
        calls.more("b")
    assert calls.failed == []


def test_a_killed_replica_costs_no_idempotent_call(fresh_edge: Edge, replica: Start) -> None:
    a, b = replica("a"), replica("b")
    with served(fresh_edge, a, b), write(fresh_edge) as calls:
        calls.more("a", "b")
        a.kill()
        calls.more("b", answers=300)
        wait_until(lambda: fresh_edge.healthy("probe") == {b.port}, "a is known to be away")
        again = Replica("a", a.stubs, a.port)
        try:
            calls.more("a")
        finally:
            again.kill()
        calls.more("b")
    assert calls.failed == []


def test_a_hanging_replica_is_left_alone(fresh_edge: Edge, replica: Start) -> None:
    """Its calls end at their deadline; new ones go elsewhere once a health check has timed out."""
    a, b = replica("a"), replica("b")
    with served(fresh_edge, a, b), write(fresh_edge) as calls:
        calls.more("a", "b")
        os.kill(a.process.pid, signal.SIGSTOP)
        wait_until(lambda: fresh_edge.healthy("probe") == {b.port}, "a is known to hang")
        failed = len(calls.failed)
        calls.more("b")
        os.kill(a.process.pid, signal.SIGCONT)
        calls.more("a")
    assert len(calls.failed) - failed <= 6


def test_a_new_contract_loses_no_call(
    fresh_edge: Edge, replica: Start, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It changes the listener itself: connections are asked to come again, not cut."""
    a = replica("a")
    with served(fresh_edge, a), write_once(fresh_edge) as calls:
        calls.more("a")
        files = FileDescriptorSet.FromString(fresh_edge.image.read_bytes())
        files.file.add(name="mesh/probe/v1/more.proto", package="mesh.probe.v1", syntax="proto3")
        newer = tmp_path_factory.mktemp("newer") / "mesh.binpb"
        newer.write_bytes(files.SerializeToString())
        fresh_edge.image = newer
        fresh_edge.place({"probe": [a]})
        wait_until(lambda: fresh_edge.stat(r"listener_manager\.listener_in_place_updated") == 1, "it is taken")
        calls.more("a", answers=300)
    assert calls.failed == []
    assert len(list(fresh_edge.folder.glob("*.binpb"))) == 1


def test_a_broken_file_changes_nothing(fresh_edge: Edge, replica: Start) -> None:
    a = replica("a")
    with served(fresh_edge, a), write_once(fresh_edge) as calls:
        calls.more("a")
        broken = fresh_edge.folder / "broken"
        broken.write_text('{"resources": [{"@type": "nonsense"}]}')
        broken.rename(fresh_edge.folder / "routes.json")
        wait_until(lambda: fresh_edge.stat(r"http\.edge\.rds\.edge\.update_failure") > 0, "it is refused")
        calls.more("a")
        fresh_edge.place({"probe": [a]})
    assert calls.failed == []


def test_a_draining_replica_ends_its_streams(fresh_edge: Edge, replica: Start) -> None:
    """Streams that are under way come to their end; new ones go elsewhere."""
    a, b = replica("a"), replica("b")
    messages = 12
    with (
        served(fresh_edge, a, b),
        ThreadPoolExecutor(12) as callers,
        grpc.insecure_channel(fresh_edge.target) as channel,
    ):
        call = GrpcCaller(channel, fresh_edge.image)

        def over_grpc() -> list[str]:
            answers = call.stream(f"{PROBE}/Count", {"failures": messages, "delay": "0.1s"})
            return [answer["replica"] for answer in answers]

        def as_json() -> list[str]:
            url = f"{fresh_edge.url}/v1/probes:count?failures={messages}&delay=0.1s"
            return [json.loads(line)["replica"] for line in httpx.get(url, verify=NO_TLS).text.splitlines()]

        under_way = [callers.submit(stream) for stream in (over_grpc, as_json) * 6]
        active = r"cluster\.probe\.upstream_rq_active"
        wait_until(lambda: fresh_edge.stat(active) == len(under_way), "all are under way")
        a.stop()
        wait_until(lambda: fresh_edge.healthy("probe") == {b.port}, "a is known to leave")
        assert set(over_grpc()) == {"b"}
        ended = [stream.result() for stream in under_way]
    assert [len(stream) for stream in ended] == [messages] * len(ended)
    assert {replica for stream in ended for replica in stream} == {"a", "b"}
