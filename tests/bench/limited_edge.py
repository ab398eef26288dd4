"""An edge that does nothing but limit: its filters and descriptors are compiled from the contract, its answers its own.

So what is measured is the decision, and not a service behind it. The bucket of an address is left out: the load comes
from one, and would be a flood.
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
_ANSWERS = "answers"


def bootstrap(port: int, admin: int, limiter: Address | None) -> str:
    """What Envoy is started with; without a rate limiter nothing is limited."""
    surface = surfaces.read(contract.IMAGE)
    rpc = next(one for one in surface.rpcs if one.path == METHOD)
    # Whoever is answered by the route itself is not limited. So the answers are a listener that nobody else reaches.
    behind = {"pipe": {"path": f"@mesh-bench-{port}"}}
    rule = rate_limits.rule(rpc, surface.roles) if limiter else {}
    front = {"route": {"cluster": _ANSWERS}, "typed_per_filter_config": rule}
    back = {"direct_response": {"status": 200, "body": {"inline_string": "ok"}}}
    document = {
        "admin": {"address": Address("127.0.0.1", admin).as_json()},
        "static_resources": {
            "listeners": [
                _listener(
                    "front",
                    Address("127.0.0.1", port).as_json(),
                    front,
                    rate_limits.http_filters(surface) if limiter else [],
                ),
                _listener("back", behind, back, []),
            ],
            "clusters": [
                _static(_ANSWERS, behind),
                *([cluster(rate_limits.AREA, rate_limits.AREA, surface, [limiter])] if limiter else []),
            ],
        },
    }
    return json.dumps(document)


def _listener(name: str, address: Json, action: Json, filters: list[Json]) -> Json:
    router = extension("envoy.filters.http.router", f"{_HTTP}.router.v3.Router", suppress_envoy_headers=True)
    host = {"name": name, "domains": ["*"], "routes": [{"match": {"prefix": "/"}, **action}]}
    manager = extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix=name,
        use_remote_address=True,
        http_filters=[*filters, router],
        route_config={"virtual_hosts": [host]},
    )
    return {"name": name, "address": address, "filter_chains": [{"filters": [manager]}]}


def _static(name: str, address: Json) -> Json:
    assignment = {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}]}
    return {"name": name, "type": "STATIC", "load_assignment": assignment}


def write(folder: Path, name: str, text: str) -> Path:
    """Puts a configuration beside the others of a bench."""
    path = folder / f"{name}.json"
    path.write_text(text)
    return path
