"""A light, steady load over both protocols that remembers every answer and every failure."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
import httpx

from tests.gateway.callers import PROBE, GrpcCaller, Json
from tests.gateway.edge import Edge
from tests.gateway.ports import wait_until

CALLERS_OF_EACH_KIND = 3
PAUSE = 0.002


@dataclass
class Load:
    """What the callers have seen so far."""

    answered: Counter[str] = field(default_factory=Counter)
    """Answers by replica."""
    failed: list[str] = field(default_factory=list)

    def seen(self, call: Callable[[], Json]) -> None:
        try:
            answer = call()
        except (grpc.RpcError, httpx.HTTPError) as error:
            self.failed.append(repr(error))
            return
        if "replica" in answer:
            self.answered[answer["replica"]] += 1
        else:
            self.failed.append(f"{answer}")

    def more(self, *replicas: str, answers: int = 100) -> None:
        """Waits until each of the replicas has given so many more answers."""
        wanted = {replica: self.answered[replica] + answers for replica in replicas}
        wait_until(lambda: all(self.answered[replica] >= wanted[replica] for replica in replicas), f"{wanted}")


@contextmanager
def load(edge: Edge, rpc: str, path: str) -> Iterator[Load]:
    """Calls the RPC, as gRPC and by its JSON path, until the end of the block."""
    seen, ending = Load(), threading.Event()

    def grpc_caller() -> None:
        with grpc.insecure_channel(edge.target) as channel:
            call = GrpcCaller(channel, edge.image)
            while not ending.wait(PAUSE):
                seen.seen(lambda: call(f"{PROBE}/{rpc}", {"key": "load"}))

    def json_caller() -> None:
        with httpx.Client(base_url=edge.url) as client:
            while not ending.wait(PAUSE):
                seen.seen(lambda: dict(client.post(path, json={"key": "load"}).json()))

    threads = [threading.Thread(target=caller) for caller in (grpc_caller, json_caller) * CALLERS_OF_EACH_KIND]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        ending.set()
        for thread in threads:
            thread.join()
