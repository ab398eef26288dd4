"""What browsers are told: whose pages may read answers (CORS), and what may be done with one."""

from collections.abc import Iterable, Sequence

from gateway.api_keys import HEADER as API_KEY
from gateway.proto_json import Json, extension, set_header, typed
from gateway.releases import PIN

_CORS = "envoy.filters.http.cors"
_PACKAGE = "envoy.extensions.filters.http.cors.v3"

_SENT = (
    "authorization", API_KEY, "cart-token", "content-type", "grpc-timeout", "idempotency-key", "traceparent",
    "tracestate", "x-grpc-web", PIN, "x-user-agent",
)  # fmt: skip
_READ = (
    "deprecation", "grpc-message", "grpc-status", "grpc-status-details-bin", "link", "ratelimit", "ratelimit-policy",
    "retry-after", "sunset", "www-authenticate", "x-request-id",
)  # fmt: skip
_PREFLIGHT_LIVES = 7200

NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""The Content-Security-Policy of what is not to be shown."""

_SAFE = {
    # Nothing that is served is to be run, framed or guessed at; pages say for themselves what they need.
    "content-security-policy": NOTHING,
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    # An answer depends on who asked. What the contract lets be reused says so itself.
    "cache-control": "no-store",
}


def safe_answers() -> Json:
    """The filter that completes the headers of every answer. It comes first, so it sees the edge's own as well."""
    return extension(
        "envoy.filters.http.header_mutation",
        "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
        mutations={
            "response_mutations": [
                *({"append": set_header(name, value, "ADD_IF_ABSENT")} for name, value in _SAFE.items()),
                {"remove": "grpc-accept-encoding"},
            ]
        },
    )


def cross_origin(origins: Sequence[str]) -> Iterable[Json]:
    """The CORS filter, where pages of any origin may call."""
    if origins:
        yield extension(_CORS, f"{_PACKAGE}.Cors")


def cross_origin_policy(origins: Sequence[str]) -> Json:
    """The configuration of the virtual host."""
    if not origins:
        return {}
    policy = typed(
        f"{_PACKAGE}.CorsPolicy",
        allow_origin_string_match=[{"exact": origin} for origin in origins],
        allow_methods="GET, POST, PUT, PATCH, DELETE",
        allow_headers=", ".join(_SENT),
        expose_headers=", ".join(_READ),
        max_age=str(_PREFLIGHT_LIVES),
    )
    return {_CORS: policy}
