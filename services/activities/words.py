"""What the public page says, in our three languages. Never a rule."""

from typing import Final, TypedDict

from schemas.sentences import Language
from schemas.vocabulary import DAYS, Day


class Words(TypedDict):
    """The texts of the page in one language."""

    title: str
    lead: str
    municipality: str
    all: str
    show: str
    empty: str
    online: str
    home: str
    free: str
    per_session: str
    by_appointment: str
    pages: str
    previous: str
    next: str
    days: dict[Day, str]


def _days(names: str) -> dict[Day, str]:
    return dict(zip(DAYS, names.split(), strict=True))


WORDS: Final[dict[Language, Words]] = {
    "sv": {
        "title": "Aktiviteter",
        "lead": "Det här kan man vara med på. Alla är välkomna.",
        "municipality": "Kommun",
        "all": "Alla kommuner",
        "show": "Visa",
        "empty": "Här är inget publicerat just nu.",
        "online": "På nätet",
        "home": "Hemma hos den som deltar",
        "free": "Kostar ingenting",
        "per_session": "per gång",
        "by_appointment": "Tiden bestäms tillsammans",
        "pages": "Sidor",
        "previous": "Föregående sida",
        "next": "Nästa sida",
        "days": _days("måndag tisdag onsdag torsdag fredag lördag söndag"),
    },
    "nb": {
        "title": "Aktiviteter",
        "lead": "Dette kan man være med på. Alle er velkomne.",
        "municipality": "Kommune",
        "all": "Alle kommuner",
        "show": "Vis",
        "empty": "Her er ingenting publisert akkurat nå.",
        "online": "På nett",
        "home": "Hjemme hos den som deltar",
        "free": "Koster ingenting",
        "per_session": "per gang",
        "by_appointment": "Tiden avtales sammen",
        "pages": "Sider",
        "previous": "Forrige side",
        "next": "Neste side",
        "days": _days("mandag tirsdag onsdag torsdag fredag lørdag søndag"),
    },
    "en": {
        "title": "Activities",
        "lead": "This is what one can take part in. Everyone is welcome.",
        "municipality": "Municipality",
        "all": "All municipalities",
        "show": "Show",
        "empty": "Nothing is published here just now.",
        "online": "Online",
        "home": "In the participant's home",
        "free": "Free of charge",
        "per_session": "per session",
        "by_appointment": "The time is agreed together",
        "pages": "Pages",
        "previous": "Previous page",
        "next": "Next page",
        "days": _days("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    },
}
