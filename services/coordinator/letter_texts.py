"""What letters say besides invitations, in Swedish, Norwegian and English. Never anything about a participant."""

from typing import Final, TypedDict

from services.coordinator.words import Written


class LetterTexts(TypedDict):
    """The letters in one language."""

    greeting: str
    still_correct: str
    still_correct_lead: str
    still_correct_line: str
    still_correct_button: str
    weekly: str
    weekly_lead: str
    weekly_button: str
    answered: str
    answered_lead: str
    answered_button: str
    unreachable: str
    unreachable_lead: str
    trial: str
    trial_lead: str
    about_us: str
    page_heading: str
    page_button: str
    page_done: str
    page_wrong: str
    fewer_heading: str
    fewer_lead: str
    fewer_button: str
    fewer_done: str
    more_button: str


LETTERS: Final[dict[Written, LetterTexts]] = {
    "sv": {
        "greeting": "Hej!",
        "still_correct": "Stämmer det fortfarande?",
        "still_correct_lead": (
            "Det här står om er i Mötesplats. Det som ingen har bekräftat på ett halvår föreslås inte längre. "
            "Stämmer det? Ett klick räcker. Hör annars av er till kommunens samordnare."
        ),
        "still_correct_line": "{name}: föreslås till och med {day}",
        "still_correct_button": "Det stämmer",
        "weekly": "Er vecka: {n} som väntar",
        "weekly_lead": "Det här väntar hos er: svar, eller att ni noterar om någon kom.",
        "weekly_button": "Öppna sidan",
        "answered": "Hälsocoachen har svarat",
        "answered_lead": "Ni ställde en fråga till hälsocoachen. Svaret finns på er sida.",
        "answered_button": "Till sidan med svaret",
        "unreachable": "Vi når inte {name}",
        "unreachable_lead": (
            "Adressen {address} tar inte emot våra mejl. Vi skriver inte dit igen, och frågar ersättaren om det finns "
            "en. Rätta adressen hos kontaktfunktionen {name}."
        ),
        "trial": "Ett prov från Mötesplats",
        "trial_lead": "Det här är bara ett prov: aviseringar till {name} kommer fram hit. Ni behöver inte göra något.",
        "about_us": "Mötesplats hjälper människor att hitta något att göra nära hemmet. Mejlet kan inte besvaras.",
        "page_heading": "Stämmer det fortfarande?",
        "page_button": "Ja, det stämmer",
        "page_done": "Tack! Det är noterat i dag.",
        "page_wrong": "Stämmer det inte? Hör av er till kommunens samordnare.",
        "fewer_heading": "Vill ni ha färre mejl?",
        "fewer_lead": "I stället för ett mejl om varje sak kan ni få ett om dagen, på arbetsdagar, med allt i.",
        "fewer_button": "Ett mejl om dagen",
        "fewer_done": "Ni får ett mejl om dagen.",
        "more_button": "Ett mejl om varje sak",
    },
    "nb": {
        "greeting": "Hei!",
        "still_correct": "Stemmer det fortsatt?",
        "still_correct_lead": (
            "Dette står om dere i Mötesplats. Det som ingen har bekreftet på et halvt år, foreslås ikke lenger. "
            "Stemmer det? Ett klikk er nok. Ta ellers kontakt med kommunens koordinator."
        ),
        "still_correct_line": "{name}: foreslås til og med {day}",
        "still_correct_button": "Det stemmer",
        "weekly": "Uken deres: {n} som venter",
        "weekly_lead": "Dette venter hos dere: svar, eller at dere noterer om noen kom.",
        "weekly_button": "Åpne siden",
        "answered": "Frisklivsveilederen har svart",
        "answered_lead": "Dere stilte et spørsmål til frisklivsveilederen. Svaret finnes på siden deres.",
        "answered_button": "Til siden med svaret",
        "unreachable": "Vi når ikke {name}",
        "unreachable_lead": (
            "Adressen {address} tar ikke imot e-posten vår. Vi skriver ikke dit igjen, og spør vara om det finnes en. "
            "Rett adressen hos kontaktfunksjonen {name}."
        ),
        "trial": "En prøve fra Mötesplats",
        "trial_lead": "Dette er bare en prøve: varsler til {name} kommer fram hit. Dere trenger ikke å gjøre noe.",
        "about_us": "Mötesplats hjelper folk å finne noe å gjøre nær hjemmet. E-posten kan ikke besvares.",
        "page_heading": "Stemmer det fortsatt?",
        "page_button": "Ja, det stemmer",
        "page_done": "Takk! Det er notert i dag.",
        "page_wrong": "Stemmer det ikke? Ta kontakt med kommunens koordinator.",
        "fewer_heading": "Vil dere ha færre e-poster?",
        "fewer_lead": "I stedet for en e-post om hver sak kan dere få én om dagen, på arbeidsdager, med alt i.",
        "fewer_button": "Én e-post om dagen",
        "fewer_done": "Dere får én e-post om dagen.",
        "more_button": "En e-post om hver sak",
    },
    "en": {
        "greeting": "Hello!",
        "still_correct": "Is it still correct?",
        "still_correct_lead": (
            "This is what Mötesplats says of you. What nobody has confirmed for half a year is not proposed any more. "
            "Is it correct? One click is enough. If not, please tell the municipality's coordinator."
        ),
        "still_correct_line": "{name}: proposed until {day}",
        "still_correct_button": "It is correct",
        "weekly": "Your week: {n} waiting",
        "weekly_lead": "This waits for you: an answer, or a note whether somebody came.",
        "weekly_button": "Open the page",
        "answered": "The health coach has answered",
        "answered_lead": "You asked the health coach a question. The answer is on your page.",
        "answered_button": "To the page with the answer",
        "unreachable": "We cannot reach {name}",
        "unreachable_lead": (
            "The address {address} refuses our mail. We do not write there again, and ask the deputy if there is one. "
            "Please correct the address of the contact function {name}."
        ),
        "trial": "A trial from Mötesplats",
        "trial_lead": "This is only a trial: notices to {name} arrive here. There is nothing for you to do.",
        "about_us": "Mötesplats helps people find something to do near home. This mail cannot be answered.",
        "page_heading": "Is it still correct?",
        "page_button": "Yes, it is correct",
        "page_done": "Thank you! It is noted today.",
        "page_wrong": "Is it not correct? Please tell the municipality's coordinator.",
        "fewer_heading": "Would you like fewer mails?",
        "fewer_lead": "Instead of a mail about each thing you can have one a day, on working days, with everything.",
        "fewer_button": "One mail a day",
        "fewer_done": "You get one mail a day.",
        "more_button": "A mail about each thing",
    },
}
