"""Platforms and streams by the names that people type."""

from extractors.core.model import Platform, Stream
from tidemark.errors import WrongUsage


def find_platform(name: str) -> Platform:
    """Return a platform by name; the error lists those that exist."""
    from extractors.core.registry import platforms_by_name

    found = platforms_by_name().get(name)
    if found is None:
        raise WrongUsage(f"unknown platform {name!r}; there are {', '.join(platforms_by_name())}")
    return found


def find_pulled_platform(name: str) -> Platform:
    """Return a platform that runs read by themselves; files come by another command."""
    found = find_platform(name)
    if not found.is_pulled:
        raise WrongUsage(f"{name} is read from files, which are dropped; use tidemark drop")
    return found


def find_stream(name: str) -> tuple[Platform, Stream]:
    """Return a stream by `platform/stream`; the error lists those that exist."""
    first, _, second = name.partition("/")
    platform = find_platform(first)
    streams = {stream.name: stream for stream in platform.streams}
    if second not in streams:
        known = ", ".join(f"{first}/{other}" for other in streams)
        raise WrongUsage(f"unknown stream {name!r}; {first} has {known}")
    return platform, streams[second]
