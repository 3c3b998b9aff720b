"""The envelope: what every event is, and where it travels. Never what an event means."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

TYPE_PREFIX = "org.motesplats."
TYPE_SUFFIX = ".v1"


class Part(BaseModel):
    """An object on the wire. Readers ignore fields that they do not know; `strict.parse` refuses them.

    Lists become tuples, so that what was read cannot change and can be compared.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        strict=True,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )


class Event(Part):
    """A past-tense fact.

    The topic and the key live here, so that no producer can send a fact to the wrong place. A
    subclass declares `event_name` (as in `ce_type` between prefix and suffix), `topic`, and `key_field`.
    """

    event_name: ClassVar[str]
    topic: ClassVar[str]
    """The topic, or for a health centre's own topics the part before `-<scheme>-<value>`."""
    key_field: ClassVar[str] = "referral_id"
    overtakes: ClassVar[bool] = False
    """True for what ends things in any order: it does not wait behind a parked event of its key."""

    @property
    def key(self) -> str:
        """The aggregate's id, lower case: the Kafka key and `ce_subject`."""
        return str(getattr(self, self.key_field)).lower()

    @classmethod
    def type(cls) -> str:
        """The CloudEvents type, `org.motesplats.<event_name>.v1`."""
        return f"{TYPE_PREFIX}{cls.event_name}{TYPE_SUFFIX}"


def centre_topic(prefix: str, health_centre: str) -> str:
    """Return a centre's own topic: `referral-status-v1` and `hsa:SE1` make `referral-status-v1-hsa-SE1`."""
    scheme, _, value = health_centre.partition(":")
    return f"{prefix}-{scheme}-{value}"
