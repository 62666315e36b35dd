import io

from PIL import Image
from reportlab.graphics.barcode import qrencoder

from odoo.tests import BaseCase

from odoo.addons.account_collection.tools.qr_image import (
    MARGIN,
    MASK,
    SCALE,
    qr_data_url,
    qr_png,
)

TEXT = "BCD\n002\n1\nSCT\n\nVauban\nFR7630006000011234567890189\nEUR12.5\n\n\nL/1"


class TestToolsQrImage(BaseCase):
    def test_picture(self):
        """The picture shows the modules, in a white frame."""
        image = Image.open(io.BytesIO(qr_png(TEXT)))
        self.assertEqual(image.mode, "1")
        code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
        code.addData(TEXT)
        code.version = code.calculate_version()
        code.makeImpl(False, MASK)
        count = code.getModuleCount()
        self.assertEqual(image.size, ((count + 2 * MARGIN) * SCALE,) * 2)
        for row in range(-MARGIN, count + MARGIN):
            for column in range(-MARGIN, count + MARGIN):
                inside = 0 <= row < count and 0 <= column < count
                dark = bool(inside and code.isDark(row, column))
                pixel = image.getpixel(
                    ((column + MARGIN) * SCALE + 1, (row + MARGIN) * SCALE + 1)
                )
                self.assertEqual(pixel == 0, dark, (row, column))

    def test_data_address(self):
        self.assertTrue(qr_data_url("x").startswith("data:image/png;base64,iVBOR"))
