import pytest

from extractors.core.text import content_length, is_emoji_only


@pytest.mark.parametrize("text", ["👍", "👍🏻👏", "[赞][比心]", "❤️", "👨‍👩‍👧 🎉", "1️⃣", "🇨🇳"])
def test_faces_and_stickers_are_emoji_only(text):
    assert is_emoji_only(text) is True


@pytest.mark.parametrize(
    "text", ["好看", "好看👍", "", "  ", "1", "?!", "[这是一句比较长的带括号的话]"]
)
def test_words_digits_and_nothing_are_not(text):
    assert is_emoji_only(text) is False


def test_an_unknown_text_stays_unknown():
    assert is_emoji_only(None) is None
    assert content_length(None) is None


def test_length_counts_characters_without_surrounding_space():
    assert content_length(" 好用\n") == 2
