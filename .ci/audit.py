"""Compare every locked package with the known vulnerabilities; reviewed advisories are let pass."""

import os
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REVIEW_AFTER = timedelta(days=180)


def read_advisories(text: str, today: date) -> list[str]:
    """Return the ids to let pass; ValueError names a line that says too little or is too old."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split("|")]
        where = f".ci/advisories.txt, line {number}"
        if len(parts) != 4 or not all(parts):
            raise ValueError(f"{where}: write id | package | reason | reviewed on")
        try:
            reviewed = date.fromisoformat(parts[3])
        except ValueError:
            raise ValueError(f"{where}: {parts[3]!r} is no day; write it like 2026-11-23") from None
        if not today - REVIEW_AFTER <= reviewed <= today:
            raise ValueError(f"{where}: reviewed on {reviewed}; look at {parts[0]} again")
        found.append(parts[0])
    return found


def main() -> int:
    """Export the lock, all groups with hashes, and let pip-audit judge it."""
    try:
        passed = read_advisories((ROOT / ".ci" / "advisories.txt").read_text(), date.today())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    uv = str(Path(sys.executable).parent / "uv")
    with tempfile.TemporaryDirectory() as folder:
        locked = Path(folder) / "requirements.txt"
        export = [uv, "export", "--quiet", "--frozen", "--all-groups", "--no-emit-project"]
        subprocess.run([*export, "--output-file", str(locked)], cwd=ROOT, check=True)
        command = [uv, "run", "--frozen", "--isolated", "--only-group", "audit", "pip-audit"]
        command += ["--strict", "--disable-pip", "--require-hashes", "--requirement", str(locked)]
        command += ["--progress-spinner", "off", *sys.argv[1:]]
        command += [word for name in passed for word in ("--ignore-vuln", name)]
        done = subprocess.run(command, cwd=ROOT, check=False, env={**os.environ, "NO_COLOR": "1"})
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
