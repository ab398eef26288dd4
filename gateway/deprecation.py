"""Tells callers of an RPC that leaves, with every answer, since when and until when (RFC 9745, RFC 8594)."""

from datetime import UTC, date, datetime, time
from email.utils import format_datetime

from clients.contract import Method
from gateway.proto_json import Json, set_header


def headers(rpc: Method) -> list[Json]:
    """The headers that answers of the RPC get."""
    if rpc.deprecation is None:
        return []
    said = {"deprecation": f"@{int(_midnight(rpc.deprecation.since).timestamp())}"}
    if rpc.deprecation.sunset:
        said["sunset"] = format_datetime(_midnight(rpc.deprecation.sunset), usegmt=True)
    return [set_header(name, value) for name, value in said.items()]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
