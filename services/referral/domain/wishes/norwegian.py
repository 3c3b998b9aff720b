"""How wishes are said in Norwegian, Bokmål and Nynorsk together: people mix them. Never a rule."""

from typing import Final

from services.referral.domain.wishes.language import Language

NORWEGIAN: Final = Language.of(
    markers=(
        "og å er ikke ikkje jeg eg hun ho gjerne for fra frå noe noko noen nokon seg mye mykje av eller ein ei til et "
        "eit vil likar liker hans hennes ved blir andre sammen saman lyst treng trenger ønsker om natta"
    ),
    negations=(
        "ikke ikkje aldri ingen ingenting intet inga inkje verken korkje uten utan unntatt unnateke slippe slipper "
        "sluttet slutta hater misliker alt_unntatt"
    ),
    harmless=("ikke_bare ikkje_berre ikke_noe_imot ikkje_noko_imot hvorfor_ikke kvifor_ikkje ingenting_imot vet_ikke"),
    but="men derimot",
    wants=(
        "vil gjerne liker likar trenger treng ønsker ønskjer heller helst skulle elsker lengter interessert lyst kunne"
    ),
    joins="og samt",
    names={
        "walking": (
            "gå_tur gå_på_tur gåtur- turgruppe- spaser- ut_og_gå gå_ut gågruppe- på_tur tur turar turer trilletur- "
            "rusletur- kveldstur-"
        ),
        "nordic_walking": "stavgang- stavgåing- gå_med_staver",
        "hiking": "fjelltur- fottur- vandr- fjellet topptur- skogstur- dagstur_i_fjell- skog_og_mark",
        "gymnastics": (
            "trim trimm- seniortrim- trimgruppe- gymnasti- trening trene_sammen treningsgruppe- mosjon- i_form "
            "bedre_form betre_form seniortrening-"
        ),
        "chair_exercise": "stoltrim- stolgym- sittetrim- sittende_tren- sitjande_tren- stolyoga-",
        "strength": "styrketren- styrke styrken sterkere vekter styrkje- treningssenter- muskler",
        "balance": (
            "balanse- falle fallet etter_et_fall etter_eit_fall fallforebygg- ramle- redd_for_å_falle redd_for_å_ramle"
        ),
        "swimming": "svøm- symj- svømmehall- bade bader bading- badeland- symjehall- basseng- varmtvannsbasseng-",
        "water_exercise": "vanngym- vanntrim- vassgym- vasstrim- vanntren- varmtvannsbasseng- bassengtren-",
        "dance": (
            "dans danse danser dansing dansen dansegruppe- dansekurs- folkedans- seniordans- sittedans- swing "
            "gammaldans tango salsa zumba vals foxtrot bugg ballett-"
        ),
        "cycling": "sykl- sykkel- -sykling",
        "boules": "boule- petanque- boccia- bocce-",
        "table_tennis": "bordtennis- pingpong-",
        "bowling": "bowl-",
        "skiing": "ski skitur- på_ski langrenn- skigå- skigruppe-",
        "yoga": "yoga- -yoga",
        "tai_chi": "taichi tai_chi qigong- qi_gong",
        "gardening": "hage hagen hagearbeid- hagelag- dyrk- plante- parsell- kolonihage- grønnsakshage- drivhus-",
        "lecture": "foredrag- forelesning- førelesing- temakveld-",
        "study_circle": "studiesirk- lesesirk- bokring- boksirk- studiering- lesering-",
        "cooking": "matlag- lage_mat lager_mat koke- bake bakst- baking",
        "nutrition": "kosthold- ernæring- sunn_mat spise_sunt sunt_kost- kosten slanke- gå_ned_i_vekt ete_sunt",
        "language_cafe": (
            "språkkaf- lære_norsk øve_norsk bedre_i_norsk betre_i_norsk snakke_norsk norskkurs- praktisere_norsk"
        ),
        "digital_skills": (
            "data datakurs- datamaskin- pc_en nettbrett- smarttelefon- mobil mobilen mobiltelefon- internett- digital- "
            "bankid nettbank- ipad- telefonen e_post"
        ),
        "history": (
            "histori- -historie lokalhistori- slektsforsk- slektsgransk- historielag- bygdehistori- krigshistorie-"
        ),
        "nature": "natur naturen natursti- friluft- skog skogen skogstur- fugle- sopptur- bærtur- bær sopp soppen",
        "health_school": "helseskol- frisklivskurs- livsstilskurs- diabeteskurs- lærings_og_mestring- helsekurs-",
        "choir": "kor koret korsang- -kor syng- synge allsang- song sang sangen songen",
        "music": (
            "musikk- -musikk spille_gitar spel-_gitar gitar- konsert- trekkspill- trekkspel- piano- korps- jazz- "
            "orkester- instrument-"
        ),
        "theatre": "teater- teatret teateret revy- -teater",
        "art": (
            "maler male måle måler maling maleri- tegne- tegning- teikne- teikning- kunst kunsten kunstner- akvarell- "
            "keramikk- utstilling-"
        ),
        "crafts": (
            "strikk- hekl- håndarbeid- handarbeid- husflid- sy syr søm- vev- broder- lappetepp- håndverk- handverk- "
            "sykaf-"
        ),
        "woodwork": "snekre- snekker- snikk- treskjær- treskjer- trearbeid- verksted- spikke- menn_i_skur",
        "photography": "foto- -foto fotograf-",
        "reading": (
            "lese leser les las lesing- lesesirk- bok boka boken bøker bokring- boksirk- litteratur- dikt- bibliotek- "
            "krim- roman- lesering-"
        ),
        "writing": "skrive skriver skriv skriving- skrivekurs- memoar- skrivegruppe-",
        "film": "film- -film kino-",
        "museum": "museum- museet museer musea museums-",
        "cafe": "kaf- kaffe- strikkekaf- kaffiprat-",
        "lunch": (
            "lunsj- middag- spise_sammen felles_måltid spise_sammen_med måltid- ete_saman eta_saman fellesmåltid-"
        ),
        "games": (
            "kortspill- kortspel- spille_kort spele_kort brettspill- brettspel- sjakk- quiz- bingo- spillkveld- "
            "spelkveld- yatzy-"
        ),
        "bridge": "bridge-",
        "friendship": (
            "venn venner vener ven venninne- besøksvenn- ensom- einsam- bli_kjent selskap- møte_andre møte_folk "
            "treffe_folk treffe_andre fellesskap- treffe_nye vennskap-"
        ),
        "conversation": (
            "snakke_med prate_med samtale- prat prate kaffeprat- kaffiprat- samtalegruppe- diskut- snakke_om "
            "nokon_å_snakke"
        ),
        "intergenerational": "barn barna barnebarn- generasjon- ungdom- barnehage- leksehjelp-",
        "pets": "hund- katt- dyra dyrene husdyr- kjæledyr- hest- besøkshund- kanin- hundetur-",
        "volunteering": "frivillig- hjelpe_til leksehjelp- hjelpe_andre gjøre_nytte gjere_nytte dugnad-",
        "excursion": "utflukt- busstur- dagstur- reise reiser båttur- ekskursjon- omvisning-",
        "coping_group": "mestring- mestringskurs- lærings_og_mestrings-",
        "self_help_group": "selvhjelp- sjølvhjelp-",
        "peer_support": (
            "likeperson- likemann- samme_situasjon same_situasjon vært_gjennom_det_samme erfaringskonsulent- "
            "i_same_båt i_samme_båt"
        ),
        "bereavement": (
            "sorg- enke enkemann- mistet_kona mistet_mannen mista_kona mista_mannen døydde døde gikk_bort etterlatt- "
            "gjekk_bort"
        ),
        "carers_group": "pårørend- pårørande- avlast-",
        "mindfulness": "mindfulness- medit- oppmerksomt_nærvær avspenn- avslapp-",
        "stress": "stress- utbrent- utmatt-",
        "sleep": "søvn- sove sover søv sov søvnløs- svevn- sovne-",
        "smoking_cessation": "slutte_å_røyk- røykeslutt- røykfri- slutte_å_snus- snusslutt- slutte_med_røyk-",
        "alcohol_support": (
            "alkohol- drikker_mye drikker_for_mye drikker_litt_mye drikke_mindre drikk_for_mykje edru- slutte_å_drikke "
            "rus rusen"
        ),
    },
)
