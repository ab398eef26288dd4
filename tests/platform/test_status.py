"""Every refusal as the caller sees it, and reasons that are the contract's own."""

import re
from collections.abc import Iterator

import pytest
from google.protobuf.descriptor_pb2 import EnumDescriptorProto, FileDescriptorSet
from google.rpc import status_pb2

import services.inventory.domain.refusals
from clients.contract import IMAGE
from services._platform import errors, status
from services._platform.errors import FieldViolation, Refusal
from services.inventory.domain import refusals
from tests.platform.told import Told, read

LIMIT = 8 * 1024
"""Bytes of trailers that a gRPC client takes unless it is told otherwise."""

INFO = {"domain": "mesh"}

OF_THE_WIRE = {
    "ROUTE_UNKNOWN",
    "VERB_NOT_ALLOWED",
    "REQUEST_MALFORMED",
    "FIELD_UNKNOWN",
    "RATE_LIMITED",
    "CALLER_BLOCKED",
    "REQUEST_TOO_LARGE",
    "REQUEST_TOO_SLOW",
}
"""Reasons of the edge and of the gRPC host, for what never becomes a request of the contract."""

GOLDEN: list[tuple[Refusal, Told]] = [
    (
        errors.InvalidArgument.of("lines[0].quantity", "must be greater than 0"),
        Told(
            3,
            "lines[0].quantity: must be greater than 0",
            {
                "ErrorInfo": {"reason": "FIELD_INVALID", **INFO},
                "BadRequest": {
                    "fieldViolations": [{"field": "lines[0].quantity", "description": "must be greater than 0"}]
                },
            },
        ),
    ),
    (
        errors.InvalidArgument("two", violations=[FieldViolation("a", "x", "r.1"), FieldViolation("b", "y")]),
        Told(
            3,
            "two",
            {
                "ErrorInfo": {"reason": "FIELD_INVALID", **INFO},
                "BadRequest": {
                    "fieldViolations": [
                        {"field": "a", "description": "x", "reason": "r.1"},
                        {"field": "b", "description": "y"},
                    ]
                },
            },
        ),
    ),
    (
        errors.OutOfRange("gone", reason="RESUME_TOKEN_EXPIRED"),
        Told(11, "gone", {"ErrorInfo": {"reason": "RESUME_TOKEN_EXPIRED", **INFO}}),
    ),
    (
        refusals.ProductNotFound("mug"),
        Told(
            5,
            "there is no product mug",
            {
                "ErrorInfo": {"reason": "PRODUCT_NOT_FOUND", **INFO, "metadata": {"product": "products/mug"}},
                "ResourceInfo": {
                    "resourceType": "product",
                    "resourceName": "products/mug",
                    "description": "there is no product mug",
                },
            },
        ),
    ),
    (
        errors.NotFound("nothing", reason="X"),
        Told(5, "nothing", {"ErrorInfo": {"reason": "X", **INFO}}),
    ),
    (
        refusals.ProductExists("mug"),
        Told(
            6,
            "there is a product mug already",
            {
                "ErrorInfo": {"reason": "PRODUCT_EXISTS", **INFO, "metadata": {"product": "products/mug"}},
                "ResourceInfo": {
                    "resourceType": "product",
                    "resourceName": "products/mug",
                    "description": "there is a product mug already",
                },
            },
        ),
    ),
    (
        refusals.OutOfStock("mug", 3, 1),
        Told(
            9,
            "3 of mug were asked for, 1 are available",
            {
                "ErrorInfo": {
                    "reason": "OUT_OF_STOCK",
                    **INFO,
                    "metadata": {"product": "products/mug", "requested": "3", "available": "1"},
                },
                "PreconditionFailure": {
                    "violations": [
                        {
                            "type": "OUT_OF_STOCK",
                            "subject": "products/mug",
                            "description": "3 of mug were asked for, 1 are available",
                        }
                    ]
                },
            },
        ),
    ),
    (
        errors.Aborted("lost", reason="X"),
        Told(10, "lost", {"ErrorInfo": {"reason": "X", **INFO}}),
    ),
    (
        errors.EtagMismatch("products/mug"),
        Told(
            10,
            "products/mug has changed since it was read",
            {"ErrorInfo": {"reason": "ETAG_MISMATCH", **INFO, "metadata": {"resource": "products/mug"}}},
        ),
    ),
    (
        errors.RequestIdReused("k"),
        Told(
            10,
            "this request id was used before with another body",
            {"ErrorInfo": {"reason": "REQUEST_ID_REUSED", **INFO, "metadata": {"requestId": "k"}}},
        ),
    ),
    (
        errors.Unauthenticated("who"),
        Told(16, "who", {"ErrorInfo": {"reason": "CREDENTIALS_INVALID", **INFO}}),
    ),
    (
        errors.PermissionDenied("no", metadata={"permission": "a.b"}),
        Told(7, "no", {"ErrorInfo": {"reason": "PERMISSION_MISSING", **INFO, "metadata": {"permission": "a.b"}}}),
    ),
    (
        errors.ResourceExhausted("much", retry_after=0.1),
        Told(
            8,
            "much",
            {
                "ErrorInfo": {"reason": "OVERLOADED", **INFO},
                "RetryInfo": {"retryDelay": "0.100s"},
                "QuotaFailure": {"violations": [{"description": "much"}]},
            },
        ),
    ),
    (
        errors.DeadlineExceeded("late"),
        Told(4, "late", {"ErrorInfo": {"reason": "DEADLINE_EXCEEDED", **INFO}}),
    ),
    (
        errors.Unavailable("away", metadata={"dependency": "postgres"}, retry_after=1),
        Told(
            14,
            "away",
            {
                "ErrorInfo": {
                    "reason": "DEPENDENCY_UNAVAILABLE",
                    **INFO,
                    "metadata": {"dependency": "postgres"},
                },
                "RetryInfo": {"retryDelay": "1s"},
            },
        ),
    ),
    (
        errors.Internal("sorry"),
        Told(13, "sorry", {"ErrorInfo": {"reason": "INTERNAL", **INFO}}),
    ),
]


