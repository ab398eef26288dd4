"""Seeds of identity."""

import ipaddress
import secrets
from typing import Any

from tests.contract.callers import ANONYMOUS, bearer
from tests.contract.outcome import Json, Metadata
from tests.contract.seeds.api import Api

PACKAGE = "mesh.identity.v1"

_PASSWORD = secrets.token_urlsafe(16)
_MOST_KEYS = 60
"""Of the operator's; a user has at most 100."""


def new_user(api: Api) -> Json:
    return {"email": f"{api.unique('ada')}@example.com", "display_name": "Ada"}


def user(api: Api) -> str:
    return str(api("UserService/CreateUser", user=new_user(api), password=_PASSWORD)["name"])


def member(api: Api, *roles: str) -> Json:
    """A user who has signed in: `email`, `device_token`, and the answer to the sign-in."""
    person = new_user(api)
    name = api("UserService/CreateUser", user=person, password=_PASSWORD)["name"]
    given = {"name": name, "email_verified": True, **({"roles": roles} if roles else {})}
    api("UserService/UpdateUser", user=given)
    signed_in = sign_in(api.by(_elsewhere()), person["email"])
    return {"email": person["email"], **signed_in}


def sign_in(api: Api, email: str, password: str = _PASSWORD, device_token: str = "") -> Json:
    return api("SessionService/CreateSession", email=email, password=password, device_token=device_token)


def credentials(signed_in: Json) -> Metadata:
    return bearer(signed_in["tokens"]["access_token"])


def regular(api: Api) -> Json:
    """How somebody signs in whose device is known, so that wrong passwords of others do not hold them up."""
    known = api.kept("regular", member)
    # Attempts that were cut off count as wrong ones, until one succeeds.
    sign_in(api, known["email"], device_token=known["device_token"])
    return {"email": known["email"], "password": _PASSWORD, "device_token": known["device_token"]}


def new_session(api: Api) -> Json:
    return api("SessionService/CreateSession", **regular(api))


def session(api: Api) -> str:
    return str(new_session(api)["session"]["name"])


def new_api_key(api: Api) -> Json:
    _make_room(api)
    return {"display_name": "A program", "scopes": ["identity.use"]}


def api_key(api: Api) -> str:
    return str(api("ApiKeyService/CreateApiKey", api_key=new_api_key(api))["api_key"]["name"])


def administrator(api: Api) -> Metadata:
    """Somebody new who may do everything, and may be changed."""
    return credentials(member(api, "ROLE_ADMIN"))


def changer(api: Api) -> Metadata:
    """Somebody new: the password of whoever asked before may be another by now."""
    return credentials(member(api))


def audited(api: Api) -> str:
    return f'subject = "{user(api)}"'


def change(api: Api, request: Json) -> None:
    """One more audit entry about the user that the request asks for."""
    name = request["filter"].split('"')[1]
    api("UserService/UpdateUser", user={"name": name, "display_name": api.unique("Ada")})


def reset_token(api: Api) -> str:
    made = api("UserService/GetUser", name=user)
    api("UserService/RequestPasswordReset", email=made["email"])
    return str(api.announced("PasswordResetRequested", made["name"])["token"])


def _elsewhere() -> Metadata:
    """From an address where nobody was before: attempts to sign in are counted by address."""
    network = ipaddress.IPv6Address(secrets.token_bytes(16))
    return (*ANONYMOUS, ("x-envoy-external-address", str(network)))


def _make_room(api: Api) -> None:
    """Revokes keys when there are many, but for the oldest, which the laws refer to."""
    keys: list[Any] = api("ApiKeyService/ListApiKeys", page_size=250).get("api_keys", [])
    if len(keys) > _MOST_KEYS:
        for key in keys[:-10]:
            api("ApiKeyService/DeleteApiKey", name=key["name"])


RESOURCES = {
    "mesh/User": user,
    "mesh/Session": session,
    "mesh/ApiKey": api_key,
}

REQUESTS = {
    "ApiKeyService/CreateApiKey": {"api_key": new_api_key},
    "ApiKeyService/GetApiKey": {"name": api_key},
    "ApiKeyService/ListApiKeys": {},
    "ApiKeyService/RotateApiKey": {"name": api_key},
    "ApiKeyService/DeleteApiKey": {"name": api_key},
    "AuditEntryService/ListAuditEntries": {"filter": audited},
    "KeyService/GetJwks": {},
    "KeyService/RotateSigningKey": {},
    "KeyService/IssueServiceToken": {},
    "SessionService/CreateSession": regular,
    "SessionService/RefreshSession": {"refresh_token": lambda api: new_session(api)["tokens"]["refresh_token"]},
    "SessionService/ListSessions": {"user": lambda api: new_session(api)["session"]["user"]},
    "SessionService/DeleteSession": {"name": session},
    "SessionService/RevokeSessions": {"user": user},
    "UserService/CreateUser": {"user": new_user, "password": _PASSWORD},
    "UserService/GetUser": {"name": user},
    "UserService/ListUsers": {},
    "UserService/UpdateUser": {"user": {"name": user, "display_name": "Grace"}},
    "UserService/ChangePassword": {"current_password": _PASSWORD, "new_password": _PASSWORD},
    "UserService/RequestEmailVerification": {"email": lambda api: new_user(api)["email"]},
    "UserService/VerifyEmail": {"token": lambda api: api.announced("EmailVerificationRequested", user(api))["token"]},
    "UserService/RequestPasswordReset": {"email": lambda api: new_user(api)["email"]},
    "UserService/ResetPassword": {"token": reset_token, "new_password": _PASSWORD},
}

MORE = {"AuditEntryService/ListAuditEntries": change}

CALLERS = {
    "ApiKeyService/ListApiKeys": administrator,
    "UserService/ChangePassword": changer,
    "UserService/UpdateUser": administrator,
}
