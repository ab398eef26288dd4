"""An edge that does nothing but limit: its filters and descriptors are compiled from the contract, its answers its own.

So what is measured is the decision, and not a service behind it.
"""

import json
from pathlib import Path

from clients import contract
from gateway import rate_limits
from gateway import surface as surfaces
from gateway.address import Address
from gateway.clusters import cluster
from gateway.proto_json import Json, extension

METHOD = "/mesh.inventory.v1.ProductService/GetProduct"
_HTTP = "envoy.extensions.filters.http"


def bootstrap(port: int, admin: int, limiter: Address | None) -> str:
    """What Envoy is started with; without a rate limiter nothing is limited."""
    surface = surfaces.read(contract.IMAGE)
    rpc = next(one for one in surface.rpcs if one.path == METHOD)
    router = extension("envoy.filters.http.router", f"{_HTTP}.router.v3.Router", suppress_envoy_headers=True)
    limits = [rate_limits.flood(), *rate_limits.http_filters(surface)] if limiter else []
    host = {"name": "bench", "domains": ["*"], "routes": [_route(rpc, surface, limiter)]}
    manager = extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="bench",
        use_remote_address=True,
        http_filters=[*limits, router],
        route_config={"virtual_hosts": [host]},
    )
    listener = {
        "name": "bench",
        "address": Address("127.0.0.1", port).as_json(),
        "filter_chains": [{"filters": [manager]}],
    }
    document = {
        "admin": {"address": Address("127.0.0.1", admin).as_json()},
        "static_resources": {"listeners": [listener], "clusters": [_cluster(surface, limiter)] if limiter else []},
    }
    return json.dumps(document)


def _route(rpc: contract.Method, surface: surfaces.Surface, limiter: Address | None) -> Json:
    return {
        "match": {"prefix": "/"},
        "direct_response": {"status": 200, "body": {"inline_string": "ok"}},
        "typed_per_filter_config": rate_limits.rule(rpc, surface.roles) if limiter else {},
    }


def _cluster(surface: surfaces.Surface, limiter: Address) -> Json:
    hosts = [{"endpoint": {"address": limiter.as_json()}}]
    found = cluster(rate_limits.AREA, rate_limits.AREA, surface, {})
    del found["eds_cluster_config"]
    assignment = {"cluster_name": rate_limits.AREA, "endpoints": [{"lb_endpoints": hosts}]}
    return {**found, "type": "STATIC", "load_assignment": assignment}


def write(folder: Path, name: str, text: str) -> Path:
    """Puts a configuration beside the others of a bench."""
    path = folder / f"{name}.json"
    path.write_text(text)
    return path
