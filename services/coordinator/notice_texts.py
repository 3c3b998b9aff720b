"""What notices say, in Swedish, Norwegian and English. Never anything about the participant."""

from typing import Final, TypedDict

from services.coordinator.domain.invitation import NoticeKind
from services.coordinator.words import Written


class NoticeTexts(TypedDict):
    """The notices in one language; `{activity}` and the like are filled in."""

    greeting: str
    subject: dict[NoticeKind, str]
    lead: dict[NoticeKind, str]
    digest: str
    """The subject of a mail with many notices in it."""
    many: str
    place: str
    times: str
    ask: str
    button: str
    by: str
    contact: str
    coordinator: str
    yours: str
    about_us: str


NOTICE: Final[dict[Written, NoticeTexts]] = {
    "sv": {
        "greeting": "Hej!",
        "subject": {
            "invitation": "Någon vill komma till {activity}",
            "reminder": "Påminnelse: någon vill komma till {activity}",
            "deputy": "Någon vill komma till {activity}, och ingen har svarat",
            "handover": "Ni tar över: {activity}",
            "withdrawn": "Inte längre aktuellt: {activity}",
        },
        "lead": {
            "invitation": "Någon vill gärna komma till {activity} ({organiser}). En plats är reserverad.",
            "reminder": (
                "Någon vill gärna komma till {activity} ({organiser}) och väntar på svar. En plats är reserverad."
            ),
            "deputy": (
                "Någon vill gärna komma till {activity} ({organiser}). En plats är reserverad. Vi har frågat den som "
                "brukar svara, men inte fått svar. Därför frågar vi er som ersättare."
            ),
            "handover": (
                "Ni är nu kontakt för {activity} ({organiser}). Någon vill gärna komma dit och har en plats. På sidan "
                "ser ni om det redan är besvarat. Länkar som andra har fått gäller inte längre."
            ),
            "withdrawn": (
                "Den som ville komma till {activity} ({organiser}) kommer inte. Platsen är fri igen, och ni behöver "
                "inte göra något. Tack ändå!"
            ),
        },
        "digest": "{n} nyheter om era aktiviteter",
        "many": "Här är det som har hänt, i ett mejl i stället för många. Svara på vart och ett för sig.",
        "place": "Plats: {place}",
        "times": "Tid:",
        "ask": "Kan ni ta emot? Svara på sidan här. Ingen inloggning behövs.",
        "button": "Öppna sidan och svara",
        "by": "Svara senast {day}. Hör vi inget, så frågar vi någon annanstans, och platsen blir fri igen.",
        "contact": "Ni får mejlet för att ni är kontakt för aktiviteten.",
        "coordinator": "Ni får mejlet som kommunens samordnare, för aktiviteten har ingen kontakt som nås med e-post.",
        "yours": "Länken är bara till för er: skicka den inte vidare utanför verksamheten.",
        "about_us": (
            "Mötesplats hjälper människor att hitta något att göra nära hemmet. "
            "Mejlet är skickat automatiskt och kan inte besvaras."
        ),
    },
    "nb": {
        "greeting": "Hei!",
        "subject": {
            "invitation": "Noen vil komme til {activity}",
            "reminder": "Påminnelse: noen vil komme til {activity}",
            "deputy": "Noen vil komme til {activity}, og ingen har svart",
            "handover": "Dere tar over: {activity}",
            "withdrawn": "Ikke lenger aktuelt: {activity}",
        },
        "lead": {
            "invitation": "Noen vil gjerne komme til {activity} ({organiser}). En plass er holdt av.",
            "reminder": ("Noen vil gjerne komme til {activity} ({organiser}) og venter på svar. En plass er holdt av."),
            "deputy": (
                "Noen vil gjerne komme til {activity} ({organiser}). En plass er holdt av. Vi har spurt den som pleier "
                "å svare, men ikke fått svar. Derfor spør vi dere som vara."
            ),
            "handover": (
                "Dere er nå kontakt for {activity} ({organiser}). Noen vil gjerne komme dit og har en plass. På siden "
                "ser dere om det allerede er besvart. Lenker som andre har fått, gjelder ikke lenger."
            ),
            "withdrawn": (
                "Den som ville komme til {activity} ({organiser}), kommer ikke. Plassen er ledig igjen, og dere "
                "trenger ikke å gjøre noe. Takk likevel!"
            ),
        },
        "digest": "{n} nyheter om aktivitetene deres",
        "many": "Her er det som har skjedd, i én e-post i stedet for mange. Svar på hver for seg.",
        "place": "Sted: {place}",
        "times": "Tid:",
        "ask": "Kan dere ta imot? Svar på siden her. Dere trenger ikke å logge inn.",
        "button": "Åpne siden og svar",
        "by": "Svar senest {day}. Hører vi ikke noe, spør vi et annet sted, og plassen blir ledig igjen.",
        "contact": "Dere får e-posten fordi dere er kontakt for aktiviteten.",
        "coordinator": (
            "Dere får e-posten som kommunens koordinator, fordi aktiviteten ikke har noen kontakt som nås på e-post."
        ),
        "yours": "Lenken er bare til dere: ikke send den videre ut av virksomheten.",
        "about_us": (
            "Mötesplats hjelper folk å finne noe å gjøre nær hjemmet. "
            "E-posten er sendt automatisk og kan ikke besvares."
        ),
    },
    "en": {
        "greeting": "Hello!",
        "subject": {
            "invitation": "Someone would like to come to {activity}",
            "reminder": "Reminder: someone would like to come to {activity}",
            "deputy": "Someone would like to come to {activity}, and nobody has answered",
            "handover": "You take over: {activity}",
            "withdrawn": "No longer needed: {activity}",
        },
        "lead": {
            "invitation": "Someone would like to come to {activity} ({organiser}). A seat is reserved.",
            "reminder": (
                "Someone would like to come to {activity} ({organiser}) and waits for an answer. A seat is reserved."
            ),
            "deputy": (
                "Someone would like to come to {activity} ({organiser}). A seat is reserved. We have asked whoever "
                "answers as a rule and heard nothing. So we ask you as their deputy."
            ),
            "handover": (
                "You are now the contact for {activity} ({organiser}). Someone would like to come and has a seat. The "
                "page shows whether it is answered already. Links that others were sent are no longer valid."
            ),
            "withdrawn": (
                "Whoever wanted to come to {activity} ({organiser}) is not coming. The seat is free again, and there "
                "is nothing for you to do. Thank you!"
            ),
        },
        "digest": "{n} notices about your activities",
        "many": "Here is what has happened, in one mail instead of many. Please answer each by itself.",
        "place": "Place: {place}",
        "times": "Time:",
        "ask": "Can you welcome them? Answer on this page. There is nothing to sign in to.",
        "button": "Open the page and answer",
        "by": "Please answer by {day}. If we hear nothing we ask elsewhere, and the seat is free again.",
        "contact": "You get this mail because you are the contact for the activity.",
        "coordinator": (
            "You get this mail as the municipality's coordinator, because the activity has no contact that reads mail."
        ),
        "yours": "The link is for you only: please do not pass it on outside your organisation.",
        "about_us": (
            "Mötesplats helps people find something to do near home. "
            "This mail was sent automatically and cannot be answered."
        ),
    },
}
