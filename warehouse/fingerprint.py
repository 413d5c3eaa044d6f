"""Hashes that tell whether a release would come out any different."""

import hashlib
import importlib.metadata
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from tidemark.settings import PROJECT_ROOT
from warehouse.site import Site

_CODE = frozenset({".sql", ".yml", ".yaml", ".csv", ".json", ".py"})
_WORDING = frozenset({"alerts.yml", "playbooks.yml"})
_GENERATED = frozenset({"target", "logs", "dbt_packages", "__pycache__"})


def model_hash(site: Site) -> str:
    """Hash what turns slices into tables: the dbt project, this package, the streams' shapes."""
    streams = "\n".join(
        f"{platform.name}/{stream.name} {stream.merge} {stream.key} {stream.is_complete_listing}\n"
        f"{stream.schema}"
        for platform, stream in site.streams
    )
    return _hash([*_files(site.project_dir), *_files(Path(__file__).parent), streams.encode()])


def project_hash(project_dir: Path) -> str:
    """Hash the dbt project and the version that parses it."""
    return _hash([*_files(project_dir), importlib.metadata.version("dbt-core").encode()])


def text_hash(text: str) -> str:
    """Hash a text."""
    return _hash([text.encode()])


def config_hash(site: Site) -> str:
    """Hash the configuration files; how alerts are routed and worded changes no table."""
    folder = site.settings.config_dir
    return _hash(
        part
        for path in _paths(folder, frozenset({".yml"}))
        if path.name not in _WORDING
        for part in _named(path, folder)
    )


def audit_hash() -> str:
    """Hash the rules that a build must pass."""
    return _hash(_files(PROJECT_ROOT / "expectations" / "marts"))


def input_hash(days: Iterable[tuple[date, str]], hashes: Sequence[str]) -> str:
    """Hash everything a release is made from; days are those with slices, and their hashes."""
    lines = "\n".join(f"{day} {text}" for day, text in sorted(days))
    return _hash([lines.encode(), *(part.encode() for part in hashes)])


def code_version(models: str) -> str:
    """Return the version of the package with the hash of its models."""
    return f"{importlib.metadata.version('tidemark')}+{models[:8]}"


def _files(folder: Path) -> list[bytes]:
    return [part for path in _paths(folder, _CODE) for part in _named(path, folder)]


def _named(path: Path, folder: Path) -> tuple[bytes, bytes]:
    return str(path.relative_to(folder)).encode(), path.read_bytes()


def _paths(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in suffixes and not _GENERATED & set(path.relative_to(folder).parts)
    )


def _hash(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
