"""`python -m schemas` writes `schemas/json/`; `--check` tells whether it is current. Never an example."""

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from schemas.event import Event
from schemas.growth import Schema, breaks
from schemas.registry import EVENTS

FOLDER: Final = Path(__file__).parent / "json"


def schema_of(event: type[Event]) -> Schema:
    """Return the event's JSON Schema (2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": event.type(),
        **event.model_json_schema(by_alias=True),
    }


def generated() -> dict[str, str]:
    """Return the text of every schema by the name of its file."""
    return {
        f"{event.event_name}.json": json.dumps(schema_of(event), indent=2, ensure_ascii=False) + "\n"
        for event in EVENTS.values()
    }


def outdated(folder: Path, texts: dict[str, str]) -> list[str]:
    """Return the names of files that differ from what is generated, are missing, or belong to no event."""
    found = {path.name: path.read_text("utf-8") for path in folder.glob("*.json")}
    return sorted(name for name in found.keys() | texts.keys() if found.get(name) != texts.get(name))


def broken(folder: Path, texts: dict[str, str]) -> list[str]:
    """Return what the generated schemas break of those in the folder, as `file path: what`."""
    found = []
    for path in sorted(folder.glob("*.json")):
        if path.name in texts:
            old, new = json.loads(path.read_text("utf-8")), json.loads(texts[path.name])
            found += [f"{path.name} {what}" for what in breaks(old, new)]
        else:
            found.append(f"{path.name}: is gone")
    return found


def main(arguments: list[str], folder: Path = FOLDER) -> int:
    """Write the schemas, or check them; return the exit code: 1 when they are not current or would break."""
    parser = argparse.ArgumentParser(prog="python -m schemas", description="Write the JSON Schemas of all events.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when they are not current")
    parser.add_argument("--breaking", action="store_true", help="write also what breaks readers of before")
    options = parser.parse_args(arguments)
    texts = generated()
    changed = outdated(folder, texts)
    if options.check:
        told, failed = [f"{name} is not current: run python -m schemas" for name in changed], bool(changed)
    else:
        told = [] if options.breaking else broken(folder, texts)
        failed = bool(told)
        if not failed:
            _write(folder, texts, changed)
    sys.stdout.writelines(f"{line}\n" for line in told)
    return int(failed)


def _write(folder: Path, texts: dict[str, str], changed: list[str]) -> None:
    folder.mkdir(exist_ok=True)
    for name in changed:
        if name in texts:
            (folder / name).write_text(texts[name], "utf-8")
        else:
            (folder / name).unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
