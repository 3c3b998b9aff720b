import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli import app
from services.runtime.migrations import upgrade
from tests.activities.test_contacts_api import CONTACT
from tests.conftest import MakeDatabase
from tests.support.builders import Json, an_activity
from tests.support.service_testing import settings_for


@pytest.fixture
async def reached(database: MakeDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the environment say how to reach a new database of activities."""
    url = await database()
    await upgrade(url, "activities")
    for name, value in settings_for(url).items():
        monkeypatch.setenv(f"MOTESPLATS_{name.upper()}", str(value))


def run(folder: Path, what: str, documents: list[Json | str], *more: str) -> Result:
    file = folder / "lines.jsonl"
    file.write_text("".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in documents))
    return CliRunner().invoke(app, ["import", what, str(file), *more])


@pytest.mark.usefixtures("reached")
def test_activities_are_imported_and_a_bad_line_is_told(tmp_path: Path) -> None:
    late = an_activity(2, seats={"maximum": 1, "taken": 2})

    result = run(tmp_path, "activities", [an_activity(1), "", "{", late], "--json")
    again = run(tmp_path, "activities", [an_activity(1)])

    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"created": 2, "changed": 0, "unchanged": 0, "refused": 1, "warnings": 1}
    error, warning = map(json.loads, result.stderr.splitlines())
    assert (error["file"], error["line"]) == ("activities", 3)
    assert error["error"].startswith("$: is not JSON")
    assert warning["warning"].startswith("seats.maximum: ")
    assert (again.exit_code, again.stdout.strip()) == (
        0,
        "0 created, 0 changed, 1 unchanged, 0 refused, 0 warnings",
    )


@pytest.mark.usefixtures("reached")
def test_contact_functions_are_imported(tmp_path: Path) -> None:
    result = run(tmp_path, "contacts", [CONTACT], "--json")

    assert (result.exit_code, json.loads(result.stdout)["created"]) == (0, 1)


@pytest.mark.usefixtures("reached")
def test_a_file_that_is_not_there_ends_with_two() -> None:
    assert CliRunner().invoke(app, ["import", "activities", "/nowhere.jsonl"]).exit_code == 2


def test_no_way_to_the_database_ends_with_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MOTESPLATS_DATABASE_URL", raising=False)

    assert run(tmp_path, "activities", [an_activity()]).exit_code == 2
