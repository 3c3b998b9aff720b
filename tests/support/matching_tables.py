"""The rules and terms of matching as rows that a coach can read: tests run them, `docs/matching.md` shows them.

`python -m tests.support.matching_tables` writes the page.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from schemas.explanations import NAMED
from schemas.sentences import NO_MATCH, REASONS, RULES, TERMS
from schemas.vocabulary import NoMatch, Rule, Term
from services.activities.domain.matching.settings import CONTRACT
from tests.support.builders import ON, Json, a_consent, a_session

PAGE = Path(__file__).parents[2] / "docs" / "matching.md"


class Row(NamedTuple):
    """One case: what differs from the plain activity and the plain referral, and what is expected."""

    case: str
    activity: Json
    referral: Json
    expected: object


VOLUNTARY = {"organiser_id": "o-1", "name": "Tur- og friluftslaget", "kind": "voluntary"}
ONLINE: Json = {"mode": "online", "place": None}
HOME: Json = {"mode": "home", "place": None}
OUT: Rule = "unpublished"


def at(latitude: float, longitude: float) -> Json:
    """Return an activity's place there."""
    return {
        "place": {
            "place_id": "p-1",
            "name": "Huset",
            "latitude": latitude,
            "longitude": longitude,
            "address": "Storgata 1",
        }
    }


def area(latitude: float, longitude: float) -> Json:
    """Return where a referral measures from."""
    return {"area": {"latitude": latitude, "longitude": longitude}}


def person(**fields: object) -> Json:
    """Return a referral's participant."""
    return {"participant": {"pseudonym": "p-1", **fields}}


def free(day: str, start: str, end: str) -> Json:
    """Return a free time."""
    return {"day": day, "from": start, "to": end}


def kronor(amount: str) -> Json:
    """Return an amount in Swedish kronor."""
    return {"amount": amount, "currency": "SEK"}


NOT_MATCHED: dict[NoMatch, list[Row]] = {
    "study_control": [
        Row("control arm of a study", {}, {"study_arm": "control"}, "study_control"),
        Row("intervention arm", {}, {"study_arm": "intervention"}, None),
        Row("control arm without consent", {}, {"study_arm": "control", "consent": None}, "study_control"),
    ],
    "consent": [
        Row("no consent", {}, {"consent": None}, "consent"),
        Row("given today", {}, {"consent": a_consent(ON, "2025-12-31")}, None),
        Row("given tomorrow", {}, {"consent": a_consent("2025-03-13", "2025-12-31")}, "consent"),
        Row("expires today", {}, {"consent": a_consent("2025-01-01", ON)}, None),
        Row("expired yesterday", {}, {"consent": a_consent("2025-01-01", "2025-03-11")}, "consent"),
        Row("dates in the wrong order", {}, {"consent": a_consent("2025-12-31", "2025-01-01")}, "consent"),
    ],
    "no_activity": [
        Row("nothing fits", {"status": "paused"}, {}, "no_activity"),
        Row("all that fits is full", {"seats": {"maximum": 8, "taken": 8}}, {}, "no_activity"),
    ],
}

