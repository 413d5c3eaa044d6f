"""One package or module per platform: `routes(state)` in its own spelling, and what it needs.

A platform whose figures are not among the fields of World has a module `world` with three
functions: `facet(name, shared)` returns its data in a world (or None), `connections(facet)` maps
account keys to login, password and extra, `account(facet)` returns key and platform id of the
first.
"""

import importlib
import importlib.util
import pkgutil
from types import ModuleType


def modules() -> dict[str, ModuleType]:
    """Return the module of every platform by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}


def facets() -> dict[str, ModuleType]:
    """Return the module `world` of every platform that has one, by name."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.ispkg)
    return {
        name: importlib.import_module(f"{__name__}.{name}.world")
        for name in names
        if importlib.util.find_spec(f"{__name__}.{name}.world")
    }
