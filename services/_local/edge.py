"""The local mesh's own calls, through its edge like anybody's."""

import json
from dataclasses import dataclass, replace
from typing import Any

from services._local import loopback
from services._local.layout import MeshError

SECONDS = 30.0
OK = 200


@dataclass(frozen=True, slots=True)
class Edge:
    """The edge at a URL, as who has the access token; as nobody without one."""

    url: str
    token: str = ""
    cart_token: str = ""

    def guest(self, cart_token: str) -> "Edge":
        """The same edge, for who holds a guest's cart as well."""
        return replace(self, cart_token=cart_token)

    def get(self, path: str) -> dict[str, Any]:
        """Reads. Raises `MeshError` when the edge refuses."""
        return self._call("GET", path, None)

    def post(self, path: str, body: dict[str, Any], *, accept: int = OK) -> dict[str, Any]:
        """Writes. Raises `MeshError` when the edge refuses, but for the status `accept`."""
        return self._call("POST", path, body, accept)

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Changes. Raises `MeshError` when the edge refuses."""
        return self._call("PATCH", path, body)

    def _call(self, verb: str, path: str, body: dict[str, Any] | None, accept: int = OK) -> dict[str, Any]:
        sent = None if body is None else json.dumps(body).encode()
        headers = {"cart-token": self.cart_token} if self.cart_token else {}
        code, answer = loopback.call(
            self.url + path, sent, seconds=SECONDS, verb=verb, token=self.token, headers=headers
        )
        if code not in (OK, accept):
            raise MeshError(f"edge: {path} answered {code}: {answer}")
        return dict(json.loads(answer)) if code == OK else {}
