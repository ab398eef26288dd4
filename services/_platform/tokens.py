"""Opaque tokens that callers hand back: signed, so that what comes back is what was handed out."""

from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from services._platform.errors import InvalidArgument
from services._platform.outbox import Position


class Tokens:
    """Signs JSON values for one purpose: a token made for one is refused for another."""

    def __init__(self, key: bytes, purpose: str) -> None:
        self._serializer = URLSafeSerializer(key, salt=purpose)

    def write(self, value: Any) -> str:
        """The token of a value."""
        return str(self._serializer.dumps(value))

    def read(self, token: str) -> Any:
        """The value of a token. Raises `ValueError` when it was not made by `write`."""
        try:
            return self._serializer.loads(token)
        except BadData as error:
            raise ValueError("not made by this server") from error


class PositionTokens:
    """Resume tokens: positions in the outbox."""

    def __init__(self, key: bytes) -> None:
        self._tokens = Tokens(key, "position")

    def write(self, position: Position) -> str:
        """The token of a position."""
        return self._tokens.write([position.transaction, position.id])

    def read(self, token: str) -> Position:
        """The position of a token. Refuses one that was not made here."""
        try:
            return Position(*self._tokens.read(token))
        except ValueError as error:
            raise InvalidArgument.of("resume_token", str(error), reason="RESUME_TOKEN_INVALID") from error
