"""Compresses answers for who accepts it, of the types that Envoy holds worth it: JSON and text.

Streams are left alone: a message must not wait for the next.
"""

from gateway.proto_json import Json, extension, typed

WORTH_IT = 1024
"""Bytes. Smaller answers are sent as they are, where Envoy knows the length before it sends the headers."""

_COMPRESSOR = "envoy.extensions.filters.http.compressor.v3.Compressor"
_LIBRARIES: dict[str, tuple[str, Json]] = {
    "br": ("brotli.compressor.v3.Brotli", {"quality": 4}),
    "zstd": ("zstd.compressor.v3.Zstd", {"compression_level": 3}),
    "gzip": (
        "gzip.compressor.v3.Gzip",
        {"compression_level": "COMPRESSION_LEVEL_4", "window_bits": 15, "memory_level": 8},
    ),
}
"""By encoding, the first that a caller likes as much as any other."""


def http_filters() -> list[Json]:
    """A filter per encoding; among those that the caller accepts, they agree on one."""
    return [_http_filter(encoding) for encoding in _LIBRARIES]


def off() -> Json:
    """The per-route configuration of a stream."""
    return {_name(encoding): typed(f"{_COMPRESSOR}PerRoute", disabled=True) for encoding in _LIBRARIES}


def _http_filter(encoding: str) -> Json:
    message, settings = _LIBRARIES[encoding]
    library = extension(f"mesh.{encoding}", f"envoy.extensions.compression.{message}", **settings)
    common = {"min_content_length": WORTH_IT}
    return extension(
        _name(encoding),
        _COMPRESSOR,
        compressor_library=library,
        response_direction_config={"common_config": common, "disable_on_etag_header": False},
        choose_first=encoding == next(iter(_LIBRARIES)),
    )


def _name(encoding: str) -> str:
    return f"mesh.compressor.{encoding}"
