"""Every RPC is for the roles that hold its permission, and for nobody else."""

from typing import Any

import grpc
import httpx
import pytest

from clients import contract
from clients.contract import Access
from tests.gateway.callers import PROBE, GrpcCaller, status_of
from tests.gateway.edge import Edge
from tests.gateway.issuer import Issuer
from tests.gateway.test_authentication import GUARDED, bearer

WRITE = "/v1/products?productId=by-role"
PRODUCT = {"sku": "ROLE-1", "displayName": "Role"}


@pytest.mark.parametrize(
    ("roles", "claims", "allowed"),
    [
        (("prober",), {}, True),
        (("customer", "prober"), {}, True),
        ((), {}, False),
        (("customer",), {}, False),
        (("probe",), {}, False),
        (("prober",), {"roles": "prober"}, False),
        (("prober",), {"roles": None}, False),
        (("prober",), {"scopes": ["probe.use"]}, True),
        (("prober",), {"scopes": ["inventory.read", "probe.use"]}, True),
        (("prober",), {"scopes": ["inventory.read"]}, False),
        (("prober",), {"scopes": []}, False),
        (("customer",), {"scopes": ["probe.use"]}, False),
    ],
)
def test_by_role_and_scope(
    anyone: httpx.Client, issuer: Issuer, roles: tuple[str, ...], claims: dict[str, Any], allowed: bool
) -> None:
    answer = anyone.get(GUARDED, headers=bearer(issuer.token(*roles, **claims)))
    assert answer.status_code == (200 if allowed else 403)


def test_a_refusal_names_the_permission(anyone: httpx.Client, edge: Edge, issuer: Issuer) -> None:
    token = issuer.token("customer")
    answer = anyone.post(WRITE, json=PRODUCT, headers=bearer(token))
    assert answer.status_code == 403
    assert answer.json()["code"] == 7
    (info,) = answer.json()["details"]
    assert (info["reason"], info["metadata"]) == ("PERMISSION_MISSING", {"permission": "inventory.write"})
    expected = 'Bearer realm="mesh", error="insufficient_scope", scope="inventory.write"'
    assert answer.headers["www-authenticate"] == expected
    with grpc.insecure_channel(edge.target) as channel, pytest.raises(grpc.RpcError) as refused:
        GrpcCaller(channel, edge.image, token)(f"{PROBE}/Guarded", {})
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert status_of(refused.value)["details"][0]["metadata"] == {"permission": "probe.use"}


def test_what_nobody_holds_is_for_nobody(http: httpx.Client) -> None:
    assert http.get("/v1/forgotten").status_code == 403


def test_every_rpc_as_every_role(edge: Edge, issuer: Issuer) -> None:
    """Anonymous callers and every role of the contract, against the contract's own table."""
    roles = contract.roles(edge.image)
    assert {"customer", "manager", "admin", "prober"} <= roles.keys()
    rpcs = [rpc for service in contract.services(edge.image) for rpc in contract.methods(service)]
    with grpc.insecure_channel(edge.target) as channel:
        for rpc in rpcs:
            for role, held in (("", frozenset[str]()), *roles.items()):
                token = (("authorization", f"Bearer {issuer.token(role)}"),) if role else ()
                seen = _reaches_a_service(channel, rpc.path, token)
                expected = rpc.access is Access.PUBLIC or (rpc.access is Access.USER and rpc.permission in held)
                assert seen == expected, f"{rpc.path} as {role or 'anyone'}"


def _reaches_a_service(channel: grpc.Channel, path: str, metadata: tuple[tuple[str, str], ...]) -> bool:
    """Calls with what no service can read: one that is asked says so, and what the edge refuses is told apart."""
    call = channel.unary_unary(path, bytes, bytes)
    try:
        call(b"", metadata=metadata, timeout=5)
    except grpc.RpcError as error:
        if not any(trailer.key == "grpc-status-details-bin" for trailer in error.trailing_metadata() or ()):
            return True
        info = status_of(error)["details"][0]
        return info.get("reason") not in ("CREDENTIALS_INVALID", "PERMISSION_MISSING", "ROUTE_UNKNOWN")
    return True
