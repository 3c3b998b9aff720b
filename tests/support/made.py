"""The three services, made as a process makes them, for what only looks at them. Opens nothing."""

import base64
from functools import lru_cache
from typing import Any

from joserfc.jwk import KeySet

from services.one_machine import SERVICES
from services.runtime.identity import Verifier
from services.runtime.keys import GivenKeys
from services.runtime.process import Made
from services.runtime.service_tokens import ServiceTokens

KEY = base64.b64encode(bytes(32)).decode()
TOLD = {
    "database_url": "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
    "kafka_bootstrap_servers": "127.0.0.1:1",
    "public_url": "http://127.0.0.1:1",
    "oidc_issuer": "urn:nobody",
    "service_key": KEY,
    "master_key": KEY,
    "link_key": KEY,
    "referral_url": "http://127.0.0.1:1",
    "activities_url": "http://127.0.0.1:1",
    "smtp_host": "127.0.0.1",
    "mail_from": "motesplats@mote.example",
}
"""What every service needs to be made, and nothing that it could reach."""


@lru_cache
def made_services() -> dict[str, Made]:
    """Return each service by its name."""
    return {name: _made(*parts) for name, parts in SERVICES.items()}


def _made(settings_class: Any, make: Any) -> Made:  # noqa: ANN401 - each service has settings of its own
    settings = settings_class(**{name: TOLD[name] for name in settings_class.model_fields if name in TOLD})
    verifier = Verifier(issuer=settings.oidc_issuer, keys=GivenKeys(KeySet([])))
    made: Made = make(settings, verifier=verifier, tokens=ServiceTokens(_no_token))
    return made


async def _no_token(audience: str, scope: str) -> tuple[str, float]:
    raise AssertionError(f"a token for {audience}, {scope} was asked for")
