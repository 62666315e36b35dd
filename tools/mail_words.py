"""What somebody of a provider may not write into an e-mail of the company."""

import re

#: addresses on the web, also without a scheme
LINK = re.compile(r"(://|\bwww\.|\b[\w-]+\.(com|net|org|info|biz|fr|eu|io|app)/)", re.I)
#: an account of a bank: country, check digits, the rest in any grouping
IBAN = re.compile(r"\b[A-Z]{2}\s?\d{2}(?:\s?[A-Z0-9]{2,4}){3,8}\b")


def find_fault(text: str):
    """`link` or `bank` when `text` holds what only the company tells its customers.

    >>> find_fault("Pay on https://evil.example")
    'link'
    >>> find_fault("To FR76 3000 6000 0112 3456 7890 189, please")
    'bank'
    >>> find_fault("As agreed, please pay INV/2026/00012 by Friday.")
    """
    if LINK.search(text):
        return "link"
    return "bank" if IBAN.search(text.upper()) and _has_digits(text) else None


def _has_digits(text):
    return any(
        sum(sign.isdigit() for sign in found.group()) >= 10
        for found in IBAN.finditer(text.upper())
    )
