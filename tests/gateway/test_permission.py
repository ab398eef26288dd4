"""Every RPC is for the roles that hold its permission, and for nobody else.

That this holds of every RPC for every caller is for the contract tests: tests/contract/laws/access.py.
"""

from typing import Any

import grpc
import httpx
import pytest

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
