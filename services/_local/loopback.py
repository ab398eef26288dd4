"""HTTP to this machine, past any proxy that the environment names."""

from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit


def call(
    url: str,
    body: bytes | None = None,
    *,
    seconds: float,
    verb: str = "",
    token: str = "",
    headers: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """GETs the URL, or POSTs JSON to it, and returns the status and the answer's text.

    `verb` is another than these; `token` is the caller's access token; `headers` are sent beside these.

    Raises `OSError` or `http.client.HTTPException` when there is no whole answer.
    """
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    with closing(HTTPConnection(parts.netloc, timeout=seconds)) as connection:
        own = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        connection.request(verb or ("GET" if body is None else "POST"), path, body, {**own, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
