"""API keys: the edge asks identity for the access token of a key, and remembers it for a short while.

What follows sees a token like any other, and no key. Asking costs a call; what is remembered, a look into a table. A
key that is revoked works for `REMEMBERED` seconds more at the most.
"""

from pathlib import Path

from clients.contract import MAX_REQUEST
from gateway import authentication, lua
from gateway.proto_json import Json, duration, extension

HEADER = "x-api-key"
IDENTITY = "identity"
"""The area that answers `envoy.service.auth.v3.Authorization/Check`: it puts the token into `authorization`."""
SIGNATURE, TIMESTAMP = "x-signature", "x-timestamp"
"""Come with a call that is signed as well. A signature holds once, so such a call is asked about each time."""

REMEMBERED = 30
"""How long a key's token is used again, in seconds. Never up to the end of the token."""
MARGIN = 30
"""How long before its end a token is not used any more, in seconds."""
CAPACITY = 4096
"""How many keys each worker of the edge remembers, up to twice as many."""

_METADATA = "mesh.api_key"
_SCRIPT = Path(__file__).with_name("api_keys.lua")
_TIMEOUT = 1.0
_HTTP = "envoy.extensions.filters.http"


def http_filters() -> list[Json]:
    """The memory, behind it the questions, of which at most one is asked, and what is kept of the answer."""
    whole = {"max_request_bytes": MAX_REQUEST, "pack_as_bytes": True}
    kept = {"metadata_namespace": _METADATA, "key": "token", "type": "STRING"}
    return [
        extension("mesh.api_keys", f"{_HTTP}.lua.v3.Lua", default_source_code={"inline_string": _script()}),
        _question("unsigned"),
        _question("signed", with_request_body=whole),
        extension(
            "envoy.filters.http.header_to_metadata",
            f"{_HTTP}.header_to_metadata.v3.Config",
            request_rules=[{"header": "authorization", "on_header_present": kept}],
        ),
    ]


def _question(kind: str, **more: object) -> Json:
    """Asked when the script has noted that there is a key of that kind. A signature is over the body as well."""
    return extension(
        f"mesh.ext_authz.{kind}",
        f"{_HTTP}.ext_authz.v3.ExtAuthz",
        transport_api_version="V3",
        grpc_service={
            "envoy_grpc": {"cluster_name": IDENTITY, "retry_policy": _retries()},
            "timeout": duration(_TIMEOUT),
        },
        filter_enabled_metadata={"filter": _METADATA, "path": [{"key": kind}], "value": {"present_match": True}},
        allowed_headers={"patterns": [{"exact": name} for name in (HEADER, SIGNATURE, TIMESTAMP)]},
        status_on_error={"code": "ServiceUnavailable"},
        **more,
    )


def _retries() -> Json:
    return {"retry_on": "connect-failure,refused-stream,reset,unavailable", "num_retries": 2}


def _script() -> str:
    settings = {
        "HEADER": HEADER,
        "SIGNATURE": SIGNATURE,
        "METADATA": _METADATA,
        "VERIFIED": authentication.METADATA,
        "CLAIMS": authentication.CLAIMS,
        "REMEMBERED": REMEMBERED,
        "MARGIN": MARGIN,
        "CAPACITY": CAPACITY,
    }
    return lua.settings(settings) + _SCRIPT.read_text()
