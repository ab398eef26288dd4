"""Rows as what they stand for."""

import json
from typing import Any

from services.identity.domain.api_keys import ApiKey
from services.identity.domain.audit import Entry, Origin
from services.identity.domain.sessions import Session
from services.identity.domain.signing_keys import SigningKey
from services.identity.domain.users import Account, User


def read_user(row: Any) -> User:
    """A user."""
    return User(
        id=str(row["user_id"]),
        email=row["email"],
        display_name=row["display_name"],
        roles=tuple(row["roles"]),
        tier=row["tier"],
        disabled=row["disabled"],
        email_verified=row["email_verified"],
        version=row["version"],
        create_time=row["create_time"],
        update_time=row["update_time"],
    )


def read_account(row: Any) -> Account:
    """A user with their password."""
    return Account(read_user(row), row["password_hash"], row["password_version"])


def read_session(row: Any) -> Session:
    """A session."""
    return Session(
        id=str(row["session_id"]),
        user=str(row["user_id"]),
        device_name=row["device_name"],
        address=row["address"],
        seed=row["seed"],
        generation=row["generation"],
        create_time=row["create_time"],
        refresh_time=row["refresh_time"],
        expire_time=row["expire_time"],
        revoke_time=row["revoke_time"],
    )


def read_api_key(row: Any) -> ApiKey:
    """An API key."""
    return ApiKey(
        id=str(row["api_key_id"]),
        user=str(row["user_id"]),
        display_name=row["display_name"],
        scopes=tuple(row["scopes"]),
        tier=row["tier"],
        signature_required=row["signature_required"],
        expire_time=row["expire_time"],
        prefix=row["prefix"],
        secret_hash=row["secret_hash"],
        previous_hash=row["previous_hash"],
        previous_expire_time=row["previous_expire_time"],
        create_time=row["create_time"],
        last_use_time=row["last_use_time"],
    )


def read_signing_key(row: Any) -> SigningKey:
    """A signing key, sealed."""
    return SigningKey(row["kid"], row["private"], row["create_time"], row["activate_time"])


def read_entry(row: Any) -> Entry:
    """A line of the audit log."""
    return Entry(
        action=row["action"],
        origin=Origin(row["actor"], row["address"], row["request_id"]),
        subject=row["subject"],
        details=json.loads(row["details"]),
        id=str(row["audit_entry_id"]),
        create_time=row["create_time"],
    )
