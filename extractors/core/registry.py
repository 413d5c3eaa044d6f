"""Every platform that exists: one module each in extractors/platforms/."""

import importlib
import pkgutil
from functools import cache

from extractors import platforms
from extractors.core.model import Platform, Stream


@cache
def platforms_by_name() -> dict[str, Platform]:
    """Map each platform's name to its declaration, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(platforms.__path__))
    return {
        name: importlib.import_module(f"extractors.platforms.{name}").PLATFORM for name in names
    }


def every_stream() -> list[tuple[Platform, Stream]]:
    """Return every stream of every platform."""
    return [(p, stream) for p in platforms_by_name().values() for stream in p.streams]


def find_stream(platform: str, stream: str) -> Stream:
    """Return one stream by the names of its platform and itself."""
    return platforms_by_name()[platform].stream(stream)
