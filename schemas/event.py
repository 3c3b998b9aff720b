"""The envelope: what every event is, and where it travels. Never what an event means."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

TYPE_PREFIX = "org.motesplats."
TYPE_SUFFIX = ".v1"


class Event(BaseModel):
    """A past-tense fact. Readers ignore fields that they do not know.

    The topic and the key live here, so that no producer can send a fact to the wrong place. A
    subclass declares `name` (as in `ce_type` between prefix and suffix), `topic`, and `key_field`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    name: ClassVar[str]
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
        """The CloudEvents type, `org.motesplats.<name>.v1`."""
        return f"{TYPE_PREFIX}{cls.name}{TYPE_SUFFIX}"


def centre_topic(prefix: str, health_centre: str) -> str:
    """Return a centre's own topic: `referral-status-v1` and `hsa:SE1` make `referral-status-v1-hsa-SE1`."""
    scheme, _, value = health_centre.partition(":")
    return f"{prefix}-{scheme}-{value}"
