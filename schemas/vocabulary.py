"""Every code list of the contracts, as types and as tuples. Never a sentence: those are made where shown."""

from typing import Literal, get_args

Kind = Literal["physical", "learning", "culture", "social", "support"]

Physical = Literal[
    "walking",
    "nordic_walking",
    "hiking",
    "gymnastics",
    "chair_exercise",
    "strength",
    "balance",
    "swimming",
    "water_exercise",
    "dance",
    "cycling",
    "boules",
    "table_tennis",
    "bowling",
    "skiing",
    "yoga",
    "tai_chi",
    "gardening",
]
Learning = Literal[
    "lecture",
    "study_circle",
    "cooking",
    "nutrition",
    "language_cafe",
    "digital_skills",
    "history",
    "nature",
    "health_school",
]
Culture = Literal[
    "choir",
    "music",
    "theatre",
    "art",
    "crafts",
    "woodwork",
    "photography",
    "reading",
    "writing",
    "film",
    "museum",
]
Social = Literal[
    "cafe",
    "lunch",
    "games",
    "bridge",
    "friendship",
    "conversation",
    "intergenerational",
    "pets",
    "volunteering",
    "excursion",
]
Support = Literal[
    "coping_group",
    "self_help_group",
    "peer_support",
    "bereavement",
    "carers_group",
    "mindfulness",
    "stress",
    "sleep",
    "smoking_cessation",
    "alcohol_support",
]
Category = Literal[Physical, Learning, Culture, Social, Support]

CATEGORIES: dict[Kind, tuple[Category, ...]] = {
    "physical": get_args(Physical),
    "learning": get_args(Learning),
    "culture": get_args(Culture),
    "social": get_args(Social),
    "support": get_args(Support),
}
KIND_OF: dict[str, Kind] = {category: kind for kind, codes in CATEGORIES.items() for category in codes}

AccessNeed = Literal[
    "step_free",
    "wheelchair",
    "lift",
    "accessible_toilet",
    "hearing_loop",
    "sign_language",
    "guide_dog",
    "seated",
    "quiet",
    "parking",
    "public_transport",
    "companion",
]
ACCESS_NEEDS: tuple[AccessNeed, ...] = get_args(AccessNeed)

Sign = Literal[
    "elevated_blood_pressure",
    "elevated_blood_glucose",
    "mild_depression",
    "abdominal_obesity",
    "loneliness",
    "inactivity",
    "stress",
    "sleep",
    "bereavement",
    "other",
]
SIGNS: tuple[Sign, ...] = get_args(Sign)

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)

Mode = Literal["place", "online", "home"]
MODES: tuple[Mode, ...] = get_args(Mode)

Gender = Literal["woman", "man", "other", "undisclosed"]
Audience = Literal["everyone", "women", "men"]
GroupSize = Literal["small", "large"]
GroupSizeWish = Literal["small", "large", "any"]
OrganiserKind = Literal["municipality", "voluntary", "health_centre"]
ActivityStatus = Literal["draft", "published", "paused", "ended"]
StudyArm = Literal["control", "intervention"]
Policy = Literal["coach_chooses", "best_match"]
Shared = Literal["first_name", "phone", "email", "companion"]

ContactLanguage = Literal["sv", "nb", "nn", "se", "en"]
CONTACT_LANGUAGES: tuple[ContactLanguage, ...] = get_args(ContactLanguage)

Rule = Literal[
    "unpublished",
    "ended",
    "agreement",
    "unverified",
    "municipality",
    "mode",
    "distance",
    "age",
    "audience",
    "language",
    "access",
    "time",
    "cost",
    "full",
]
RULES: tuple[Rule, ...] = get_args(Rule)
"""The hard rules in the order in which they are tried: the first that fails counts."""

Term = Literal["interest", "distance", "time", "preference", "seats", "freshness"]
TERMS: tuple[Term, ...] = get_args(Term)

NoMatch = Literal["no_activity", "consent", "study_control"]
SeatRefusal = Literal["full", "not_open", "unknown"]
SeatRelease = Literal["declined", "expired", "withdrawn", "closed", "erased", "next_choice"]
DeclineReason = Literal["full", "not_suitable", "paused", "other"]
DECLINE_REASONS: tuple[DeclineReason, ...] = get_args(DeclineReason)
ExpiryReason = Literal["no_response", "unreachable"]
Visit = Literal["attended", "no_show", "cancelled"]
VISITS: tuple[Visit, ...] = get_args(Visit)

WithdrawalReason = Literal["participant", "coach", "consent"]
WITHDRAWAL_REASONS: tuple[WithdrawalReason, ...] = get_args(WithdrawalReason)

Outcome = Literal[
    "taking_part",
    "tried_and_left",
    "could_not",
    "did_not_want",
    "no_longer_possible",
    "entered_in_error",
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

ReferralState = Literal[
    "received",
    "proposed",
    "unmatched",
    "chosen",
    "waitlisted",
    "invited",
    "accepted",
    "attending",
    "closed",
    "withdrawn",
    "entered_in_error",
]
REFERRAL_STATES: tuple[ReferralState, ...] = get_args(ReferralState)

WaitingOn = Literal["participant", "coach", "contact_function", "coordinator", "study", "consent", "nobody"]
