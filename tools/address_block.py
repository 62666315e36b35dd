"""Fitting an address into the window of an envelope.

Measured for the French DL envelope (110 × 220 mm) with a window at right, 20 mm from
the right and from the lower edge, of 45 × 100 mm or of 35 × 100 mm, and a sheet of A4
folded in three (99 mm). The sheet slips in the envelope, by 10 mm sideways and by 11 mm
up and down: what stands in `ADDRESS` is seen whichever way it slips, through either
window, and what stands outside `CLEAR` never is. All in millimetres from the upper left
corner of the sheet, as (left, top, right, bottom).
"""

from typing import NamedTuple


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


ENVELOPE = (220, 110)
SHEET = (210, 99)
#: to the right and lower edge of the envelope
WINDOW_MARGIN = 20
WINDOW_WIDTH = 100
WINDOW_HEIGHTS = (45, 35)

_slip = (ENVELOPE[0] - SHEET[0], ENVELOPE[1] - SHEET[1])
_right = ENVELOPE[0] - WINDOW_MARGIN
_bottom = ENVELOPE[1] - WINDOW_MARGIN

ADDRESS = Box(
    _right - WINDOW_WIDTH,
    _bottom - min(WINDOW_HEIGHTS),
    _right - _slip[0],
    _bottom - _slip[1],
)
CLEAR = Box(
    _right - WINDOW_WIDTH - _slip[0],
    _bottom - max(WINDOW_HEIGHTS) - _slip[1],
    _right,
    _bottom,
)

POINT = 25.4 / 72
#: of the font, from one line to the next
LINE_HEIGHT = 1.15
#: type sizes in points: what reads well, and the least that is tried
LARGEST, SMALLEST, STEP = 10.2, 5.0, 0.2

#: widths of Liberation Sans (as Arial and Helvetica), in parts of the type size
_NARROW = frozenset("ijlI.,;:'’|!()[] ftr-/\xa0")
_WIDE = frozenset("mwMW@%—")
_BOLD = 1.08


def text_width(text: str, bold: bool = False) -> float:
    """Width of a line of text in parts of its type size, rather too much than too
    little.

    >>> text_width("Lille") < text_width("PARIS") < text_width("上海商业有限公司")
    True
    """
    width = 0.0
    for char in text:
        if char in _NARROW:
            width += 0.34
        elif char in _WIDE:
            width += 0.95
        elif char > "\u2e7f":
            width += 1.05
        elif char.isupper():
            width += 0.74
        else:
            width += 0.57
    return width * (_BOLD if bold else 1)


def count_rows(text: str, room: float, bold: bool = False) -> int:
    """Rows that `text` takes where a row has `room` times the type size, words that
    are longer being broken.

    >>> count_rows("rue du Bac", 100), count_rows("Menuiserie Kerouac", 6)
    (1, 2)
    """
    rows, used = 1, 0.0
    space = text_width(" ", bold)
    for word in text.split():
        width = text_width(word, bold)
        if used and used + space + width <= room:
            used += space + width
            continue
        if used:
            rows, used = rows + 1, 0.0
        rows += int(width // room)
        used = width % room
    return rows


def fit_address(lines, width: float, height: float) -> tuple[float, float]:
    """(type size, line height) in points, with which an address fits into a box.

    :param lines: lines of the address, the first of which is bold
    :param width, height: of the box in millimetres

    >>> fit_address(["Menuiseries Kerouac", "48 rue du Bac", "69002 Lyon"], 85, 24)
    (10.2, 11.73)
    >>> fit_address([f"Line {number}" for number in range(7)], 85, 24)[0]
    8.4
    """
    size = LARGEST
    while size > SMALLEST:
        room = width / POINT / size
        rows = sum(
            count_rows(line, room, bold=not position)
            for position, line in enumerate(lines)
        )
        if rows * size * LINE_HEIGHT * POINT <= height:
            break
        size = round(size - STEP, 1)
    return size, round(size * LINE_HEIGHT, 2)
