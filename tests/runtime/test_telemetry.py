import asyncio
import gc
import io
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from functools import partial
from threading import Event, Thread

import asyncpg
import pytest
import structlog
from prometheus_client import generate_latest
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy import text

from services.runtime import logs, telemetry
from services.runtime.connection import Database
from services.runtime.telemetry import Heartbeats, child_of, trace, trace_id, watch
from tests.conftest import MakeDatabase
from tests.support.log_lines import Written, log_lines

SECRET = "Anna Svensson"
log = structlog.get_logger()


@pytest.fixture
def written() -> Iterator[Written]:
    with log_lines() as written:
        yield written


# Traces


def test_a_child_stays_in_the_trace_under_a_name_of_its_own() -> None:
    parent = child_of(None)
    child = child_of(parent)
    assert trace_id(child) == trace_id(parent)
    assert child != parent


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        "",
        "x",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n",
    ],
)
def test_what_is_no_trace_begins_a_new_one(malformed: str | None) -> None:
    assert trace_id(malformed) is None
    assert trace_id(child_of(malformed))


def test_a_trace_of_a_later_version_is_understood() -> None:
    later = "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-more"
    child = child_of(later)
    assert trace_id(child) == "0af7651916cd43dd8448eb211c80319c"
    assert child.endswith("-00")


async def test_each_task_is_in_its_own_trace(written: Written) -> None:
    async def work() -> str:
        trace.set(child_of(None))
        await asyncio.sleep(0)
        log.info("worked")
        return str(trace_id(trace.get()))

    assert sorted(await asyncio.gather(work(), work())) == sorted(line["trace_id"] for line in written())


# What a log line may hold


def test_a_line_keeps_declared_fields_and_hides_all_others(written: Written) -> None:
    log.info("batch_handled", count=3, seconds=0.1, type="org.example", wishes=SECRET, phone=4711)
    (line,) = written()
    assert line.pop("at")
    assert line == {
        "event": "batch_handled",
        "level": "info",
        "count": 3,
        "seconds": 0.1,
        "type": "org.example",
        "wishes": "…",
        "phone": "…",
    }


def test_a_declared_field_holds_plain_values_only(written: Written) -> None:
    class Person(BaseModel):
        name: str = SECRET

    log.info("batch_handled", problems=["late", Person()], type={"name": SECRET}, id=Person())
    (line,) = written()
    assert (line["problems"], line["type"], line["id"]) == (["late", "…"], "…", "…")


def test_lines_below_the_level_are_not_written(written: Written) -> None:
    log.debug("detail")
    assert written() == []


async def test_an_error_of_the_database_is_told_by_type_code_and_place(
    written: Written, database: MakeDatabase
) -> None:
    engine = Database(await database())
    async with engine.begin() as connection:
        await connection.execute(text("create table person (name text primary key)"))
        await connection.execute(text("insert into person values (:name)"), {"name": SECRET})
    for statement, expected in (
        ("insert into person values (:name)", "person_pkey"),
        ("select cast(cast(:name as text) as integer)", SECRET),
    ):
        with pytest.raises(asyncpg.PostgresError, match=expected) as failed:
            async with engine.begin() as connection:
                await connection.execute(text(statement), {"name": SECRET})
        log.warning("batch_failed", exc_info=failed.value)
    await engine.dispose()
    repeated, unreadable = written()
    assert repeated["error"] == ["asyncpg.exceptions.UniqueViolationError(23505)"]
    assert unreadable["error"] == ["asyncpg.exceptions.InvalidTextRepresentationError(22P02)"]
    assert any(frame.startswith(f"{__name__}:") for frame in repeated["frames"])
    assert SECRET not in json.dumps(written())


def test_an_error_of_validation_is_told_without_what_was_sent(written: Written) -> None:
    with pytest.raises(ValidationError, match=SECRET) as failed:
        TypeAdapter(int).validate_python(SECRET)
    log.error("batch_failed", exc_info=failed.value)
    (line,) = written()
    assert line["error"] == ["pydantic_core._pydantic_core.ValidationError"]
    assert SECRET not in json.dumps(line)


def test_the_text_of_an_error_is_hidden_even_where_its_name_is_meant(written: Written) -> None:
    log.error("batch_failed", error=str(ValueError(SECRET)))
    log.error("batch_failed", error=telemetry.name_of(OSError(111, SECRET)))
    assert [line["error"] for line in written()] == ["…", "builtins.ConnectionRefusedError(111)"]


def test_an_error_can_be_named_without_its_text() -> None:
    assert telemetry.name_of(FileNotFoundError(2, SECRET)) == "builtins.FileNotFoundError(2)"
    assert telemetry.name_of(ValueError(SECRET)) == "builtins.ValueError"


@pytest.mark.usefixtures("written")
def test_on_a_terminal_the_same_lines_are_readable() -> None:
    terminal = io.StringIO()
    logs.configure(stream=terminal, readable=True)
    log.error("batch_failed", count=3, wishes=SECRET, exc_info=ValueError(SECRET))
    assert "batch_failed" in terminal.getvalue()
    assert "count=3" in terminal.getvalue()
    assert SECRET not in terminal.getvalue()


