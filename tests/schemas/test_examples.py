import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from schemas import strict
from schemas.activities import ActivityPublished
from schemas.event import Event
from schemas.referral import ReferralRequested, ReferralWithdrawalRequested
from schemas.registry import EVENTS

SCHEMAS = Path(__file__).parents[2] / "schemas"
EXAMPLES = sorted((SCHEMAS / "examples").glob("*/*.json"))
BY_NAME = {event.event_name: event for event in EVENTS.values()}
STRICT: set[type[Event]] = {ReferralRequested, ReferralWithdrawalRequested, ActivityPublished}


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", EXAMPLES, ids=named)
def test_an_example_is_read_and_written_without_loss(path: Path) -> None:
    event = BY_NAME[path.parent.name]
    text = path.read_text("utf-8")
    read = strict.parse(event, text) if event in STRICT else event.model_validate_json(text)
    assert event.model_validate_json(read.model_dump_json()) == read


@pytest.mark.parametrize("path", EXAMPLES, ids=named)
def test_an_example_fits_its_json_schema(path: Path) -> None:
    schema = json.loads((SCHEMAS / "json" / f"{path.parent.name}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
        json.loads(path.read_text("utf-8"))
    )


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_event_has_at_least_two_examples(name: str) -> None:
    assert sum(path.parent.name == name for path in EXAMPLES) >= 2


def test_no_example_is_of_an_unknown_event() -> None:
    assert {path.parent.name for path in EXAMPLES} == set(BY_NAME)
