"""`python -m tests.support.docs` writes what is generated in the documentation; `--check` tells what is not current."""

import argparse
import re
import sys
from pathlib import Path
from typing import Final

from tests.chaos import results
from tests.support import (
    asyncapi,
    authorisation,
    commands,
    event_map,
    matching_tables,
    settings_page,
    states_page,
    wishes_page,
)

ROOT: Final = Path(__file__).parents[2]
README: Final = ROOT / "README.md"


def generated() -> dict[Path, str]:
    """Return the text of every page that is written here, wholly or between marks."""
    readme = between_marks(README.read_text("utf-8"), "event map", event_map.table())
    return {
        README: between_marks(readme, "commands", commands.overview()),
        ROOT / "docs" / "commands.md": commands.page(),
        ROOT / "docs" / "settings.md": settings_page.page(),
        ROOT / "docs" / "states.md": states_page.page(),
        ROOT / "docs" / "asyncapi" / "asyncapi.yaml": asyncapi.document(),
        matching_tables.PAGE: matching_tables.page(),
        authorisation.PAGE: authorisation.page(),
        wishes_page.PAGE: wishes_page.page(),
        results.PAGE: results.page(),
    }


def between_marks(text: str, name: str, content: str) -> str:
    """Return the text with the content between `<!-- name -->` and `<!-- end of name -->`."""
    start, end = f"<!-- {name}: written by `make docs` -->", f"<!-- end of {name} -->"
    marked = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    if not marked.search(text):
        raise ValueError(f"there is no {start} to {end}")
    return marked.sub(lambda _: f"{start}\n{content}\n{end}", text)


def main(arguments: list[str]) -> int:
    """Write the pages, or check them; return the exit code: 1 when one is not current."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.docs", description="Write what is generated.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is not current")
    check = parser.parse_args(arguments).check
    outdated = {
        path: text for path, text in generated().items() if not path.exists() or path.read_text("utf-8") != text
    }
    for path, text in outdated.items():
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        verb = "is not current: run make docs" if check else "written"
        sys.stdout.write(f"{path.relative_to(ROOT)} {verb}\n")
    return int(check and bool(outdated))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
