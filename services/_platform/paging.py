"""Page tokens: opaque keyset positions, signed, and bound to the request that they page through (AIP-158)."""

import hashlib
from dataclasses import dataclass

from google.protobuf.message import Message
from itsdangerous import BadData, URLSafeSerializer

from services._platform.errors import InvalidArgument

_NOT_BOUND = ("page_size", "page_token")


@dataclass(frozen=True, slots=True)
class Page:
    """Which page: the keys of the last row of the page before (none on the first page), and how many rows."""

    after: tuple[str, ...]
    size: int


class Pager:
    """Reads and writes the page tokens of one service."""

    def __init__(self, key: bytes) -> None:
        self._serializer = URLSafeSerializer(key, salt="page")

    def page(self, request: Message, *, default: int, most: int) -> Page:
        """The page that a request asks for. Refuses a token that was not made for the same request."""
        size = min(getattr(request, "page_size") or default, most)  # noqa: B009  every list request has the field
        token = getattr(request, "page_token")  # noqa: B009
        if not token:
            return Page((), size)
        try:
            binding, *after = self._serializer.loads(token)
        except BadData as error:
            raise _invalid("was not made by this server") from error
        if binding != _binding(request):
            raise _invalid("was made for another request")
        return Page(tuple(after), size)

    def next_token(self, request: Message, *keys: str) -> str:
        """The token of the page after the row with these keys."""
        return str(self._serializer.dumps([_binding(request), *keys]))


def _binding(request: Message) -> str:
    bound = type(request)()
    bound.CopyFrom(request)
    for field in _NOT_BOUND:
        bound.ClearField(field)
    body = request.DESCRIPTOR.full_name.encode() + bound.SerializeToString(deterministic=True)
    return hashlib.blake2b(body, digest_size=9).hexdigest()


def _invalid(why: str) -> InvalidArgument:
    return InvalidArgument.of("page_token", why, reason="PAGE_TOKEN_INVALID")
