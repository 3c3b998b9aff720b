from datetime import date

import pytest

from schemas.sentences import NO_MATCH, REASONS, RULES, TERMS
from schemas.vocabulary import RULES as RULE_CODES
from schemas.vocabulary import TERMS as TERM_CODES
from schemas.vocabulary import NoMatch, Rule, Term
from services.activities.domain.matching import Catalogue
from services.activities.domain.matching.reasons import what_speaks_for, wished_of
from tests.support.builders import ON, a_referral, a_session, an_activity, number
from tests.support.matching import a_catalogue, matched, read_activity, read_need
from tests.support.matching_tables import EXCLUDED, HOME, NOT_MATCHED, ONLINE, PAGE, RANKED, Row, page

DAY = date.fromisoformat(ON)
FULL = {"seats": {"maximum": 8, "taken": 8}}


def rows(tables: dict[str, list[Row]]) -> list:
    return [pytest.param(code, row, id=f"{code}: {row.case}") for code, table in tables.items() for row in table]


@pytest.mark.parametrize(("code", "row"), rows(EXCLUDED))
def test_hard_rule_excludes(code: Rule, row: Row) -> None:
    answer = matched(a_referral(**row.referral), an_activity(**row.activity))
    assert row.expected in (None, code)
    assert answer.excluded == ({} if row.expected is None else {code: 1})
    assert len(answer.proposals) == (row.expected is None)


@pytest.mark.parametrize(("code", "row"), rows(RANKED))
def test_term_measures(code: Term, row: Row) -> None:
    answer = matched(a_referral(**row.referral), an_activity(**row.activity))
    assert round(getattr(answer.proposals[0].terms, code), 4) == row.expected


@pytest.mark.parametrize(("code", "row"), rows(NOT_MATCHED))
def test_no_match_says_why(code: NoMatch, row: Row) -> None:
    answer = matched(a_referral(**row.referral), an_activity(**row.activity))
    assert row.expected in (None, code)
    assert answer.no_match == row.expected
    assert bool(answer.proposals) == (row.expected is None)


def test_every_rule_and_term_has_its_table() -> None:
    assert list(EXCLUDED) == list(RULE_CODES)
    assert list(RANKED) == list(TERM_CODES)
    assert NOT_MATCHED.keys() == NO_MATCH.keys()


def test_page_about_matching_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.support.matching_tables"


def test_score_weighs_the_terms() -> None:
    # interest 0.5, distance 1, time 0.5, preference 0, seats 0.25, freshness 0.5
    activity = an_activity(
        categories=["dance"],
        sessions=[a_session(), a_session("tue")],
        seats={"maximum": 8, "taken": 6},
        verified_on="2024-12-12",
    )
    referral = a_referral(free_times=[{"day": "mon", "from": "10:00", "to": "12:00"}], preferences={"peer_led": True})
    [proposal] = matched(referral, activity).proposals
    assert proposal.score == pytest.approx(0.225 + 0.2 + 0.05 + 0 + 0.025 + 0.025)


def test_best_activities_come_first_and_the_smaller_id_among_equals() -> None:
    better, worse = {"categories": ["walking"]}, {"categories": ["choir"]}
    answer = matched(
        a_referral(),
        an_activity(4, **better),
        an_activity(1, **worse),
        an_activity(3, **better),
        an_activity(2, **worse),
        limit=3,
    )
    assert [proposal.activity_id for proposal in answer.proposals] == [number(3), number(4), number(1)]


def test_scores_equal_to_nine_decimals_are_equal() -> None:
    # Two places a few micrometres apart.
    near, nearer = an_activity(1), an_activity(2)
    near["place"] = near["place"] | {"latitude": 69.70000000005}
    nearer["place"] = nearer["place"] | {"latitude": 69.7}
    answer = matched(a_referral(), near, nearer)
    assert [proposal.activity_id for proposal in answer.proposals] == [number(1), number(2)]
    assert answer.proposals[0].score < answer.proposals[1].score


def test_only_what_is_full_and_nothing_else_can_be_waited_for() -> None:
    answer = matched(
        a_referral(languages=["sv"]),
        an_activity(1, categories=["choir"], **FULL),
        an_activity(2, **FULL),
        an_activity(3, languages=["nb"], **FULL),
        an_activity(4, status="paused", **FULL),
    )
    assert answer.waitable == (number(2), number(1))
    assert answer.excluded == {"unpublished": 1, "language": 1, "full": 2}
    assert answer.no_match == "no_activity"


def test_waiting_list_names_up_to_the_limit() -> None:
    answer = matched(a_referral(), *(an_activity(n, **FULL) for n in range(1, 5)), limit=2)
    assert answer.waitable == (number(1), number(2))
    assert answer.excluded == {"full": 4}


