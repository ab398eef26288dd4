"""`python -m tests.gateway.golden`: writes what the contract compiles to, for a person to review as a diff."""

import json
import re
from pathlib import Path

from clients.contract import IMAGE
from gateway.compiler import Files
from gateway.compiler import compile as compile_edge
from gateway.files import render
from gateway.topology import Topology

GOLDEN = Path(__file__).with_name("golden")
TOPOLOGY = Topology.parse(
    {
        "edge": "127.0.0.1:8080",
        "admin": "127.0.0.1:19901",
        "services": {"inventory": ["127.0.0.1:41001", "127.0.0.1:41002"]},
    }
)


def compiled() -> Files:
    """The files for the fixed topology, below a fixed folder."""
    return compile_edge(IMAGE, TOPOLOGY, Path("/etc/mesh/edge"))


def readable() -> dict[str, bytes]:
    """The files that a person can review: neither the descriptors nor the API page, which say nothing of their own.

    Those that are named by their content lose that part of their name here, so that a change is seen as one.
    """
    files = {re.sub(r"-[0-9a-f]{12}\b", "", name): content for name, content in compiled().items()}
    described = files["openapi.json"]
    assert isinstance(described, bytes)
    files["openapi.json"] = json.loads(described)
    return {name: render(content) for name, content in files.items() if not name.endswith((".binpb", ".html"))}


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.iterdir():
        old.unlink()
    for name, content in readable().items():
        (GOLDEN / name).write_bytes(content)
