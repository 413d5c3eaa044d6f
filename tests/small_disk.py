"""A real file system of a few MiB, where this process may mount one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Path]:
    """Mount an empty file system of that size on a folder; skip the test where that is refused."""
    folder.mkdir(parents=True)
    size = f"size={mebibytes}m"
    mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command here")
    if done.returncode:
        pytest.skip(f"a small file system needs the right to mount: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def grow(folder: Path, mebibytes: int) -> None:
    """Give a mounted small disk another size."""
    options = f"remount,size={mebibytes}m"
    subprocess.run(["mount", "-o", options, str(folder)], check=True)
