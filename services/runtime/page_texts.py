"""What every page says around its own words, and what a page says instead of itself. Never a word of the domain."""

from typing import Final, TypedDict

from schemas.sentences import Language


class Said(TypedDict):
    """A page of a heading and a sentence."""

    heading: str
    lead: str


class Around(TypedDict):
    """What stands around and instead of pages, in one language."""

    skip: str
    languages: str
    sign_in: str
    sign_out: str
    corrected: str
    signed_out: Said
    known_there: str
    leave_there: str
    sign_in_again: str
    problems: dict[int, Said]
    """By status; 400 also says what no other does."""


AROUND: Final[dict[Language, Around]] = {
    "sv": {
        "skip": "Hoppa till innehållet",
        "languages": "Språk",
        "sign_in": "Logga in",
        "sign_out": "Logga ut",
        "corrected": "Det här behöver rättas",
        "signed_out": {
            "heading": "Du har loggat ut",
            "lead": "Den här webbläsaren öppnar inga av våra sidor förrän någon loggar in igen.",
        },
        "known_there": "Där du loggade in kan du fortfarande vara känd. Använder andra den här datorn, så",
        "leave_there": "logga ut där också",
        "sign_in_again": "Logga in igen",
        "problems": {
            400: {"heading": "Det gick inte", "lead": "Det som skickades kunde inte läsas. Inget sparades."},
            401: {
                "heading": "Du är inte inloggad",
                "lead": "Inloggningen lyckades inte, eller så var den för länge sedan. Inget sparades.",
            },
            403: {
                "heading": "Det får du inte göra",
                "lead": "Din roll har inte tillgång till det här, eller så skickades formuläret inte från våra sidor.",
            },
            404: {"heading": "Sidan finns inte", "lead": "Det finns inget här, eller så är det någon annans."},
            409: {
                "heading": "Det går inte längre",
                "lead": "Något hann ändras. Gå tillbaka och ladda om sidan för att se vad som gäller nu.",
            },
            410: {"heading": "Det finns inte kvar", "lead": "Det har funnits här och kommer inte tillbaka."},
            413: {"heading": "Det var för mycket", "lead": "Det som skickades är större än vad vi tar emot."},
            422: {"heading": "Något stämmer inte", "lead": "Inget sparades. Gå tillbaka, rätta och försök igen."},
            429: {"heading": "För många försök", "lead": "Vänta en stund och försök igen."},
            500: {"heading": "Något gick sönder hos oss", "lead": "Vi har skrivit upp vad. Försök igen om en stund."},
            503: {"heading": "Det svarar inte just nu", "lead": "Något som behövs är borta. Försök igen om en stund."},
        },
    },
    "nb": {
        "skip": "Hopp til innholdet",
        "languages": "Språk",
        "sign_in": "Logg inn",
        "sign_out": "Logg ut",
        "corrected": "Dette må rettes",
        "signed_out": {
            "heading": "Du har logget ut",
            "lead": "Denne nettleseren åpner ingen av sidene våre før noen logger inn igjen.",
        },
        "known_there": "Der du logget inn, kan du fortsatt være kjent. Bruker andre denne datamaskinen, så",
        "leave_there": "logg ut der også",
        "sign_in_again": "Logg inn igjen",
        "problems": {
            400: {"heading": "Det gikk ikke", "lead": "Det som ble sendt, kunne ikke leses. Ingenting ble lagret."},
            401: {
                "heading": "Du er ikke logget inn",
                "lead": "Innloggingen lyktes ikke, eller den var for lenge siden. Ingenting ble lagret.",
            },
            403: {
                "heading": "Det kan du ikke gjøre",
                "lead": "Rollen din har ikke tilgang til dette, eller så ble skjemaet ikke sendt fra sidene våre.",
            },
            404: {"heading": "Siden finnes ikke", "lead": "Det er ikke noe her, eller så er det noen andres."},
            409: {
                "heading": "Det går ikke lenger",
                "lead": "Noe ble endret i mellomtiden. Gå tilbake og last siden på nytt for å se hva som gjelder nå.",
            },
            410: {"heading": "Det er ikke her lenger", "lead": "Det har vært her og kommer ikke tilbake."},
            413: {"heading": "Det var for mye", "lead": "Det som ble sendt, er større enn det vi tar imot."},
            422: {"heading": "Noe stemmer ikke", "lead": "Ingenting ble lagret. Gå tilbake, rett og prøv igjen."},
            429: {"heading": "For mange forsøk", "lead": "Vent en stund og prøv igjen."},
            500: {"heading": "Noe gikk i stykker hos oss", "lead": "Vi har skrevet ned hva. Prøv igjen om en stund."},
            503: {"heading": "Det svarer ikke akkurat nå", "lead": "Noe som trengs, er borte. Prøv igjen om en stund."},
        },
    },
    "en": {
        "skip": "Skip to content",
        "languages": "Language",
        "sign_in": "Sign in",
        "sign_out": "Sign out",
        "corrected": "What has to be corrected",
        "signed_out": {
            "heading": "You have signed out",
            "lead": "This browser opens none of our pages until somebody signs in again.",
        },
        "known_there": "Where you signed in you may still be known. If others use this computer,",
        "leave_there": "sign out there too",
        "sign_in_again": "Sign in again",
        "problems": {
            400: {"heading": "It did not work", "lead": "What was sent could not be read. Nothing was saved."},
            401: {
                "heading": "You are not signed in",
                "lead": "Signing in did not succeed, or it was too long ago. Nothing was saved.",
            },
            403: {
                "heading": "You may not do that",
                "lead": "Your role has no access to this, or the form was not sent from our own pages.",
            },
            404: {"heading": "There is no such page", "lead": "There is nothing here, or it is somebody else's."},
            409: {
                "heading": "It cannot be done any more",
                "lead": "Something changed meanwhile. Go back and load the page again to see how things stand.",
            },
            410: {"heading": "It is no longer here", "lead": "It was here and will not come back."},
            413: {"heading": "That was too much", "lead": "What was sent is larger than what we take."},
            422: {"heading": "Something is not right", "lead": "Nothing was saved. Go back, correct it and try again."},
            429: {"heading": "Too many attempts", "lead": "Wait a while and try again."},
            500: {"heading": "Something broke here", "lead": "We have written down what. Try again in a while."},
            503: {"heading": "It does not answer just now", "lead": "Something we need is away. Try again in a while."},
        },
    },
}


def problem_said(status: int, language: Language) -> Said:
    """Return what the page of a refusal says."""
    problems = AROUND[language]["problems"]
    return problems.get(status, problems[400])
