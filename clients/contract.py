"""The contract as data: what the protos say about every RPC, read from descriptors.

Servers, the edge, clients, documentation and tests all read policy here, so that it is said once, in `protos/`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache
from pathlib import Path

from google.api import annotations_pb2, http_pb2
from google.protobuf.descriptor import EnumValueDescriptor, FileDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet, MethodOptions
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.duration_pb2 import Duration

from mesh.options.v1 import policy_pb2

IMAGE = Path(__file__).parent / "gen" / "mesh.binpb"
DEFAULT_DEADLINE = 5.0
MAX_REQUEST = 4 << 20
"""What a gRPC server takes as one message, in bytes."""

_DEFAULT_REQUEST = {False: 1 << 20, True: 64 << 10}


class ContractError(Exception):
    """The contract breaks a rule of the mesh: the full name of the RPC, and the rule."""

    def __init__(self, rpc: str, rule: str) -> None:
        super().__init__(f"{rpc}: {rule}")
        self.rpc, self.rule = rpc, rule


class Access(Enum):
    """Who may call an RPC."""

    PUBLIC = policy_pb2.ACCESS_PUBLIC
    USER = policy_pb2.ACCESS_USER
    SERVICE = policy_pb2.ACCESS_SERVICE


class Priority(Enum):
    """How important a call is when there is not enough for all."""

    BULK = policy_pb2.PRIORITY_BULK
    NORMAL = policy_pb2.PRIORITY_NORMAL
    CRITICAL = policy_pb2.PRIORITY_CRITICAL


class Decider(Enum):
    """Who decides whether a rate limit allows a call."""

    EXACT = policy_pb2.DECIDER_EXACT
    QUOTA = policy_pb2.DECIDER_QUOTA


@dataclass(frozen=True, slots=True)
class HttpRule:
    """One way to reach an RPC as JSON: verb, path template, and the request field that is the body."""

    verb: str
    path: str
    body: str


@dataclass(frozen=True, slots=True)
class Deprecation:
    """How an RPC leaves: the day from which on it should not be used, and the one from which on it may be gone."""

    since: date
    sunset: date | None


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC and its policy, service defaults applied. Times are in seconds."""

    descriptor: MethodDescriptor
    name: str
    """The RPC's name in its service, `GetProduct`."""
    service: str
    """The service's full name, `mesh.inventory.v1.ProductService`."""
    path: str
    """The gRPC path, `/mesh.inventory.v1.ProductService/GetProduct`."""
    access: Access
    permission: str
    judges_credentials: bool
    """Whether an RPC that is open to anyone judges by their credentials those who show some."""
    deadline: float
    max_deadline: float
    rate_class: str
    cost: int
    priority: Priority
    decider: Decider
    cache_lifetime: float
    cache_tags: tuple[str, ...]
    errors: tuple[str, ...]
    hedge_after: float
    """When to ask another replica as well. 0: never."""
    max_request_bytes: int
    deprecation: Deprecation | None
    safe: bool
    """Has no side effects."""
    idempotent: bool
    """A repeated call has the effect of one: it is safe, or remembered by its request id."""
    http: tuple[HttpRule, ...]

    @property
    def entries(self) -> Mapping[str, str]:
        """What all calls of it have in common, as the entries of a descriptor that rate limits go by."""
        return {
            "class": self.rate_class,
            "method": self.path.removeprefix("/"),
            "service": self.service,
            "priority": self.priority.name.lower(),
        }

    @property
    def streams(self) -> bool:
        """Whether either side sends a stream."""
        return bool(self.descriptor.client_streaming or self.descriptor.server_streaming)


def methods(service: ServiceDescriptor) -> tuple[Method, ...]:
    """The RPCs of a service in the order of the proto. Raises `ContractError` when one says too little."""
    return tuple(method(descriptor) for descriptor in service.methods)


def services(image: Path = IMAGE) -> Iterator[ServiceDescriptor]:
    """Our services in a descriptor image, by full name."""
    found = (service for file in files(image) for service in file.services_by_name.values())
    yield from sorted(found, key=lambda service: service.full_name)


