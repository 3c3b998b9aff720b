"""`python -m tests.support.audit`: known vulnerabilities in what we run. Says so when it could not ask.

pip-audit exits with 1 for a vulnerability and for an advisory service that does not answer, and with 0 when that
service knows nothing of anything. What it writes tells the three apart.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

LOCK: Final = Path(__file__).parents[2] / "requirements.lock"
COMMAND: Final = (sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner", "off")


def main() -> int:
    """Ask, tell, and return the exit code: 1 for a known vulnerability or a lock that cannot be read."""
    answer = pip_audit("--format", "json").stdout
    if not answer and (read := pip_audit("--dry-run")).returncode:
        told, failed = [read.stderr.strip()], True
    else:
        told, failed = verdict(json.loads(answer)["dependencies"] if answer else [])
    sys.stdout.writelines(f"{line}\n" for line in told)
    return int(failed)


def pip_audit(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pip-audit on the lock."""
    command = (*COMMAND, "--requirement", str(LOCK), *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words only


def verdict(dependencies: Sequence[dict[str, Any]]) -> tuple[list[str], bool]:
    """Return what to tell of what pip-audit found, and whether the check fails."""
    audited = [dependency for dependency in dependencies if "vulns" in dependency]
    if not audited:
        return ["Not audited: the advisory service cannot be reached from here."], False
    bad = [
        f"{dependency['name']} {dependency['version']}: {flaw['id']}, mended in {flaw['fix_versions'] or 'no version'}"
        for dependency in audited
        for flaw in dependency["vulns"]
    ]
    return [*bad, f"{len(audited)} of {len(dependencies)} audited; vulnerabilities: {len(bad)}"], bool(bad)


if __name__ == "__main__":
    sys.exit(main())
