import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from services.cli import app
from services.cli import match as command
from tests.support import random_matching
from tests.support.builders import ON, Json, a_consent, a_referral, an_activity, number
from tests.support.oracle import answer


class Files:
    """Two files of lines and the command that matches them."""

    def __init__(self, folder: Path) -> None:
        self.activities = folder / "activities.jsonl"
        self.referrals = folder / "referrals.jsonl"
        self.write([an_activity()], [a_referral()])

    def write(self, activities: list[Json], referrals: list[Json]) -> None:
        """Write the lines of both."""
        self.activities.write_text("".join(json.dumps(line) + "\n" for line in activities))
        self.referrals.write_text("".join(json.dumps(line) + "\n" for line in referrals))

    def arguments(self, *more: str) -> list[str]:
        """Return the command's arguments for the two files on the tests' day."""
        files = ["--activities", str(self.activities), "--referrals", str(self.referrals)]
        return ["match", *files, "--on", ON, *more]

    def match(self, *more: str) -> Result:
        """Run the command in this process."""
        return CliRunner().invoke(app, self.arguments(*more))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def told(stream: str) -> list[Any]:
    return [json.loads(line) for line in stream.splitlines()]


def test_a_line_is_printed_as_the_contract_shows_it(files: Files) -> None:
    far = an_activity(2, categories=["dance"], seats={"maximum": 3, "taken": 1}, verified_on="2025-03-05")
    far["place"] = far["place"] | {"latitude": 69.7}
    files.write([an_activity(3, status="draft"), far, an_activity(4, seats={"maximum": 1, "taken": 1})], [a_referral()])
    result = files.match()
    assert result.exit_code == 0
    assert result.stderr == ""
    assert told(result.stdout) == [
        {
            "referral_id": number(1),
            "proposals": [
                {
                    "activity_id": number(2),
                    "score": 0.6285,
                    "terms": {
                        "interest": 0.5,
                        "distance": 0.444,
                        "time": 1.0,
                        "preference": 1.0,
                        "seats": 0.6667,
                        "freshness": 0.9611,
                    },
                    "distance_km": 5.5598,
                    "reasons": [
                        "It is of the same kind as what was wished for.",
                        "Next session that fits: Monday 10:00-12:00.",
                        "It is about 6 km away.",
                        "It costs nothing.",
                        "There are 2 free seats.",
                    ],
                }
            ],
            "waitable": [number(4)],
            "excluded": {"unpublished": 1, "full": 1},
            "no_match": None,
        }
    ]


