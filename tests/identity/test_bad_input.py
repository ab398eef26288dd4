"""Every bad input is refused with a status, a reason and a field, and writes nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from mesh.identity.v1 import api_key_pb2, user_pb2
from mesh.identity.v1.api_key_service_pb2 import (
    CreateApiKeyRequest,
    DeleteApiKeyRequest,
    GetApiKeyRequest,
    ListApiKeysRequest,
    RotateApiKeyRequest,
)
from mesh.identity.v1.audit_entry_service_pb2 import ListAuditEntriesRequest
from mesh.identity.v1.key_service_pb2 import RotateSigningKeyRequest
from mesh.identity.v1.session_service_pb2 import (
    CreateSessionRequest,
    DeleteSessionRequest,
    ListSessionsRequest,
    RevokeSessionsRequest,
)
from mesh.identity.v1.user_service_pb2 import (
    ChangePasswordRequest,
    CreateUserRequest,
    GetUserRequest,
    ListUsersRequest,
    ResetPasswordRequest,
    UpdateUserRequest,
    VerifyEmailRequest,
)
from tests.conftest import Database
from tests.identity.conftest import PASSWORD, Identity
from tests.inventory.conftest import refused

Call = Callable[[Identity], Awaitable[Any]]
UUID = "0198c0de-0000-7000-8000-000000000000"


def _user(password: str = PASSWORD, request_id: str = "", **fields: Any) -> Call:
    user = user_pb2.User(**{"email": "new@example.com", "display_name": "New", **fields})
    request = CreateUserRequest(user=user, password=password, request_id=request_id)
    return lambda one: one.users.CreateUser(request)


def _session(**fields: Any) -> Call:
    request = CreateSessionRequest(**{"email": "root@example.com", "password": PASSWORD, **fields})
    return lambda one: one.sessions.CreateSession(request)


def _key(**fields: Any) -> Call:
    key = api_key_pb2.ApiKey(**{"display_name": "x", "scopes": ["identity.use"], **fields})
    return lambda one: one.api_keys.CreateApiKey(CreateApiKeyRequest(api_key=key))


def _update(*paths: str, **fields: Any) -> Call:
    user = user_pb2.User(**{"name": "users/me", **fields})
    return lambda one: one.users.UpdateUser(UpdateUserRequest(user=user, update_mask=FieldMask(paths=paths)))


def _rotate(**fields: Any) -> Call:
    request = RotateApiKeyRequest(**{"name": f"apiKeys/{UUID}", **fields})
    return lambda one: one.api_keys.RotateApiKey(request)


BAD: dict[str, tuple[Call, str, list[str]]] = {
    "no address": (_user(email=""), "FIELD_INVALID", ["user.email"]),
    "no such form of address": (_user(email="ada"), "FIELD_INVALID", ["user.email"]),
    "overlong address": (_user(email="a@" + "b" * 250 + ".com"), "FIELD_INVALID", ["user.email"] * 2),
    "no name to show": (_user(display_name=""), "FIELD_INVALID", ["user.display_name"]),
    "short password": (_user("short"), "FIELD_INVALID", ["password"]),
    "overlong password": (_user("x" * 257), "FIELD_INVALID", ["password"]),
    "unknown role": (_user(roles=[99]), "FIELD_INVALID", ["user.roles[0]"]),
    "request id that is no UUID": (_user(request_id="1"), "FIELD_INVALID", ["request_id"]),
    "no user at all": (
        lambda one: one.users.CreateUser(CreateUserRequest(password=PASSWORD)),
        "FIELD_INVALID",
        ["user"],
    ),
    "no user of this name": (
        lambda one: one.users.GetUser(GetUserRequest(name=f"users/{UUID}")),
        "USER_NOT_FOUND",
        [],
    ),
    "name that is no UUID": (
        lambda one: one.users.GetUser(GetUserRequest(name=f"users/{'0' * 36}")),
        "FIELD_INVALID",
        ["name"],
    ),
    "name of another thing": (
        lambda one: one.users.GetUser(GetUserRequest(name=f"sessions/{UUID}")),
        "FIELD_INVALID",
        ["name"],
    ),
    "name with a way out": (
        lambda one: one.users.GetUser(GetUserRequest(name="users/../x")),
        "FIELD_INVALID",
        ["name"],
    ),
    "update without a name": (_update(name="", display_name="x"), "FIELD_INVALID", ["user.name"]),
    "update of the address": (_update("email", email="b@example.com"), "FIELD_INVALID", ["update_mask"]),
    "update of what is not there": (_update("nothing"), "FIELD_INVALID", ["update_mask"]),
    "update to nothing": (_update("display_name"), "FIELD_INVALID", ["user.display_name"]),
    "unknown tier": (_update("tier", tier=99), "FIELD_INVALID", ["user.tier"]),
    "overlong search": (
        lambda one: one.users.ListUsers(ListUsersRequest(filter="x" * 401)),
        "FIELD_INVALID",
        ["filter"],
    ),
    "search by the password": (
        lambda one: one.users.ListUsers(ListUsersRequest(filter='password_hash = "x"')),
        "FILTER_INVALID",
        ["filter"],
    ),
    "page token of ours, forged": (
        lambda one: one.users.ListUsers(ListUsersRequest(page_token="x")),  # noqa: S106
        "PAGE_TOKEN_INVALID",
        ["page_token"],
    ),
    "negative page": (lambda one: one.users.ListUsers(ListUsersRequest(page_size=-1)), "FIELD_INVALID", ["page_size"]),
    "sign-in without a password": (_session(password=""), "FIELD_INVALID", ["password"]),
    "sign-in with a book as password": (_session(password="x" * 257), "FIELD_INVALID", ["password"]),
    "sign-in with a book as device": (_session(device_token="x" * 201), "FIELD_INVALID", ["device_token"]),
    "sign-in with a wrong password": (_session(password="wrong"), "SIGN_IN_REFUSED", []),  # noqa: S106
    "session that is none": (
        lambda one: one.sessions.DeleteSession(DeleteSessionRequest(name="sessions/x")),
        "FIELD_INVALID",
        ["name"],
    ),
    "session that is not there": (
        lambda one: one.sessions.DeleteSession(DeleteSessionRequest(name=f"sessions/{UUID}")),
        "SESSION_NOT_FOUND",
        [],
    ),
    "sessions of a thing": (
        lambda one: one.sessions.ListSessions(ListSessionsRequest(user="apiKeys/x")),
        "FIELD_INVALID",
        ["user"],
    ),
    "sessions of all": (
        lambda one: one.sessions.RevokeSessions(RevokeSessionsRequest(user="users/*")),
        "FIELD_INVALID",
        ["user"],
    ),
    "key without scopes": (_key(scopes=[]), "FIELD_INVALID", ["api_key.scopes"]),
    "key with a scope twice": (_key(scopes=["identity.use"] * 2), "FIELD_INVALID", ["api_key.scopes"]),
    "key with a wildcard": (_key(scopes=["*"]), "FIELD_INVALID", ["api_key.scopes[0]"]),
    "key with a scope that nobody has": (_key(scopes=["a.b"]), "SCOPE_NOT_HELD", []),
    "key without a name to show": (_key(display_name=""), "FIELD_INVALID", ["api_key.display_name"]),
    "key that is none": (
        lambda one: one.api_keys.GetApiKey(GetApiKeyRequest(name="apiKeys/x")),
        "FIELD_INVALID",
        ["name"],
    ),
    "key that is not there": (
        lambda one: one.api_keys.DeleteApiKey(DeleteApiKeyRequest(name=f"apiKeys/{UUID}")),
        "API_KEY_NOT_FOUND",
        [],
    ),
    "keys of nobody": (
        lambda one: one.api_keys.ListApiKeys(ListApiKeysRequest(user="users/")),
        "FIELD_INVALID",
        ["user"],
    ),
    "rotation of what is not there": (_rotate(), "API_KEY_NOT_FOUND", []),
    "negative overlap": (_rotate(overlap=Duration(seconds=-1)), "FIELD_INVALID", ["overlap"]),
    "endless overlap": (_rotate(overlap=Duration(seconds=2592001)), "FIELD_INVALID", ["overlap"]),
    "mail token that is none": (
        lambda one: one.users.VerifyEmail(VerifyEmailRequest(token="x")),  # noqa: S106
        "MAIL_TOKEN_INVALID",
        [],
    ),
    "mail token that is not text of ours": (
        lambda one: one.users.ResetPassword(ResetPasswordRequest(token="é" * 50, new_password=PASSWORD)),
        "MAIL_TOKEN_INVALID",
        [],
    ),
    "short new password": (
        lambda one: one.users.ChangePassword(ChangePasswordRequest(current_password=PASSWORD, new_password="x")),  # noqa: S106
        "FIELD_INVALID",
        ["new_password"],
    ),
    "audit by a field that is none": (
        lambda one: one.audit.ListAuditEntries(ListAuditEntriesRequest(filter="details = x")),
        "FILTER_INVALID",
        ["filter"],
    ),
    "rotation with a bad request id": (
        lambda one: one.keys.RotateSigningKey(RotateSigningKeyRequest(request_id="x")),
        "FIELD_INVALID",
        ["request_id"],
    ),
}


@pytest.mark.parametrize(("call", "reason", "fields"), BAD.values(), ids=BAD)
async def test_bad_input(identity: Identity, database: Database, call: Call, reason: str, fields: list[str]) -> None:
    admin = await identity.admin()
    async with database.connect() as sql:
        count = "SELECT (SELECT count(*) FROM identity.outbox) + (SELECT count(*) FROM identity.account)"
        before = await sql.fetchval(count)
        refusal = await refused(call(admin))
        assert (refusal.reason, refusal.fields) == (reason, fields)
        assert await sql.fetchval(count) == before
