"""A command as a person types it, run in this process."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tidemark.cli.main import main


@dataclass(frozen=True)
class Done:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


Tidemark = Callable[..., Done]


def commands(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], **environ: str
) -> Tidemark:
    """Return a function that runs `tidemark WORDS …` with these variables."""
    for name, value in {"COLUMNS": "250", **environ}.items():
        monkeypatch.setenv(name, value)

    def tidemark(*words: str) -> Done:
        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", ["tidemark", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        assert code is None or isinstance(code, int)
        return Done(code or 0, *capfd.readouterr())

    return tidemark
