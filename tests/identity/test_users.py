"""Accounts, and proving that one is yours."""

import io
import json
import logging
import statistics
import time
import uuid
from typing import Any

import pytest

from mesh.identity.v1 import event_pb2, user_pb2
from mesh.identity.v1.audit_entry_service_pb2 import ListAuditEntriesRequest
from mesh.identity.v1.user_service_pb2 import (
    ChangePasswordRequest,
    CreateUserRequest,
    GetUserRequest,
    ListUsersRequest,
    RequestEmailVerificationRequest,
    RequestPasswordResetRequest,
    ResetPasswordRequest,
    UpdateUserRequest,
    VerifyEmailRequest,
)
from services._platform.redaction import REDACTED, redacted
from services.identity.domain.derivation import Secret
from services.identity.security.passwords import Passwords
from tests.conftest import Database, eventually
from tests.identity.conftest import PASSWORD, Identity, own, role, running
from tests.inventory.conftest import refused

NEW = "another good password"


def sign_up(email: str, **more: Any) -> CreateUserRequest:
    """A request to sign up."""
    return CreateUserRequest(user=user_pb2.User(email=email, display_name="Ada"), password=PASSWORD, **more)


async def test_nobody_signs_in_before_the_address_is_verified(identity: Identity) -> None:
    await identity.users.CreateUser(sign_up("ada@example.com"))
    assert (await refused(identity.sign_in("ada@example.com"))).reason == "SIGN_IN_REFUSED"
    [told] = await identity.told(event_pb2.EmailVerificationRequested)
    assert told.user.email == "ada@example.com"
    await identity.users.VerifyEmail(VerifyEmailRequest(token=told.token))
    await identity.users.VerifyEmail(VerifyEmailRequest(token=told.token))
    assert (await identity.sign_in("ada@example.com")).session.name


async def test_signing_up_does_not_tell_who_has_an_account(identity: Identity) -> None:
    first = await identity.users.CreateUser(sign_up("ada@example.com"))
    second = await identity.users.CreateUser(sign_up("ADA@example.com"))
    assert first.name != second.name
    first.name = second.name
    assert first == second
    [told] = await identity.told(event_pb2.SignUpRepeated)
    assert told.user.email == "ada@example.com"
    admin = await identity.admin()
    found = await admin.users.ListUsers(ListUsersRequest(filter='email = "ada@example.com"'))
    assert len(found.users) == 1


async def test_signing_up_grants_nothing(identity: Identity) -> None:
    user = user_pb2.User(
        email="eve@example.com",
        display_name="Eve",
        roles=[role("ADMIN")],
        tier=user_pb2.TIER_ENTERPRISE,
        email_verified=True,
    )
    made = await identity.users.CreateUser(CreateUserRequest(user=user, password=PASSWORD))
    assert (list(made.roles), made.tier, made.email_verified) == ([role("CUSTOMER")], user_pb2.TIER_FREE, False)


async def test_a_replayed_sign_up_is_one(identity: Identity) -> None:
    request = sign_up("ada@example.com", request_id=str(uuid.uuid4()))
    assert await identity.users.CreateUser(request) == await identity.users.CreateUser(request)
    other = sign_up("eve@example.com", request_id=request.request_id)
    assert (await refused(identity.users.CreateUser(other))).reason == "REQUEST_ID_REUSED"


