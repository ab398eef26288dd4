"""What identity is told from outside besides what every service is, as `MESH_IDENTITY_…` variables."""

from datetime import timedelta

from pydantic import Field, SecretBytes
from pydantic_settings import BaseSettings, SettingsConfigDict


class IdentitySettings(BaseSettings):
    """Secrets have no default. Times are ISO 8601 durations or seconds."""

    model_config = SettingsConfigDict(env_prefix="MESH_IDENTITY_", frozen=True, hide_input_in_errors=True)

    key: SecretBytes = Field(min_length=32)
    """What refresh tokens, API keys, the pepper of passwords and the seal of signing keys are derived from. Identity's
    alone, the same for all of its replicas. Whoever loses it signs everybody out and has to reset all passwords."""
    service_secrets: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """SHA-256, in hex, of the secrets by which services prove who they are, by area; several while one is changed."""

    argon2_memory: int = Field(default=19_456, ge=19_456)
    """KiB that a password hash takes. The floor of both is what OWASP recommends at least."""
    argon2_passes: int = Field(default=2, ge=2)
    hash_threads: int = Field(default=1, ge=1, le=16)
    """Passwords hashed at a time for those who come from a known device, and as many again for strangers."""
    hash_queue: int = Field(default=32, ge=1)
    """Sign-ins that may wait for a thread, of either kind; more are refused."""

    access_lifetime: timedelta = Field(default=timedelta(minutes=10), le=timedelta(minutes=10))
    refresh_grace: timedelta = Field(default=timedelta(seconds=30), le=timedelta(seconds=60))
    """How long the refresh token that was just exchanged may be sent again."""
    session_idle: timedelta = timedelta(days=14)
    session_lifetime: timedelta = timedelta(days=90)
    key_lead: timedelta = timedelta(minutes=10)
    """How long a signing key is published before it signs. More than any verifier keeps the keys for."""
    key_lifetime: timedelta = Field(default=timedelta(days=30), ge=timedelta(days=1))
    """How long a key signs before the next one is made."""
    api_key_memory: timedelta = Field(default=timedelta(seconds=30), le=timedelta(seconds=60))
    """How long a checked API key is not looked up again. Revocation does not wait for it."""
