"""Typed settings, read from the environment once, in a service's composition root."""

from pydantic import Field, SecretBytes, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every service is told from outside, as `MESH_…` variables. Secrets have no default."""

    model_config = SettingsConfigDict(env_prefix="MESH_", frozen=True)

    listen: str = "127.0.0.1:0"
    """host:port of the gRPC server."""
    metrics_listen: str = ""
    """host:port that Prometheus reads; empty serves no metrics."""
    postgres_dsn: SecretStr
    """The service's own role: it reads and writes its own schema, nothing else."""
    postgres_pool: int = Field(default=8, ge=2, le=100)
    """Connections to Postgres. Small on purpose: hot rows get slower with more."""
    redis_url: SecretStr
    edge: str = ""
    """host:port of the edge, for those that call any RPC of the mesh; empty calls none."""
    signing_key: SecretBytes
    """Signs page and resume tokens. The same for all replicas."""
    max_in_flight: int = Field(default=1024, ge=1)
    """Calls that are worked on at a time; more are refused."""
    drain_seconds: float = Field(default=10, ge=0)
    """How long running calls may take to finish after SIGTERM."""
    log_level: str = "INFO"
    trust_local: bool = False
    """Callers without credentials act as the operator. Only ever for a mesh on loopback."""
