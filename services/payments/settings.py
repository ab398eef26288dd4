"""What payments is told from outside besides what every service is, as `MESH_PAYMENTS_…` variables."""

from pydantic import Field, SecretBytes, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class PaymentsSettings(BaseSettings):
    """Secrets have no default."""

    model_config = SettingsConfigDict(env_prefix="MESH_PAYMENTS_", frozen=True, hide_input_in_errors=True)

    provider_url: str
    """Where the provider's HTTP API is."""
    provider_key: SecretStr
    """By which the provider knows us."""
    webhook_secrets: tuple[SecretBytes, ...] = Field(min_length=1)
    """What the provider signs its webhooks with, as a JSON list; several hold while one is changed."""
    provider_timeout: float = Field(default=2.5, gt=0)
    """Seconds that one request to the provider may take."""
    provider_tries: int = Field(default=3, ge=1)
    """How often one call sends a request that was not answered, each time with the same idempotency key."""