async def test_people_change_their_name_and_administrators_the_rest(identity: Identity) -> None:
    made = await identity.user("ada@example.com")
    ada = identity.by((await identity.sign_in("ada@example.com")).tokens.access_token)
    changed = await ada.users.UpdateUser(UpdateUserRequest(user=user_pb2.User(name="users/me", display_name="Lady A")))
    assert changed.display_name == "Lady A"
    reserved: dict[str, dict[str, Any]] = {
        "roles": {"roles": [role("ADMIN")]},
        "tier": {"tier": user_pb2.TIER_ENTERPRISE},
        "disabled": {"disabled": True},
    }
    for field, values in reserved.items():
        request = UpdateUserRequest(user=user_pb2.User(name=made.name, **values))
        refusal = await refused(ada.users.UpdateUser(request))
        assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "FIELD_RESERVED")
        assert refusal.metadata == {"permission": "identity.manage", "field": field}
    admin = await identity.admin()
    user = user_pb2.User(name=made.name, roles=[role("MANAGER")], tier=user_pb2.TIER_PREMIUM)
    promoted = await admin.users.UpdateUser(UpdateUserRequest(user=user))
    assert (list(promoted.roles), promoted.tier) == ([role("MANAGER")], user_pb2.TIER_PREMIUM)
    stale = UpdateUserRequest(user=user_pb2.User(name=made.name, display_name="x", etag=changed.etag))
    assert (await refused(admin.users.UpdateUser(stale))).reason == "ETAG_MISMATCH"
    service = UpdateUserRequest(user=user_pb2.User(name=made.name, roles=[role("SERVICE")]))
    assert (await refused(admin.users.UpdateUser(service))).fields == ["user.roles[0]"]


async def test_strangers_see_nobody(identity: Identity) -> None:
    eve = await identity.user("eve@example.com")
    await identity.user("ada@example.com")
    ada = identity.by((await identity.sign_in("ada@example.com")).tokens.access_token)
    assert (await refused(ada.users.GetUser(GetUserRequest(name=eve.name)))).code == "PERMISSION_DENIED"
    assert (await refused(ada.users.ListUsers(ListUsersRequest()))).reason == "PERMISSION_MISSING"
    assert (await refused(identity.users.GetUser(GetUserRequest(name=eve.name)))).code == "UNAUTHENTICATED"


async def test_a_new_password_signs_out_everywhere_else(identity: Identity) -> None:
    await identity.user("ada@example.com")
    here, there = await identity.sign_in("ada@example.com"), await identity.sign_in("ada@example.com")
    ada = identity.by(here.tokens.access_token)
    wrong = ChangePasswordRequest(current_password="wrong", new_password=NEW)  # noqa: S106
    assert (await refused(ada.users.ChangePassword(wrong))).reason == "SIGN_IN_REFUSED"
    request = ChangePasswordRequest(current_password=PASSWORD, new_password=NEW, request_id=str(uuid.uuid4()))
    await ada.users.ChangePassword(request)
    await ada.users.ChangePassword(request)
    assert (await refused(identity.refresh(there.tokens.refresh_token))).reason == "REFRESH_REFUSED"
    assert (await identity.refresh(here.tokens.refresh_token)).access_token
    assert (await refused(identity.sign_in("ada@example.com"))).reason == "SIGN_IN_REFUSED"
    assert (await identity.sign_in("ada@example.com", NEW)).session.name
    assert len(await identity.told(event_pb2.PasswordChanged)) == 1


async def test_a_forgotten_password_is_set_by_mail_once(identity: Identity) -> None:
    await identity.user("ada@example.com")
    open_session = await identity.sign_in("ada@example.com")
    for email in ("ada@example.com", "nobody@example.com"):
        await identity.users.RequestPasswordReset(RequestPasswordResetRequest(email=email))

    async def sent() -> list[Any]:
        return await identity.told(event_pb2.PasswordResetRequested)

    await eventually(sent)
    [told] = await sent()
    assert told.user.email == "ada@example.com"
    verify = await refused(identity.users.VerifyEmail(VerifyEmailRequest(token=told.token)))
    assert verify.reason == "MAIL_TOKEN_INVALID"
    await identity.users.ResetPassword(ResetPasswordRequest(token=told.token, new_password=NEW))
    again = ResetPasswordRequest(token=told.token, new_password="a third good password")  # noqa: S106
    assert (await refused(identity.users.ResetPassword(again))).reason == "MAIL_TOKEN_INVALID"
    assert (await refused(identity.refresh(open_session.tokens.refresh_token))).reason == "REFRESH_REFUSED"
    assert (await identity.sign_in("ada@example.com", NEW)).session.name


