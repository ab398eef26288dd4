"""A tree that follows the import rules of pyproject.toml breaks none; a forbidden import breaks just its rule."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LAYERS = "Inside a service: __main__ > servicer | worker > rooms of its own > store > convert > domain"
STRANGERS = "Services meet only on the wire, and the platform knows none of them"
DOMAIN = "A domain is plain Python"
CONVERTER = "A converter knows its domain, the messages and the platform, and no driver"
CLIENTS = "Clients know the contract, never who serves it"
EDGE = "The edge knows the contract and nothing else of ours"
SERVICES = "Services do not know the edge"
HOST = "Only the host, the server and health know grpcio: servicers run under any gRPC host"

TREE = {
    "clients/__init__": "",
    "clients/contract": "import mesh",
    "clients/channel": "import grpc",
    "gateway/__init__": "",
    "gateway/routes": "from clients import contract",
    "services/__init__": "",
    "services/_platform/__init__": "",
    "services/_platform/errors": "class Refusal(Exception): pass",
    "services/_platform/grpc_host": "import grpc",
    "services/_platform/interceptors": "from services._platform import errors",
    "services/_platform/server": "import clients.contract\nfrom services._platform import errors, grpc_host",
    **{
        f"services/{name}/{module}": source
        for name in ("cart", "orders")
        for module, source in {
            "__init__": "",
            "__main__": f"from services.{name} import servicer, store, worker\nimport services._platform.server",
            "servicer": f"from services.{name} import convert, domain, store",
            "worker": f"from services.{name} import store",
            "store": f"import asyncpg\nfrom services.{name} import convert, domain",
            "convert": f"import google.protobuf\nimport mesh\nimport services._platform.server\n"
            f"from services.{name} import domain",
            "domain": "import datetime\nfrom services._platform.errors import Refusal",
        }.items()
    },
}


def broken(folder: Path, imports: dict[str, str]) -> set[str]:
    """The names of the rules that the tree breaks with `imports` added to its modules."""
    for module, source in TREE.items():
        path = folder / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{source}\n{imports.get(module, '')}\n")
    lint = str(Path(sys.executable).with_name("lint-imports"))
    command = [lint, "--no-logo", "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    verdicts = dict(re.findall(r"^(.*) (KEPT|BROKEN)", done.stdout, re.MULTILINE))
    assert len(verdicts) == 8, done.stdout + done.stderr
    return {name for name, verdict in verdicts.items() if verdict == "BROKEN"}


def test_a_tree_that_follows_the_rules_breaks_none(tmp_path: Path) -> None:
    assert broken(tmp_path, {}) == set()


@pytest.mark.parametrize(
    ("importer", "source", "rules"),
    [
        ("services/cart/store", "from services.cart import servicer", {LAYERS}),
        ("services/cart/servicer", "from services.cart import worker", {LAYERS}),
        ("services/cart/convert", "from services.cart import store", {LAYERS, CONVERTER}),
        ("services/cart/store", "from services.orders import domain", {STRANGERS}),
        ("services/_platform/server", "import services.cart", {STRANGERS}),
        ("services/cart/domain", "import mesh", {DOMAIN}),
        ("services/cart/domain", "from services._platform import server", {DOMAIN}),
        ("services/_platform/errors", "import grpc", {DOMAIN, HOST}),
        ("services/cart/convert", "import asyncpg", {CONVERTER}),
        ("clients/channel", "import services._platform.errors", {CLIENTS}),
        ("clients/channel", "import gateway", {CLIENTS}),
        ("gateway/routes", "from clients import channel", {EDGE}),
        ("gateway/routes", "import services._platform.errors", {EDGE}),
        ("services/_platform/server", "import gateway", {SERVICES}),
        ("services/_platform/interceptors", "import grpc", {HOST}),
        ("services/cart/servicer", "from grpc import aio", {HOST}),
    ],
)
def test_a_forbidden_import_breaks_its_rule(tmp_path: Path, importer: str, source: str, rules: set[str]) -> None:
    assert broken(tmp_path, {importer: source}) == rules
