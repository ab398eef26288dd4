"""Every change is announced in the commit that makes it, and nothing else is."""

from mesh.identity.v1 import event_pb2, user_pb2
from mesh.identity.v1.api_key_service_pb2 import DeleteApiKeyRequest, RotateApiKeyRequest
from mesh.identity.v1.key_service_pb2 import RotateSigningKeyRequest
from mesh.identity.v1.session_service_pb2 import DeleteSessionRequest
from mesh.identity.v1.user_service_pb2 import (
    ChangePasswordRequest,
    CreateUserRequest,
    RequestPasswordResetRequest,
    UpdateUserRequest,
)
from tests.conftest import Database, eventually
from tests.identity.conftest import PASSWORD, Identity
from tests.inventory.conftest import refused


async def test_what_is_announced(identity: Identity, database: Database) -> None:
    heard: set[str] = set()
    seen = 0

    async def news() -> list[str]:
        nonlocal seen
        async with database.connect() as sql:
            rows = await sql.fetch("SELECT id, topic FROM identity.outbox WHERE id > $1 ORDER BY id", seen)
        seen = max((row["id"] for row in rows), default=seen)
        names = [row["topic"].rpartition(".")[2] for row in rows]
        heard.update(names)
        return names

    admin = await identity.admin()
    await news()
    user = await identity.user("ada@example.com")
    assert await news() == ["UserChanged", "EmailVerificationRequested", "UserChanged"]
    again = user_pb2.User(email="ada@example.com", display_name="Eve")
    await identity.users.CreateUser(CreateUserRequest(user=again, password=PASSWORD))
    assert await news() == ["SignUpRepeated"]
    signed_in = await identity.sign_in("ada@example.com")
    assert await news() == ["SessionCreated"]
    await identity.refresh(signed_in.tokens.refresh_token)
    await refused(identity.sign_in("ada@example.com", "wrong"))
    assert await news() == []
    ada = identity.by(signed_in.tokens.access_token)
    made = await ada.api_key("inventory.read")
    await ada.api_keys.RotateApiKey(RotateApiKeyRequest(name=made.api_key.name))
    await ada.api_keys.DeleteApiKey(DeleteApiKeyRequest(name=made.api_key.name))
    assert await news() == ["ApiKeyChanged", "ApiKeyChanged", "ApiKeyRevoked"]
    change = ChangePasswordRequest(current_password=PASSWORD, new_password="another good password")  # noqa: S106
    await ada.users.ChangePassword(change)
    assert await news() == ["PasswordChanged"]
    await ada.sessions.DeleteSession(DeleteSessionRequest(name="sessions/current"))
    assert await news() == ["SessionRevoked"]
    await identity.users.RequestPasswordReset(RequestPasswordResetRequest(email="ada@example.com"))

    async def requested() -> bool:
        return "PasswordResetRequested" in await news()

    await eventually(requested)
    await admin.keys.RotateSigningKey(RotateSigningKeyRequest())
    assert await news() == ["SigningKeyRotated"]
    await ada.api_key("inventory.read")
    await identity.sign_in("ada@example.com", "another good password")
    await news()
    await admin.users.UpdateUser(UpdateUserRequest(user=user_pb2.User(name=user.name, disabled=True)))
    assert await news() == ["UserChanged", "SessionRevoked", "ApiKeyRevoked"]
    assert heard == set(event_pb2.DESCRIPTOR.message_types_by_name)