async def test_what_is_sent_by_mail_expires(identity: Identity) -> None:
    await identity.users.CreateUser(sign_up("ada@example.com"))
    [told] = await identity.told(event_pb2.EmailVerificationRequested)
    identity.clock.advance(days=1)
    late = await refused(identity.users.VerifyEmail(VerifyEmailRequest(token=told.token)))
    assert late.reason == "MAIL_TOKEN_INVALID"
    await identity.users.RequestEmailVerification(RequestEmailVerificationRequest(email="ada@example.com"))

    async def sent() -> bool:
        return len(await identity.told(event_pb2.EmailVerificationRequested)) == 2

    await eventually(sent)


async def test_passwords_are_compared_in_the_same_time_for_unknown_users() -> None:
    passwords = Passwords(own(), Secret(b"pepper"))
    try:
        known = await passwords.hash(PASSWORD, known=False)
        await passwords.verify("", "warm", known=False)
        took: dict[str, list[float]] = {known: [], "": []}
        for _ in range(12):
            for password_hash, times in took.items():
                started = time.thread_time(), time.perf_counter()
                assert not (await passwords.verify(password_hash, "wrong", known=False)).right
                times.append(time.perf_counter() - started[1])
        # Medians of interleaved runs; without the decoy the second would be a hundredth of the first.
        ratio = statistics.median(took[""]) / statistics.median(took[known])
        assert 0.5 < ratio < 2, took
    finally:
        passwords.close()


async def test_a_hash_of_older_parameters_is_renewed(identity: Identity, database: Database) -> None:
    await identity.user("ada@example.com")
    async with running(database, identity.clock, argon2_passes=3) as newer:
        await newer.sign_in("ada@example.com")
        await newer.sign_in("ada@example.com")
    async with database.connect() as sql:
        kept = await sql.fetchval("SELECT password_hash FROM identity.account WHERE email = 'ada@example.com'")
    assert "m=19456,t=3,p=1" in kept
    assert (await identity.sign_in("ada@example.com")).session.name


@pytest.mark.parametrize("weak", [{"argon2_memory": 19_455}, {"argon2_passes": 1}, {"key": "short"}])
def test_settings_below_the_floor_are_refused(weak: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"greater than or equal|at least"):
        own(**weak)


async def test_everything_is_written_down(identity: Identity) -> None:
    user = await identity.user("ada@example.com")
    done = await identity.sign_in("ada@example.com")
    await refused(identity.sign_in("ada@example.com", "wrong"))
    admin = await identity.admin()
    listed = await admin.audit.ListAuditEntries(ListAuditEntriesRequest(filter=f'subject = "{user.name}"'))
    assert [entry.action for entry in listed.audit_entries] == ["sign_in.refused", "user.changed", "user.created"]
    own_entries = await admin.audit.ListAuditEntries(ListAuditEntriesRequest(filter=f'actor = "{user.name}"'))
    assert [(entry.action, entry.subject) for entry in own_entries.audit_entries] == [
        ("session.created", done.session.name)
    ]
    assert own_entries.audit_entries[0].address == "127.0.0.1"
    assert own_entries.audit_entries[0].request_id
    ada = identity.by(done.tokens.access_token)
    assert (await refused(ada.audit.ListAuditEntries(ListAuditEntriesRequest()))).reason == "PERMISSION_MISSING"


async def test_no_secret_is_logged(identity: Identity, capfd: pytest.CaptureFixture[str]) -> None:
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    logging.getLogger().addHandler(handler)
    try:
        await identity.user("ada@example.com")
        done = await identity.sign_in("ada@example.com")
        await refused(identity.sign_in("ada@example.com", "a wrong password"))
        made = await identity.by(done.tokens.access_token).api_key("inventory.read")
        await identity.check(headers={"x-api-key": made.key})
        await identity.check(headers={"x-api-key": made.key[:-1] + "!"})
        await identity.refresh(done.tokens.refresh_token)
    finally:
        logging.getLogger().removeHandler(handler)
    said = heard.getvalue() + "".join(capfd.readouterr())
    for secret in (PASSWORD, "a wrong password", done.tokens.access_token, done.tokens.refresh_token, made.key):
        assert secret not in said
    assert redacted(made).key == REDACTED
    assert redacted(done).tokens.refresh_token == REDACTED
    assert PASSWORD not in json.dumps(str(redacted(sign_up("ada@example.com"))))
