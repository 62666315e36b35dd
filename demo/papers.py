"""Papers that customers send, as an agent adds them to what they record."""

import io

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas


def paper(title, lines):
    """A page as PDF, the same at each loading."""
    content = io.BytesIO()
    canvas = Canvas(content, pagesize=A4, invariant=True)
    canvas.setTitle(title)
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(60, 770, title)
    canvas.setFont("Helvetica", 11)
    for position, line in enumerate(lines):
        canvas.drawString(60, 730 - 20 * position, line)
    canvas.save()
    return content.getvalue()
