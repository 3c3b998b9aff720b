"""What the codes of matching say in plain words, in Swedish, Norwegian and English. Never how they are decided.

Events carry codes; whoever shows them makes the sentence with them (`explanations`): all services say the same.
"""

from typing import Final, Literal, TypedDict

from schemas.vocabulary import NoMatch, Rule, Term

Language = Literal["sv", "nb", "en"]


class Texts(TypedDict):
    """One sentence in every language."""

    sv: str
    nb: str
    en: str


REASONS: Final[dict[str, Texts]] = {
    "interest": {
        "sv": "Det är något av det som önskas.",
        "nb": "Det er noe av det som ønskes.",
        "en": "It is something that was wished for.",
    },
    "kind": {
        "sv": "Den liknar det som önskas.",
        "nb": "Den ligner det som ønskes.",
        "en": "It is of the same kind as what was wished for.",
    },
    "near": {
        "sv": "Den ligger ungefär {km} km bort.",
        "nb": "Den er omtrent {km} km unna.",
        "en": "It is about {km} km away.",
    },
    "online": {
        "sv": "Man deltar på nätet.",
        "nb": "Man deltar på nett.",
        "en": "One takes part online.",
    },
    "home": {
        "sv": "Den hålls hemma hos den som deltar.",
        "nb": "Den holdes hjemme hos den som deltar.",
        "en": "It is held in the participant's home.",
    },
    "all_times": {
        "sv": "Alla träffar ryms inom de lediga tiderna.",
        "nb": "Alle samlingene passer inn i de ledige tidene.",
        "en": "All its sessions lie within the free times.",
    },
    "some_times": {
        "sv": "Några av träffarna ryms inom de lediga tiderna.",
        "nb": "Noen av samlingene passer inn i de ledige tidene.",
        "en": "Some of its sessions lie within the free times.",
    },
    "by_appointment": {
        "sv": "Tiden bestäms tillsammans.",
        "nb": "Tiden avtales sammen.",
        "en": "The time is agreed together.",
    },
    "peer_led": {
        "sv": "Den leds av en jämlike, som önskat.",
        "nb": "Den ledes av en likeperson, som ønsket.",
        "en": "It is led by a peer, as preferred.",
    },
    "group_size": {
        "sv": "Gruppen har den storlek som föredras.",
        "nb": "Gruppen har den størrelsen som foretrekkes.",
        "en": "The group is of the size that is preferred.",
    },
    "language": {
        "sv": "Den hålls på ett språk som passar.",
        "nb": "Den holdes på et språk som passer.",
        "en": "It is held in a language that was asked for.",
    },
    "access": {
        "sv": "Den erbjuder allt som behövs för att kunna delta.",
        "nb": "Den tilbyr alt som trengs for å kunne delta.",
        "en": "It offers everything that is needed to take part.",
    },
    "free": {
        "sv": "Den kostar ingenting.",
        "nb": "Den koster ingenting.",
        "en": "It costs nothing.",
    },
    "seats": {
        "sv": "Det finns en ledig plats.",
        "nb": "Det er en ledig plass.",
        "en": "There is a free seat.",
    },
}

