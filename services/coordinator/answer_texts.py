"""What the answer page says, in Swedish, Norwegian and English. Never about the participant."""

from typing import Final, TypedDict

from schemas.vocabulary import DeclineReason
from services.coordinator.domain.invitation import State
from services.coordinator.words import Written


class Texts(TypedDict):
    """The page in one language."""

    skip: str
    heading: dict[State, str]
    lead: dict[State, str]
    activity: str
    organiser: str
    place: str
    times: str
    answer_by: str
    accept: str
    decline: str
    cannot: str
    why: str
    reason: dict[DeclineReason, str]
    reason_is_missing: str
    change: str
    who: str
    show: str
    shared: dict[str, str]
    with_company: str
    nothing_shared: str
    not_kept: str
    visit: str
    attended: str
    no_show: str
    visited: dict[str, str]
    about_us: str


TEXTS: Final[dict[Written, Texts]] = {
    "sv": {
        "skip": "Hoppa till innehållet",
        "heading": {
            "reserved": "Kan ni ta emot?",
            "notified": "Kan ni ta emot?",
            "accepted": "Tack! Ni tar emot.",
            "declined": "Ni har svarat att det inte går.",
            "expired": "Tiden att svara är ute.",
            "released": "Det är inte längre aktuellt.",
        },
        "lead": {
            "reserved": "Någon vill gärna komma till aktiviteten. En plats är reserverad.",
            "notified": "Någon vill gärna komma till aktiviteten. En plats är reserverad.",
            "accepted": "Den som vill komma får veta att ni tar emot.",
            "declined": "Tack för svaret. Vi frågar någon annanstans. Ni behöver inte göra något mer.",
            "expired": "Vi har frågat någon annanstans, och platsen är fri igen. Ni behöver inte göra något.",
            "released": "Planerna har ändrats, och platsen är fri igen. Ni behöver inte göra något. Tack ändå!",
        },
        "activity": "Aktivitet",
        "organiser": "Arrangör",
        "place": "Plats",
        "times": "Tid",
        "answer_by": "Svara senast",
        "accept": "Ja, vi tar emot",
        "decline": "Nej, det går inte",
        "cannot": "Går det inte?",
        "why": "Varför går det inte?",
        "reason": {
            "full": "Det är fullt",
            "not_suitable": "Aktiviteten passar inte för det här",
            "paused": "Aktiviteten har uppehåll",
            "other": "Något annat",
        },
        "reason_is_missing": "Välj varför det inte går, och svara sedan igen.",
        "change": "Har något ändrats?",
        "who": "Vem kommer?",
        "show": "Visa vad personen vill dela",
        "shared": {
            "first_name": "Förnamn",
            "phone": "Telefon",
            "email": "E-post",
        },
        "with_company": "Vill gärna ha sällskap första gången.",
        "nothing_shared": "Det finns inget att visa: personen har inte delat något, eller det går inte längre.",
        "not_kept": "Uppgifterna sparas inte här. Använd dem bara för det första besöket.",
        "visit": "Första besöket",
        "attended": "Personen kom",
        "no_show": "Personen kom inte",
        "visited": {"attended": "Ni har svarat att personen kom.", "no_show": "Ni har svarat att personen inte kom."},
        "about_us": "Mötesplats hjälper människor att hitta något att göra nära hemmet.",
    },
    "nb": {
        "skip": "Hopp til innholdet",
        "heading": {
            "reserved": "Kan dere ta imot?",
            "notified": "Kan dere ta imot?",
            "accepted": "Takk! Dere tar imot.",
            "declined": "Dere har svart at det ikke går.",
            "expired": "Svarfristen er ute.",
            "released": "Det er ikke lenger aktuelt.",
        },
        "lead": {
            "reserved": "Noen vil gjerne komme til aktiviteten. En plass er holdt av.",
            "notified": "Noen vil gjerne komme til aktiviteten. En plass er holdt av.",
            "accepted": "Den som vil komme, får vite at dere tar imot.",
            "declined": "Takk for svaret. Vi spør et annet sted. Dere trenger ikke å gjøre noe mer.",
            "expired": "Vi har spurt et annet sted, og plassen er ledig igjen. Dere trenger ikke å gjøre noe.",
            "released": "Planene er endret, og plassen er ledig igjen. Dere trenger ikke å gjøre noe. Takk likevel!",
        },
        "activity": "Aktivitet",
        "organiser": "Arrangør",
        "place": "Sted",
        "times": "Tid",
        "answer_by": "Svar senest",
        "accept": "Ja, vi tar imot",
        "decline": "Nei, det går ikke",
        "cannot": "Går det ikke?",
        "why": "Hvorfor går det ikke?",
        "reason": {
            "full": "Det er fullt",
            "not_suitable": "Aktiviteten passer ikke til dette",
            "paused": "Aktiviteten har pause",
            "other": "Noe annet",
        },
        "reason_is_missing": "Velg hvorfor det ikke går, og svar så igjen.",
        "change": "Er noe endret?",
        "who": "Hvem kommer?",
        "show": "Vis hva personen vil dele",
        "shared": {"first_name": "Fornavn", "phone": "Telefon", "email": "E-post"},
        "with_company": "Vil gjerne ha følge første gang.",
        "nothing_shared": "Det er ikke noe å vise: personen har ikke delt noe, eller det er ikke lenger mulig.",
        "not_kept": "Opplysningene lagres ikke her. Bruk dem bare til det første oppmøtet.",
        "visit": "Første oppmøte",
        "attended": "Personen kom",
        "no_show": "Personen kom ikke",
        "visited": {"attended": "Dere har svart at personen kom.", "no_show": "Dere har svart at personen ikke kom."},
        "about_us": "Mötesplats hjelper folk å finne noe å gjøre nær hjemmet.",
    },
    "en": {
        "skip": "Skip to content",
        "heading": {
            "reserved": "Can you welcome them?",
            "notified": "Can you welcome them?",
            "accepted": "Thank you! You welcome them.",
            "declined": "You have answered that it is not possible.",
            "expired": "The time to answer is over.",
            "released": "This is no longer needed.",
        },
        "lead": {
            "reserved": "Someone would like to come to the activity. A seat is reserved.",
            "notified": "Someone would like to come to the activity. A seat is reserved.",
            "accepted": "Whoever would like to come is told that you welcome them.",
            "declined": "Thank you for answering. We ask elsewhere. There is nothing more for you to do.",
            "expired": "We have asked elsewhere, and the seat is free again. There is nothing for you to do.",
            "released": "Plans have changed, and the seat is free again. There is nothing for you to do. Thank you!",
        },
        "activity": "Activity",
        "organiser": "Organiser",
        "place": "Place",
        "times": "Time",
        "answer_by": "Please answer by",
        "accept": "Yes, we welcome them",
        "decline": "No, we cannot",
        "cannot": "Is it not possible?",
        "why": "Why is it not possible?",
        "reason": {
            "full": "It is full",
            "not_suitable": "The activity is not suitable for this",
            "paused": "The activity is paused",
            "other": "Something else",
        },
        "reason_is_missing": "Choose why it is not possible, then answer again.",
        "change": "Has something changed?",
        "who": "Who is coming?",
        "show": "Show what the person shares",
        "shared": {
            "first_name": "First name",
            "phone": "Phone",
            "email": "E-mail",
        },
        "with_company": "Would like company for the first visit.",
        "nothing_shared": "There is nothing to show: the person shares nothing, or it is no longer possible.",
        "not_kept": "This is not kept here. Use it for the first visit only.",
        "visit": "First visit",
        "attended": "The person came",
        "no_show": "The person did not come",
        "visited": {
            "attended": "You have answered that the person came.",
            "no_show": "You have answered that the person did not come.",
        },
        "about_us": "Mötesplats helps people find something to do near home.",
    },
}
