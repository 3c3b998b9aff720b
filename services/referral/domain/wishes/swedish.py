"""How wishes are said in Swedish. Never a rule: those are in `reading`."""

from typing import Final

from services.referral.domain.wishes.language import Language

SWEDISH: Final = Language.of(
    markers=(
        "och att är inte jag hon gärna för från något någon något inget ingen sig mycket av eller än nära även skulle "
        "också hans hennes vid ej vill på lära tycker"
    ),
    negations=(
        "inte ej aldrig ingen inget inga ingenting varken icke utom förutom slipper slippa slutat utan hatar ogillar "
        "undvika undviker allt_utom tveksam"
    ),
    harmless="inte_bara inte_enbart inget_emot utan_även utan_också varför_inte vet_inte",
    but="men dock däremot utan fast",
    wants="vill gärna gillar behöver önskar tycker_om hellre helst skulle älskar längtar söker intresserad längtar",
    joins="och samt",
    names={
        "walking": (
            "-promenad- promener- gå_ut ut_och_gå gå_med går_ut går_gärna_ut gågrupp- ta_en_runda rör-_på_sig_ute"
        ),
        "nordic_walking": "stavgång- stavpromenad- gå_med_stavar",
        "hiking": "vandr- fjällvandr- fjälltur- dagsvandring- pilgrimsvandr-",
        "gymnastics": (
            "gymnasti- gympa- seniorgympa- jympa- motion- komma_i_form bättre_form seniorträning- träningsgrupp-"
        ),
        "chair_exercise": (
            "stolgympa- stolsgympa- sittgympa- sittande_gympa sittande_träning träning_sittande gympa_sittande "
            "träna_sittande gärna_sittande"
        ),
        "strength": "styrketrän- styrka- styrka cirkelträning- gym gymmet gymma- lyft-_vikter muskel-",
        "balance": "balans- fallprevention- ramla- rädd_för_att_falla",
        "swimming": "simma- simning- simhall- simgrupp- bada- badhus- simmar- simkurs- simskola-",
        "water_exercise": ("vattengympa- vattengymnasti- vattenträning- bassängträn- varmvattenbassäng- vattenjympa-"),
        "dance": (
            "dans dansa dansar dansade dansen dansband- dansgrupp- danskurs- sällskapsdans- linedans- gammaldans "
            "folkdans- dansbana- tango tangon salsa zumba vals valsa foxtrot bugg bugga balett- swing"
        ),
        "cycling": "cykl- cykel- -cykling",
        "boules": "boule- petanque- bocce-",
        "table_tennis": "pingis- bordtennis-",
        "bowling": "bowl-",
        "skiing": "skid- längdskid- åka_skidor",
        "yoga": "yoga- -yoga",
        "tai_chi": "taichi tai_chi qigong- qi_gong",
        "gardening": "odla odlar odling- trädgård- kolonilott- plantera- växthus-",
        "lecture": "föreläs- föredrag-",
        "study_circle": "studiecirk- bokcirk- cirkel kurscirk- läsecirk- -cirkeln litteraturcirk-",
        "cooking": "laga_mat matlagning- matlag- baka bakar bakning bröd- laga_till",
        "nutrition": (
            "kost kosten kosthåll- näring- äta_nyttig- nyttig_mat matvan- äta_rätt äta_bättre viktnedgång- "
            "gå_ner_i_vikt hälsosam_mat"
        ),
        "language_cafe": (
            "språkcaf- språkkaf- öva_svenska lära_sig_svenska träna_svenska bättre_svenska prata_svenska"
        ),
        "digital_skills": (
            "dator- datakurs- bankid mobil mobilen mobiltelefon- surfplatt- internet smartphone- e_post digital- ipad- "
            "läsplatt- videosamtal- app appar"
        ),
        "history": "histori- -historia släktforsk- hembygds- lokalhistori- fornminne-",
        "nature": (
            "natur naturen naturstig- naturpromenad- skogen skog fågel- fåglar- fågelskåd- svamp- plocka_bär friluft-"
        ),
        "health_school": (
            "hälsoskol- hälsokurs- livsstilskurs- patientskol- kurs_om_hälsa blodtrycksskol- diabetesskol-"
        ),
        "choir": "kör kören körer körsång- -kör allsång- sjung- sång sången sånger",
        "music": (
            "music- musik- -musik spel-_gitarr spel-_piano spel-_dragspel spel-_instrument konsert- gitarr- piano- "
            "dragspel- orkester- jazz-"
        ),
        "theatre": "teater- -teater teatern revy- teatrar",
        "art": (
            "måla målar målning målningar måleri- akvarell- rita ritar konst konsten konstnär- konstutställ- teckna "
            "tecknar utställning- keramik-"
        ),
        "crafts": "stick- virk- hantverk- handarbet- sy syr sömnad- väv- broder- slöjd- lapptäck- syjunta- pyssel-",
        "woodwork": "snick- träslöjd- tälj- verkstad- svarv- möbelrenover-",
        "photography": "foto- -foto fotograf-",
        "reading": (
            "läsa läser läste läsning bok boken böcker bokcirk- bokcaf- litteratur- roman- poesi- bibliotek- läsecirk- "
            "deckare"
        ),
        "writing": "skriva skriver skrivar- skrivande- dikt- memoar- skrivarcirk- skrivkurs-",
        "film": "film- -film bio bion biobesök- biograf-",
        "museum": "museum- museer- museibesök- museet museiver- muséer",
        "cafe": "kaf- caf- fika- fik fiket kaffe- kaffet",
        "lunch": "lunch- middag- äta_ihop äta_tillsammans äta_med_andra matlag_tillsammans matgemenskap- äta_med",
        "games": (
            "sällskapsspel- kortspel- spela_kort spela_spel spelar_kort schack- bingo- frågesport- quiz- brädspel- "
            "spelkväll- yatzy- alfapet-"
        ),
        "bridge": "bridge-",
        "friendship": (
            "vän vänner väninn- nya_kompis- nya_vänner ensam- umgås umgänge- sällskap träffa_folk träffa_människor "
            "träffa_andra_på kontaktperson- lära_känna gemenskap- bli_sedd"
        ),
        "conversation": (
            "prata samtala samtal- pratar samtalsgrupp- snacka någon_att_tala_med tala_med diskutera- diskussion- "
            "pratstund-"
        ),
        "intergenerational": "barnbarn- barn barnen generation- unga ungdom- dagis- förskol-",
        "pets": "hund- -hund katt- djur- husdjur- sällskapsdjur- kanin- häst- ridning rida",
        "volunteering": "volontär- frivillig- ideell- hjälpa_till läxhjälp- hjälpa_andra göra_nytta",
        "excursion": "utflykt- bussres- dagstur- resa resor resorna studiebesök- dagsutflykt- båtutflykt- busstur-",
        "coping_group": (
            "mestringsgrupp- hanteringsgrupp- patientgrupp- leva_med_sjukdom- hantera_sin hantera_sjukdom-"
        ),
        "self_help_group": "självhjälp-",
        "peer_support": (
            "i_samma_situation samma_situation andra_som_varit likasinnad- peer- stödperson- kamratstöd- "
            "med_samma_sjukdom med_samma_erfarenhet i_samma_läge"
        ),
        "bereavement": (
            "sorg- änka änkling- makens_död hustruns_död sörj- förlorat_sin mist_sin efterlevande- makes_död dog_i "
            "gick_bort"
        ),
        "carers_group": "anhörig- vårdar_sin vårdar_sitt avlösning- närståendegrupp-",
        "mindfulness": "mindfulness- medit- medveten_närvaro avslappn- avspänning-",
        "stress": "stress- utmatt- utbränd-",
        "sleep": "sömn- sova sover sovit insomn-",
        "smoking_cessation": (
            "sluta_rök- rökfri- rökstopp- sluta_snusa tobaksfri- rökavvänj- sluta_med_cigar- slutarök-"
        ),
        "alcohol_support": (
            "alkohol- dricker_för_mycket dricka_mindre dricker_mycket nykter- sluta_dricka minska_drickandet drickande-"
        ),
    },
)
