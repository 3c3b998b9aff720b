"""What the demo's organisers offer: every category code at least once. Never a real organisation."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Club:
    """Who runs activities: how organiser and contact function are called in a municipality."""

    kind: str
    organiser: str
    function: str


CLUBS: dict[str, Club] = {
    "kommune": Club("municipality", "{} kommune, kultur og helse (fiktiv)", "Møteplassteamet"),
    "bibliotek": Club("municipality", "{} bibliotek (fiktiv)", "Bibliotekvakta"),
    "friskliv": Club("health_centre", "{} frisklivssentral (fiktiv)", "Frisklivsvakta"),
    "legekontor": Club("health_centre", "{} legegruppe (fiktiv)", "Mestringsgruppa"),
    "turlag": Club("voluntary", "{} turlag (fiktiv)", "Turgruppa"),
    "idrettslag": Club("voluntary", "{} veteranidrettslag (fiktiv)", "Trimgruppa"),
    "sanglag": Club("voluntary", "{} song- og spelemannslag (fiktiv)", "Songstyret"),
    "husflid": Club("voluntary", "{} husflidsstue (fiktiv)", "Verkstedvakta"),
    "hagelag": Club("voluntary", "{} hage- og matlag (fiktiv)", "Hagegruppa"),
    "historielag": Club("voluntary", "{} bygdehistoriske krets (fiktiv)", "Historiegruppa"),
    "møteplass": Club("voluntary", "{} møteplassforening (fiktiv)", "Kaffevakta"),
    "likeperson": Club("voluntary", "{} likepersonring (fiktiv)", "Likepersonvakta"),
    "siida": Club("voluntary", "{} sámi searvi (fiktiv)", "Samisk møteplass"),
}


@dataclass(frozen=True)
class Offer:
    """One kind of activity. `categories` have spaces between; `seats` 0 is unlimited; `cost` in NOK."""

    categories: str
    name: str
    description: str
    club: str
    seats: int = 20
    cost: int = 0
    mode: str = "place"
    peer_led: bool = False
    audience: str = "everyone"


OFFERS: tuple[Offer, ...] = (
    Offer("walking", "Rolig gåtur", "Vi går i snakketempo på flat vei og tar pauser.", "turlag", 25),
    Offer("walking conversation", "Gå og prat", "En time ute, kaffe etterpå.", "møteplass", 15, peer_led=True),
    Offer("walking nature", "Strandtur", "Langs fjæra når det er fjære sjø.", "turlag", 0),
    Offer("nordic_walking", "Stavgang", "Me låner ut stavar. Nybyrjarar er velkomne.", "idrettslag", 16),
    Offer("hiking nature", "Halvdagstur i marka", "Tre timer med bål og matpakke.", "turlag", 18),
    Offer("hiking", "Lett topptur", "Små topper, god tid.", "turlag", 12, 50, peer_led=True),
    Offer("gymnastics", "Seniortrim", "Allsidig trim til musikk.", "idrettslag", 30, 40),
    Offer("gymnastics strength", "Morgentrim", "Kom i gang med dagen.", "kommune", 25),
    Offer("chair_exercise", "Stoltrim", "Alle øvelser sittende, for deg som vil røre deg trygt.", "kommune", 14),
    Offer("strength balance", "Sterk og stø", "Styrke og balanse under veiledning.", "friskliv", 12),
    Offer("balance", "Stødig på beina", "Fallforebyggende gruppe.", "friskliv", 10),
    Offer("swimming", "Svømming for voksne", "Rolige baner, egen vakt.", "idrettslag", 20, 70),
    Offer("water_exercise", "Trim i varmtvannsbasseng", "34 grader og mild trening.", "friskliv", 10, 60),
    Offer("dance", "Seniordans", "Runddans og linjedans utan krav om partnar.", "sanglag", 32, 50),
    Offer("dance", "Dans på dagtid", "Musikk fra ungdomstida.", "møteplass", 40, 30),
    Offer("cycling", "Sykkelgruppa", "Elsykkel kan lånes.", "idrettslag", 12),
    Offer("boules", "Petanque", "Kuler til alle, regler på fem minutter.", "idrettslag", 24),
    Offer("table_tennis", "Bordtennis for godt voksne", "For hodet og beina.", "idrettslag", 12, 20),
    Offer("bowling", "Bowlingtreff", "To serier og en kaffekopp.", "møteplass", 16, 90),
    Offer("skiing nature", "Skitur i lysløypa", "Klassisk, rolig fart.", "turlag", 20),
    Offer("yoga", "Myk yoga", "Med stol eller matte.", "kommune", 14, 80),
    Offer("tai_chi", "Tai chi i parken", "Rolige bevegelser ute, inne når det regner.", "idrettslag", 15),
    Offer("gardening", "Felles grønnsakshage", "Vi dyrker, luker og deler.", "hagelag", 20),
    Offer("gymnastics", "Skjermtrim", "Trim hjemme foran skjermen.", "friskliv", 0, mode="online"),
    Offer("strength balance", "Hjemmetrening", "Veileder kommer hjem.", "friskliv", 6, mode="home"),
    Offer("lecture history", "Onsdagsforedraget", "Nordnorske emner, en time.", "bibliotek", 60, 30),
    Offer("lecture", "Foredrag på skjerm", "Nytt tema hver måned.", "bibliotek", 0, mode="online"),
    Offer("study_circle", "Studiering", "Vi leser og diskuterer ei bok om gangen.", "bibliotek", 10),
    Offer("cooking", "Matlaging for en", "Enkel hverdagsmat, vi spiser sammen.", "hagelag", 8, 100),
    Offer("cooking nutrition", "Fisk på fredag", "Fisk på nye og gamle måter.", "kommune", 10, 80),
    Offer("nutrition health_school", "Bra mat for blodsukkeret", "Kurs i fire deler.", "friskliv", 12),
    Offer("language_cafe", "Språkkafé", "Øv norsk i små grupper.", "bibliotek", 30, peer_led=True),
    Offer("language_cafe", "Gáfestalla", "Samisk språkkafé for alle nivå.", "siida", 12, peer_led=True),
    Offer("digital_skills", "Nettbrett og telefon", "Ta med din egen, vi hjelper.", "bibliotek", 10),
    Offer("digital_skills", "Digital hjelp hjemme", "En frivillig kommer til deg.", "møteplass", 5, mode="home"),
    Offer("history", "Gamle bilder", "Vi setter navn på hus og båter.", "historielag", 20),
    Offer("history excursion", "Kulturminnevandring", "Korte turar til gamle tufter.", "historielag", 22),
    Offer("nature", "Fuglekikking", "Kikkert kan lånes.", "turlag", 12),
    Offer("nature", "Luonddus, ute sammen", "Natur og fortellinger på norsk og samisk.", "siida", 14),
    Offer("health_school", "Frisklivsskolen", "Åtte ganger om vaner som varer.", "friskliv", 16),
    Offer("choir", "Seniorkor", "Ingen opptaksprøve.", "sanglag", 45, 40),
    Offer("choir", "Allsang", "Kjente viser med piano.", "sanglag", 0),
    Offer("music", "Spelestund", "Ta med instrument, eller lytt.", "sanglag", 20),
    Offer("music", "Joik og visesang", "Vi synger og lærer av hverandre.", "siida", 15),
    Offer("theatre", "Amatørteater", "Vi lager en forestilling til jul.", "sanglag", 18),
    Offer("art", "Akvarell", "Papir og farger er med.", "husflid", 10, 60),
    Offer("art", "Tegning på nett", "Følg med hjemmefra.", "husflid", 15, mode="online"),
    Offer("crafts", "Strikkekafé", "Garn, kaffe og prat.", "husflid", 25, peer_led=True),
    Offer("crafts", "Duodji-verksted", "Band, skinn og tre.", "siida", 8, 70),
    Offer("woodwork", "Mannsverkstedet", "Høvelbenk og kaffekjele.", "husflid", 12, 30, audience="men"),
    Offer("woodwork", "Båtstua", "Vi setter i stand en gammel færing.", "historielag", 9, peer_led=True),
    Offer("photography", "Fotogruppa", "Mobil eller kamera, like bra.", "bibliotek", 12),
    Offer("reading", "Lesesirkel", "Ei bok i måneden.", "bibliotek", 10),
    Offer("reading", "Høytlesning hjemme", "En leseven kommer på besøk.", "bibliotek", 4, mode="home"),
    Offer("writing", "Skriv ditt liv", "Korte tekster, ingen karakterer.", "bibliotek", 8),
    Offer("writing", "Skriveverksted på nett", "Me les for kvarandre.", "bibliotek", 8, mode="online"),
    Offer("film", "Dagkino", "Film og kaffe til seniorpris.", "kommune", 60, 90),
    Offer("museum history", "Museumskaffe", "Omvisning og samtale.", "historielag", 20, 50),
    Offer("cafe", "Åpen kafé", "Kom som du er.", "møteplass", 0),
    Offer("cafe", "Formiddagskaffe", "Vafler og aviser.", "kommune", 40, 20),
    Offer("cafe conversation", "Kvinnekafé", "Samtale om stort og smått.", "møteplass", 16, audience="women"),
    Offer("lunch", "Felles lunsj", "Varm mat hver uke.", "møteplass", 35, 75),
    Offer("lunch friendship", "Suppelunsj", "Suppe, brød og godt selskap.", "kommune", 30, 50),
    Offer("games", "Spillkveld", "Kort, brettspill og kveldsmat.", "møteplass", 24),
    Offer("bridge games", "Bridge for nye og øvde", "Makker ordner vi.", "møteplass", 32, 20),
    Offer("friendship", "Besøksvenn", "En venn på besøk, fast dag.", "likeperson", 6, mode="home", peer_led=True),
    Offer("friendship", "Telefonvenn", "En fast samtale i uka.", "likeperson", 0, mode="online", peer_led=True),
    Offer("conversation", "Samtalegruppe", "Åpen gruppe om livet etter seksti.", "likeperson", 10, peer_led=True),
    Offer("intergenerational", "Generasjonsmøte", "Vi baker med skolen.", "kommune", 20),
    Offer("pets walking", "Hundeturen", "Med eller uten egen hund.", "turlag", 15),
    Offer("volunteering", "Bli frivillig", "Gjør noe for andre, to timer i uka.", "møteplass", 0),
    Offer("excursion", "Busstur", "Dagstur med felles mat.", "møteplass", 40, 250),
    Offer(
        "coping_group",
        "Mestring etter varsel",
        "Sykepleier og likeperson leder.",
        "legekontor",
        10,
        peer_led=True,
    ),
    Offer("coping_group", "Leve godt med høyt blodtrykk", "Lukket gruppe, seks ganger.", "legekontor", 10),
    Offer("self_help_group", "Selvhjelpsgruppe", "Gruppa eier samtalen.", "likeperson", 8, peer_led=True),
    Offer("peer_support", "Likepersontreff", "Møt en som har vært der.", "likeperson", 12, peer_led=True),
    Offer(
        "peer_support",
        "Likeperson på skjerm",
        "Samtale på nett.",
        "likeperson",
        6,
        mode="online",
        peer_led=True,
    ),
    Offer("bereavement", "Sorggruppe", "For deg som har mistet noen.", "likeperson", 8, peer_led=True),
    Offer("carers_group", "Pårørendegruppe", "Et pusterom i hverdagen.", "legekontor", 10),
    Offer("mindfulness", "Oppmerksomt nærvær", "Pust og ro.", "friskliv", 14, 50),
    Offer("mindfulness", "Ro på nett", "Tjue minutter, tre ganger i uka.", "friskliv", 0, mode="online"),
    Offer("stress", "Mindre stress", "Kurs over fem uker.", "friskliv", 12),
    Offer("sleep", "Sov bedre", "Søvnskole i liten gruppe.", "friskliv", 10),
    Offer("smoking_cessation", "Røykfri sammen", "Støtte uke for uke.", "friskliv", 10),
    Offer("alcohol_support", "Nøktern", "Samtalegruppe om alkohol, uten moral.", "likeperson", 8, peer_led=True),
)
