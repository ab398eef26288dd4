"""What the sandbox is told from outside, as `MESH_SANDBOX_…` variables."""

from pathlib import Path

from pydantic import Field, SecretBytes, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class SandboxSettings(BaseSettings):
    """Secrets have no default."""

    model_config = SettingsConfigDict(env_prefix="MESH_SANDBOX_", frozen=True, hide_input_in_errors=True)

    listen: str = "127.0.0.1:0"
    """host:port of the HTTP API."""
    api_key: SecretStr
    """By which callers prove that they may call."""
    webhook_url: str
    """Where webhooks go."""
    webhook_secret: SecretBytes
    """What they are signed with."""
    file: Path
    """The SQLite file that holds everything."""
    hang_seconds: float = Field(default=30, ge=0)
    """How long an answer that never comes keeps the connection open."""
    slow_seconds: float = Field(default=2, ge=0)
    """How long a slow answer takes."""
    log_level: str = "INFO"
