"""Typed settings, read from the environment once, in a service's composition root."""

from ipaddress import ip_address
from typing import Self

from pydantic import Field, SecretBytes, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    trust_local: bool = False
    """Callers without credentials act as the operator. Only ever for a mesh on loopback."""

    @model_validator(mode="after")
    def _trusts_nobody_afar(self) -> Self:
        if self.trust_local and not _loopback(self.listen):
            raise ValueError("MESH_TRUST_LOCAL makes every caller the operator: listen on loopback only")
        return self


def from_environment() -> Settings:
    """The settings of this process. Ends it with what is wrong, variable by variable, never showing a value."""
    try:
        return Settings()
    except ValidationError as error:
        raise SystemExit("\n".join(_complaint(one) for one in error.errors(include_input=False))) from None


def _complaint(error: ErrorDetails) -> str:
    return "".join(f"MESH_{place}: ".upper() for place in error["loc"]) + error["msg"]


def _loopback(listen: str) -> bool:
    host = listen.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
