"""Whether bytes are the PDF they should be, before they are sent or stored as one."""

import io

from odoo.tools.pdf import PdfFileReader

#: where readers look for the beginning and the end of a PDF
MARGIN = 1024


def is_damaged(content: bytes) -> bool:
    """Whether a file is empty, or begins as a PDF and has no end.

    >>> is_damaged(b""), is_damaged(b"%PDF-1.4 cut o"), is_damaged(b"plain text")
    (True, True, False)
    """
    return not content or (
        b"%PDF-" in content[:MARGIN] and b"%%EOF" not in content[-MARGIN:]
    )


def count_pages(content: bytes) -> int:
    """Pages of a PDF that can be read; 0 for what is empty, cut off or no PDF.

    >>> count_pages(b"<html/>")
    0
    """
    if is_damaged(content) or b"%PDF-" not in content[:MARGIN]:
        return 0
    try:
        return len(PdfFileReader(io.BytesIO(content), strict=False).pages)
    except Exception:  # noqa: BLE001  whatever a reader stumbles over: it is no PDF
        return 0
