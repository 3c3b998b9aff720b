"""What codes are called in Swedish, Norwegian and English, inside a sentence. Never a sentence: see `sentences`."""

from collections.abc import Iterable, Mapping
from typing import Final

from schemas.sentences import Language, Texts
from schemas.vocabulary import CATEGORIES, DAYS, Day, Kind

AND: Final = Texts(sv="och", nb="og", en="and")


def _texts(line: str) -> Texts:
    sv, nb, en = line.split(" | ")
    return Texts(sv=sv, nb=nb, en=en)


def _kind(kind: Kind, names: str) -> dict[str, Texts]:
    return dict(zip(CATEGORIES[kind], map(_texts, names.strip().splitlines()), strict=True))


_PHYSICAL: Final = """
promenader | gåturer | walking
stavgång | stavgang | Nordic walking
vandring | fotturer | hiking
gymnastik | gymnastikk | gymnastics
stolgympa | stoltrim | chair exercise
styrketräning | styrketrening | strength training
balansträning | balansetrening | balance training
simning | svømming | swimming
vattengympa | vanntrim | water exercise
dans | dans | dance
cykling | sykling | cycling
boule | boccia | boules
bordtennis | bordtennis | table tennis
bowling | bowling | bowling
skidåkning | skigåing | skiing
yoga | yoga | yoga
tai chi | tai chi | tai chi
trädgård | hagearbeid | gardening
"""
_LEARNING: Final = """
föreläsningar | foredrag | lectures
studiecirkel | studiesirkel | study circle
matlagning | matlaging | cooking
kost | kosthold | nutrition
språkkafé | språkkafé | language café
digitala färdigheter | digitale ferdigheter | digital skills
historia | historie | history
natur | natur | nature
hälsoskola | helseskole | health school
"""
_CULTURE: Final = """
körsång | korsang | choir
musik | musikk | music
teater | teater | theatre
konst | kunst | art
hantverk | håndarbeid | crafts
träslöjd | trearbeid | woodwork
fotografering | fotografering | photography
läsning | lesing | reading
skrivande | skriving | writing
film | film | film
museum | museum | museum
"""
_SOCIAL: Final = """
kafé | kafé | café
gemensam lunch | felles lunsj | lunch together
spel | spill | games
bridge | bridge | bridge
vänskap | vennskap | friendship
samtal | samtale | conversation
möten mellan generationer | møter mellom generasjoner | generations together
djur | dyr | animals
volontärarbete | frivillig arbeid | volunteering
utflykter | utflukter | excursions
"""
_SUPPORT: Final = """
mestringsgrupp | mestringsgruppe | coping group
självhjälpsgrupp | selvhjelpsgruppe | self-help group
stöd av jämlikar | likepersonsstøtte | peer support
stöd i sorg | sorgstøtte | bereavement support
anhöriggrupp | pårørendegruppe | carers' group
mindfulness | oppmerksomt nærvær | mindfulness
stresshantering | stressmestring | stress management
bättre sömn | bedre søvn | better sleep
rökstopp | røykeslutt | giving up smoking
stöd kring alkohol | støtte om alkohol | alcohol support
"""

CATEGORY_NAMES: Final[dict[str, Texts]] = {
    **_kind("physical", _PHYSICAL),
    **_kind("learning", _LEARNING),
    **_kind("culture", _CULTURE),
    **_kind("social", _SOCIAL),
    **_kind("support", _SUPPORT),
}

LANGUAGE_NAMES: Final[dict[str, Texts]] = {
    code: _texts(names)
    for code, _, names in (
        line.partition(" ")
        for line in """
am amhariska | amharisk | Amharic
ar arabiska | arabisk | Arabic
bs bosniska | bosnisk | Bosnian
ckb sorani | sorani | Sorani Kurdish
da danska | dansk | Danish
de tyska | tysk | German
en engelska | engelsk | English
es spanska | spansk | Spanish
et estniska | estisk | Estonian
fa persiska | persisk | Persian
fi finska | finsk | Finnish
fit meänkieli | meänkieli | Meänkieli
fkv kvänska | kvensk | Kven
fr franska | fransk | French
hr kroatiska | kroatisk | Croatian
is isländska | islandsk | Icelandic
kmr kurmanji | kurmanji | Kurmanji Kurdish
ku kurdiska | kurdisk | Kurdish
lt litauiska | litauisk | Lithuanian
lv lettiska | latvisk | Latvian
nb norska | norsk | Norwegian
nl nederländska | nederlandsk | Dutch
nn nynorska | nynorsk | Nynorsk
no norska | norsk | Norwegian
pl polska | polsk | Polish
ps pashto | pashto | Pashto
pt portugisiska | portugisisk | Portuguese
rom romska | romani | Romani
ru ryska | russisk | Russian
se nordsamiska | nordsamisk | Northern Sámi
sma sydsamiska | sørsamisk | Southern Sámi
smj lulesamiska | lulesamisk | Lule Sámi
so somaliska | somali | Somali
sq albanska | albansk | Albanian
sr serbiska | serbisk | Serbian
sv svenska | svensk | Swedish
th thailändska | thai | Thai
ti tigrinska | tigrinja | Tigrinya
tr turkiska | tyrkisk | Turkish
uk ukrainska | ukrainsk | Ukrainian
ur urdu | urdu | Urdu
vi vietnamesiska | vietnamesisk | Vietnamese
yi jiddisch | jiddisch | Yiddish
zh kinesiska | kinesisk | Chinese
""".strip().splitlines()
    )
}
"""The languages that are met most; any other is called by its code."""

DAY_NAMES: Final[dict[Day, Texts]] = dict(
    zip(
        DAYS,
        map(
            _texts,
            (
                "måndag | mandag | Monday",
                "tisdag | tirsdag | Tuesday",
                "onsdag | onsdag | Wednesday",
                "torsdag | torsdag | Thursday",
                "fredag | fredag | Friday",
                "lördag | lørdag | Saturday",
                "söndag | søndag | Sunday",
            ),
        ),
        strict=True,
    )
)
EVERY: Final = Texts(sv="{day}ar", nb="{day}er", en="{day}s")
"""A day of every week: on Thursdays."""


def named(codes: Iterable[str], names: Mapping[str, Texts], language: Language) -> str:
    """Return what the codes are called, as a list that is read aloud; a code without a name is its own."""
    *others, last = [names[code][language] if code in names else code for code in codes]
    return f"{', '.join(others)} {AND[language]} {last}" if others else last