@pytest.mark.parametrize(("refusal", "expected"), GOLDEN, ids=lambda one: type(one).__name__)
def test_golden(refusal: Refusal, expected: Told) -> None:
    assert read(status.status(refusal)) == expected


@pytest.mark.parametrize("refusal", [refusal for refusal, _ in GOLDEN], ids=lambda one: type(one).__name__)
def test_what_is_told_can_be_told_on(refusal: Refusal) -> None:
    told = status.status(refusal)
    again = status.refusal(told)
    assert again is not None
    assert read(status.status(again)) == read(told)


def test_a_status_of_nobody_in_the_mesh_is_not_told_on() -> None:
    assert status.refusal(status_pb2.Status()) is None
    assert status.refusal(status_pb2.Status(code=13, message="from the way")) is None


def test_every_type_of_the_runtime_has_its_golden() -> None:
    """By code: a service's refusal is told like the type that it derives from."""
    assert {refusal.code for refusal, _ in GOLDEN} == {kind.code for kind in kinds(errors.__name__)}


def test_however_much_is_wrong_a_client_can_take_it() -> None:
    long = "ä" * 5000
    violations = [FieldViolation(f"{long}[{place}]", long, "some.rule") for place in range(1000)]
    for refusal in (
        errors.InvalidArgument(long, violations=violations),
        errors.FailedPrecondition(long, reason="X"),
        errors.ResourceExhausted(long, retry_after=1),
        errors.NotFound(long, reason="X", metadata={"thing": "a"}),
    ):
        told = status.status(refusal)
        assert len(told.SerializeToString()) < LIMIT
        assert told.message.endswith("…")


def kinds(module: str) -> list[type[Refusal]]:
    """Every type of refusal that a module defines."""
    found: list[type[Refusal]] = []
    todo = [Refusal]
    while todo:
        kind = todo.pop()
        todo += kind.__subclasses__()
        if kind.__module__ == module and kind is not Refusal:
            found.append(kind)
    return found


def reasons(package: str) -> dict[str, str]:
    """The reasons of an area's `ErrorReason`, with the codes that their comments begin with."""
    image = FileDescriptorSet.FromString(IMAGE.read_bytes())
    for file in image.file:
        for place, enum in enumerate(file.enum_type):
            if (file.package, enum.name) == (package, "ErrorReason"):
                comments = {tuple(one.path): one.leading_comments for one in file.source_code_info.location}
                return {
                    name: " ".join(re.findall(r"\b[A-Z]+(?:_[A-Z]+)*(?=[.,:]| or )", comments[5, place, 2, index])[:2])
                    for index, name in enumerate(_names(enum))
                    if name != "UNSPECIFIED"
                }
    raise LookupError(package)


def _names(enum: EnumDescriptorProto) -> Iterator[str]:
    return (value.name.removeprefix("ERROR_REASON_") for value in enum.value)


def test_the_runtime_refuses_with_the_shared_reasons_and_no_others() -> None:
    said = {kind.reason for kind in kinds(errors.__name__) if "reason" in kind.__dict__}
    said |= {"PAGE_TOKEN_INVALID", "FILTER_INVALID", "AMOUNT_INVALID"}  # of `paging`, `filters` and `money`
    assert said == reasons("mesh.options.v1").keys() - OF_THE_WIRE


def test_inventory_refuses_with_its_own_reasons_and_no_others() -> None:
    said = {kind.reason for kind in kinds(services.inventory.domain.refusals.__name__)}
    said |= {"RESUME_TOKEN_INVALID", "RESUME_TOKEN_EXPIRED"}  # of `tokens` and `changes`
    assert said == reasons("mesh.inventory.v1").keys()


@pytest.mark.parametrize(
    ("module", "package"),
    [(errors.__name__, "mesh.options.v1"), (refusals.__name__, "mesh.inventory.v1")],
)
def test_a_reason_comes_with_the_code_that_its_comment_says(module: str, package: str) -> None:
    documented = reasons(package)
    for kind in kinds(module):
        if "reason" in kind.__dict__:
            assert kind.code in documented[kind.reason], f"{kind.__name__}: {documented[kind.reason]}"
