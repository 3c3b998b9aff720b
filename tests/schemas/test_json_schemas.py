import json
from pathlib import Path
from typing import Any

import pytest

from schemas.__main__ import FOLDER, broken, generated, main, outdated
from schemas.growth import breaks

COAT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "size": {"type": "integer", "maximum": 60},
        "colour": {"enum": ["red", "blue"], "type": "string"},
        "name": {"anyOf": [{"type": "string", "maxLength": 10}, {"type": "null"}]},
        "buttons": {"type": "array", "items": {"$ref": "#/$defs/Button"}},
        "washed": {"type": "object", "additionalProperties": {"type": "integer"}},
        "more": {},
    },
    "required": ["size"],
    "$defs": {"Button": {"type": "object", "properties": {"holes": {"type": "integer"}}, "required": ["holes"]}},
}


def coat(**fields: object) -> dict[str, Any]:
    return {**COAT, "properties": {**COAT["properties"], **fields}}


def without(field: str) -> dict[str, Any]:
    return {**COAT, "properties": {name: what for name, what in COAT["properties"].items() if name != field}}


@pytest.mark.parametrize(
    ("new", "what"),
    [
        (without("colour"), ["$.colour: is gone"]),
        ({**COAT, "required": ["size", "colour"]}, ["$.colour: is now required"]),
        (
            {**coat(price={"type": "integer"}), "required": ["size", "price"]},
            ["$.price: is now required"],
        ),
        (coat(size={"type": "string"}), ["$.size: no longer takes integer"]),
        (coat(name={"type": "string", "maxLength": 10}), ["$.name: no longer takes null"]),
        (coat(colour={"const": "red", "type": "string"}), ["$.colour: no longer takes the value blue"]),
        (coat(colour={"enum": ["blue", "green"], "type": "string"}), ["$.colour: no longer takes the value red"]),
        (
            coat(name={"anyOf": [{"type": "null"}, {"enum": ["a"], "type": "string"}]}),
            ["$.name: takes only certain values now"],
        ),
        (coat(size={"type": "integer", "maximum": 50}), ["$.size: maximum is narrower"]),
        (coat(size={"type": "integer", "maximum": 60, "minimum": 1}), ["$.size: minimum is narrower"]),
        (
            coat(name={"anyOf": [{"type": "string", "pattern": "x"}, {"type": "null"}]}),
            ["$.name: pattern is another"],
        ),
        (
            {
                **COAT,
                "$defs": {
                    "Button": {
                        "type": "object",
                        "properties": {"holes": {"type": "string"}},
                        "required": ["holes"],
                    }
                },
            },
            ["$.buttons[].holes: no longer takes integer"],
        ),
        (
            coat(washed={"type": "object", "additionalProperties": {"type": "boolean"}}),
            ["$.washed.*: no longer takes integer"],
        ),
        (coat(more={"type": "string"}), ["$.more: no longer takes anything"]),
        ({**COAT, "additionalProperties": False}, ["$: no longer takes unknown fields"]),
    ],
)
def test_whatever_takes_something_away_is_found(new: dict[str, Any], what: list[str]) -> None:
    assert breaks(COAT, new) == what


@pytest.mark.parametrize(
    "new",
    [
        COAT,
        coat(price={"type": "integer"}),
        coat(size={"type": "number"}),
        coat(size={"type": "integer", "maximum": 70}),
        coat(size={"anyOf": [{"type": "integer", "maximum": 60}, {"type": "null"}]}),
        coat(colour={"enum": ["red", "blue", "green"], "type": "string"}),
        coat(name={}),
        {**COAT, "required": []},
    ],
)
def test_a_schema_may_grow(new: dict[str, Any]) -> None:
    assert breaks(COAT, new) == []


def test_the_checked_in_schemas_are_current() -> None:
    assert outdated(FOLDER, generated()) == []


def test_the_events_break_nothing_of_the_checked_in_schemas() -> None:
    assert broken(FOLDER, generated()) == []


def test_a_field_that_is_gone_is_not_written_unless_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], tmp_path) == 0
    path = tmp_path / "visit.recorded.json"
    schema = json.loads(path.read_text("utf-8"))
    schema["properties"]["weather"] = {"type": "string"}
    path.write_text(json.dumps(schema), "utf-8")

    assert main(["--check"], tmp_path) == 1
    assert main([], tmp_path) == 1
    assert "visit.recorded.json $.weather: is gone" in capsys.readouterr().out
    assert "weather" in path.read_text("utf-8")
    assert main(["--breaking"], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0


def test_an_event_that_is_gone_is_not_removed_unless_told(tmp_path: Path) -> None:
    main([], tmp_path)
    gone = tmp_path / "visit.forgotten.json"
    gone.write_text("{}", "utf-8")
    assert main([], tmp_path) == 1
    assert gone.exists()
    assert main(["--breaking"], tmp_path) == 0
    assert not gone.exists()
