"""Who uses the local mesh: an administrator and a shop manager, with passwords that are made here and nowhere known."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clients import contract
from services._local.edge import Edge
from services._local.layout import read_json, write_json

ADMIN_EMAIL = "admin@mesh.example"
USER_EMAIL = "manager@mesh.example"


def passwords(path: Path) -> dict[str, Any]:
    """What the file of credentials says; what is missing of the passwords is generated and saved."""
    saved: dict[str, Any] = read_json(path, {})
    made = {
        "admin_email": ADMIN_EMAIL,
        "admin_password": secrets.token_urlsafe(24),
        "user_email": USER_EMAIL,
        "user_password": secrets.token_urlsafe(24),
    } | saved
    if made != saved:
        write_json(path, made)
    return made


def bootstrap_environment(known: Mapping[str, Any]) -> dict[str, str]:
    """What the command that makes the first administrator is told."""
    return {
        "MESH_IDENTITY_ADMIN_EMAIL": known["admin_email"],
        "MESH_IDENTITY_ADMIN_PASSWORD": known["admin_password"],
    }


def welcome(url: str, path: Path) -> Edge:
    """Makes the user and the administrator's API key where they are not there yet, and signs the user in.

    Everything goes through the edge. What comes of it is in the file of credentials. Returns the edge as the user.
    """
    known = passwords(path)
    if "admin_api_key" not in known:
        admin = Edge(url, _sign_in(Edge(url), known["admin_email"], known["admin_password"])["tokens"]["accessToken"])
        _make_user(admin, known)
        key = {"displayName": "Local administrator", "scopes": sorted(contract.roles()["admin"])}
        known["admin_api_key"] = admin.post("/v1/apiKeys", {"apiKey": key})["key"]
    signed_in = _sign_in(Edge(url), known["user_email"], known["user_password"], known.get("user_device_token", ""))
    known["user_device_token"] = signed_in["deviceToken"]
    known["user_access_token"] = signed_in["tokens"]["accessToken"]
    known["user_refresh_token"] = signed_in["tokens"]["refreshToken"]
    write_json(path, known)
    return Edge(url, known["user_access_token"])


def _make_user(admin: Edge, known: Mapping[str, Any]) -> None:
    email = known["user_email"]
    person = {"email": email, "displayName": "Shop manager"}
    Edge(admin.url).post("/v1/users", {"user": person, "password": known["user_password"]})
    [user] = admin.get(f"/v1/users?filter=email%3D%22{email}%22")["users"]
    admin.patch(f"/v1/{user['name']}", {"roles": ["ROLE_MANAGER"], "tier": "TIER_ENTERPRISE", "emailVerified": True})


def _sign_in(edge: Edge, email: str, password: str, device: str = "") -> dict[str, Any]:
    body = {"email": email, "password": password, "deviceName": "make up", "deviceToken": device}
    return edge.post("/v1/sessions", body)
