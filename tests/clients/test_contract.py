"""Policy as it is read: service defaults, what a method says over them, and what neither says."""

from datetime import date

import pytest
from google.protobuf.descriptor import ServiceDescriptor

from clients.contract import (
    Access,
    ContractError,
    Deprecation,
    HttpRule,
    Method,
    area,
    files,
    methods,
    roles,
    services,
)
from tests.clients.conftest import CompileSample


@pytest.fixture
def sample(compile_sample: CompileSample) -> ServiceDescriptor:
    (service,) = services(compile_sample())
    return service


@pytest.fixture
def rpcs(sample: ServiceDescriptor) -> dict[str, Method]:
    return {method.name: method for method in methods(sample)}


def test_methods_come_in_the_order_of_the_proto(sample: ServiceDescriptor) -> None:
    assert [method.name for method in methods(sample)] == [
        "GetSample",
        "ListSamples",
        "UpdateSample",
        "SyncSamples",
    ]


def test_a_method_takes_the_defaults_of_its_service(rpcs: dict[str, Method]) -> None:
    get = rpcs["GetSample"]
    assert (get.access, get.permission, get.deadline, get.cost) == (Access.USER, "sample.read", 3.0, 2)
    assert get.errors == ("SAMPLE_NOT_FOUND",)
    assert get.path == "/mesh.sample.v1.SampleService/GetSample"


def test_a_method_overrides_the_defaults_and_adds_its_errors(rpcs: dict[str, Method]) -> None:
    update = rpcs["UpdateSample"]
    assert (update.permission, update.deadline, update.max_deadline) == ("sample.write", 1.5, 20.0)
    assert (update.rate_class, update.cost) == ("bulk", 2)
    assert update.errors == ("SAMPLE_NOT_FOUND", "SAMPLE_LOCKED")
    assert [method.access for method in rpcs.values()] == [
        Access.USER,
        Access.PUBLIC,
        Access.USER,
        Access.SERVICE,
    ]


def test_what_is_not_said_has_a_default(compile_sample: CompileSample) -> None:
    (service,) = services(compile_sample(("    deadline: {seconds: 3}\n    rate_limit: {cost: 2}\n", "")))
    get, _, _, sync = methods(service)
    assert (get.deadline, get.max_deadline, get.cost, get.rate_class) == (5.0, 5.0, 1, "read")
    assert (sync.rate_class, sync.cache_lifetime, sync.cache_tags) == ("write", 0.0, ())


def test_what_may_be_repeated_and_cached(rpcs: dict[str, Method]) -> None:
    get, update = rpcs["GetSample"], rpcs["UpdateSample"]
    assert (get.safe, get.idempotent, update.safe, update.idempotent) == (True, True, False, True)
    assert (get.cache_lifetime, get.cache_tags) == (30.0, ("{name}",))


def test_every_binding_of_a_method_is_read(rpcs: dict[str, Method]) -> None:
    assert rpcs["GetSample"].http == (
        HttpRule("GET", "/v1/{name=samples/*}", ""),
        HttpRule("GET", "/v1/{name=shelves/*/samples/*}", ""),
    )
    assert rpcs["UpdateSample"].http == (HttpRule("PATCH", "/v1/{sample.name=samples/*}", "sample"),)
    assert rpcs["SyncSamples"].http == ()


def test_streams_are_told_from_single_calls(rpcs: dict[str, Method]) -> None:
    assert [name for name, method in rpcs.items() if method.streams] == ["SyncSamples"]


def test_a_method_without_access_is_refused(compile_sample: CompileSample) -> None:
    (service,) = services(compile_sample(("    access: ACCESS_USER\n", "")))
    with pytest.raises(ContractError) as refused:
        methods(service)
    assert str(refused.value) == ("mesh.sample.v1.SampleService.GetSample: no access option, so nobody could call it")


def test_a_user_method_without_permission_is_refused(compile_sample: CompileSample) -> None:
    (service,) = services(compile_sample(('    permission: "sample.read"\n', "")))
    with pytest.raises(ContractError, match=r"SampleService\.GetSample: access USER needs a permission$"):
        methods(service)


_POLICY = '      permission: "sample.write"\n'


def test_hedging_sizes_and_deprecation_are_read(compile_sample: CompileSample) -> None:
    said = 'deprecation: {since: "2026-11-01" sunset: "2027-05-01"} max_request_bytes: 9 hedge_after: {nanos: 5000000}'
    (service,) = services(compile_sample((_POLICY, f"{_POLICY} {said}")))
    get, listed, update, _ = methods(service)
    assert (get.max_request_bytes, listed.max_request_bytes, update.max_request_bytes) == (1 << 20, 64 << 10, 9)
    assert (get.hedge_after, update.hedge_after) == (0.0, 0.005)
    assert (get.deprecation, update.deprecation) == (None, Deprecation(date(2026, 11, 1), date(2027, 5, 1)))


def test_a_day_that_is_none_is_refused(compile_sample: CompileSample) -> None:
    (service,) = services(compile_sample((_POLICY, f'{_POLICY} deprecation: {{since: "soon"}}')))
    with pytest.raises(ContractError, match="are written as 2026-11-01"):
        methods(service)


def test_only_our_files_are_read(compile_sample: CompileSample) -> None:
    assert [file.name for file in files(compile_sample())] == [
        "mesh/options/v1/policy.proto",
        "mesh/sample/v1/sample.proto",
    ]


def test_the_area_of_a_service() -> None:
    assert area("mesh.inventory.v1.ProductService") == "inventory"
    assert {area(service.full_name) for service in services()} >= {"inventory"}


def test_roles_hold_what_the_table_says(compile_sample: CompileSample) -> None:
    assert roles(compile_sample()) == {
        "reader": {"sample.read"},
        "writer": {"sample.read", "sample.write"},
    }
