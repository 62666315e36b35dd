"""Amounts as people type them on a page: "1 234,56", "1,234.56", "1234.5"."""

import math
import re

#: blanks that stand between thousands
BLANKS = (" ", "\u00a0", "\u202f", "'", "\u2019")
#: digits in front of the decimal point, in threes
GROUPED = re.compile(r"-?[1-9]\d{0,2}(\D\d{3})+", re.ASCII)


def parse_amount(
    text: str, decimal_point: str = ".", thousands: str = ",", decimals: int = 2
) -> float:
    """The number that `text` says.

    Of two kinds of signs the last is the decimal point. A single sign is the decimal
    point, except where it stands between groups of three as the reader's language
    writes thousands. Where it could be either, nothing is guessed.

    :param decimal_point: of the language of whoever types
    :param thousands: what that language writes between thousands
    :param decimals: digits that an amount may have behind the decimal point
    :raises ValueError: when it is no finite number, or can be read in two ways

    >>> parse_amount("1 234,56", ",", " ")
    1234.56
    >>> parse_amount("1,234.56")
    1234.56
    >>> parse_amount("12,5")
    12.5
    >>> parse_amount("1,234"), parse_amount("1.234", ",", ".")
    (1234.0, 1234.0)
    >>> parse_amount("1234.500", ",", ".", 3), parse_amount("234.500", ",", " ", 3)
    (1234.5, 234.5)
    """
    for blank in BLANKS:
        text = text.replace(blank, "")
    last = max(text.rfind(","), text.rfind("."))
    if last >= 0:
        sign, digits = text[last], len(text) - last - 1
        other = "," if sign == "." else "."
        whole = text[:last]
        if text.count(sign) > 1 or (other not in text and sign != decimal_point):
            grouped = GROUPED.fullmatch(text) and other not in text
            if text.count(sign) > 1 and not grouped:
                raise ValueError(f"no amount: {text!r}")
            if grouped and (sign == thousands or text.count(sign) > 1):
                whole, digits = text, 0
            elif grouped and digits > decimals:
                raise ValueError(f"thousands or decimals: {text!r}")
        elif other in whole and not GROUPED.fullmatch(whole):
            raise ValueError(f"no amount: {text!r}")
        whole = re.sub("[.,]", "", whole)
        text = f"{whole}.{text[-digits:]}" if digits else whole
    number = float(text) if text.isascii() else math.nan
    if not math.isfinite(number) or "_" in text:
        raise ValueError(f"no amount: {text!r}")
    return number


def write_amount(amount: float, decimals: int, decimal_point: str = ".") -> str:
    """`amount` as a field of a page shows it, so that it is read as what it is.

    >>> write_amount(1234.5, 3, ",")
    '1234,500'
    """
    return f"{amount:.{decimals}f}".replace(".", decimal_point)
