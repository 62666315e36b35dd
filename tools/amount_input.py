"""Amounts as people type them on a page: "1 234,56", "1,234.56", "1234.5"."""

import math

#: blanks that stand between thousands
BLANKS = (" ", "\u00a0", "\u202f", "'", "\u2019")


def parse_amount(text: str, decimal_point: str = ".") -> float:
    """The number that `text` says.

    Of two kinds of signs the last is the decimal point. A single sign that is not the
    reader's decimal point stands between thousands if three digits follow it.

    :param decimal_point: of the language of whoever types
    :raises ValueError: when it is no finite number

    >>> parse_amount("1 234,56", ",")
    1234.56
    >>> parse_amount("1,234.56")
    1234.56
    >>> parse_amount("12,5")
    12.5
    >>> parse_amount("1,234"), parse_amount("1,234", ",")
    (1234.0, 1.234)
    """
    for blank in BLANKS:
        text = text.replace(blank, "")
    last = max(text.rfind(","), text.rfind("."))
    if last >= 0:
        sign, digits = text[last], len(text) - last - 1
        other = "," if sign == "." else "."
        thousands = text.count(sign) > 1 or (
            sign != decimal_point and digits == 3 and other not in text
        )
        text = text.replace(other, "")
        text = text.replace(sign, "" if thousands else ".")
    number = float(text) if text.isascii() else math.nan
    if not math.isfinite(number) or "_" in text:
        raise ValueError(f"no amount: {text!r}")
    return number
