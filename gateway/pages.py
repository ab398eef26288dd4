"""What the edge serves itself: documents that are made together with its configuration."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from gateway import permission, transcoder
from gateway.proto_json import MIB, Json, set_header

LARGEST = 16 * MIB


@dataclass(frozen=True, slots=True)
class Page:
    """A document and the path that it is served under. `folder` is where its file is going to be."""

    path: str
    content_type: str
    content: bytes
    policy: str
    """The Content-Security-Policy that it needs."""
    folder: Path

    @property
    def file(self) -> str:
        """Named by content: Envoy reads it together with the route that names it."""
        name, dot, suffix = (self.path.strip("/") + ("" if "." in self.path else ".html")).partition(".")
        return f"{name}-{hashlib.sha256(self.content).hexdigest()[:12]}{dot}{suffix}"

    def route(self) -> Json:
        """The `Route`. Anyone may read it."""
        headers = {
            "content-type": self.content_type,
            "content-security-policy": self.policy,
            "cache-control": "public, max-age=60",
        }
        return {
            "name": self.path.strip("/"),
            "match": {"path": self.path, "headers": [{"name": ":method", "string_match": {"exact": "GET"}}]},
            "direct_response": {"status": 200, "body": {"filename": str(self.folder / self.file)}},
            "response_headers_to_add": [set_header(name, value) for name, value in headers.items()],
            "typed_per_filter_config": {**permission.anyone(), **transcoder.off()},
        }
