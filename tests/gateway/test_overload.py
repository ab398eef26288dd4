"""An edge that runs out of memory says so instead of falling over."""

import json
from collections.abc import Callable

import httpx

from tests.gateway.edge import Edge, Replica
from tests.gateway.ports import wait_until
from tests.gateway.test_replies import assert_refused


def test_no_more_than_it_can_hold(fresh_edge: Edge, replica: Callable[[str], Replica]) -> None:
    fresh_edge.place({"probe": [replica("a")]})
    bootstrap = fresh_edge.folder / "bootstrap.json"
    settings = json.loads(bootstrap.read_text())
    settings["overload_manager"]["resource_monitors"][0]["typed_config"]["max_heap_size_bytes"] = 1 << 20
    bootstrap.write_text(json.dumps(settings))
    fresh_edge.start()
    wait_until(
        lambda: fresh_edge.stat(r"overload\.envoy\.overload_actions\.stop_accepting_requests\.active") == 1,
        "memory is short",
    )
    answer = httpx.get(f"{fresh_edge.url}/v1/probes/key")
    assert_refused(answer, 429, 8, "OVERLOADED")
    assert answer.headers["retry-after"] == "1"
