"""Who is calling: access tokens are verified at the edge, once, before anything else is done with a request.

A token that does not hold is not refused here, for an RPC that is open to anyone does not ask for one: what the route
asks for is for `permission.py` to say. The claims, and why there are none, are left as metadata for the filters that
follow. The token itself goes on to the service, which verifies it again.
"""

from gateway.address import Address
from gateway.clusters import load_assignment
from gateway.proto_json import Json, duration, extension
from gateway.releases import PRINCIPAL

ISSUER, AUDIENCE = "mesh-identity", "mesh"
KEYS = "/.well-known/jwks.json"

METADATA = "envoy.filters.http.jwt_authn"
CLAIMS, FAILURE = "claims", "failure"
"""Under these keys of the metadata: what the token says, or `code` and `message` of why it does not hold."""

OWN_CLUSTER = "edge"
"""The edge as its own client: the keys are an RPC of the contract, which it serves as JSON."""

CLOCK_SKEW = 5
KEYS_LIVE = 30.0
"""How long keys are used, in seconds. A signing key is to be published so much earlier than it is used."""

_PACKAGE = "envoy.extensions.filters.http.jwt_authn.v3"


def http_filter() -> Json:
    """Verifies the token of the `authorization` header, where there is one."""
    optional = {"requirements": [{"provider_name": "mesh"}, {"allow_missing_or_failed": {}}]}
    return extension(
        METADATA,
        f"{_PACKAGE}.JwtAuthentication",
        providers={"mesh": _provider()},
        rules=[{"match": {"prefix": "/"}, "requires": {"requires_any": optional}}],
    )


def _provider() -> Json:
    return {
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "from_headers": [{"name": "authorization", "value_prefix": "Bearer "}],
        "forward": True,
        "require_expiration": True,
        "clock_skew_seconds": CLOCK_SKEW,
        "payload_in_metadata": CLAIMS,
        "failed_status_in_metadata": FAILURE,
        # Who calls chooses the release that answers, so the route is looked up again.
        "claim_to_headers": [{"header_name": PRINCIPAL, "claim_name": "sub"}],
        "clear_route_cache": True,
        "jwt_cache_config": {"jwt_cache_size": 4096},
        "remote_jwks": {
            "http_uri": {"uri": f"http://{OWN_CLUSTER}{KEYS}", "cluster": OWN_CLUSTER, "timeout": "2s"},
            "cache_duration": duration(KEYS_LIVE),
            # The listener cannot wait for keys that it serves itself.
            "async_fetch": {"fast_listener": True, "failed_refetch_duration": "1s"},
        },
    }


def own_cluster(edge: Address) -> Json:
    """The `Cluster` by which the edge calls itself."""
    return {
        "name": OWN_CLUSTER,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": load_assignment(OWN_CLUSTER, [edge.reachable()]),
    }


def nobody_else_says() -> list[Json]:
    """The `HeaderMutation`s that drop, before anything else, what only this filter may say."""
    return [{"remove": PRINCIPAL}]
