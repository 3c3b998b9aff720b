"""How long a consumer has Tansu wait before it is told that nothing is new. Knows no content.

Tansu answers that there is nothing when the time of a question is over, and only then: short questions make an event
quick, and each costs it and us some half a millisecond of a processor. Apache Kafka answers when something comes.
"""

from time import monotonic
from typing import Any, Final

from aiokafka import AIOKafkaConsumer

SHORT_MS: Final = 10
LONG_MS: Final = 50
AT_WORK_SECONDS: Final = 5.0
"""For so long after something came the questions stay short."""


def ask_less_at_rest(consumer: AIOKafkaConsumer) -> None:
    """Have the consumer ask for longer, and so less often, while nothing comes."""
    fetcher, came_at = consumer._fetcher, monotonic()  # noqa: SLF001 - it has no setting for it
    fetch = fetcher._proc_fetch_request  # noqa: SLF001 - as above

    async def fetch_and_look(*question: Any) -> bool:  # noqa: ANN401 - as aiokafka has it
        nonlocal came_at
        found: bool = await fetch(*question)
        now = monotonic()
        if found:
            came_at = now
        is_at_work = now < came_at + AT_WORK_SECONDS
        fetcher._fetch_max_wait_ms = SHORT_MS if is_at_work else LONG_MS  # noqa: SLF001 - as above
        return found

    fetcher._proc_fetch_request = fetch_and_look  # noqa: SLF001 - as above
