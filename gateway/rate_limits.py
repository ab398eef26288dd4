"""Rate limits at the edge, in three tiers: what is cheaper refuses first.

1. A bucket in Envoy for each address: no more than a flood passes, and nobody is asked.
2. Classes that the contract marks `DECIDER_QUOTA`: Envoy decides by the share of the limit that it was lent (RLQS).
3. Everything else: the rate limiter is asked for every call (RLS), with what is known of it as one descriptor.

When the rate limiter does not answer, calls pass: the first tier still stands.
"""

from collections.abc import Mapping

from clients.contract import Decider, Method
from gateway import authentication, callers
from gateway.endings import because, every
from gateway.proto_json import Json, duration, extension, set_header, typed
from gateway.surface import Surface

AREA = "ratelimit"
"""The area that answers RLS and RLQS."""
DOMAIN = "mesh"

FLOOD = 10_000
"""Calls a second of one address that an edge looks at; twice as many at once."""
MOST_ADDRESSES = 20_000
"""Addresses that are told apart for it; the one that was seen longest ago is forgotten."""

TIMEOUT = 0.25
"""Seconds until a call passes though the rate limiter has not answered."""

OWN_REFUSALS = {
    "local_rate_limited": "Too many calls come from this address. Try again later.",
    "rate_limited_by_quota": "Too many calls of this kind are made. Try again later.",
}
"""What Envoy says itself, without the rate limiter, by why."""

_HTTP = "envoy.extensions.filters.http"
_LOCAL = "envoy.filters.http.local_ratelimit"
_QUOTA = "envoy.filters.http.rate_limit_quota"
_GLOBAL = "envoy.filters.http.ratelimit"
_ADDRESS: Json = {"remote_address": {}}


def flood() -> Json:
    """The filter of the first tier. It needs to know nothing of a call, so that a flood costs nobody a signature."""
    return extension(_LOCAL, f"{_HTTP}.local_ratelimit.v3.LocalRateLimit", **_local())


def http_filters(surface: Surface) -> list[Json]:
    """The filters of the tiers that go by who is calling, and what for."""
    lent = sorted({rpc.rate_class for rpc in surface.rpcs if rpc.decider is Decider.QUOTA})
    quota = [extension(_QUOTA, f"{_HTTP}.rate_limit_quota.v3.RateLimitQuotaFilterConfig", **_quota(surface))]
    return [
        *(quota if lent else []),
        extension(_GLOBAL, f"{_HTTP}.ratelimit.v3.RateLimit", **_global()),
    ]


def rule(rpc: Method, roles: Mapping[str, frozenset[str]]) -> Json:
    """The per-route configuration of an RPC: what the rate limiter is told of a call, and what it weighs."""
    if rpc.decider is Decider.QUOTA:
        return {}
    actions = [
        *(_constant(key, value) for key, value in rpc.entries.items()),
        _claim("principal", "sub"),
        _claim("tier", "tier"),
        _claim("tenant", "tenant"),
        _role(roles),
        _ADDRESS,
    ]
    told = {"actions": actions, "hits_addend": {"number": rpc.cost}}
    return {_GLOBAL: typed(f"{_HTTP}.ratelimit.v3.RateLimitPerRoute", rate_limits=[told])}


def replies() -> list[Json]:
    """The `ResponseMapper`s of refused calls: the rate limiter's own words, as JSON or as gRPC."""
    refused = because("request_rate_limited")
    return [
        {
            "filter": every(callers.GRPC, refused),
            "status_code": 200,
            "headers_to_add": [set_header("grpc-status", "8")],
            "body_format_override": {"text_format_source": {"inline_string": ""}, "content_type": "application/grpc"},
        },
        {
            "filter": refused,
            "status_code": 429,
            "body_format_override": {
                "text_format_source": {"inline_string": "%LOCAL_REPLY_BODY%"},
                "content_type": "application/json",
            },
        },
    ]


def _constant(key: str, value: str) -> Json:
    return {"generic_key": {"descriptor_key": key, "descriptor_value": value}}


def _claim(key: str, claim: str) -> Json:
    path = {"key": authentication.METADATA, "path": [{"key": authentication.CLAIMS}, {"key": claim}]}
    return {"metadata": {"descriptor_key": key, "metadata_key": path, "source": "DYNAMIC", "skip_if_absent": True}}


def _role(roles: Mapping[str, frozenset[str]]) -> Json:
    """Of the caller's roles the one that holds most: a descriptor has one value for an entry."""
    held = f"metadata.filter_metadata['{authentication.METADATA}']['{authentication.CLAIMS}']['roles']"
    strongest = sorted(roles, key=lambda role: (-len(roles[role]), role))
    text = "".join(f"'{role}' in {held} ? '{role}' : " for role in strongest) + "''"
    package = "envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor"
    return {
        "extension": extension(
            "envoy.rate_limit_descriptors.expr", package, descriptor_key="role", skip_if_error=True, text=text
        )
    }


def _local() -> Json:
    flood = {"max_tokens": 2 * FLOOD, "tokens_per_fill": FLOOD // 20, "fill_interval": duration(0.05)}
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    return {
        "stat_prefix": "flood",
        # Every call has an address, so this bucket is only there because there must be one.
        "token_bucket": {"max_tokens": 1 << 31, "tokens_per_fill": 1 << 31, "fill_interval": "1s"},
        "descriptors": [{"entries": [{"key": "remote_address"}], "token_bucket": flood}],
        "max_dynamic_descriptors": MOST_ADDRESSES,
        "always_consume_default_token_bucket": False,
        "rate_limits": [{"actions": [_ADDRESS]}],
        "filter_enabled": {**always, "runtime_key": "edge.flood.enabled"},
        "filter_enforced": {**always, "runtime_key": "edge.flood.enforced"},
        "rate_limited_as_resource_exhausted": True,
    }


def _global() -> Json:
    return {
        "domain": DOMAIN,
        "request_type": "both",
        "timeout": duration(TIMEOUT),
        "failure_mode_deny": False,
        "rate_limited_as_resource_exhausted": True,
        "rate_limit_service": _asked(),
    }


def _quota(surface: Surface) -> Json:
    lent = (rpc for rpc in surface.rpcs if rpc.decider is Decider.QUOTA)
    matched = {rpc.path: {"action": _bucket(rpc.rate_class)} for rpc in lent}
    path = extension("request-headers", "envoy.type.matcher.v3.HttpRequestHeaderMatchInput", header_name=":path")
    return {
        "domain": DOMAIN,
        "rlqs_server": _asked()["grpc_service"],
        "bucket_matchers": {"matcher_tree": {"input": path, "exact_match_map": {"map": matched}}},
    }


def _bucket(rate_class: str) -> Json:
    """A bucket of its own for each class; nobody is told apart in it."""
    return extension(
        "rate_limit_quota",
        f"{_HTTP}.rate_limit_quota.v3.RateLimitQuotaBucketSettings",
        bucket_id_builder={"bucket_id_builder": {"class": {"string_value": rate_class}}},
        reporting_interval="1s",
        no_assignment_behavior={"fallback_rate_limit": {"blanket_rule": "ALLOW_ALL"}},
        # The limiter is away: the edge goes on with what it was lent last.
        expired_assignment_behavior={"reuse_last_assignment": {}, "expired_assignment_behavior_timeout": "3600s"},
        deny_response_settings={"http_status": {"code": "TooManyRequests"}},
    )


def _asked() -> Json:
    return {"transport_api_version": "V3", "grpc_service": {"envoy_grpc": {"cluster_name": AREA}}}
