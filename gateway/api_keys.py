"""API keys: the edge asks identity for the access token of a key, and remembers it for a short while.

What follows sees a token like any other, and no key. Asking costs a call; what is remembered, a look into a table. A
key that is revoked works for `REMEMBERED` seconds more at the most.
"""

from pathlib import Path

from gateway import authentication, lua
from gateway.proto_json import Json, duration, extension

HEADER = "x-api-key"
SIGNATURE = "x-signature"
"""Comes with a call that is signed as well. Such a call is asked about each time."""
_SIGNED = (SIGNATURE, "x-timestamp", "content-digest")

IDENTITY = "identity"
"""The area that answers `envoy.service.auth.v3.Authorization/Check`. With its approval it sends the header
`authorization: Bearer TOKEN`, and as dynamic metadata `token`, the token again."""

REMEMBERED = 30
"""How long a key's token is used again, in seconds. Never up to the end of the token."""
MARGIN = 30
"""How long before its end a token is not used any more, in seconds."""
CAPACITY = 4096
"""How many keys each worker of the edge remembers, up to twice as many."""

_METADATA = "mesh.api_key"
_SCRIPT = Path(__file__).with_name("api_keys.lua")
_EXT_AUTHZ = "envoy.filters.http.ext_authz"
_TIMEOUT = 1.0


def http_filters() -> list[Json]:
    """The memory, and behind it the question, which is asked only when the memory has no answer."""
    return [
        extension(
            "mesh.api_keys",
            "envoy.extensions.filters.http.lua.v3.Lua",
            default_source_code={"inline_string": _script()},
        ),
        extension(
            _EXT_AUTHZ,
            "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
            transport_api_version="V3",
            grpc_service={
                "envoy_grpc": {"cluster_name": IDENTITY, "retry_policy": _retries()},
                "timeout": duration(_TIMEOUT),
            },
            filter_enabled_metadata={"filter": _METADATA, "path": [{"key": "id"}], "value": {"present_match": True}},
            allowed_headers={"patterns": [{"exact": name} for name in (HEADER, *_SIGNED)]},
            status_on_error={"code": "ServiceUnavailable"},
        ),
    ]


def _retries() -> Json:
    return {"retry_on": "connect-failure,refused-stream,reset,unavailable", "num_retries": 2}


def _script() -> str:
    settings = {
        "HEADER": HEADER,
        "SIGNATURE": SIGNATURE,
        "METADATA": _METADATA,
        "TOKENS": _EXT_AUTHZ,
        "VERIFIED": authentication.METADATA,
        "CLAIMS": authentication.CLAIMS,
        "REMEMBERED": REMEMBERED,
        "MARGIN": MARGIN,
        "CAPACITY": CAPACITY,
    }
    return lua.settings(settings) + _SCRIPT.read_text()
