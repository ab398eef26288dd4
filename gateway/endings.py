"""How a request ended, as filters over it: what Envoy says of its own answers."""

from gateway.proto_json import Json, extension


def status_is(status: int, comparison: str = "EQ") -> Json:
    """The HTTP status that Envoy would answer with, before a mapper changes it."""
    # Envoy wants a name to change the number by at run time; nothing sets it.
    value = {"default_value": status, "runtime_key": "edge.local_reply"}
    return {"status_code_filter": {"comparison": {"op": comparison, "value": value}}}


def flagged(*flags: str) -> Json:
    """Envoy's response flags."""
    return {"response_flag_filter": {"flags": list(flags)}}


def because(reason: str) -> Json:
    """A part of Envoy's response code details."""
    return {
        "extension_filter": extension(
            "envoy.access_loggers.extension_filters.cel",
            "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
            expression=f"response.code_details.contains('{reason}')",
        )
    }


def path_is(string_match: Json) -> Json:
    """The `:path`, whole: of the RPC, once the request is transcoded."""
    return {"header_filter": {"header": {"name": ":path", "string_match": string_match}}}


def noted(namespace: str, *path: str, text: str | None = None) -> Json:
    """A filter has left something there in the metadata, or just this text."""
    value = {"present_match": True} if text is None else {"string_match": {"contains": text}}
    matcher = {"filter": namespace, "path": [{"key": key} for key in path], "value": value}
    return {"metadata_filter": {"matcher": matcher, "match_if_key_not_found": False}}


def nothing_noted(namespace: str, *path: str) -> Json:
    """No filter has left anything there in the metadata."""
    # Nothing that is there is null.
    matcher = {"filter": namespace, "path": [{"key": key} for key in path], "value": {"null_match": {}}}
    return {"metadata_filter": {"matcher": matcher, "match_if_key_not_found": True}}


def every(*filters: Json) -> Json:
    """All of them."""
    return {"and_filter": {"filters": list(filters)}}


def either(*filters: Json) -> Json:
    """Any of them."""
    return {"or_filter": {"filters": list(filters)}} if len(filters) > 1 else filters[0]