EXCLUDED: dict[Rule, list[Row]] = {
    "unpublished": [
        Row("published", {"status": "published"}, {}, None),
        Row("draft", {"status": "draft"}, {}, OUT),
        Row("paused", {"status": "paused"}, {}, OUT),
        Row("ended by the organiser", {"status": "ended"}, {}, OUT),
        Row(
            "paused and full: the first rule counts", {"status": "paused", "seats": {"maximum": 1, "taken": 1}}, {}, OUT
        ),
    ],
    "ended": [
        Row("last session today", {"sessions": [a_session(last_on=ON)]}, {}, None),
        Row("last session yesterday", {"sessions": [a_session(last_on="2025-03-11")]}, {}, "ended"),
        Row(
            "one of two goes on",
            {"sessions": [a_session(last_on="2025-03-11"), a_session("tue")]},
            {},
            None,
        ),
        Row("by appointment never ends", {"sessions": []}, {}, None),
        Row("starts later", {"sessions": [a_session(first_on="2025-09-01")]}, {}, None),
    ],
    "agreement": [
        Row("voluntary, no agreement", {"organiser": VOLUNTARY}, {}, "agreement"),
        Row(
            "voluntary, from today to today",
            {"organiser": VOLUNTARY, "agreement": {"valid_from": ON, "valid_to": ON}},
            {},
            None,
        ),
        Row(
            "voluntary, ended yesterday",
            {"organiser": VOLUNTARY, "agreement": {"valid_from": "2024-01-01", "valid_to": "2025-03-11"}},
            {},
            "agreement",
        ),
        Row(
            "voluntary, from tomorrow",
            {"organiser": VOLUNTARY, "agreement": {"valid_from": "2025-03-13", "valid_to": "2026-01-01"}},
            {},
            "agreement",
        ),
        Row(
            "voluntary, dates in the wrong order",
            {"organiser": VOLUNTARY, "agreement": {"valid_from": "2026-01-01", "valid_to": "2024-01-01"}},
            {},
            "agreement",
        ),
        Row("the municipality's own needs none", {"agreement": None}, {}, None),
    ],
    "unverified": [
        Row("never verified", {"verified_on": None}, {}, "unverified"),
        Row("180 days ago", {"verified_on": "2024-09-13"}, {}, None),
        Row("181 days ago", {"verified_on": "2024-09-12"}, {}, "unverified"),
        Row("a day ahead", {"verified_on": "2025-03-13"}, {}, None),
    ],
    "municipality": [
        Row("another municipality's", {"municipality": "NO-5503"}, {}, "municipality"),
        Row("another's, open to ours", {"municipality": "NO-5503", "open_to": ["NO-5501"]}, {}, None),
        Row("ours, open to another", {"open_to": ["NO-5503"]}, {}, None),
        Row("ours, and named again", {"open_to": ["NO-5501"]}, {}, None),
    ],
    "mode": [
        Row("any mode", {}, {"modes": []}, None),
        Row("place is asked for", {}, {"modes": ["online", "place"]}, None),
        Row("only online is asked for", {}, {"modes": ["online"]}, "mode"),
        Row("only place, it is at home", HOME, {"modes": ["place"]}, "mode"),
    ],
    "distance": [
        Row("just inside 10 km", at(69.7399, 18.96), {}, None),
        Row("just outside 10 km", at(69.74, 18.96), {"max_distance_km": 10}, "distance"),
        Row("next door, however short the way may be", {}, {"max_distance_km": 0.001}, None),
        Row("online is never too far", ONLINE, {"max_distance_km": 0.001}, None),
        Row("at home is never too far", HOME, {"max_distance_km": 0.001}, None),
        Row(
            "the area is rounded first", at(69.655, 18.96), area(69.6549, 18.96) | {"max_distance_km": 0.1}, "distance"
        ),
        Row("across the antimeridian", at(0, -179.95), area(0, 179.98), None),
        Row("round the pole", at(89.96, 180), area(89.96, 0), None),
        Row("the other side of the earth", at(-69.65, -161.04), {"max_distance_km": 20015}, "distance"),
    ],
    "age": [
        Row("for all ages", {"ages": None}, {}, None),
        Row("from 67, is 67", {"ages": {"min": 67, "max": None}}, {}, None),
        Row("from 68, is 67", {"ages": {"min": 68, "max": None}}, {}, "age"),
        Row("to 67, is 67", {"ages": {"min": None, "max": 67}}, {}, None),
        Row("to 66, is 67", {"ages": {"min": None, "max": 66}}, {}, "age"),
        Row("both bounds null", {"ages": {"min": None, "max": None}}, {}, None),
        Row("to 0, is 0", {"ages": {"min": 0, "max": 0}}, person(age=0), None),
    ],
    "audience": [
        Row("women, a woman", {"audience": "women"}, person(age=67, gender="woman"), None),
        Row("women, a man", {"audience": "women"}, person(age=67, gender="man"), "audience"),
        Row("men, a man", {"audience": "men"}, person(age=67, gender="man"), None),
        Row("men, not told", {"audience": "men"}, person(age=67), "audience"),
        Row("women, another", {"audience": "women"}, person(age=67, gender="other"), "audience"),
        Row("everyone, not told", {"audience": "everyone"}, person(age=67), None),
    ],
    "language": [
        Row("one shared", {"languages": ["nb", "se"]}, {"languages": ["se", "sv"]}, None),
        Row("none shared", {"languages": ["nb"]}, {"languages": ["sv"]}, "language"),
        Row("does not matter to the activity", {"languages": []}, {"languages": ["sv"]}, None),
        Row("does not matter to the person", {"languages": ["nb"]}, {"languages": []}, None),
    ],
    "access": [
        Row("all offered", {"access": ["lift", "quiet"]}, {"access_needs": ["quiet"]}, None),
        Row("one of two is missing", {"access": ["lift"]}, {"access_needs": ["lift", "quiet"]}, "access"),
        Row("nothing needed", {"access": []}, {"access_needs": []}, None),
    ],
    "time": [
        Row("the very hours", {}, {"free_times": [free("mon", "10:00", "12:00")]}, None),
        Row("a minute short", {}, {"free_times": [free("mon", "10:00", "11:59")]}, "time"),
        Row("another day", {}, {"free_times": [free("tue", "00:00", "23:59")]}, "time"),
        Row(
            "two touching free times are not joined",
            {},
            {"free_times": [free("mon", "09:00", "11:00"), free("mon", "11:00", "13:00")]},
            "time",
        ),
        Row(
            "the session that would fit is over",
            {"sessions": [a_session(last_on="2025-03-11"), a_session("tue")]},
            {"free_times": [free("mon", "08:00", "16:00")]},
            "time",
        ),
        Row("by appointment", {"sessions": []}, {"free_times": [free("sun", "08:00", "09:00")]}, None),
        Row("free at any time", {}, {"free_times": []}, None),
    ],
    "cost": [
        Row("the very limit", {"cost": kronor("50")}, {"max_cost": kronor("50.00")}, None),
        Row("an öre more", {"cost": kronor("50.01")}, {"max_cost": kronor("50")}, "cost"),
        Row("9 is less than 10", {"cost": kronor("9")}, {"max_cost": kronor("10")}, None),
        Row("another currency", {"cost": {"amount": "1", "currency": "NOK"}}, {"max_cost": kronor("50")}, "cost"),
        Row("free", {"cost": None}, {"max_cost": kronor("0")}, None),
        Row("costs nothing, in the same currency", {"cost": kronor("0.00")}, {"max_cost": kronor("0")}, None),
        Row("no limit", {"cost": kronor("900")}, {"max_cost": None}, None),
    ],
    "full": [
        Row("one seat left", {"seats": {"maximum": 8, "taken": 7}}, {}, None),
        Row("none left", {"seats": {"maximum": 8, "taken": 8}}, {}, "full"),
        Row("more taken than there are", {"seats": {"maximum": 8, "taken": 9}}, {}, "full"),
        Row("the only seat is free", {"seats": {"maximum": 1, "taken": 0}}, {}, None),
        Row("unlimited", {"seats": {"maximum": None, "taken": 500}}, {}, None),
    ],
}

