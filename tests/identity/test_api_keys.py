"""API keys: what they open, and how soon they do not any more."""

import hashlib
import hmac
import json
import uuid
from datetime import timedelta

import asyncpg
import jwt
import pytest
from google.protobuf.duration_pb2 import Duration

from mesh.identity.v1 import user_pb2
from mesh.identity.v1.api_key_pb2 import ApiKey
from mesh.identity.v1.api_key_service_pb2 import (
    CreateApiKeyRequest,
    DeleteApiKeyRequest,
    GetApiKeyRequest,
    ListApiKeysRequest,
    RotateApiKeyRequest,
)
from mesh.identity.v1.check_pb2 import CheckResponse
from mesh.identity.v1.user_service_pb2 import GetUserRequest, ListUsersRequest, UpdateUserRequest
from tests.conftest import Clock, Database, eventually
from tests.identity.conftest import Identity, running
from tests.inventory.conftest import refused


async def ada(identity: Identity) -> Identity:
    """Somebody signed in."""
    await identity.user("ada@example.com")
    return identity.by((await identity.sign_in("ada@example.com")).tokens.access_token)


def passed(answer: CheckResponse) -> bool:
    """Whether a request goes on, by a token instead of its key."""
    return answer.status.code == 0 and answer.HasField("ok_response")


def bearer(answer: CheckResponse) -> str:
    """The token that a key became."""
    [option] = answer.ok_response.headers
    assert (option.header.key, option.append_action) == ("authorization", 2)
    return option.header.value.removeprefix("Bearer ")


def told(answer: CheckResponse) -> str:
    """How Envoy is to refuse."""
    body = json.loads(answer.denied_response.body)
    assert body["code"] == answer.status.code
    return f"{answer.denied_response.status.code} {body['details'][0]['reason']} {body['message']}"


async def test_a_key_becomes_a_token_that_holds_its_scopes(identity: Identity) -> None:
    made = await (await ada(identity)).api_key("inventory.read")
    answer = await identity.check(method="GET", path="/v1/products", headers={"x-api-key": made.key})
    assert passed(answer)
    assert "x-api-key" in answer.ok_response.headers_to_remove
    claims = jwt.decode(bearer(answer), options={"verify_signature": False})
    assert (claims["sub"], claims["scopes"], claims["tier"]) == (made.api_key.name, ["inventory.read"], "free")
    assert claims["roles"] == ["customer"]
    assert claims["exp"] - claims["iat"] <= 120
    metadata = dict(answer.dynamic_metadata)
    assert (metadata["subject"], metadata["tier"], metadata["api_key"]) == (
        made.api_key.name,
        "free",
        made.api_key.name,
    )
    assert metadata["expires"] == claims["exp"]

    async def remembered() -> bool:
        return await identity.check(headers={"x-api-key": made.key}) == await identity.check(
            headers={"x-api-key": made.key}
        )

    # Once the news of the key's creation has passed through, which makes every replica forget what it knows of it.
    await eventually(remembered)


async def test_a_key_does_no_more_than_its_scopes(identity: Identity) -> None:
    admin = await identity.admin()
    narrow, wide = await admin.api_key("inventory.read"), await admin.api_key("identity.manage")
    narrow_token = bearer(await identity.check(headers={"x-api-key": narrow.key}))
    refusal = await refused(identity.by(narrow_token).users.ListUsers(ListUsersRequest()))
    assert (refusal.reason, refusal.metadata) == ("PERMISSION_MISSING", {"permission": "identity.manage"})
    wide_token = bearer(await identity.check(headers={"x-api-key": wide.key}))
    assert (await identity.by(wide_token).users.ListUsers(ListUsersRequest())).users


async def test_a_key_has_no_account(identity: Identity) -> None:
    admin = await identity.admin()
    key = await admin.api_key("identity.use")
    by_key = identity.by(bearer(await identity.check(headers={"x-api-key": key.key})))
    refusal = await refused(by_key.users.GetUser(GetUserRequest(name="users/me")))
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "ACCOUNT_REQUIRED")
    assert refusal.metadata == {"caller": key.api_key.name}


