"""What a process is told from outside, by environment variables `MOTESPLATS_...`. Never a default that is a secret."""

import base64
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

KEY_BYTES = 32


class Settings(BaseSettings):
    """What every service needs; a service adds its own in its `app.py`."""

    model_config = SettingsConfigDict(
        env_prefix="MOTESPLATS_",
        env_ignore_empty=True,  # a compose file sets what nobody gave a value to the empty text
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # a rule about several settings would otherwise show them all
        use_attribute_docstrings=True,
    )

    database_url: SecretStr
    """`postgresql+asyncpg://user:password@host/database`, this service's own database."""
    database_pool_size: int = Field(default=10, ge=4)
    database_ca_file: str | None = None
    """With it, the connection is TLS and the server's certificate is checked against it."""

    kafka_bootstrap_servers: str
    kafka_broker: Literal["kafka", "tansu"] = "kafka"
    """`tansu` for the embedded broker: no idempotent producer, short sessions, topics made at start."""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "SASL_SSL"
    kafka_ca_file: str | None = None
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    """SCRAM-SHA-512 is the way in; there is no setting for a client certificate."""

    instance: str = "1"
    """This process among those of its service: its name in the consumer group. Stable over restarts."""
    service_key: SecretStr
    """32 bytes as base64: seals request values while they wait and keys the digest of every value."""

    public_url: str
    """Where people reach the services, without a slash at the end: `https://motesplats.example.org`."""
    oidc_issuer: str
    service_client_id: str | None = None
    service_client_secret: SecretStr | None = None
    """Who this service is when it calls another one."""
    sign_in_client_id: str | None = None
    """Who we are at the issuer when people sign in with a browser; without it nobody can, and pages want a token."""
    sign_in_client_secret: SecretStr | None = None
    """Left out if the issuer knows us as a public client: PKCE guards the code either way."""
    session_key: SecretStr | None = None
    """32 bytes as base64, the same for every service: seals the sessions of those who signed in with a browser."""
    metrics_port: int = 9100
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("service_key", "session_key")
    @classmethod
    def _is_a_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key:
            decode_key(key)
        return key

    @field_validator("public_url")
    @classmethod
    def _has_no_slash_at_the_end(cls, url: str) -> str:
        return url.rstrip("/")

    @model_validator(mode="after")
    def _people_can_sign_in_safely(self) -> Self:
        if bool(self.sign_in_client_id) != bool(self.session_key):
            raise ValueError("sign_in_client_id and session_key are of use together only")
        if self.sign_in_client_id and not self.public_url.startswith("https://"):
            raise ValueError("public_url must be https where people sign in: browsers keep a session nowhere else")
        return self


def decode_key(key: SecretStr) -> bytes:
    """Return the 32 bytes of a key written as base64; ValueError, without the value, if it is not one."""
    try:
        raw = base64.b64decode(key.get_secret_value(), validate=True)
    except ValueError:
        raise ValueError("must be 32 bytes written as base64") from None
    if len(raw) != KEY_BYTES:
        raise ValueError("must be 32 bytes written as base64")
    return raw
