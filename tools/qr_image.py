"""Picture of a QR code, without a drawing library and without the ORM."""

import base64
import struct
import zlib

from reportlab.graphics.barcode import qrencoder

#: pixels of one module, and modules of white around the code
SCALE = 4
MARGIN = 2
#: diagonal pattern laid over the data, which breaks up large areas of one colour
MASK = 3


def qr_png(text):
    """PNG of the QR code of `text`, one bit per pixel, as bytes.

    Error correction M, as the European standard for transfers (EPC069-12) asks.
    """
    code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
    code.addData(text)
    # Any of the eight masks can be read. Comparing them all, as `make` does, takes ten
    # times as long as the rest.
    code.version = code.calculate_version()
    code.makeImpl(False, MASK)
    white = [0] * MARGIN
    count = code.getModuleCount() + 2 * MARGIN
    rows = [[0] * count] * MARGIN
    rows += [
        white + [1 if dark else 0 for dark in module_row] + white
        for module_row in code.modules
    ]
    rows += [[0] * count] * MARGIN
    size = count * SCALE
    data = b"".join((b"\0" + _pack(row)) * SCALE for row in rows)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 1, 0, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(data, 6)),
            _chunk(b"IEND", b""),
        )
    )


def qr_data_url(text):
    """The picture of `qr_png` as a data address for an HTML document."""
    return "data:image/png;base64," + base64.b64encode(qr_png(text)).decode()


def _pack(row):
    """One line of pixels, eight to a byte; 1 is white."""
    bits = "".join(("0" if dark else "1") * SCALE for dark in row)
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _chunk(kind, content):
    check = zlib.crc32(kind + content) & 0xFFFFFFFF
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