def test_exclusions_are_counted_over_all_municipalities_in_the_rules_order() -> None:
    answer = matched(
        a_referral(modes=["online"]),
        an_activity(1),
        an_activity(2, municipality="SE-0180"),
        an_activity(3, municipality="SE-0180", verified_on=None),
        an_activity(4, status="draft"),
    )
    assert list(answer.excluded.items()) == [
        ("unpublished", 1),
        ("unverified", 1),
        ("municipality", 1),
        ("mode", 1),
    ]


def test_empty_catalogue_has_no_activity() -> None:
    answer = Catalogue().match(read_need(a_referral()), DAY)
    assert (answer.proposals, answer.excluded, answer.no_match) == ((), {}, "no_activity")


def test_distance_is_told_for_a_place_only() -> None:
    answer = matched(a_referral(), an_activity(1), an_activity(2, **ONLINE), an_activity(3, **HOME))
    assert [proposal.distance_km for proposal in answer.proposals] == [0, None, None]


def test_protected_identity_does_not_change_matching() -> None:
    person = a_referral()["participant"]
    answers = [
        matched(a_referral(participant=person | {"protected_identity": hidden}), an_activity())
        for hidden in (True, False)
    ]
    assert answers[0] == answers[1]


def test_a_changed_activity_takes_the_place_of_the_old() -> None:
    catalogue = a_catalogue(an_activity(1), an_activity(2))
    need = read_need(a_referral())
    assert len(catalogue.match(need, DAY).proposals) == 2

    catalogue.put(read_activity(an_activity(1, **FULL)))
    catalogue.put(read_activity(an_activity(2, municipality="SE-0180", open_to=["NO-5503"])))
    assert catalogue.match(need, DAY).excluded == {"municipality": 1, "full": 1}

    catalogue.put(read_activity(an_activity(2, status="paused")))
    assert catalogue.match(need, DAY).excluded == {"unpublished": 1, "full": 1}
    assert len(catalogue) == 2


def test_a_removed_activity_is_forgotten() -> None:
    catalogue = a_catalogue(an_activity(1), an_activity(2, status="paused"))
    need = read_need(a_referral())
    catalogue.match(need, DAY)
    for n in (1, 2, 3):
        catalogue.remove(number(n))
    assert catalogue.match(need, DAY).excluded == {}
    assert len(catalogue) == 0
    assert number(1) not in catalogue


def test_a_new_day_is_seen_at_once() -> None:
    catalogue = a_catalogue(an_activity(1, sessions=[a_session(last_on=ON)]))
    need = read_need(a_referral())
    assert catalogue.match(need, DAY).proposals
    assert catalogue.match(need, date(2025, 3, 13)).excluded == {"ended": 1}
    assert catalogue.match(need, DAY).proposals


@pytest.mark.parametrize(
    ("activity", "referral", "told"),
    [
        ({}, {}, ["interest", "near", "free", "seats"]),
        ({"categories": ["dance"]}, {}, ["kind", "near", "free", "seats"]),
        (ONLINE, {"interests": []}, ["online", "free", "seats"]),
        (HOME | {"sessions": []}, {"interests": []}, ["home", "by_appointment", "free", "seats"]),
        (
            {"cost": {"amount": "50", "currency": "NOK"}, "sessions": [a_session(), a_session("tue")]},
            {"free_times": [{"day": "mon", "from": "10:00", "to": "12:00"}]},
            ["interest", "near", "some_times", "seats"],
        ),
        (
            {"peer_led": True, "languages": ["nb", "se"], "access": ["quiet"]},
            {
                "free_times": [{"day": "mon", "from": "10:00", "to": "12:00"}],
                "preferences": {"peer_led": True, "group_size": "small"},
                "languages": ["se"],
                "access_needs": ["quiet"],
            },
            ["interest", "near", "all_times", "peer_led", "group_size", "language", "access", "free", "seats"],
        ),
    ],
)
def test_proposal_tells_what_speaks_for_it(activity: dict, referral: dict, told: list[str]) -> None:
    [proposal] = matched(a_referral(**referral), an_activity(**activity)).proposals
    assert list(proposal.reasons) == told


def test_every_code_is_said_in_every_language() -> None:
    told = what_speaks_for(0, wished_of(read_need(a_referral())), 1, 1)
    assert tuple(REASONS) == tuple(told)
    assert tuple(RULES) == RULE_CODES
    assert tuple(TERMS) == TERM_CODES
    for texts in (*REASONS.values(), *RULES.values(), *NO_MATCH.values(), *TERMS.values()):
        assert set(texts) == {"sv", "nb", "en"}
        assert all(text.endswith(".") for text in texts.values())
