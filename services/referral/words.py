"""What happened to a referral, in Swedish, Norwegian and English. Never what follows from it, never a name."""

from typing import Final

from schemas.sentences import NO_MATCH, Language, Texts

TOLD: Final[dict[str, Texts]] = {
    "referral.requested": {
        "sv": "Vårdcentralen hänviste deltagaren.",
        "nb": "Legekontoret henviste deltakeren.",
        "en": "The health centre referred the participant.",
    },
    "activities.proposed": {
        "sv": "Det finns aktiviteter som passar.",
        "nb": "Det finnes aktiviteter som passer.",
        "en": "There are activities that fit.",
    },
    "no_activity.found": NO_MATCH["no_activity"],
    "no_activity.found/consent": NO_MATCH["consent"],
    "no_activity.found/study_control": NO_MATCH["study_control"],
    "unmatched.long": {
        "sv": "Ingenting har passat på 90 dagar, och inget mer söks av sig självt.",
        "nb": "Ingenting har passet på 90 dager, og det søkes ikke videre av seg selv.",
        "en": "Nothing has fitted for 90 days, and nothing more is looked for by itself.",
    },
    "choice.overdue": {
        "sv": "Inget val har gjorts på tio arbetsdagar.",
        "nb": "Det er ikke valgt noe på ti arbeidsdager.",
        "en": "Nothing was chosen for ten working days.",
    },
    "activity.chosen": {
        "sv": "Hälsocoachen skrev ner vad deltagaren valde.",
        "nb": "Frisklivsveilederen skrev ned hva deltakeren valgte.",
        "en": "The health coach recorded what the participant chose.",
    },
    "activity.chosen by referral": {
        "sv": "Aktiviteten som står på tur fick sin chans.",
        "nb": "Aktiviteten som står for tur, fikk sin sjanse.",
        "en": "The activity that is next got its chance.",
    },
    "seat.refused": {
        "sv": "Aktiviteten tar inte emot någon just nu.",
        "nb": "Aktiviteten tar ikke imot noen akkurat nå.",
        "en": "The activity takes nobody just now.",
    },
    "seat.refused/full": {
        "sv": "Alla platser var tagna.",
        "nb": "Alle plassene var tatt.",
        "en": "All seats were taken.",
    },
    "seat.awaited": {
        "sv": "Deltagaren står i kö till en plats.",
        "nb": "Deltakeren står på venteliste.",
        "en": "The participant waits for a seat.",
    },
    "seat.offered": {
        "sv": "En plats blev ledig och hålls för deltagaren.",
        "nb": "En plass ble ledig og holdes av til deltakeren.",
        "en": "A seat became free and is kept for the participant.",
    },
    "contact.notified": {
        "sv": "Kontaktfunktionen fick veta att någon vill komma.",
        "nb": "Kontaktfunksjonen fikk vite at noen vil komme.",
        "en": "The contact function was told that somebody would like to come.",
    },
    "contact.notified/handed_over": {
        "sv": "Kontaktfunktionen lämnade över till sin ersättare.",
        "nb": "Kontaktfunksjonen overlot det til sin vara.",
        "en": "The contact function handed over to its deputy.",
    },
    "contact.unreachable": {
        "sv": "Kontaktfunktionen gick inte att nå.",
        "nb": "Kontaktfunksjonen var ikke å få tak i.",
        "en": "The contact function could not be reached.",
    },
    "contact.unreachable/paused": {
        "sv": "Kontaktfunktionen har uppehåll och blev inte tillfrågad.",
        "nb": "Kontaktfunksjonen har opphold og ble ikke spurt.",
        "en": "The contact function has paused and was not asked.",
    },
    "invitation.accepted": {
        "sv": "Kontaktfunktionen hälsar deltagaren välkommen.",
        "nb": "Kontaktfunksjonen ønsker deltakeren velkommen.",
        "en": "The contact function welcomes the participant.",
    },
    "invitation.declined": {
        "sv": "Kontaktfunktionen kan inte ta emot deltagaren.",
        "nb": "Kontaktfunksjonen kan ikke ta imot deltakeren.",
        "en": "The contact function cannot welcome the participant.",
    },
    "invitation.declined/full": {
        "sv": "Kontaktfunktionen svarade att det är fullt.",
        "nb": "Kontaktfunksjonen svarte at det er fullt.",
        "en": "The contact function answered that it is full.",
    },
    "invitation.declined/not_suitable": {
        "sv": "Kontaktfunktionen svarade att det inte passar.",
        "nb": "Kontaktfunksjonen svarte at det ikke passer.",
        "en": "The contact function answered that it does not suit.",
    },
    "invitation.declined/paused": {
        "sv": "Kontaktfunktionen svarade att aktiviteten har uppehåll.",
        "nb": "Kontaktfunksjonen svarte at aktiviteten har opphold.",
        "en": "The contact function answered that the activity is paused.",
    },
    "invitation.expired": {
        "sv": "Ingen svarade i tid.",
        "nb": "Ingen svarte i tide.",
        "en": "Nobody answered in time.",
    },
    "invitation.expired/unreachable": {
        "sv": "Ingen kunde nås.",
        "nb": "Det var ikke mulig å få tak i noen.",
        "en": "Nobody could be reached.",
    },
    "visit.recorded": {
        "sv": "Ett besök blev av.",
        "nb": "Et oppmøte ble registrert.",
        "en": "A visit was recorded.",
    },
    "visit.recorded/attended": {
        "sv": "Deltagaren kom.",
        "nb": "Deltakeren kom.",
        "en": "The participant came.",
    },
    "visit.recorded/no_show": {
        "sv": "Deltagaren kom inte.",
        "nb": "Deltakeren kom ikke.",
        "en": "The participant did not come.",
    },
    "visit.recorded/cancelled": {
        "sv": "Besöket blev inställt.",
        "nb": "Oppmøtet ble avlyst.",
        "en": "The visit was cancelled.",
    },
    "visit.recorded/stopped": {
        "sv": "Deltagaren har slutat komma.",
        "nb": "Deltakeren har sluttet å komme.",
        "en": "The participant has stopped coming.",
    },
    "question.asked": {
        "sv": "Kontaktfunktionen frågade något.",
        "nb": "Kontaktfunksjonen spurte om noe.",
        "en": "The contact function asked a question.",
    },
    "question.answered": {
        "sv": "Frågan besvarades.",
        "nb": "Spørsmålet ble besvart.",
        "en": "The question was answered.",
    },
    "consent.given": {
        "sv": "Deltagaren gav sitt samtycke.",
        "nb": "Deltakeren ga sitt samtykke.",
        "en": "The participant gave consent.",
    },
    "consent.starts": {
        "sv": "Samtycket började gälla.",
        "nb": "Samtykket begynte å gjelde.",
        "en": "The consent came into force.",
    },
    "consent.ends": {
        "sv": "Samtycket gick ut.",
        "nb": "Samtykket gikk ut.",
        "en": "The consent ran out.",
    },
    "consent.withdrawn": {
        "sv": "Deltagaren tog tillbaka sitt samtycke.",
        "nb": "Deltakeren trakk tilbake sitt samtykke.",
        "en": "The participant withdrew the consent.",
    },
    "contact.given": {
        "sv": "Vårdcentralen skrev ner hur deltagaren nås.",
        "nb": "Legekontoret skrev ned hvordan deltakeren nås.",
        "en": "The health centre recorded how the participant is reached.",
    },
    "referral.withdrawal_requested": {
        "sv": "Deltagaren vill inte längre bli hänvist.",
        "nb": "Deltakeren vil ikke lenger bli henvist.",
        "en": "The participant does not want to be referred any more.",
    },
    "referral.withdrawal_requested/coach": {
        "sv": "Hälsocoachen tog tillbaka hänvisningen.",
        "nb": "Frisklivsveilederen trakk henvisningen tilbake.",
        "en": "The health coach withdrew the referral.",
    },
    "referral.withdrawal_requested/consent": {
        "sv": "Hänvisningen togs tillbaka, för samtycket gäller inte längre.",
        "nb": "Henvisningen ble trukket tilbake, for samtykket gjelder ikke lenger.",
        "en": "The referral was withdrawn, for there is no consent any more.",
    },
    "referral.closed": {
        "sv": "Hänvisningen avslutades.",
        "nb": "Henvisningen ble avsluttet.",
        "en": "The referral was closed.",
    },
    "referral.closed/taking_part": {
        "sv": "Avslutad: deltagaren deltar.",
        "nb": "Avsluttet: deltakeren deltar.",
        "en": "Closed: the participant takes part.",
    },
    "referral.closed/tried_and_left": {
        "sv": "Avslutad: deltagaren prövade och slutade.",
        "nb": "Avsluttet: deltakeren prøvde og sluttet.",
        "en": "Closed: the participant tried and left.",
    },
    "referral.closed/could_not": {
        "sv": "Avslutad: deltagaren kunde inte.",
        "nb": "Avsluttet: deltakeren kunne ikke.",
        "en": "Closed: the participant could not.",
    },
    "referral.closed/did_not_want": {
        "sv": "Avslutad: deltagaren ville inte.",
        "nb": "Avsluttet: deltakeren ville ikke.",
        "en": "Closed: the participant did not want to.",
    },
    "referral.closed/no_longer_possible": {
        "sv": "Avslutad: det är inte längre möjligt.",
        "nb": "Avsluttet: det er ikke lenger mulig.",
        "en": "Closed: it is no longer possible.",
    },
    "referral.closed/entered_in_error": {
        "sv": "Hänvisningen hade skrivits in av misstag.",
        "nb": "Henvisningen var lagt inn ved en feil.",
        "en": "The referral had been entered by mistake.",
    },
}
"""By what happened; the more exact text, by reason or by who did it, goes before the plain one."""

WHO: Final[dict[str, Texts]] = {
    "centre": {"sv": "Vårdcentralen", "nb": "Legekontoret", "en": "The health centre"},
    "coach": {"sv": "Hälsocoachen", "nb": "Frisklivsveilederen", "en": "The health coach"},
    "referral": {"sv": "Hänvisningstjänsten", "nb": "Henvisningstjenesten", "en": "The referral service"},
    "activities": {"sv": "Aktivitetskatalogen", "nb": "Aktivitetskatalogen", "en": "The activity catalogue"},
    "coordinator": {"sv": "Kommunens samordning", "nb": "Kommunens koordinering", "en": "The municipal coordination"},
}
"""The roles and services that do something."""


def say(what: str, who: str, reason: str | None, language: Language) -> str:
    """Return what happened as a sentence; something newer than we are is told by its code."""
    for known in (f"{what}/{reason}", f"{what} by {who}", what):
        if known in TOLD:
            return TOLD[known][language]
    return what


def name_of(who: str, language: Language) -> str:
    """Return the role or service as people call it; one newer than we are by its code."""
    return WHO[who][language] if who in WHO else who
