"""How platforms and broken rules are called in messages of one language."""

import re

BROKEN = re.compile(  # as expectations/report.py writes it
    r"(?P<suite>[^:]+): (?P<rule>\S+?)(?: on (?P<column>\S+?))?(?: \[(?P<where>[^\]]*)\])?"
    r"(?:: (?P<description>.*?))?(?:; seen (?P<seen>.*))?"
)


def label(platform: str, language: str) -> str:
    """Return how a platform is called."""
    from extractors.core.registry import platforms_by_name

    known = platforms_by_name().get(platform)
    if known is None:
        return platform  # its last incident outlives the platform
    return known.label_zh if language == "zh" else known.label_en


def short_code(platform: str) -> str:
    """Return what ids of messages call a platform."""
    from extractors.core.registry import platforms_by_name

    known = platforms_by_name().get(platform)
    return known.short_code if known and known.short_code else platform


def broken_rule(failure: str, language: str) -> str:
    """Return a broken rule as people read it: which table, what is wrong, its name."""
    matched = BROKEN.fullmatch(failure)
    if matched is None:
        return failure
    room, _, table = matched["suite"].rpartition(".")
    platform, mark, stream = matched["suite"].partition("__")
    table = re.sub(r"^(fct|dim|mart)_", "", table) if room else table
    name = f"{label(platform, language)} {stream}" if mark else table
    zh, _, en = (matched["description"] or matched["rule"]).partition(" / ")
    said = zh if language == "zh" else en or zh
    colon = "：" if language == "zh" else ": "
    brackets = "（{}）" if language == "zh" else " ({})"
    return f"{name}{colon}{said}{brackets.format(matched['rule'] + ', critical')}"
