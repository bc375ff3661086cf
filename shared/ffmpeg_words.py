"""What ffmpeg says when it fails, as it can be repeated to people.

Its last words are the ones that count; before each stands the part of it that speaks, with a place in memory that is
another at every run. Sentences of our own for each of its errors were the other road: it has hundreds.
"""

import re

MOST = 400
"""Characters that are repeated."""
_SPEAKER = re.compile(r"\[[^\[\]]*@ 0x[0-9a-f]+\] *")


def last_words(said: str) -> str:
    """The last lines of what ffmpeg has said, in order and each once, without who of it speaks."""
    lines = [line for line in (line.strip() for line in _SPEAKER.sub("", said).splitlines()) if line]
    kept: list[str] = []
    for line in reversed(lines):
        if line not in kept and sum(map(len, kept)) + len(line) <= MOST:
            kept.insert(0, line)
    return " ".join(kept) or (lines[-1][-MOST:] if lines else "it ended without a word.")