RANKED: dict[Term, list[Row]] = {
    "interest": [
        Row("a shared category", {"categories": ["cafe", "walking"]}, {"interests": ["walking"]}, 1.0),
        Row("a shared kind", {"categories": ["dance"]}, {"interests": ["walking"]}, 0.5),
        Row("nothing shared", {"categories": ["choir"]}, {"interests": ["walking"]}, 0.0),
        Row("no interests given", {"categories": ["choir"]}, {"interests": []}, 0.5),
        Row("stress is a support, not a sign", {"categories": ["stress"]}, {"interests": ["sleep"]}, 0.5),
    ],
    "distance": [
        Row("next door", {}, {}, 1.0),
        Row("half the way allowed", at(69.695, 18.96), {"max_distance_km": 10.0075}, 0.5),
        Row("online", ONLINE, {}, 1.0),
        Row("at home", HOME, {}, 1.0),
    ],
    "time": [
        Row(
            "one of two sessions fits",
            {"sessions": [a_session(), a_session("tue")]},
            {"free_times": [free("mon", "08:00", "16:00")]},
            0.5,
        ),
        Row(
            "sessions that are over do not count",
            {"sessions": [a_session(), a_session("tue", last_on="2025-03-11")]},
            {"free_times": [free("mon", "08:00", "16:00")]},
            1.0,
        ),
        Row(
            "how often does not count",
            {"sessions": [a_session(every_weeks=4), a_session("tue"), a_session("wed")]},
            {"free_times": [free("mon", "08:00", "16:00")]},
            0.3333,
        ),
        Row("by appointment", {"sessions": []}, {"free_times": [free("mon", "08:00", "16:00")]}, 1.0),
        Row("free at any time", {"sessions": [a_session()]}, {"free_times": []}, 1.0),
    ],
    "preference": [
        Row("nothing preferred", {}, {"preferences": {}}, 1.0),
        Row("peer led preferred, it is not", {}, {"preferences": {"peer_led": True}}, 0.0),
        Row("not peer led preferred, it is not", {}, {"preferences": {"peer_led": False}}, 1.0),
        Row("any size", {}, {"preferences": {"group_size": "any"}}, 1.0),
        Row("one of two met", {}, {"preferences": {"peer_led": True, "group_size": "small"}}, 0.5),
        Row("both met", {"peer_led": True}, {"preferences": {"peer_led": True, "group_size": "small"}}, 1.0),
    ],
    "seats": [
        Row("unlimited", {"seats": {"maximum": None, "taken": 40}}, {}, 1.0),
        Row("six of eight free", {"seats": {"maximum": 8, "taken": 2}}, {}, 0.75),
        Row("one of three free", {"seats": {"maximum": 3, "taken": 2}}, {}, 0.3333),
    ],
    "freshness": [
        Row("verified today", {"verified_on": ON}, {}, 1.0),
        Row("a day ahead", {"verified_on": "2025-03-13"}, {}, 1.0),
        Row("90 days ago", {"verified_on": "2024-12-12"}, {}, 0.5),
        Row("180 days ago", {"verified_on": "2024-09-13"}, {}, 0.0),
    ],
}


