"""Page tokens: opaque keyset positions, signed, and bound to the request that they page through (AIP-158)."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import Message

from services._platform.errors import InvalidArgument
from services._platform.tokens import Tokens

Row = TypeVar("Row")

_NOT_BOUND = ("page_size", "page_token")


@dataclass(frozen=True, slots=True)
class Page:
    """Which page: the keys of the last row of the page before (none on the first page), and how many rows."""

    after: tuple[str, ...]
    size: int

    @property
    def limit(self) -> int:
        """How many rows to read: one more than are shown tells whether there is a next page."""
        return self.size + 1

    @property
    def key(self) -> str | None:
        """The key of the last row of the page before, for a list that is ordered by one key."""
        return self.after[0] if self.after else None


class Pager:
    """Reads and writes the page tokens of one service."""

    def __init__(self, key: bytes) -> None:
        self._tokens = Tokens(key, "page")

    def page(self, request: Message, *, default: int, most: int) -> Page:
        """The page that a request asks for. Refuses a token that was not made for the same request."""
        size = min(getattr(request, "page_size") or default, most)  # noqa: B009  every list request has the field
        token = getattr(request, "page_token")  # noqa: B009
        if not token:
            return Page((), size)
        try:
            binding, *after = self._tokens.read(token)
        except ValueError as error:
            raise _invalid(str(error)) from error
        if binding != _binding(request):
            raise _invalid("made for another request")
        return Page(tuple(after), size)

    def cut(
        self, request: Message, page: Page, rows: Sequence[Row], keys: Callable[[Row], tuple[str, ...]]
    ) -> tuple[Sequence[Row], str]:
        """The rows of a page, and the next page's token: empty unless one row more than the page was found."""
        if len(rows) <= page.size:
            return rows, ""
        shown = rows[: page.size]
        return shown, self.token(request, keys(shown[-1]))

    def token(self, request: Message, after: tuple[str, ...]) -> str:
        """The token of the page after these keys, for a list that knows by itself whether there is one."""
        return self._tokens.write([_binding(request), *after])


def _binding(request: Message) -> str:
    bound = type(request)()
    bound.CopyFrom(request)
    for field in _NOT_BOUND:
        bound.ClearField(field)
    body = request.DESCRIPTOR.full_name.encode() + bound.SerializeToString(deterministic=True)
    return hashlib.blake2b(body, digest_size=9).hexdigest()


def _invalid(why: str) -> InvalidArgument:
    return InvalidArgument.of("page_token", why, reason="PAGE_TOKEN_INVALID")
