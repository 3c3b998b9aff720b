"""How the tree is laid out, and what every subscriber's settings are: rules that no other tool keeps."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from faststream import AckPolicy
from faststream.kafka.subscriber.usecase import BatchSubscriber

from schemas.registry import ALL
from services.one_machine import SERVICES
from services.runtime.broker import make_broker
from services.runtime.telemetry import REGISTRY
from tests.support import docs
from tests.support.event_map import CENTRE, owner
from tests.support.made import made_services

ROOT = Path(__file__).parents[1]
LONGEST = 300
SAME_NAMES = ("app", "api", "pages", "handlers", "domain", "store", "tables", "templates", "migrations")
DOMAIN_WORDS = (
    "participants?|referrals?|health.?centres?|coach(es)?|activity|activities|meeting.?places?|organisers?|agreements?"
    "|contact.?functions?|proposals?|invitations?|notice|visits?|seats?|consents?|study.?arms?|pseudonyms?|municipality"
)
SPOKEN_IN_TOKENS = {"identity.py", "issuer.py", "sign_in.py", "guards.py", "service_tokens.py"}
"""They name roles and claims, as the contracts do: `centre coach coordinator organiser`, `municipality`."""
LINKED = re.compile(r"\]\((?!https?:|#)([^)#]+)")
NAMED = re.compile(r"`((?:schemas|services|tests|docs|bench|deploy)/[\w./-]*)`")
ADDRESS = re.compile(r"https?://|--(extra-)?index-url|--find-links|^ *-[if] ", re.MULTILINE)


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("service", SERVICES)
def test_whoever_knows_one_service_knows_all(service: str) -> None:
    folder = ROOT / "services" / service

    missing = [name for name in SAME_NAMES if not ((folder / name).is_dir() or (folder / f"{name}.py").is_file())]

    assert missing == []


def test_a_module_that_passes_300_lines_becomes_a_folder() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines}"
        for path in python_files("schemas", "services", "bench")
        if (lines := len(path.read_text("utf-8").splitlines())) > LONGEST
    ]

    assert long == []


def test_every_module_says_what_is_in_it() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in python_files("schemas", "services", "bench")
        if path.name != "__init__.py" and ast.get_docstring(ast.parse(path.read_text("utf-8"))) is None
    ]

    assert silent == []


def test_the_runtime_knows_no_word_of_the_domain() -> None:
    words = re.compile(rf"\b({DOMAIN_WORDS})\b", re.IGNORECASE)
    said = [
        f"{path.relative_to(ROOT)}:{number}: {found[0]}"
        for path in (ROOT / "services" / "runtime").rglob("*.*")
        if path.suffix in (".py", ".html", ".css") and path.name not in SPOKEN_IN_TOKENS
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if (found := words.search(line.replace("_", " ")))
    ]

    assert said == []


def test_every_part_has_its_folder_of_tests() -> None:
    parts = {path.parent.name for path in (ROOT / "services").glob("*/__init__.py")} | {"schemas", "real"}

    assert parts > set(SERVICES)
    assert {part for part in parts if not list((ROOT / "tests" / part).glob("test_*.py"))} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_announces_all_of_its_own_events_and_no_other(service: str) -> None:
    code = [path.read_text("utf-8") for path in (ROOT / "services" / service).rglob("*.py")]
    named = set(re.findall(r"\w+", "\n".join(code)))
    own = {event.__name__ for event in ALL if owner(event) == service}
    others = {event.__name__ for event in ALL if owner(event) not in (service, CENTRE)}

    assert own - named == set()
    assert {name for text in code for name in called(text)} & others == set()


def called(code: str) -> Iterator[str]:
    """Yield the names of what is called or made, without what they are in."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2]


@pytest.mark.parametrize("service", SERVICES)
def test_every_subscriber_acknowledges_only_what_has_landed(service: str) -> None:
    made = made_services()[service].service

    subscribers = made.landing(make_broker(made.settings)).subscribers

    groups = [f"motesplats-{service}", f"motesplats-{service}-requests"]
    assert [subscriber.group_id for subscriber in subscribers] == groups[: len(subscribers)]
    for subscriber in subscribers:
        assert isinstance(subscriber, BatchSubscriber)  # the one with a single worker
        assert subscriber.ack_policy is AckPolicy.NACK_ON_ERROR
        assert subscriber._no_reply
        assert subscriber._connection_args["auto_offset_reset"] == "earliest"
        assert subscriber._connection_args["enable_auto_commit"] is False


def test_what_is_generated_in_the_documentation_is_current() -> None:
    outdated = [path.name for path, text in docs.generated().items() if path.read_text("utf-8") != text]

    assert outdated == []


def test_every_page_and_file_that_the_documentation_names_is_there() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    linked = [(page, page.parent / target) for page in pages for target in LINKED.findall(page.read_text("utf-8"))]
    named = [(page, ROOT / target) for page in pages for target in NAMED.findall(page.read_text("utf-8"))]

    assert linked
    assert [f"{page.name}: {target}" for page, target in (*linked, *named) if not target.exists()] == []


def test_every_trap_is_listed_with_the_tests_that_pin_it() -> None:
    traps = set(re.findall(r"`(test_trap_\w+)`", (ROOT / "docs" / "traps.md").read_text("utf-8")))
    pins = {
        name for path in python_files("tests") for name in re.findall(r"def (test_trap_\w+)", path.read_text("utf-8"))
    }

    assert traps == pins
    assert {int(name.split("_")[2]) for name in pins} == {*range(1, 10), *range(12, 18), 20, *range(24, 29)}


def test_every_metric_that_operators_are_told_of_is_there() -> None:
    told = set(re.findall(r"motesplats_[a-z_]+", (ROOT / "docs" / "operations.md").read_text("utf-8")))
    names = tuple(metric.name for metric in REGISTRY.collect())

    assert told
    assert {name for name in told if not name.startswith(names)} == set()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-production.lock"])
def test_no_lock_names_a_registry(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")

    assert ADDRESS.findall(text) == []
    assert "--hash=sha256:" in text


def test_every_ignored_rule_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    lint = tomllib.loads(text)["tool"]["ruff"]["lint"]
    ignored = [*lint["ignore"], *(rule for rules in lint["per-file-ignores"].values() for rule in rules)]

    assert [rule for rule in ignored if not re.search(rf'"{rule}",? +# \w', text)] == []


def test_the_kept_figures_are_all_that_the_contracts_name() -> None:
    """What `make bench` wrote last: a figure that is missing would not be missed by anybody."""
    figures = json.loads((ROOT / "bench" / "results.json").read_text("utf-8"))
    assert {
        *("floor_events_per_s", "floor_hop_ms_p50", "chain_efficiency", "chain_events_per_s", "relay_events_per_s"),
        *("notice_latency_ms_p50", "notice_latency_ms_p99", "answer_latency_ms_p50", "notices_per_s"),
        *("match_per_s_100k", "match_p99_us_100k", "match_vs_sql", "sql_match_per_s_100k", "match_growth_10k_to_1m"),
        *("match_index_load_s_100k", "match_index_bytes_per_activity", "fair_served", "fair_gini"),
        "import_rows_per_s",
    } <= figures.keys()
    assert all(figure.keys() == {"value", "unit", "of"} for figure in figures.values())
