"""What the letters of a French company must say of it, found in what it prints.

Articles R123-237 and R123-238 code de commerce: whoever is registered writes the
register with its town on letters, and a commercial company its form and its capital.
Companies write them in one line of their own words; they are looked for, not parsed.
"""

import re

#: commercial companies: form, capital and register
COMMERCIAL = re.compile(
    r"\b(?:SA|SAS|SASU|SARL|SARLU|EURL|SNC|SCS|SCA|SE|SCOP|SCIC|SELARL|SELARLU|SELAS"
    r"|SELASU|SELAFA|SELCA|SPFPL|SEM|SEML|SPL)\b"
    r"|(?i:\bsociété (?:anonyme|par actions|à responsabilité|en nom collectif"
    r"|en commandite|européenne|coopérative|d['’]économie mixte|d['’]exercice libéral)"
    r"|\bentreprise unipersonnelle à responsabilité)"
)
#: registered, without a capital that letters must name
REGISTERED = re.compile(
    r"\b(?:SC|SCI|SCP|SCM|SCEA|GIE|GEIE|EPIC)\b"
    r"|(?i:\bsociété civile|\bgroupement d['’]intérêt économique"
    r"|\bétablissement public)"
)
#: neither one nor the other, or not always
OTHERS = re.compile(
    r"\b(?:EI|EIRL|EARL|GAEC|SCV|EPA|EPCC)\b"
    r"|(?i:\bentrepreneur individuel|\bentrepreneure individuelle"
    r"|\bentreprise individuelle|\b(?:micro|auto)-?\s?entrepr|\bassociation"
    r"|\bfondation|\bmutuelle|\bsyndicat|\brégie|\bexploitation agricole"
    r"|\bgroupement agricole|\bcollectivité)"
)
CAPITAL = re.compile(r"[ck]apital[^\d\n]{0,40}\d|capital\s+variable", re.IGNORECASE)
REGISTER = re.compile(
    r"(?:\bRCS\b|(?i:registre du commerce(?: et des sociétés)?))[^\S\n]*:?"
    # its number may stand before the town
    r"[^\S\n]*(?:n°|no\.?|numéro)?(?:[^\S\n]*[\d.,–-]+)*[^\S\n]*:?"
    r"[^\S\n]*(?:de|du|des|d['’]|à)?[^\S\n]*(?P<town>[A-ZÀ-ÖØ-Þ][^\W\d_]+)"
)
#: what follows the register on a line of mentions, and is no town
NO_TOWN = frozenset({"TVA", "SIRET", "SIREN", "APE", "NAF", "VAT", "CAPITAL", "TEL"})

_DOTTED = re.compile(r"\b(?:[A-Z]\.[^\S\n]?){2,}")


def missing_mentions(text: str) -> list[str]:
    """Which of "form", "capital" and "register" is told nowhere in `text`.

    >>> missing_mentions("Vauban SAS au capital de 10 000 € – RCS Brest 404 833 048")
    []
    >>> missing_mentions("Vauban S.A.R.L. – R.C.S. 404 833 048")
    ['capital', 'register']
    >>> missing_mentions("Jeanne Vauban EI"), missing_mentions("Vauban")
    ([], ['form', 'capital', 'register'])
    """
    # S.A.S. and R. C. S. are SAS and RCS
    text = _DOTTED.sub(
        lambda found: re.sub(r"[.\s]", "", found[0]) + " ", text.replace("\xa0", " ")
    )
    commercial = COMMERCIAL.search(text)
    registered = commercial or REGISTERED.search(text)
    other = not registered and OTHERS.search(text)
    missing = []
    if not (registered or other):
        missing.append("form")
    if not (CAPITAL.search(text) or other or (registered and not commercial)):
        missing.append("capital")
    if not (_names_register(text) or other):
        missing.append("register")
    return missing


def _names_register(text):
    return any(
        found["town"].upper() not in NO_TOWN for found in REGISTER.finditer(text)
    )