# Lines of other libraries


@pytest.mark.parametrize("name", ["faststream", "sqlalchemy.engine", "asyncio", "somebody.else"])
def test_lines_of_other_libraries_are_told_without_values(written: Written, name: str) -> None:
    other = logging.getLogger(name)
    other.warning("cannot store %s", SECRET)
    other.warning(f"cannot store {SECRET}")
    other.warning({"name": SECRET})
    other.warning("cannot store %(name)s", {"name": SECRET}, extra={"person": SECRET})
    other.error("failed with %s", SECRET, exc_info=ValueError(SECRET))
    lines = written()
    assert [line["event"] for line in lines] == [
        "cannot store %s",
        "…",
        "…",
        "cannot store %(name)s",
        "failed with %s",
    ]
    assert {line["logger"] for line in lines} == {name}
    assert all(line["where"].startswith("test_telemetry:") for line in lines)
    assert lines[-1]["error"] == ["builtins.ValueError"]
    assert SECRET not in json.dumps(lines)


def test_a_library_that_brings_a_handler_of_its_own_writes_through_ours(capsys: pytest.CaptureFixture[str]) -> None:
    other = logging.getLogger("brings.its.own")
    other.propagate = False
    other.addHandler(logging.StreamHandler(sys.stderr))
    with log_lines() as written:
        other.warning("cannot store %s", SECRET)

        assert [line["event"] for line in written()] == ["cannot store %s"]
    assert SECRET not in capsys.readouterr().err


def test_lines_that_name_nodes_and_topics_only_are_told_in_full(written: Written) -> None:
    logging.getLogger("aiokafka.conn").warning("Unable to connect to %s:%d", "127.0.0.1", 9092)
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 1)
    assert [line["event"] for line in written()] == [
        "Unable to connect to 127.0.0.1:9092",
        "Started server process [1]",
    ]


def test_chatter_of_other_libraries_is_not_told(written: Written) -> None:
    logging.getLogger("httpx").info("HTTP Request: %s", SECRET)
    logging.getLogger("uvicorn.access").info("GET /%s", SECRET)
    assert written() == []


async def test_a_task_that_nobody_waited_for_is_told_without_its_text(written: Written) -> None:
    async def fail() -> None:
        raise ValueError(SECRET)

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    del task
    gc.collect()
    (line,) = written()
    assert (line["logger"], line["error"]) == ("asyncio", ["builtins.ValueError"])
    assert SECRET not in json.dumps(line)


def test_warnings_are_told_without_their_text(written: Written) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(SECRET, stacklevel=1)
    (line,) = written()
    assert line["logger"] == "py.warnings"
    assert SECRET not in json.dumps(line)


def test_an_error_that_ends_the_process_is_told_without_its_text(written: Written) -> None:
    sys.excepthook(ValueError, ValueError(SECRET), None)
    (line,) = written()
    assert (line["event"], line["error"]) == ("uncaught", ["builtins.ValueError"])
    assert SECRET not in json.dumps(line)


# Heartbeats


class Clock:
    """A clock that is set by hand, in seconds."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def test_a_loop_that_stands_still_is_named() -> None:
    clock = Clock()
    heartbeats = Heartbeats(clock)
    heartbeats.expect("landing", 30)
    heartbeats.expect("relay", 60)
    clock.now = 31
    assert heartbeats.stale() == ["landing"]
    heartbeats.beat("landing")
    assert heartbeats.stale() == []
    clock.now = 62
    assert heartbeats.stale() == ["landing", "relay"]


async def test_whoever_watches_hears_once_of_a_loop_that_stands_still_even_while_no_task_gets_its_turn() -> None:
    clock = Clock()
    heartbeats = Heartbeats(clock)
    heartbeats.expect("relay", 60)
    heard: list[list[str]] = []
    watching = Thread(target=partial(watch, every=0.01), args=(heartbeats, heard.append, Event()))
    watching.start()
    clock.now = 61
    watching.join(timeout=30)
    assert heard == [["relay"]]


def test_nobody_is_told_of_loops_that_stand_still_because_they_are_stopped() -> None:
    clock = Clock()
    heartbeats = Heartbeats(clock)
    heartbeats.expect("relay", 60)
    clock.now = 61
    heard: list[list[str]] = []
    stopping = Event()
    stopping.set()
    watch(heartbeats, heard.append, stopping)
    assert heard == []


def test_every_metric_of_the_runtime_can_be_read() -> None:
    telemetry.handled.labels("org.example").inc()
    told = generate_latest(telemetry.REGISTRY).decode()
    for name in ("landed", "repeated", "handled", "parked", "sent", "relay_errors"):
        assert f"# TYPE motesplats_{name}_total counter" in told
    for name in ("oldest_parked_seconds", "inbox_backlog", "outbox_backlog", "swept"):
        assert f"# TYPE motesplats_{name} gauge" in told
    assert 'motesplats_handled_total{type="org.example"} 1.0' in told
