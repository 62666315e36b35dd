"""Which writing systems the fonts of this machine can print."""

import re
import subprocess
from functools import lru_cache

#: a character that only fonts of the script have, as fontconfig asks for it
SAMPLES = {
    "chinese": "4eec",
    "japanese": "3072",
    "korean": "d55c",
    # fonts in colour are pictures, which the renderer of the reports does not draw
    "emoji": "1f3e2:color=false",
}
#: what letters of a script look like; Chinese characters stand in Japanese as well
_RANGES = {
    "chinese": "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002fa1f",
    "japanese": "\u3040-\u30ff\u31f0-\u31ff",
    "korean": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "emoji": "\u2600-\u27bf\U0001f000-\U0001faff",
}
_PATTERNS = {name: re.compile(f"[{chars}]") for name, chars in _RANGES.items()}


def scripts_of(text: str) -> list[str]:
    """Scripts in `text` for which a machine may have no font.

    >>> scripts_of("Société Dupont & Fils, Łódź"), scripts_of("上海 Trading 😀")
    ([], ['chinese', 'emoji'])
    """
    return [name for name, pattern in _PATTERNS.items() if pattern.search(text)]


@lru_cache(maxsize=1)
def missing_scripts() -> tuple[str, ...]:
    """Scripts of which no installed font has the characters.

    Asked once in the life of the server; nothing is missing where nobody can tell.
    """
    return tuple(name for name, sample in SAMPLES.items() if not _has_font(sample))


def _has_font(sample):
    try:
        found = subprocess.run(
            ["fc-list", f":charset={sample}", "family"],
            capture_output=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return True
    return bool(found.stdout.strip())
