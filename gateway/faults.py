"""Rehearsals: callers ask the edge by header to be slow or to fail. Only where the topology switches it on.

`x-mesh-fault-delay` is in milliseconds, `x-mesh-fault-status` an HTTP status that the edge has an answer for, as 503.
"""

from collections.abc import Iterable

from gateway.proto_json import Json, extension, set_header

_ASKED = {
    "x-envoy-fault-delay-request": "x-mesh-fault-delay",
    "x-envoy-fault-abort-request": "x-mesh-fault-status",
}
"""By the header that Envoy reads, which nobody outside can send."""
_AT_ONCE = 100
_ALWAYS = {"numerator": 100}


def http_filter(*, switched_on: bool) -> Iterable[Json]:
    """The filter, after the transcoder, so that an error has the shape that its caller reads."""
    if switched_on:
        yield extension(
            "envoy.filters.http.fault",
            "envoy.extensions.filters.http.fault.v3.HTTPFault",
            delay={"header_delay": {}, "percentage": _ALWAYS},
            abort={"header_abort": {}, "percentage": _ALWAYS},
            max_active_faults=_AT_ONCE,
        )


def asked_for(*, switched_on: bool) -> list[Json]:
    """The `HeaderMutation`s that hand on what a caller asks for."""
    if not switched_on:
        return []
    return [{"append": set_header(envoys, f"%REQ({ours})%")} for envoys, ours in _ASKED.items()]
