"""Typed settings, read from the environment once, in a service's composition root."""

from typing import TypeVar

from pydantic import Field, SecretBytes, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

Kind = TypeVar("Kind", bound=BaseSettings)


class Settings(BaseSettings):
    """What every service is told from outside, as `MESH_…` variables. Secrets have no default."""

    model_config = SettingsConfigDict(env_prefix="MESH_", frozen=True, hide_input_in_errors=True)

    listen: str = "127.0.0.1:0"
    """host:port of the gRPC server."""
    metrics_listen: str = ""
    """host:port that Prometheus reads; empty serves no metrics."""
    postgres_dsn: SecretStr
    """The service's own role: it reads and writes its own schema, nothing else."""
    postgres_pool: int = Field(default=8, ge=2, le=100)
    """Connections to Postgres. Small on purpose: hot rows get slower with more."""
    redis_url: SecretStr
    signing_key: SecretBytes = Field(min_length=32)
    """Signs page and resume tokens. The same for all replicas. At least 32 bytes."""
    max_in_flight: int = Field(default=1024, ge=1)
    """Calls that are worked on at a time; more are refused."""
    linger_seconds: float = Field(default=1.5, ge=0)
    """How long calls are still taken after SIGTERM: until balancers have read NOT_SERVING, which the edge asks for
    every 0.5 s."""
    drain_seconds: float = Field(default=10, ge=0)
    """How long running calls may take to finish after that."""
    log_level: str = "INFO"
    identity: str = ""
    """gRPC target of identity, from which the keys come that tokens are verified by: `ipv4:127.0.0.1:9000`."""
    jwks: str = ""
    """Those keys as a JWK Set in JSON, where they are not to be fetched. With neither, nobody is known."""
    services: dict[str, str] = Field(default_factory=dict)
    """gRPC targets of the services that this one calls, by area, as JSON: `{"inventory": "ipv4:127.0.0.1:9001"}`."""
    die_at: str = Field(default="", pattern=r"^([1-9][0-9]* .+)?$")
    """For tests: the point at which the process kills itself, and at which time that it passes: see `faults`."""
    service_secret: SecretStr = SecretStr("")
    """By which the service proves to identity who it is, to get a token for its own calls."""


def from_environment(kind: type[Kind]) -> Kind:
    """Settings of this process. Ends it with what is wrong, variable by variable, never showing a value."""
    try:
        return kind()
    except ValidationError as error:
        raise SystemExit("\n".join(_complaint(kind, one) for one in error.errors(include_input=False))) from None


def _complaint(kind: type[BaseSettings], error: ErrorDetails) -> str:
    return "".join(f"{kind.model_config['env_prefix']}{place}: ".upper() for place in error["loc"]) + error["msg"]
