"""What somebody on the telephone may be found by: spellings of numbers."""

import re

#: what stands in a telephone number beside its digits
NUMBER = re.compile(r"[\d\s+().\-/\u00a0\u202f]+", re.ASCII)
#: fewer digits than these are part of too many numbers
MIN_DIGITS = 4
#: the zero that is dialled within a country only: +33 (0)1 44 55 66 77
TRUNK = re.compile(r"\(\s*0\s*\)")

#: letters that are written with accents or without
ACCENTED = "àáâãäåāăąçćčďèéêëēėęěìíîïīįłñńňòóôõöøōőřśšťùúûüūůűýÿźžż"
PLAIN = "aaaaaaaaacccdeeeeeeeeiiiiiilnnnoooooooorsstuuuuuuuyyzzz"
_PLAIN_OF = str.maketrans(ACCENTED, PLAIN)
#: signs that mean something in a regular expression of PostgreSQL
SPECIAL = frozenset(".[]{}()\\*+?^$|")


def plain(text: str) -> str:
    """`text` as it is compared: in small letters, without accents.

    >>> plain("Établissements FRÈRE")
    'etablissements frere'
    """
    return text.lower().translate(_PLAIN_OF)


def word_pattern(word: str) -> str:
    """A regular expression of PostgreSQL for `word`, in capitals or not, with accents
    or without: to look for it takes a tenth of what it takes to make every name plain.

    >>> word_pattern("n.1"), word_pattern("É") == word_pattern("e")
    ('[nNñÑńŃňŇ]\\\\.1', True)
    """
    return "".join(_SIGNS.get(sign) or _get_sign(sign) for sign in plain(word))


def _get_sign(sign):
    if sign in SPECIAL:
        return f"\\{sign}"
    capital = sign.upper()
    if capital == sign or len(capital) > 1:
        return sign
    return f"[{sign}{capital}]"


#: what stands for a letter that has accents
_SIGNS = {
    letter: "".join(
        (
            f"[{letter}{letter.upper()}",
            *(
                accented + accented.upper()
                for accented, its_plain in zip(ACCENTED, PLAIN, strict=True)
                if its_plain == letter
            ),
            "]",
        )
    )
    for letter in set(PLAIN)
}


def number_parts(text: str, prefixes: tuple = ()) -> list:
    """Digits to look for in telephone numbers of any spelling, for one that is typed.

    Numbers are kept with the country's prefix or without it, and so they are typed.
    What is looked for is what both have in common.

    :param prefixes: of the countries, such as 33
    :return: nothing when `text` is no part of a number

    >>> number_parts("01 44 55 66 77"), number_parts("+33 (0)1 44 55", ("33",))
    (['0144556677', '144556677'], ['3314455', '14455'])
    >>> number_parts("Dupont"), number_parts("44")
    ([], [])
    """
    text = TRUNK.sub("", text)
    if not NUMBER.fullmatch(text):
        return []
    digits = re.sub(r"\D", "", text)
    if len(digits) < MIN_DIGITS:
        return []
    parts = [digits]
    international = text.lstrip().startswith("+")
    if digits.startswith("00"):
        international = True
        digits = digits[2:]
        parts.append(digits)
    elif digits.startswith("0"):
        parts.append(digits[1:])
    if international:
        parts += [
            digits.removeprefix(prefix)
            for prefix in prefixes
            if prefix and digits.startswith(prefix)
        ]
    return [part for part in dict.fromkeys(parts) if len(part) >= MIN_DIGITS - 1]


def identifier(text: str) -> str:
    """Letters and digits of a tax or company number, as they are compared.

    >>> identifier("FR 40 552.100.554")
    'FR40552100554'
    """
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def number_pattern(parts: list) -> str:
    """A regular expression for any of these digits, whatever stands between them.

    >>> number_pattern(["0144", "144"])
    '0\\\\D*1\\\\D*4\\\\D*4|1\\\\D*4\\\\D*4'
    """
    return "|".join(r"\D*".join(part) for part in parts)


def identifier_pattern(code: str) -> str:
    """A regular expression for a tax or company number, however it is written.

    >>> identifier_pattern("FR4")
    '[fF][^0-9A-Za-z]*[rR][^0-9A-Za-z]*4'
    """
    return "[^0-9A-Za-z]*".join(
        sign if sign.isdigit() else f"[{sign.lower()}{sign}]" for sign in code
    )
