"""Where a ledger shows what nobody but a centre may see. Never what it was."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from tests.support.ledger import Ledger

CENTRES_OWN: Final = ("referral-requests-", "referral-status-")
WORD: Final = re.compile(r"[\w-]+")


def leaked(ledger: Ledger) -> Iterator[str]:
    """Yield where a personal value is seen, but not which; and where an answer link is, outside of its mail."""
    links = {mail.token for mail in ledger.mails if mail.token}
    for sought, places, what in (
        (ledger.personal, _open_to_see(ledger), "personal values"),
        (links, ledger.written.items(), "answer links"),
    ):
        longest = {value.casefold(): max(WORD.findall(value.casefold()), key=len) for value in sought}
        for where, text in places:
            folded = text.casefold()
            words = set(WORD.findall(folded))  # thousands of values in megabytes: first by a word of each
            if seen := sum(word in words and value in folded for value, word in longest.items()):
                yield f"{where}: {seen} {what}"


def _open_to_see(ledger: Ledger) -> Iterator[tuple[str, str]]:
    by_topic: dict[str, list[str]] = defaultdict(list)
    for event in ledger.events:
        if not event.topic.startswith(CENTRES_OWN):
            by_topic[event.topic] += (event.key, event.value)
    yield from ((topic, "\n".join(texts)) for topic, texts in by_topic.items())
    yield "mails", "\n".join(mail.text for mail in ledger.mails)
    yield from ledger.written.items()
    for service in ("activities", "coordinator"):
        for table, rows in ledger.tables.get(service, {}).items():
            yield f"{service}.{table}", "\n".join(str(value) for row in rows for value in row.values())