def files(image: Path = IMAGE) -> tuple[FileDescriptor, ...]:
    """Our files in a descriptor image, each after what it imports; those of third parties left out."""
    described = FileDescriptorSet.FromString(image.read_bytes()).file
    pool = DescriptorPool()
    for file in described:
        pool.Add(file)
    return tuple(pool.FindFileByName(file.name) for file in described if file.package.startswith("mesh."))


@cache
def roles(image: Path = IMAGE) -> Mapping[str, frozenset[str]]:
    """What each role may do: permissions by the role's name as tokens carry it, `customer` for `ROLE_CUSTOMER`."""
    enums = (enum for file in files(image) for enum in file.enum_types_by_name.values())
    held = {value.name: permissions(value) for enum in enums for value in enum.values}
    return {name.removeprefix("ROLE_").lower(): held for name, held in held.items() if held}


def permissions(role: EnumValueDescriptor) -> frozenset[str]:
    """What a value of an enum holds as a role; nothing when it is none."""
    return frozenset(role.GetOptions().Extensions[policy_pb2.role].permissions)


def area(service: str) -> str:
    """The area that serves a service: `mesh.inventory.v1.ProductService` is `inventory`'s."""
    return service.split(".")[-3]


def method(descriptor: MethodDescriptor) -> Method:
    """One RPC. Raises `ContractError` when it says too little."""
    options = descriptor.GetOptions()
    policy = policy_pb2.MethodPolicy()
    policy.CopyFrom(descriptor.containing_service.GetOptions().Extensions[policy_pb2.defaults])
    policy.MergeFrom(options.Extensions[policy_pb2.method])
    level = options.idempotency_level
    safe = level == MethodOptions.NO_SIDE_EFFECTS
    deadline = _seconds(policy.deadline) or DEFAULT_DEADLINE
    name, service = str(descriptor.name), str(descriptor.containing_service.full_name)
    read = Method(
        descriptor=descriptor,
        name=name,
        service=service,
        path=f"/{service}/{name}",
        access=_access(descriptor, policy),
        permission=policy.permission,
        judges_credentials=policy.judges_credentials,
        deadline=deadline,
        max_deadline=_seconds(policy.max_deadline) or deadline,
        rate_class=getattr(policy.rate_limit, "class") or ("read" if safe else "write"),
        cost=policy.rate_limit.cost or 1,
        priority=Priority(policy.rate_limit.priority or policy_pb2.PRIORITY_NORMAL),
        decider=Decider(policy.rate_limit.decider or policy_pb2.DECIDER_EXACT),
        cache_lifetime=_seconds(policy.cache.lifetime),
        cache_tags=tuple(policy.cache.tags),
        errors=tuple(policy.errors),
        hedge_after=_seconds(policy.hedge_after),
        max_request_bytes=policy.max_request_bytes or _DEFAULT_REQUEST[policy.access == policy_pb2.ACCESS_PUBLIC],
        deprecation=_deprecation(descriptor, policy),
        safe=safe,
        idempotent=level != MethodOptions.IDEMPOTENCY_UNKNOWN,
        http=tuple(_http(options.Extensions[annotations_pb2.http])),
    )
    if read.access is Access.USER and not read.permission:
        raise ContractError(descriptor.full_name, "access USER needs a permission")
    return read


def _access(descriptor: MethodDescriptor, policy: policy_pb2.MethodPolicy) -> Access:
    if policy.access == policy_pb2.ACCESS_UNSPECIFIED:
        raise ContractError(descriptor.full_name, "no access option, so nobody could call it")
    return Access(policy.access)


def _deprecation(descriptor: MethodDescriptor, policy: policy_pb2.MethodPolicy) -> Deprecation | None:
    if not policy.HasField("deprecation"):
        return None
    said = policy.deprecation
    try:
        return Deprecation(date.fromisoformat(said.since), date.fromisoformat(said.sunset) if said.sunset else None)
    except ValueError:
        raise ContractError(descriptor.full_name, "the days of a deprecation are written as 2026-11-01") from None


def _http(rule: http_pb2.HttpRule) -> Iterator[HttpRule]:
    verb = rule.WhichOneof("pattern")
    if verb is not None:
        yield HttpRule(verb.upper(), getattr(rule, verb), rule.body)
    for other in rule.additional_bindings:
        yield from _http(other)


def _seconds(duration: Duration) -> float:
    return duration.seconds + duration.nanos / 1e9