RULES: Final[dict[Rule, Texts]] = {
    "unpublished": {
        "sv": "Aktiviteten är inte publicerad.",
        "nb": "Aktiviteten er ikke publisert.",
        "en": "The activity is not published.",
    },
    "ended": {
        "sv": "Alla dess träffar är över.",
        "nb": "Alle samlingene er over.",
        "en": "All its sessions are over.",
    },
    "agreement": {
        "sv": "Föreningen har inget gällande avtal med kommunen.",
        "nb": "Foreningen har ingen gjeldende avtale med kommunen.",
        "en": "The voluntary organisation has no agreement in force with the municipality.",
    },
    "unverified": {
        "sv": "Ingen har bekräftat uppgifterna på 180 dagar.",
        "nb": "Ingen har bekreftet opplysningene på 180 dager.",
        "en": "Nobody has verified it for 180 days.",
    },
    "municipality": {
        "sv": "Den är inte öppen för dem som bor i kommunen.",
        "nb": "Den er ikke åpen for dem som bor i kommunen.",
        "en": "It is not open to those who live in the municipality.",
    },
    "mode": {
        "sv": "Den hålls på ett annat sätt än det önskade: på plats, på nätet eller hemma.",
        "nb": "Den holdes på en annen måte enn ønsket: på stedet, på nett eller hjemme.",
        "en": "It is held in another way than asked for: at a place, online or at home.",
    },
    "distance": {
        "sv": "Den ligger för långt bort.",
        "nb": "Den er for langt unna.",
        "en": "It is too far away.",
    },
    "age": {
        "sv": "Den är för en annan ålder.",
        "nb": "Den er for en annen alder.",
        "en": "It is for another age.",
    },
    "audience": {
        "sv": "Den är bara för kvinnor eller bara för män.",
        "nb": "Den er bare for kvinner eller bare for menn.",
        "en": "It is for women only or for men only.",
    },
    "language": {
        "sv": "Den hålls inte på något av språken.",
        "nb": "Den holdes ikke på noen av språkene.",
        "en": "It is not held in any of the languages.",
    },
    "access": {
        "sv": "Den saknar något som behövs för att kunna delta.",
        "nb": "Den mangler noe som trengs for å kunne delta.",
        "en": "It lacks something that is needed to take part.",
    },
    "time": {
        "sv": "Ingen träff ryms inom de lediga tiderna.",
        "nb": "Ingen samling passer inn i de ledige tidene.",
        "en": "No session lies within the free times.",
    },
    "cost": {
        "sv": "Den kostar mer än gränsen eller betalas i en annan valuta.",
        "nb": "Den koster mer enn grensen eller betales i en annen valuta.",
        "en": "It costs more than the limit or is paid in another currency.",
    },
    "full": {
        "sv": "Alla platser är tagna.",
        "nb": "Alle plasser er tatt.",
        "en": "All its seats are taken.",
    },
}

NO_MATCH: Final[dict[NoMatch, Texts]] = {
    "study_control": {
        "sv": "Hänvisningen hör till en studies kontrollgrupp.",
        "nb": "Henvisningen hører til en studies kontrollgruppe.",
        "en": "The referral belongs to the control arm of a study.",
    },
    "consent": {
        "sv": "Det finns inget gällande samtycke.",
        "nb": "Det finnes ikke noe gjeldende samtykke.",
        "en": "There is no consent in force.",
    },
    "no_activity": {
        "sv": "Ingen aktivitet passar just nu.",
        "nb": "Ingen aktivitet passer akkurat nå.",
        "en": "No activity fits just now.",
    },
}

TERMS: Final[dict[Term, Texts]] = {
    "interest": {
        "sv": "Hur väl den motsvarar det som önskas.",
        "nb": "Hvor godt den svarer til det som ønskes.",
        "en": "How well it meets what is wished for.",
    },
    "distance": {
        "sv": "Hur nära den ligger.",
        "nb": "Hvor nær den er.",
        "en": "How near it is.",
    },
    "time": {
        "sv": "Hur många av träffarna som ryms inom de lediga tiderna.",
        "nb": "Hvor mange av samlingene som passer inn i de ledige tidene.",
        "en": "How many of its sessions lie within the free times.",
    },
    "preference": {
        "sv": "Om den leds av en jämlike och har den gruppstorlek som föredras.",
        "nb": "Om den ledes av en likeperson og har den gruppestørrelsen som foretrekkes.",
        "en": "Whether it is led by a peer and of the group size, as preferred.",
    },
    "seats": {
        "sv": "Hur stor del av platserna som är lediga.",
        "nb": "Hvor stor del av plassene som er ledige.",
        "en": "How large a share of its seats is free.",
    },
    "freshness": {
        "sv": "Hur nyligen någon bekräftade uppgifterna.",
        "nb": "Hvor nylig noen bekreftet opplysningene.",
        "en": "How lately somebody verified it.",
    },
}
