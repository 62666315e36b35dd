"""Wording of the letters: a closed set of placeholders, filled in safely."""

import re

import lxml.html
from markupsafe import Markup, escape

#: what the wording of a letter may hold between braces
PLACEHOLDERS = frozenset(
    {
        "company",
        "count",
        "customer",
        "date",
        "deadline",
        "deadline_days",
        "due",
        "fact_amount",
        "fact_amount_words",
        "fact_date",
        "fact_person",
        "fact_reference",
        "first_date",
        "instalments",
        "last_date",
        "level",
        "mandate_reference",
        "number",
        "payment_means",
        "penalties",
        "previous_date",
        "previous_number",
        "provider",
        "return_date",
        "total",
        "within",
    }
)

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_BLOCKS = ("p", "li", "h1", "h2", "h3", "h4", "blockquote", "div", "ul", "ol")


def unknown_placeholders(text, known=PLACEHOLDERS):
    """What stands between braces in `text` without being a placeholder, sorted.

    :param known: the placeholders there are, by default those of letters

    >>> unknown_placeholders("Pay {total} before {dedline}, {customer}")
    ['dedline']
    """
    return sorted(set(_PLACEHOLDER.findall(str(text or ""))) - known)


def fill_in(text, values):
    """Plain `text` with its placeholders replaced.

    >>> fill_in("{level}: {total}", {"level": "Reminder", "total": "12 €"})
    'Reminder: 12 €'
    """
    filled = _PLACEHOLDER.sub(
        lambda found: str(values.get(found[1]) or ""), str(text or "")
    )
    return re.sub(" {2,}", " ", filled).strip()


def fill_in_lines(text, values):
    """Plain `text` of several lines with its placeholders replaced.

    A line that names a value there is none of is left out.

    >>> fill_in_lines("Hello {customer}.\\nOur letter: {number}.", {"customer": "A&B"})
    'Hello A&B.'
    """
    lines = [
        fill_in(line, values)
        for line in str(text or "").splitlines()
        if all(values.get(name) for name in _PLACEHOLDER.findall(line))
    ]
    return "\n".join(lines).strip()


def fill_in_html(html, values):
    """Markup of `html` with its placeholders replaced by the escaped values.

    A paragraph or list item that names a value there is none of is left out, so
    that a sentence about the previous letter, or about interest, disappears
    from a letter that has none.

    >>> fill_in_html("<p>Hello {customer}</p><p>{previous_number}</p>",
    ...              {"customer": "A&B", "previous_number": ""})
    Markup('<p>Hello A&amp;B</p>')
    """
    html = str(html or "").strip()
    if not html:
        return Markup("")
    if any(not values.get(name) for name in _PLACEHOLDER.findall(html)):
        html = _without_void_paragraphs(html, values)
    return Markup(
        _PLACEHOLDER.sub(lambda found: str(escape(values.get(found[1]) or "")), html)
    )


def _without_void_paragraphs(html, values):
    root = lxml.html.fragment_fromstring(html, create_parent="div")
    for element in list(root.iterdescendants(*_BLOCKS)):
        if any(True for _child in element.iterdescendants(*_BLOCKS)):
            continue
        names = _PLACEHOLDER.findall(element.text_content())
        if any(not values.get(name) for name in names):
            element.drop_tree()
    serialized = lxml.html.tostring(root, encoding="unicode")
    return serialized.removeprefix("<div>").removesuffix("</div>")