def page() -> str:
    """Return the text of `docs/matching.md`."""
    return "\n".join(
        [
            "# Matching",
            "",
            "How a referral finds its activities: hard rules exclude, terms rank what is left. This page is written by",
            "`python -m tests.support.matching_tables` from the very rows that the tests run; change it there.",
            "",
            "Each row changes a plain activity (a free walk at a place, Mondays 10-12, verified today) or a plain",
            f"referral (a woman of 67 next door who would like to walk, within 10 km). The day is {ON}, a Wednesday.",
            "",
            "## Whom nothing is looked for",
            "",
            *section((code, NO_MATCH[code]["en"], rows) for code, rows in NOT_MATCHED.items()),
            "## What excludes an activity, in this order",
            "",
            "The first rule that fails counts. Who fails only `full` may be waited for.",
            "",
            *section((code, RULES[code]["en"], rows) for code, rows in EXCLUDED.items()),
            "## What ranks the others",
            "",
            "Each term goes from 0 to 1; the score is their sum by weight. Equal scores: the smaller id first.",
            "",
            *section(
                (code, f"{TERMS[code]['en']} Weight {getattr(CONTRACT.weights, code):.2f}.", rows)
                for code, rows in RANKED.items()
            ),
            "## What is told",
            "",
            "| code | sv | nb | en |",
            "|---|---|---|---|",
            *(f"| `{code}` | {text['sv']} | {text['nb']} | {text['en']} |" for code, text in REASONS.items()),
            *(f"| `{code}`, more known | {text['sv']} | {text['nb']} | {text['en']} |" for code, text in NAMED.items()),
            "",
        ]
    )


def section(parts: Iterable[tuple[str, str, list[Row]]]) -> list[str]:
    """Return a table for each code, under its sentence."""
    lines: list[str] = []
    for code, sentence, rows in parts:
        lines += [f"### `{code}`", "", sentence, "", "| case | activity | referral | expected |", "|---|---|---|---|"]
        for row in rows:
            expected = "fits" if row.expected is None else row.expected
            lines.append(f"| {row.case} | {changes(row.activity)} | {changes(row.referral)} | {expected} |")
        lines.append("")
    return lines


def changes(fields: Json) -> str:
    """Return changed fields as a reader scans them."""
    return "<br>".join(f"`{name}: {json.dumps(value, ensure_ascii=False)}`" for name, value in fields.items())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