async def test_a_request_without_a_key_goes_on_as_it_is(identity: Identity) -> None:
    answer = await identity.check(headers={"authorization": "Bearer x"})
    assert answer.status.code == 0
    assert not answer.ok_response.headers


async def test_a_mistyped_key_is_refused_without_a_look_at_the_store(
    identity: Identity, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await (await ada(identity)).api_key("inventory.read")
    async with database.connect() as sql:
        # With the table gone, whoever looks meets an error.
        await sql.execute("ALTER TABLE identity.api_key RENAME TO away")
        for place in (3, 20, 40, 62):
            other = "a" if made.key[place] != "a" else "b"
            mistyped = made.key[:place] + other + made.key[place + 1 :]
            answer = await identity.check(headers={"x-api-key": mistyped})
            assert told(answer) == "401 CREDENTIALS_INVALID the API key is mistyped, or none of ours"
        for nonsense in ("", "mk_", "mk_" + "z" * 60, "sk_live", "mk_" + "é" * 60, made.key + "a"):
            assert "mistyped" in told(await identity.check(headers={"x-api-key": nonsense}))
        assert "500 INTERNAL" in told(await identity.check(headers={"x-api-key": made.key}))


async def test_a_revoked_key_stops_at_once_in_every_replica(
    identity: Identity, database: Database, clock: Clock
) -> None:
    owner = await ada(identity)
    made = await owner.api_key("inventory.read")
    async with running(database, clock) as other:
        assert passed(await other.check(headers={"x-api-key": made.key}))
        await owner.api_keys.DeleteApiKey(DeleteApiKeyRequest(name=made.api_key.name))

        async def refused_there() -> bool:
            return not passed(await other.check(headers={"x-api-key": made.key}))

        await eventually(refused_there, seconds=5)
    assert (await refused(owner.api_keys.GetApiKey(GetApiKeyRequest(name=made.api_key.name)))).reason == (
        "API_KEY_NOT_FOUND"
    )


async def test_the_keys_of_a_disabled_user_stop_at_once(identity: Identity) -> None:
    owner = await ada(identity)
    made = await owner.api_key("inventory.read")
    assert passed(await identity.check(headers={"x-api-key": made.key}))
    admin = await identity.admin()
    user = user_pb2.User(name=made.api_key.user, disabled=True)
    await admin.users.UpdateUser(UpdateUserRequest(user=user))

    async def stopped() -> bool:
        return not passed(await identity.check(headers={"x-api-key": made.key}))

    await eventually(stopped, seconds=5)
    assert (await refused(identity.sign_in("ada@example.com"))).reason == "SIGN_IN_REFUSED"


async def test_a_rotated_key_works_beside_the_new_one_for_a_while(identity: Identity) -> None:
    owner = await ada(identity)
    made = await owner.api_key("inventory.read")
    rotate = RotateApiKeyRequest(name=made.api_key.name, overlap=Duration(seconds=3600), request_id=str(uuid.uuid4()))
    rotated = await owner.api_keys.RotateApiKey(rotate)
    assert await owner.api_keys.RotateApiKey(rotate) == rotated
    assert rotated.key != made.key
    for key in (made.key, rotated.key):
        assert passed(await identity.check(headers={"x-api-key": key}))
    identity.clock.advance(hours=1)
    assert not passed(await identity.check(headers={"x-api-key": made.key}))
    assert passed(await identity.check(headers={"x-api-key": rotated.key}))


async def test_a_key_expires(identity: Identity) -> None:
    made = await (await ada(identity)).api_key("inventory.read")
    identity.clock.advance(days=364)
    assert passed(await identity.check(headers={"x-api-key": made.key}))
    identity.clock.advance(days=1)
    assert not passed(await identity.check(headers={"x-api-key": made.key}))


async def test_a_replayed_creation_tells_the_same_key(identity: Identity) -> None:
    owner = await ada(identity)
    key = ApiKey(display_name="A program", scopes=["inventory.read"])
    request = CreateApiKeyRequest(api_key=key, request_id=str(uuid.uuid4()))
    first, again = await owner.api_keys.CreateApiKey(request), await owner.api_keys.CreateApiKey(request)
    assert first == again
    assert passed(await identity.check(headers={"x-api-key": again.key}))
    assert len((await owner.api_keys.ListApiKeys(ListApiKeysRequest())).api_keys) == 1


async def test_no_value_of_a_key_is_in_the_database(identity: Identity, database: Database) -> None:
    owner = await ada(identity)
    request_id = str(uuid.uuid4())
    key = ApiKey(display_name="A program", scopes=["inventory.read"])
    made = await owner.api_keys.CreateApiKey(CreateApiKeyRequest(api_key=key, request_id=request_id))
    secrets = [made.key[10:], made.signing_secret]
    async with database.connect() as sql:
        tables = await sql.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'identity'")
        for table in tables:
            query = f'SELECT t::text FROM identity."{table["tablename"]}" AS t'  # noqa: S608  names of ours
            text = " ".join(row[0] for row in await sql.fetch(query))
            for secret in secrets:
                assert secret not in text
                assert secret.encode().hex() not in text


async def test_nobody_gives_more_than_they_have(identity: Identity) -> None:
    owner = await ada(identity)
    refusal = await refused(owner.api_key("inventory.read", "inventory.write"))
    assert (refusal.reason, refusal.metadata) == ("SCOPE_NOT_HELD", {"scope": "inventory.write"})
    refusal = await refused(owner.api_key("inventory.read", tier=user_pb2.TIER_ENTERPRISE))
    assert (refusal.reason, refusal.metadata) == ("TIER_NOT_HELD", {"tier": "enterprise", "held": "free"})


async def test_a_use_is_noted_later(identity: Identity, database: Database) -> None:
    owner = await ada(identity)
    made = await owner.api_key("inventory.read")
    async with running(database, identity.clock) as other:
        await other.check(headers={"x-api-key": made.key})
        used = identity.clock()

        async def noted() -> bool:
            shown = await owner.api_keys.GetApiKey(GetApiKeyRequest(name=made.api_key.name))
            return shown.HasField("last_use_time") and shown.last_use_time.ToMicroseconds() == int(
                used.timestamp() * 1_000_000
            )

        await eventually(noted, seconds=20)


async def test_a_signed_request_passes_once(identity: Identity) -> None:
    made = await (await ada(identity)).api_key("inventory.read", signature_required=True)
    call = {"method": "POST", "path": "/v1/reservations?x=1", "body": '{"a": 1}'}

    def signed(body: str, at: int) -> dict[str, str]:
        lines = f"{at}\nPOST\n/v1/reservations?x=1\n{hashlib.sha256(body.encode()).hexdigest()}"
        signature = hmac.new(made.signing_secret.encode(), lines.encode(), "sha256").hexdigest()
        return {"x-api-key": made.key, "x-timestamp": str(at), "x-signature": signature}

    now = int(identity.clock().timestamp())
    assert "are signed" in told(await identity.check(headers={"x-api-key": made.key}, **call))
    assert passed(await identity.check(headers=signed(call["body"], now), **call))
    assert "sent before" in told(await identity.check(headers=signed(call["body"], now), **call))
    upper = signed(call["body"], now)
    upper["x-signature"] = upper["x-signature"].upper()
    assert "sent before" in told(await identity.check(headers=upper, **call))
    assert "not that of this request" in told(await identity.check(headers=signed('{"a": 2}', now), **call))
    for off in (-301, 301):
        assert "seconds off" in told(await identity.check(headers=signed(call["body"], now + off), **call))


async def test_the_audit_log_cannot_be_changed(identity: Identity, database: Database) -> None:
    await (await ada(identity)).api_key("inventory.read")
    async with database.connect("identity") as sql:
        assert await sql.fetchval("SELECT count(*) FROM audit_entry") > 0
        for change in ("UPDATE audit_entry SET action = ''", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await sql.execute(change)


async def test_an_expiry_is_in_the_next_two_years(identity: Identity) -> None:
    owner = await ada(identity)
    for off in (timedelta(0), timedelta(days=-1), timedelta(days=731)):
        refusal = await refused(owner.api_key("inventory.read", expire_time=identity.clock() + off))
        assert refusal.fields == ["api_key.expire_time"]
