"""What operators do on the command line, with a machine at work."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from schemas import cloudevents
from schemas.event import centre_topic
from schemas.referral import REQUESTS_TOPIC, ReferralRequested
from services.one_machine import OneMachine
from services.runtime.transaction import utc_now
from tests.cli.conftest import CENTRE, Motesplats
from tests.support.builders import a_referral
from tests.support.waiting import until

Row = dict[str, Any]


def rows(output: str) -> list[Row]:
    return [json.loads(line) for line in output.splitlines()]


async def send(machine: OneMachine, value: bytes) -> str:
    """Send a request as the health centre would, whatever is in it; return its key."""
    key = str(uuid4())
    headers = cloudevents.headers(
        event_id=str(uuid4()),
        source=f"/health-centre/{CENTRE}",
        event_type=ReferralRequested.type(),
        time=utc_now(),
        key=key,
    )
    async with AIOKafkaProducer(bootstrap_servers=machine.kafka) as producer:
        await producer.send_and_wait(centre_topic(REQUESTS_TOPIC, CENTRE), value, key=key.encode(), headers=headers)
    return key


async def parked(motesplats: Motesplats, key: str) -> Row:
    """Return what `parked list` tells of the key, when it does."""

    async def listed() -> list[Row]:
        return [row for row in rows((await motesplats("parked", "list", "--json")).stdout) if row["key"].endswith(key)]

    [row] = await until(listed)
    return row


async def test_nothing_is_parked_at_first(motesplats: Motesplats) -> None:
    assert (await motesplats("parked", "list")).stdout == "Nothing is parked.\n"
    assert (await motesplats("parked", "list", "--service", "activities", "--json")).stdout == ""


async def test_a_poison_message_is_listed_shown_masked_and_dropped(machine: OneMachine, motesplats: Motesplats) -> None:
    row = await parked(motesplats, await send(machine, b'{"wishes": "Torvvarda", "area": [1, true]}'))
    assert {"path": "health_centre", "rule": "is required"} in row["errors"]
    assert row["topic"] == "referral-requests-v1-her-0080101"
    number = str(row["id"])
    shown = json.loads((await motesplats("parked", "show", number)).stdout)
    assert shown["value"] == {"wishes": "<str>", "area": ["<int>", "<bool>"]}
    assert shown["headers"]["ce_source"] == "/health-centre/her:0080101"
    assert f"{number} " in (await motesplats("parked", "list")).stdout
    assert (await motesplats("parked", "drop", number)).stdout == f"{number} is dropped.\n"
    again = await motesplats("parked", "drop", number)
    assert (again.exit_code, again.stderr) == (2, f"{number} is not parked.\n")


async def test_a_value_is_revealed_for_a_reason_and_the_reading_is_logged(
    machine: OneMachine, motesplats: Motesplats
) -> None:
    row = await parked(motesplats, await send(machine, b"not JSON at all"))
    show = ("parked", "show", str(row["id"]))
    assert json.loads((await motesplats(*show)).stdout)["value"] == "15 bytes that are not JSON"
    # A process of its own, for it says where logs go.
    command = [sys.executable, "-m", "services.cli", *show, "--reveal", "matter 2026/114"]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    revealed, logged = await process.communicate()
    assert json.loads(revealed)["value"] == "not JSON at all"
    [reading] = rows(logged.decode())
    assert (reading["event"], reading["why"], reading["id"]) == ("parked_event_read", "matter 2026/114", row["id"])
    assert (await motesplats("parked", "drop", str(row["id"]))).exit_code == 0


async def test_a_parked_event_that_is_retried_is_handled_again(machine: OneMachine, motesplats: Motesplats) -> None:
    key = await send(machine, b"{}")
    before = await parked(motesplats, key)
    assert (await motesplats("parked", "retry", str(before["id"]))).stdout == f"{before['id']} is tried again.\n"

    async def is_parked_again() -> bool:
        return (await parked(motesplats, key))["parked_at"] > before["parked_at"]

    assert await until(is_parked_again)
    assert (await motesplats("parked", "drop", str(before["id"]))).exit_code == 0


async def test_the_past_is_announced_again(machine: OneMachine, motesplats: Motesplats) -> None:
    row = await parked(motesplats, await send(machine, b"{}"))
    for moment in ("1h", "30m", "2d", "2020-01-01T12:00Z", "2020-01-01"):

        async def is_announced(moment: str = moment) -> bool:
            announced = (await motesplats("announce", "--since", moment)).stdout
            assert announced.endswith(" events of referral are announced again.\n")
            return int(announced.split()[0]) > 0  # what is on its way already is not counted again

        assert await until(is_announced)
    assert (await motesplats("announce", "--since", "2999-01-01")).stdout.startswith("0 events")
    assert (await motesplats("parked", "drop", str(row["id"]))).exit_code == 0


async def test_the_present_state_is_announced_again(motesplats: Motesplats, tmp_path: Path) -> None:
    file = tmp_path / "contacts.jsonl"
    contact = {
        "municipality": "NO-5501",
        "name": "Frivillig",
        "email": "f@mote.example",
        "phone": None,
        "language": "nb",
    }
    file.write_text("".join(json.dumps(contact | {"contact_id": str(uuid4())}) + "\n" for _ in range(3)))
    assert (await motesplats("import", "contacts", str(file))).exit_code == 0
    announced = await motesplats("announce", "--state", "--service", "activities")
    assert announced.stdout == "3 events of activities are announced again.\n"
    for service in ("referral", "coordinator"):
        assert (await motesplats("announce", "--state", "--service", service)).exit_code == 0


@pytest.mark.parametrize(
    "arguments", [[], ["--since", "1h", "--state"], ["--since", "soon"], ["--since", "9x"], ["--since", "99999999999d"]]
)
async def test_what_is_announced_again_must_be_said_plainly(elsewhere: Motesplats, arguments: list[str]) -> None:
    refused = await elsewhere("announce", *arguments)
    assert refused.exit_code == 2
    assert "--since" in refused.stderr


async def test_lag_is_told_for_topics_inbox_and_outbox(motesplats: Motesplats) -> None:
    async def caught_up() -> list[Row]:
        found = rows((await motesplats("lag", "--json")).stdout)
        return found if found and not any(row["events"] for row in found) else []

    found = await until(caught_up)
    places = {row["where"] for row in found}
    assert {"inbox, not handled", "inbox, parked", "outbox, not sent"} < places
    assert "topic referral-requests-v1-her-0080101" in places
    assert "inbox, not handled" in (await motesplats("lag")).stdout


async def test_topics_of_a_new_centre_are_made_once(motesplats: Motesplats) -> None:
    create = ("topics", "create", "--centre", "hsa:SE1-2", "--replication", "1")
    made = await motesplats(*create, "--json")
    assert [row["topic"] for row in rows(made.stdout)] == [
        "referral-requests-v1-hsa-SE1-2",
        "referral-status-v1-hsa-SE1-2",
    ]
    assert (await motesplats(*create)).stdout == "All topics were there already.\n"


async def test_a_centre_must_be_written_as_the_contract_has_it(elsewhere: Motesplats) -> None:
    refused = await elsewhere("topics", "create", "--centre", "1001")
    assert refused.exit_code == 2
    assert "hsa, orgnr or her" in refused.stderr


async def test_a_migrated_database_stays_as_it_is(motesplats: Motesplats) -> None:
    assert (await motesplats("migrate", "--service", "coordinator")).stdout == "coordinator: up to date\n"


async def test_a_token_opens_what_its_role_may(machine: OneMachine, motesplats: Motesplats) -> None:
    token = (await motesplats("token", "coach", "--centre", CENTRE)).stdout.strip()
    coach = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=machine.url, headers=coach, timeout=60) as http:
        assert (await http.get("/referral/referrals")).json() == {"items": [], "next": None}
        made = await http.post("/referral/requests", json=a_referral(health_centre=CENTRE))
        assert made.status_code == httpx.codes.CREATED
        assert (await http.get("/coordinator/invitations")).status_code == httpx.codes.FORBIDDEN


@pytest.mark.parametrize(
    "arguments",
    [
        ["coach"],
        ["coach", "--centre", "1001"],
        ["coach", "--municipality", "NO-5501"],
        ["coordinator", "--municipality", "5501"],
        ["operator", "--centre", CENTRE],
        ["service", "--scope", "match.preview"],
        ["king"],
    ],
)
async def test_a_token_takes_what_its_role_demands_and_nothing_else(
    motesplats: Motesplats, arguments: list[str]
) -> None:
    refused = await motesplats("token", *arguments)
    assert (refused.exit_code, refused.stdout) == (2, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["coordinator", "--municipality", "NO-5501"],
        ["organiser", "--organiser", "o-1"],
        ["region"],
        ["operator"],
        ["service", "--scope", "match.preview", "--audience", "activities"],
    ],
)
async def test_every_role_gets_its_token(motesplats: Motesplats, arguments: list[str]) -> None:
    assert (await motesplats("token", *arguments)).stdout.count(".") == 2
