"""A real browser for the tests of pages: Debian's Chromium, installed where it may be."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

PACKAGES = ("chromium", "fonts-noto-cjk")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@contextmanager
def browser() -> Iterator[Browser]:
    """Yield a running browser; without one, and without a way to it, the test is skipped."""
    path = _installed()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield running
        running.close()


def _installed() -> str:
    if not _is_there() and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["update", "-qq"], ["install", "-y", "-qq", *PACKAGES]):
            subprocess.run(["apt-get", *command], check=False, capture_output=True)
    if not _is_there():
        pytest.skip(f"no browser with Chinese letters here: apt-get install {' '.join(PACKAGES)}")
    return str(shutil.which("chromium"))


def _is_there() -> bool:
    if shutil.which("chromium") is None or shutil.which("fc-list") is None:
        return False
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True)
    return bool(listed.stdout.strip())
