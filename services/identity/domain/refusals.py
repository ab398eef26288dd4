"""Every way in which identity says no. The reasons are those of `mesh.identity.v1.ErrorReason`."""

from services._platform.errors import (
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)


class SignInRefused(Unauthenticated):
    """Not an account that may sign in with this password; it says no more on purpose."""

    reason = "SIGN_IN_REFUSED"

    def __init__(self) -> None:
        super().__init__("this address and password do not sign in; a new account has to verify its address first")


class SignInDelayed(ResourceExhausted):
    """Too many wrong passwords from here."""

    reason = "SIGN_IN_DELAYED"

    def __init__(self, seconds: float) -> None:
        super().__init__("too many wrong passwords were tried from here", retry_after=seconds)


class RefreshRefused(Unauthenticated):
    """The refresh token is none of ours, or its session is over."""

    reason = "REFRESH_REFUSED"

    def __init__(self) -> None:
        super().__init__("the session is over; sign in again")


class RefreshTokenReused(Unauthenticated):
    """The refresh token was exchanged before; whoever sends it again has a copy."""

    reason = "REFRESH_TOKEN_REUSED"

    def __init__(self, session: str) -> None:
        super().__init__(
            "the refresh token was used before, so the session was ended; sign in again",
            metadata={"session": f"sessions/{session}"},
        )


class SessionNotFound(NotFound):
    """No such open session, or not one that the caller may see."""

    reason = "SESSION_NOT_FOUND"

    def __init__(self, session: str) -> None:
        super().__init__(f"there is no session {session}", metadata={"session": f"sessions/{session}"})


class UserNotFound(NotFound):
    """No such user, or not one that the caller may see."""

    reason = "USER_NOT_FOUND"

    def __init__(self, user: str) -> None:
        super().__init__(f"there is no user {user}", metadata={"user": f"users/{user}"})


class FieldReserved(PermissionDenied):
    """A field that only administrators write."""

    reason = "FIELD_RESERVED"

    def __init__(self, field: str, permission: str) -> None:
        super().__init__(
            f"only who holds {permission} writes {field}", metadata={"permission": permission, "field": field}
        )


class MailTokenInvalid(InvalidArgument):
    """Not a token that we sent for this, or not any more."""

    reason = "MAIL_TOKEN_INVALID"

    def __init__(self) -> None:
        super().__init__("the token was not sent by us for this, is too old, or was used")


class ScopeNotHeld(PermissionDenied):
    """A key would hold more than its user."""

    reason = "SCOPE_NOT_HELD"

    def __init__(self, scope: str) -> None:
        super().__init__(f"the caller does not hold {scope}", metadata={"scope": scope})


class TierNotHeld(PermissionDenied):
    """A key would have wider limits than its user."""

    reason = "TIER_NOT_HELD"

    def __init__(self, tier: str, held: str) -> None:
        super().__init__(f"the user's tier is {held}", metadata={"tier": tier, "held": held})


class ApiKeyLimitExceeded(ResourceExhausted):
    """The user has as many keys as one may have."""

    reason = "API_KEY_LIMIT_EXCEEDED"

    def __init__(self, user: str, limit: int) -> None:
        super().__init__(
            f"a user has at most {limit} API keys; revoke one", metadata={"user": f"users/{user}", "limit": limit}
        )


class ApiKeyNotFound(NotFound):
    """No such API key, or not one that the caller may see."""

    reason = "API_KEY_NOT_FOUND"

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no API key {key}", metadata={"apiKey": f"apiKeys/{key}"})


class AccountRequired(PermissionDenied):
    """The caller's own account is meant, and an API key or a service has none."""

    reason = "ACCOUNT_REQUIRED"

    def __init__(self, caller: str) -> None:
        super().__init__("only a signed-in user may do this", metadata={"caller": caller})