def test_many_lines_are_answered_as_the_oracle_answers_them(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(7)  # noqa: S311 - cases, not secrets
    activities = [random_matching.activity(random, n) for n in range(1, 60)]
    referrals = [random_matching.referral(random, n) for n in range(1, 150)]
    monkeypatch.setattr(command, "LINES_A_BUNCH", 40)
    files.write(activities, referrals)
    answers = told(files.match("--limit", "3").stdout)
    for found, referral in zip(answers, referrals, strict=True):
        expected = answer(activities, referral, ON, 3)
        for proposal, other in zip(found.pop("proposals"), expected.pop("proposals"), strict=True):
            assert proposal.pop("reasons")
            assert proposal.pop("terms") == pytest.approx(other.pop("terms"), abs=1e-4)
            assert proposal == pytest.approx(other, abs=1e-4)
        assert found == expected


def test_reasons_are_in_the_language_asked_for(files: Files) -> None:
    [found] = told(files.match("--language", "sv").stdout)
    assert found["proposals"][0]["reasons"] == [
        "Promenader, som önskat.",
        "Nästa träff som passar: måndag 10:00-12:00.",
        "Den ligger ungefär 1 km bort.",
        "Den kostar ingenting.",
        "Det finns en ledig plats.",
    ]


def test_limit_bounds_proposals_and_what_can_be_waited_for(files: Files) -> None:
    full = {"seats": {"maximum": 1, "taken": 1}}
    files.write([an_activity(n, **(full if n > 3 else {})) for n in range(1, 7)], [a_referral()])
    [found] = told(files.match("--limit", "2").stdout)
    assert [proposal["activity_id"] for proposal in found["proposals"]] == [number(1), number(2)]
    assert found["waitable"] == [number(4), number(5)]
    assert found["excluded"] == {"full": 3}


def test_day_is_today_in_stockholm_when_it_is_not_given(files: Files) -> None:
    today = str(datetime.now(ZoneInfo("Europe/Stockholm")).date())
    files.write([an_activity(verified_on=today)], [a_referral(consent=a_consent(today, "9999-12-31"))])
    arguments = [argument for argument in files.arguments() if argument not in ("--on", ON)]
    [found] = told(CliRunner().invoke(app, arguments).stdout)
    assert found["no_match"] is None


def test_bad_lines_are_told_with_every_error_and_the_others_go_on(files: Files) -> None:
    worn = json.dumps(an_activity(3, mode="boat", extra=1, ages={"min": 9, "max": 8}))
    files.activities.write_text(f"\n{json.dumps(an_activity(1))}\n  \n{worn}\nnot JSON\n{json.dumps(an_activity(2))}")
    free = [{"day": "mon", "from": "9", "to": "10:00"}]
    files.referrals.write_text(f"{json.dumps(a_referral(free_times=free))}\n\n{json.dumps(a_referral(2))}\n")
    result = files.match()
    assert result.exit_code == 1
    assert [found["referral_id"] for found in told(result.stdout)] == [number(2)]
    assert len(told(result.stdout)[0]["proposals"]) == 2
    errors = [(error["file"], error["line"], error["error"].split(":")[0]) for error in told(result.stderr)]
    assert sorted(errors) == [
        ("activities", 4, "ages.min"),
        ("activities", 4, "extra"),
        ("activities", 4, "mode"),
        ("activities", 5, "$"),
        ("referrals", 1, "free_times[0].from"),
    ]


def test_a_known_activity_is_an_error_and_the_first_line_stays(files: Files) -> None:
    shared = "abcdef00-0000-4000-8000-000000000001"
    files.write(
        [an_activity(activity_id=shared), an_activity(activity_id=shared.upper(), status="draft")], [a_referral()]
    )
    result = files.match()
    assert result.exit_code == 1
    assert told(result.stderr) == [
        {"file": "activities", "line": 2, "error": "activity_id: must not be that of an earlier line"}
    ]
    [found] = told(result.stdout)
    assert [proposal["activity_id"] for proposal in found["proposals"]] == [shared]


def test_what_is_wrong_is_told_in_the_order_of_the_lines(files: Files) -> None:
    files.activities.write_text("\n".join([json.dumps(an_activity(1))] * 2 + ["not JSON"]))
    files.referrals.write_text(json.dumps(a_referral()))
    assert [error["line"] for error in told(files.match().stderr)] == [2, 3]


def test_a_known_referral_is_matched_again(files: Files) -> None:
    files.write([an_activity()], [a_referral(1), a_referral(1)])
    result = files.match()
    assert result.exit_code == 0
    first, second = told(result.stdout)
    assert first == second


def test_byte_order_mark_and_windows_line_ends_are_read(files: Files) -> None:
    for path in (files.activities, files.referrals):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    result = files.match()
    assert result.exit_code == 0
    assert len(told(result.stdout)) == 1


def test_a_line_that_is_not_utf_8_is_an_error_of_that_line(files: Files) -> None:
    files.activities.write_bytes(b'{"name": "\xe5"}\n' + files.activities.read_bytes())
    result = files.match()
    assert result.exit_code == 1
    assert [error["line"] for error in told(result.stderr)] == [1]
    assert len(told(result.stdout)[0]["proposals"]) == 1


def test_empty_files_give_no_lines(files: Files) -> None:
    files.write([], [])
    result = files.match()
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_unreadable_files_exit_2_and_say_which(files: Files, tmp_path: Path) -> None:
    files.referrals.unlink()
    result = files.match()
    assert (result.exit_code, result.stdout) == (2, "")
    assert "referrals.jsonl" in result.stderr

    files.referrals = tmp_path
    assert files.match().exit_code == 2


@pytest.mark.parametrize("wrong", [["--on", "12/3/2025"], ["--limit", "0"], ["--language", "fi"]])
def test_wrong_options_exit_2(files: Files, wrong: list[str]) -> None:
    assert files.match(*wrong).exit_code == 2


def test_help_shows_an_example() -> None:
    assert "Example: motesplats match --activities" in CliRunner().invoke(app, ["match", "--help"]).stdout


def test_a_reader_who_stops_early_sees_no_traceback(files: Files) -> None:
    files.write([an_activity()], [a_referral(n) for n in range(1, 400)])
    command = [sys.executable, "-c", "from services.cli import main; main()", *files.arguments()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        assert process.stdout
        assert process.stderr
        assert json.loads(process.stdout.readline())["referral_id"] == number(1)
        process.stdout.close()
        assert process.stderr.read() == ""
