"""What ffmpeg says when it fails, as it is repeated to people."""

from infinite_parallax.shared.ffmpeg_words import MOST, last_words


def test_who_speaks_is_left_away_and_nothing_is_said_twice() -> None:
    said = "[in#0 @ 0x55865f21c0] no 'data' tag found\n[aist#0 @ 0x1f] [dec:flac @ 0x2e] no 'data' tag found\n\nEnd\n"
    assert last_words(said) == "no 'data' tag found End"


def test_the_last_lines_are_kept_whole() -> None:
    said = "\n".join(f"line {n} {'x' * 80}" for n in range(20))
    words = last_words(said)
    assert words.startswith("line 16 ")
    assert words.endswith("x")
    assert len(words) <= MOST + 5
    assert last_words("y" * 1000) == "y" * MOST


def test_silence_is_said() -> None:
    assert last_words(" \n") == "it ended without a word."
