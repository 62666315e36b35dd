"""Files that come from outside: what they are is told by their content."""

import io
import re
import unicodedata

from .pdf import count_pages

#: bytes of one file, and how many come at a time
MAX_BYTES = 5 * 1024 * 1024
MAX_FILES = 3
NAME_LENGTH = 80
#: what an image that is no larger than this in pixels is worth looking at
MAX_PIXELS = 50_000_000
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
EXTENSIONS = {PDF: ".pdf", PNG: ".png", JPEG: ".jpg"}


class UploadError(ValueError):
    """A file that is not taken.

    :param code: `empty`, `too_large` or `kind`
    """

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def sniff(content: bytes):
    """What `content` is, whatever it is called: its type, None for any other.

    >>> sniff(b"<html><script>alert(1)</script></html>"), sniff(b"GIF89a")
    (None, None)
    """
    if content.startswith(b"%PDF-"):
        return PDF if count_pages(content) else None
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG if _is_image(content, "PNG") else None
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG if _is_image(content, "JPEG") else None
    return None


def _is_image(content, kind):
    # slow to import, and needed by few requests
    from PIL import Image  # noqa: PLC0415

    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as image:
            if image.width * image.height > MAX_PIXELS:
                return False
            image.verify()
    except Exception:  # noqa: BLE001  whatever a reader stumbles over: it is no image
        return False
    return True


def clean_name(name: str, kind: str) -> str:
    """The name under which a file of this type is kept: no path, one extension.

    >>> clean_name("..\\\\evil/proof.html.pdf", PDF), clean_name("", PNG)
    ('proof.html.pdf', 'file.png')
    >>> clean_name("photo.svg", JPEG)
    'photo.jpg'
    """
    name = re.split(r"[/\\]", name or "")[-1]
    name = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C")
    stem = re.sub(r"\.[^.]{0,8}$", "", name).strip(" .")[:NAME_LENGTH]
    return f"{stem or 'file'}{EXTENSIONS[kind]}"


def check(name: str, content: bytes):
    """Name and type under which a file is kept.

    :raises UploadError: saying why it is not taken
    """
    if not content:
        raise UploadError("empty")
    if len(content) > MAX_BYTES:
        raise UploadError("too_large")
    kind = sniff(content)
    if not kind:
        raise UploadError("kind")
    return clean_name(name, kind), kind
