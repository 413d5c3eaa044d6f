"""What is kept of a text that people wrote: how long it is, and whether it only shows emoji."""

import re

# [赞] and the like: the platforms' own stickers, written as a word in brackets
_STICKER = re.compile(r"\[[^\[\]\s]{1,12}\]")
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff"  # pictographs, faces, flags, skin tones
    "\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"  # symbols
    "\u203c\u2049\u2122\u2139\u3030\u303d\u3297\u3299"
    "\u200d\ufe0e\ufe0f\u20e3\U000e0020-\U000e007f]"  # joiners, variants, keycap, tags
)
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")


def content_length(text: str | None) -> int | None:
    """Return the number of characters without surrounding space; None stays unknown."""
    return None if text is None else len(text.strip())


def is_emoji_only(text: str | None) -> bool | None:
    """Tell whether a text shows emoji or stickers and no word; None stays unknown."""
    if text is None:
        return None
    shown = "".join(text.split())
    rest = _EMOJI.sub("", _KEYCAP.sub("", _STICKER.sub("", shown)))
    return bool(shown) and not rest
