"""What production is told: compose file, image and reverse proxy, held to what the code knows."""

import importlib
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from services.one_machine import SERVICES
from services.runtime.settings import Settings
from services.runtime.web import ANSWERS_SECONDS
from tests.support.log_lines import log_lines
from tests.support.made import KEY

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
CLASSES = {name: settings_class for name, (settings_class, _) in SERVICES.items()} | {"topics": Settings}
"""Who runs our code in production, and by which settings."""
PREFIX = "MOTESPLATS_"
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(:(?P<how>[-?])(?P<word>[^}]*))?\}")
NAMED_IN_EXAMPLE = re.compile(r"^#?(\w+)=", re.MULTILINE)
LOCKED = re.compile(r"^([a-z0-9-]+)==", re.MULTILINE)


def told(service: str) -> dict[str, str]:
    """Return our variables of a container, as somebody who set nothing but what must be set would have them."""
    environment = COMPOSE["services"][service]["environment"]
    return {name: filled_in(value) for name, value in environment.items() if name.startswith(PREFIX)}


def filled_in(value: str) -> str:
    return VARIABLE.sub(lambda found: found["word"] if found["how"] == "-" else by_an_operator(found["name"]), value)


def by_an_operator(name: str) -> str:
    told = {"MAIL_FROM": "sender@example.org", "PUBLIC_URL": "https://motesplats.example.org"}
    return KEY if name.endswith("_KEY") else told.get(name, "said")


@pytest.mark.parametrize("service", CLASSES)
def test_a_container_is_told_only_what_its_settings_know(service: str) -> None:
    known = {f"{PREFIX}{field.upper()}" for field in CLASSES[service].model_fields}

    assert told(service).keys() - known == set()


@pytest.mark.parametrize("file", ["docker-compose.yml", "Dockerfile"])
def test_requests_have_their_share_of_a_stop_and_no_more(file: str) -> None:
    given = re.findall(r'--timeout-graceful-shutdown[ ",]+(\d+)', (ROOT / file).read_text("utf-8"))

    assert set(given) == {str(ANSWERS_SECONDS)}


@pytest.mark.parametrize("service", CLASSES)
def test_a_container_is_told_all_that_its_settings_require(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in told(service).items():
        monkeypatch.setenv(name, value)

    settings = CLASSES[service]()

    assert settings.kafka_broker == "kafka"
    assert settings.kafka_username is None  # what is told as an empty text is not told


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    secrets = [found for found in VARIABLE.finditer(text) if re.search("KEY|PASSWORD|SECRET", found["name"])]

    assert [found[0] for found in secrets if found["how"] == "-" and found["word"]] == []
    assert len(secrets) > len(CLASSES)


def test_the_example_of_an_environment_names_all_that_must_be_set_and_nothing_unknown() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    example = set(NAMED_IN_EXAMPLE.findall((ROOT / "deploy" / "example.env").read_text("utf-8")))
    variables = list(VARIABLE.finditer(text))

    assert {found["name"] for found in variables if found["how"] == "?"} <= example
    assert example <= {found["name"] for found in variables}


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_migrates_its_own_database_and_runs_its_own_app(service: str) -> None:
    command = " ".join(COMPOSE["services"][service]["command"])

    assert f"motesplats migrate -s {service} " in command
    assert factories(command) == [f"services.{service}.app:create_app"]
    assert f"postgres/{service}" in told(service)["MOTESPLATS_DATABASE_URL"]


@pytest.mark.parametrize("service", SERVICES)
async def test_people_sign_in_to_a_containers_pages(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in told(service).items():
        monkeypatch.setenv(name, value)
    module, _, factory = f"services.{service}.app:create_app".partition(":")
    with log_lines():
        web = getattr(importlib.import_module(module), factory)()
    browser = httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="https://motesplats.example.org")

    async with browser:
        form = await browser.post(f"/{service}/sign-in/out", headers={"Accept": "text/html"})
        asked = await browser.get(f"/{service}/sign-in", headers={"Accept": "text/html"})

    assert "You have signed out" in form.text
    assert (asked.status_code, "Something we need is away." in asked.text) == (503, True)


def test_what_image_and_containers_start_is_there() -> None:
    started = factories((ROOT / "Dockerfile").read_text("utf-8"))

    assert started
    for factory in started:
        module, _, function = factory.partition(":")
        assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("command", [["--help"], ["migrate", "--help"], ["topics", "create", "--help"]])
def test_the_image_has_all_that_its_commands_import(command: list[str]) -> None:
    absent = locked("requirements.lock") - locked("requirements-production.lock")
    modules = [name for name, found in packages_distributions().items() if {d.lower() for d in found} <= absent]
    without = f"import sys; sys.modules.update(dict.fromkeys({modules})); sys.argv[1:] = {command}"

    run = [sys.executable, "-c", f"{without}; from services.cli import main; main()"]
    ended = subprocess.run(run, check=False, capture_output=True, text=True)  # noqa: S603 - our own words only

    assert "aiosmtpd" in modules
    assert (ended.returncode, ended.stderr) == (0, "")


def locked(name: str) -> set[str]:
    return set(LOCKED.findall((ROOT / name).read_text("utf-8")))


def factories(text: str) -> list[str]:
    return re.findall(r"services\.\w+\.app:\w+", text)


@pytest.mark.parametrize("service", SERVICES)
def test_the_proxy_has_the_same_paths_as_one_machine(service: str) -> None:
    caddyfile = (ROOT / "deploy" / "Caddyfile").read_text("utf-8")

    assert re.search(rf"handle /{service}\* {{\s+reverse_proxy {service}:8000\s+}}", caddyfile)
    assert "--port 8000" in " ".join(COMPOSE["services"][service]["command"])
    assert COMPOSE["services"][service]["environment"]["SERVICE"] == service


def test_every_file_that_a_container_is_given_is_there() -> None:
    given = [volume for service in COMPOSE["services"].values() for volume in service.get("volumes", [])]
    files = [volume.partition(":")[0] for volume in given if volume.startswith("./")]

    assert files
    assert [name for name in files if not (ROOT / name).is_file()] == []
