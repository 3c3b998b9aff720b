"""How wishes are said in English. Never a rule: those are in `reading`."""

from typing import Final

from services.referral.domain.wishes.language import Language

ENGLISH: Final = Language.of(
    markers=(
        "and is not she he the of with would likes his or but wants needs has have from an maybe since by used doesn't "
        "don't something someone"
    ),
    negations=(
        "not no never none nothing neither nor without except hates hate dislikes dislike avoid avoids -n't cannot "
        "stopped anything_but refuses"
    ),
    harmless="not_only not_just why_not don't_mind doesn't_mind not_sure",
    but="but anything_but however although though yet",
    wants=(
        "would wants want likes like loves love enjoys enjoy needs need rather prefers prefer wishes interested keen"
    ),
    joins="and",
    names={
        "walking": "walk walks walking walker- stroll- rambling",
        "nordic_walking": "nordic_walk- pole_walk- walking_pole-",
        "hiking": "hik- mountain- hillwalk- trek-",
        "gymnastics": (
            "gymnastic- keep_fit fitness- exercise_class- exercise_group- get_fit aerobics exercising work_out"
        ),
        "chair_exercise": "chair_exercis- chair_based_exercis- seated_exercis- chair_yoga exercis-_sitting",
        "strength": "strength- weights lift_weights weight_train- gym muscle-",
        "balance": "balance- falls falling",
        "swimming": "swim- swum",
        "water_exercise": "aqua- water_exercis- water_aerobics water_gym-",
        "dance": "danc- tango salsa zumba waltz- foxtrot ballet ballroom- swing rumba flamenco",
        "cycling": "cycl- bike bikes biking bicycle-",
        "boules": "boule- petanque- bocce-",
        "table_tennis": "table_tennis ping_pong",
        "bowling": "bowl-",
        "skiing": "ski skis skiing",
        "yoga": "yoga",
        "tai_chi": "tai_chi taichi qigong",
        "gardening": "garden- allotment- grow_vegetable- growing_vegetable- plants",
        "lecture": "lectur- talks",
        "study_circle": "study_circl- book_club- book_group- reading_group- study_group- reading_circl-",
        "cooking": "cook- bak-",
        "nutrition": (
            "nutrition- healthy_eating eat_health- eating_health- diet diets lose_weight losing_weight healthy_food"
        ),
        "language_cafe": (
            "language_caf- practise_norwegian practise_swedish practise_english practice_norwegian practice_swedish "
            "learn_norwegian learn_swedish speak_norwegian speak_swedish improve_-_norwegian improve_-_swedish"
        ),
        "digital_skills": "computer- phone phones smartphone- tablet- online_banking internet digital email- ipad-",
        "history": "histor- genealog- family_tree ancestr-",
        "nature": "nature birds bird_watch- birdwatch- forest- outdoors woods countryside wildlife mushroom-",
        "health_school": "health_school- health_course- health_class- diabetes_course-",
        "choir": "choir- sing sings singing sang",
        "music": "music- guitar- piano- concert- jazz orchestra- accordion- instrument-",
        "theatre": "theat- drama",
        "art": (
            "art art_class- art_group- arts_and_crafts paint paints painting paintings draw draws drawing watercolo- "
            "pottery exhibition- ceramics"
        ),
        "crafts": "knit- crochet- sew sews sewing craft- embroider- weav- quilt- needlework",
        "woodwork": "woodwork- carpent- carving whittl- joinery workshop",
        "photography": "photo-",
        "reading": (
            "read reads reading book books literature poetry novel- library book_club- book_group- crime_stories"
        ),
        "writing": "write writes writing memoir-",
        "film": "film- cinema- movie-",
        "museum": "museum- galler-",
        "cafe": "coffee caf- tea",
        "lunch": "lunch- dinner- eat_together eating_together eat_with shared_meal- meals",
        "games": "chess cards card_game- board_game- games bingo quiz- scrabble domino-",
        "bridge": "bridge",
        "friendship": "friend- lonel- meet_people meeting_people company companionship befriend- isolated",
        "conversation": "chat chats chatting talk talking conversation- someone_to_talk discuss-",
        "intergenerational": "children grandchildren child young_people generation- kids",
        "pets": "dog dogs cat cats animal- pet pets horse-",
        "volunteering": "volunteer- help_out helping_out charity give_something_back help_others helping_others",
        "excursion": "day_trip- trip trips excursion- outing- sightseeing travel-",
        "coping_group": "coping_group- coping_course- manag-_illness living_with_illness cope_with",
        "self_help_group": "self_help-",
        "peer_support": (
            "peer_support- been_through_the_same same_situation others_who_have others_who_grieve others_in_the_same"
        ),
        "bereavement": "bereave- grie- widow- lost_his_wife lost_her_husband mourning passed_away death_of",
        "carers_group": "carer- caring_for cares_for cared_for respite looking_after_her looking_after_his",
        "mindfulness": "mindful- meditat- relaxation",
        "stress": "stress- burnout burnt_out",
        "sleep": "sleep- insomnia slept",
        "smoking_cessation": (
            "quit_smok- stop_smok- quitting_smok- stopping_smok- give_up_smok- giving_up_smok- smoking_cessation"
        ),
        "alcohol_support": (
            "alcohol- drinks_too_much drink_less drinking_too_much cut_down_on_drink- sober- stop_drinking "
            "quit_drinking"
        ),
    },
)
