"""What an amicable letter must not say: words that make it look like a court's act."""

import re
import unicodedata
from collections.abc import Iterable

_TAGS = re.compile(r"<[^>]*>")
#: the typographic apostrophe and the spaces of every width, as they are typed
_TYPED = str.maketrans({"’": "'", "\N{NO-BREAK SPACE}": " "})


def _plain(text: str) -> str:
    """`text` without markup, accents, case, and typographic subtleties."""
    text = _TAGS.sub(" ", str(text or "")).replace("&nbsp;", " ").translate(_TYPED)
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def find_forbidden(text: str, expressions: Iterable[str]) -> list[str]:
    """The expressions that stand in `text` as whole words, in their order.

    Markup, accents and case do not matter, nor does a plural in s or x of any of
    the words: wording of an amicable collector may not borrow the looks of a
    court officer in any spelling.

    >>> find_forbidden("<p>Saisie par Huissiers&nbsp;de justice</p>",
    ...                ["saisie", "huissier", "greffe"])
    ['saisie', 'huissier']
    """
    plain = _plain(text)
    found = []
    for expression in expressions:
        words = [f"{re.escape(word)}[sx]?" for word in _plain(expression).split()]
        pattern = r"\s+".join(words)
        if words and re.search(rf"(?<!\w){pattern}(?!\w)", plain):
            found.append(expression)
    return found
