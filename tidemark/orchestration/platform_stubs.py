"""The files of a new platform: copies of stubs/, each under its own path and the given name."""

import re
from pathlib import Path

from tidemark.errors import WrongUsage

STUBS = Path(__file__).resolve().parent / "stubs"
PLACEHOLDER, SUFFIX = "__NAME__", ".stub"
#: never a double underscore: it stands between platform and stream in names of files and views
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
#: rooms that may be one module instead of a folder
ROOMS = ("extractors/platforms", "sandbox/routes")
#: folders beside the platforms that hold something else
RESERVED = ("codes", "ignored")


def write_stubs(root: Path, name: str) -> list[Path]:
    """Write every stub below the root and return the paths; nothing that exists is touched."""
    if not NAME.fullmatch(name) or name in RESERVED:
        raise WrongUsage(
            f"new-platform: {name!r} cannot name a platform; write lower-case words and digits "
            "with single underscores, such as bilibili"
        )
    targets = {_target(root, stub, name): stub for stub in sorted(STUBS.rglob(f"*{SUFFIX}"))}
    for path in (*(root / room / f"{name}.py" for room in ROOMS), *targets):
        if path.exists():
            raise WrongUsage(
                f"new-platform: {path.relative_to(root)} is there already; choose another name"
            )
    for path, stub in targets.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(stub.read_text("utf-8").replace(PLACEHOLDER, name), "utf-8")
    return list(targets)


def _target(root: Path, stub: Path, name: str) -> Path:
    return root / str(stub.relative_to(STUBS)).removesuffix(SUFFIX).replace(PLACEHOLDER, name)
