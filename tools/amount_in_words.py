"""Amounts of money in words, as they stand on letters.

num2words spells the cardinals, Babel (CLDR) names the currencies; everything around
them is done here, because num2words' `to="currency"` mode prints "et zéro centimes",
"zéro euros" and "un million euros", takes an int for cents, does not know most
currencies in most languages, and differs from one version to the next. Checked with
num2words 0.5.10, 0.5.13 and 0.5.14.
"""

import re
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from babel.numbers import get_currency_name
from num2words import num2words


class _Label(NamedTuple):
    one: str
    many: str
    feminine: bool = False


class _Currency(NamedTuple):
    unit: _Label
    subunit: _Label
    decimal_places: int = 2


class _Language(NamedTuple):
    code: str  # of num2words
    minus: str
    joiner: str  # between the units and the subunits
    is_singular: Callable[[int], bool]
    agree: Callable[[str, bool], str]  # cardinal, feminine -> before a noun
    link: Callable[[str, str], str]  # cardinal, noun -> what stands between
    inflect: Callable[[str], _Label]  # label given by the caller
    fractions: dict[int, _Label]  # subunits without a name, by decimal places
    currencies: dict[str, _Currency]  # with subunits, which CLDR does not know
    is_feminine: Callable[[str], bool] = lambda name: False  # a name of CLDR's
    spell: Callable[[str], str] = lambda words: words  # cardinals of a country


def _is_one(number):
    return number == 1


def _same(*names):
    """Labels that do not change in the plural."""
    return [_Label(name, name) for name in names]


# ----------------------------------------------------------------------
# Labels given by the caller
# ----------------------------------------------------------------------


def _lower_word(word):
    return word if word.isupper() else word.lower()


def _inflect_none(label):
    """German: nouns keep their capital, and labels their form."""
    return _Label(label, label)


def _inflect_lower(label):
    label = " ".join(map(_lower_word, label.split()))
    return _Label(label, label)


def _inflect_lower_single(label):
    """Dutch: adjectives of nationality keep their capital."""
    return _inflect_none(label) if " " in label else _inflect_lower(label)


def _inflect_iberian(label):
    """Spanish and Portuguese: nouns and adjectives in -a, -o take both numbers."""
    label = _inflect_lower(label).one
    return _Label(
        re.sub(r"(?<=\w[ao])s\b", "", label), re.sub(r"(?<=\w[ao])\b", "s", label)
    )


_ENGLISH_PLURALS = {
    **{
        name: name + "s"
        for name in (
            "cent centavo centime dinar dirham dollar escudo euro franc guilder kopek "
            "lempira lira mark millime peso piaster piastre pound riyal rial ruble "
            "rupee shekel shilling"
        ).split()
    },
    "penny": "pence",
}
_ENGLISH_SINGULARS = {many: one for one, many in _ENGLISH_PLURALS.items()}


def _inflect_english(label):
    """Common nouns take both numbers; others ("Yen", "Baht") stay as they are."""
    *adjectives, noun = label.split()
    if not adjectives:
        noun = _lower_word(noun)
    one = _ENGLISH_SINGULARS.get(noun.lower(), noun)
    many = _ENGLISH_PLURALS.get(noun.lower(), noun)
    return _Label(" ".join([*adjectives, one]), " ".join([*adjectives, many]))


#: singular words that end like a plural
_FRENCH_INVARIABLE = re.compile(r"(?:[aeo]is|[xz]|^fils|^lats|^litas|^puls|^pence)$")


def _inflect_french(label):
    """Noun and adjectives take both numbers, a complement ("de …") none."""
    one, many = [], []
    words = label.split()
    for position, word in enumerate(words):
        if word in ("de", "du", "des") or word.startswith(("d'", "d’")):
            one += words[position:]
            many += words[position:]
            break
        word = _lower_word(word)
        if word.isupper() or _FRENCH_INVARIABLE.search(word):
            one.append(word)
            many.append(word)
        else:
            one.append(word.removesuffix("s"))
            many.append(word if word.endswith("s") else f"{word}s")
    return _Label(" ".join(one), " ".join(many))


# ----------------------------------------------------------------------
# Grammar
# ----------------------------------------------------------------------


def _agree_none(words, _feminine):
    return words


def _agree_french(words, feminine):
    return re.sub(r"\bun$", "une", words) if feminine else words


def _agree_german(words, feminine):
    words = words.replace("einstausend", "eintausend")
    words = re.sub(r"eins(?= (?:M|B|Tr)illi)", "eine", words)
    return re.sub(r"eins$", "eine" if feminine else "ein", words)


def _agree_spanish(words, feminine):
    head, tail = _split_after_million(words, r"ill(?:ón|ones)\b")
    if feminine:
        tail = re.sub(r"cientos\b", "cientas", tail).replace("quinientos", "quinientas")
        tail = re.sub(r"uno\b", "una", tail)
    words = head + tail
    return re.sub(r"\buno\b", "un", re.sub(r"veintiuno\b", "veintiún", words))


def _agree_italian(words, feminine):
    words = words.replace("ventiuno", "ventuno")  # 0.5.10
    if words == "uno":
        return "una" if feminine else "un"
    return words


def _agree_portuguese(words, feminine):
    if not feminine:
        return words
    head, tail = _split_after_million(words, r"il[hi]?(?:ão|ões)\b")
    tail = re.sub(r"entos\b", "entas", tail)
    tail = re.sub(r"\bum\b", "uma", re.sub(r"\bdois\b", "duas", tail))
    return head + tail


def _split_after_million(words, pattern):
    """Millions are nouns of their own: what counts them does not agree."""
    found = list(re.finditer(pattern, words))
    end = found[-1].end() if found else 0
    return words[:end], words[end:]


def _link_none(_words, _noun):
    return " "


def _link_french(words, noun):
    if not re.search(r"illi(?:on|ard)s?$", words):
        return " "
    first = unicodedata.normalize("NFD", noun)[:1].lower()
    return " d'" if first in "aeiouœæ" else " de "


def _link_spanish(words, _noun):
    return " de " if re.search(r"ill(?:ón|ones)$", words) else " "


def _link_italian(words, _noun):
    return " di " if re.search(r"ili(?:on[ei]|ard[oi])$", words) else " "


def _link_portuguese(words, _noun):
    return " de " if re.search(r"il[hi]?(?:ão|ões)$", words) else " "


# ----------------------------------------------------------------------
# French outside France
# ----------------------------------------------------------------------

_SEVENTY, _EIGHTY, _NINETY = (70, "septante"), (80, "huitante"), (90, "nonante")
_AFTER_TENS = (
    "",
    " et un",
    "-deux",
    "-trois",
    "-quatre",
    "-cinq",
    "-six",
    "-sept",
    "-huit",
    "-neuf",
)


def _counting_in_tens(*tens):
    """Spelling of French cardinals where these `tens` have a word of their own."""
    words = {
        num2words(ten + unit, lang="fr"): word + after
        for ten, word in tens
        for unit, after in enumerate(_AFTER_TENS)
    }
    if _EIGHTY in tens:
        words["quatre-vingt"] = "huitante"  # before a thousand
    longest_first = "|".join(sorted(words, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w-])(?:{longest_first})(?![\w-])")
    return lambda text: pattern.sub(lambda found: words[found[0]], text)


# ----------------------------------------------------------------------
# Languages
# ----------------------------------------------------------------------

_FR_CENTIME = _Label("centime", "centimes")
_ES_CENTIMO = _Label("céntimo", "céntimos")
_IT_CENTESIMO = _Label("centesimo", "centesimi")
_PT_CENTIMO = _Label("cêntimo", "cêntimos")
_CENT = _Label("cent", "cents")
_ROMANCE_FEMININE = re.compile(r"^(?:coroa|corona|libra|lira|r[uú]pia|rupia)\b").match

_PORTUGUESE = _Language(
    code="pt",
    minus="menos",
    joiner="e",
    is_singular=_is_one,
    agree=_agree_portuguese,
    link=_link_portuguese,
    inflect=_inflect_iberian,
    fractions={
        1: _Label("décimo", "décimos"),
        2: _Label("centésimo", "centésimos"),
        3: _Label("milésimo", "milésimos"),
    },
    currencies={
        "EUR": _Currency(_Label("euro", "euros"), _PT_CENTIMO),
        "USD": _Currency(_Label("dólar", "dólares"), _Label("cêntimo", "cêntimos")),
        "GBP": _Currency(
            _Label("libra esterlina", "libras esterlinas", True),
            _Label("péni", "pence"),
        ),
        "BRL": _Currency(_Label("real", "reais"), _Label("centavo", "centavos")),
        "CHF": _Currency(_Label("franco suíço", "francos suíços"), _PT_CENTIMO),
    },
    is_feminine=_ROMANCE_FEMININE,
)

_LANGUAGES = {
    # not num2words' own "fr_BE" and "fr_CH", which write "trois cents quarante-cinq"
    # and "un millions", wrong in any French
    "fr": _Language(
        code="fr",
        minus="moins",
        joiner="et",
        is_singular=lambda number: number < 2,
        agree=_agree_french,
        link=_link_french,
        inflect=_inflect_french,
        fractions={
            1: _Label("dixième", "dixièmes"),
            2: _Label("centième", "centièmes"),
            3: _Label("millième", "millièmes"),
        },
        currencies={
            "EUR": _Currency(_Label("euro", "euros"), _FR_CENTIME),
            "USD": _Currency(_Label("dollar", "dollars"), _CENT),
            "GBP": _Currency(
                _Label("livre sterling", "livres sterling", True),
                _Label("penny", "pence"),
            ),
            "CAD": _Currency(_Label("dollar canadien", "dollars canadiens"), _CENT),
            "CHF": _Currency(_Label("franc suisse", "francs suisses"), _FR_CENTIME),
            "DZD": _Currency(_Label("dinar algérien", "dinars algériens"), _FR_CENTIME),
            "JPY": _Currency(_Label("yen", "yens"), _Label("sen", "sen")),
            "MAD": _Currency(
                _Label("dirham marocain", "dirhams marocains"), _FR_CENTIME
            ),
            "TND": _Currency(
                _Label("dinar tunisien", "dinars tunisiens"),
                _Label("millime", "millimes"),
                3,
            ),
            "XAF": _Currency(_Label("franc CFA", "francs CFA"), _FR_CENTIME),
            "XOF": _Currency(_Label("franc CFA", "francs CFA"), _FR_CENTIME),
            "XPF": _Currency(_Label("franc CFP", "francs CFP"), _FR_CENTIME),
        },
        is_feminine=re.compile(r"^(?:couronne|lire|livre|roupie)\b").match,
    ),
    "en": _Language(
        code="en",
        minus="minus",
        joiner="and",
        is_singular=_is_one,
        agree=_agree_none,
        link=_link_none,
        inflect=_inflect_english,
        fractions={
            1: _Label("tenth", "tenths"),
            2: _Label("hundredth", "hundredths"),
            3: _Label("thousandth", "thousandths"),
        },
        currencies={
            "EUR": _Currency(_Label("euro", "euros"), _CENT),
            "USD": _Currency(_Label("dollar", "dollars"), _CENT),
            "GBP": _Currency(
                _Label("pound sterling", "pounds sterling"), _Label("penny", "pence")
            ),
            "CAD": _Currency(_Label("Canadian dollar", "Canadian dollars"), _CENT),
            "CHF": _Currency(
                _Label("Swiss franc", "Swiss francs"), _Label("centime", "centimes")
            ),
            "JPY": _Currency(*_same("yen", "sen")),
        },
    ),
    "de": _Language(
        code="de",
        minus="minus",
        joiner="und",
        is_singular=_is_one,
        agree=_agree_german,
        link=_link_none,
        inflect=_inflect_none,
        fractions=dict(enumerate(_same("Zehntel", "Hundertstel", "Tausendstel"), 1)),
        currencies={
            "EUR": _Currency(*_same("Euro", "Cent")),
            "USD": _Currency(*_same("Dollar", "Cent")),
            "GBP": _Currency(*_same("Pfund Sterling"), _Label("Penny", "Pence")),
            "CHF": _Currency(*_same("Schweizer Franken", "Rappen")),
            "JPY": _Currency(*_same("Yen", "Sen")),
        },
        is_feminine=re.compile(r".*(?:Krone|Lira|Rupie)\b").match,
    ),
    "es": _Language(
        code="es",
        minus="menos",
        joiner="con",
        is_singular=_is_one,
        agree=_agree_spanish,
        link=_link_spanish,
        inflect=_inflect_iberian,
        fractions={
            1: _Label("décimo", "décimos"),
            2: _Label("centésimo", "centésimos"),
            3: _Label("milésimo", "milésimos"),
        },
        currencies={
            "EUR": _Currency(_Label("euro", "euros"), _ES_CENTIMO),
            "USD": _Currency(_Label("dólar", "dólares"), _Label("centavo", "centavos")),
            "GBP": _Currency(
                _Label("libra esterlina", "libras esterlinas", True),
                _Label("penique", "peniques"),
            ),
            "CHF": _Currency(_Label("franco suizo", "francos suizos"), _ES_CENTIMO),
        },
        is_feminine=_ROMANCE_FEMININE,
    ),
    "it": _Language(
        code="it",
        minus="meno",
        joiner="e",
        is_singular=_is_one,
        agree=_agree_italian,
        link=_link_italian,
        inflect=_inflect_lower,
        fractions={
            1: _Label("decimo", "decimi"),
            2: _IT_CENTESIMO,
            3: _Label("millesimo", "millesimi"),
        },
        currencies={
            "EUR": _Currency(*_same("euro"), _IT_CENTESIMO),
            "USD": _Currency(
                _Label("dollaro", "dollari"), _Label("centesimo", "centesimi")
            ),
            "GBP": _Currency(_Label("sterlina", "sterline", True), *_same("penny")),
            "CHF": _Currency(
                _Label("franco svizzero", "franchi svizzeri"), _IT_CENTESIMO
            ),
        },
        is_feminine=_ROMANCE_FEMININE,
    ),
    "nl": _Language(
        code="nl",
        minus="min",
        joiner="en",
        is_singular=_is_one,
        agree=_agree_none,
        link=_link_none,
        inflect=_inflect_lower_single,
        fractions=dict(
            enumerate(_same("tiende", "honderdste", "duizendste"), 1),
        ),
        currencies={
            "EUR": _Currency(*_same("euro", "cent")),
            "USD": _Currency(*_same("dollar", "cent")),
            "GBP": _Currency(*_same("pond sterling"), _Label("penny", "pence")),
            "CHF": _Currency(*_same("Zwitserse frank"), _Label("centime", "centimes")),
        },
    ),
    "pt": _PORTUGUESE,
    "pt_br": _PORTUGUESE._replace(
        code="pt_BR",
        currencies={
            **_PORTUGUESE.currencies,
            "EUR": _Currency(_Label("euro", "euros"), _Label("centavo", "centavos")),
            "USD": _Currency(_Label("dólar", "dólares"), _Label("centavo", "centavos")),
        },
    ),
}


_FRENCH = _LANGUAGES["fr"]
_LANGUAGES |= dict.fromkeys(
    ("fr_be", "fr_bi", "fr_cd", "fr_ch", "fr_lu", "fr_rw"),
    _FRENCH._replace(spell=_counting_in_tens(_SEVENTY, _NINETY)),
)
_HUITANTE = _FRENCH._replace(spell=_counting_in_tens(_SEVENTY, _EIGHTY, _NINETY))


def _get_language(lang, huitante=False):
    """Language of a code such as "fr_FR", "de-AT" or "sr@latin"; else English."""
    code = re.split(r"[@.]", (lang or "").lower().replace("-", "_"))[0]
    if huitante and code == "fr_ch":
        return _HUITANTE
    return (
        _LANGUAGES.get(code) or _LANGUAGES.get(code.split("_")[0]) or _LANGUAGES["en"]
    )


def _quantity(language, number, label):
    """`number` (a natural number) of `label`, in words: "deux millions d'euros"."""
    words = num2words(number, lang=language.code).replace(",", "")
    words = language.agree(language.spell(words), label.feminine)
    noun = label.one if language.is_singular(number) else label.many
    return f"{words}{language.link(words, noun)}{noun}"


def _get_cldr_label(language, currency):
    """Name of the currency in CLDR, None of one that it does not know."""
    one, many = (
        # "franc CFA (BCEAO)": which bank issues it is not said
        re.sub(r"\s*\(.*\)$", "", get_currency_name(currency, count, language.code))
        for count in (1, 2)
    )
    if one == currency:
        return None
    if language.code.startswith("pt"):
        one, many = (name[:1].lower() + name[1:] for name in (one, many))
    return _Label(one, many, bool(language.is_feminine(one)))


def _get_labels(language, currency, decimal_places, unit_label, subunit_label):
    """Labels of the unit and of the subunit, the latter None if it has no name."""
    known = language.currencies.get(currency)
    if known:
        unit = known.unit
    elif cldr := _get_cldr_label(language, currency):
        unit = cldr
    elif unit_label and unit_label.strip():
        unit = language.inflect(unit_label.strip())
    else:
        unit = _Label(currency, currency)
    if known and known.decimal_places == decimal_places:
        subunit = known.subunit
    elif subunit_label and subunit_label.strip():
        subunit = language.inflect(subunit_label.strip())
    else:
        subunit = None
    return unit, subunit


def amount_in_words(
    amount: Decimal | float | int | str,
    currency: str = "EUR",
    lang: str = "fr_FR",
    decimal_places: int = 2,
    unit_label: str | None = None,
    subunit_label: str | None = None,
    capitalize: bool = False,
    huitante: bool = False,
) -> str:
    """`amount` of `currency` in words, in the language `lang`.

    The amount counts units of the currency, whatever its type (an int 100 is one
    hundred euros). It is rounded once, half up, from its decimal writing. Subunits
    are left out when there are none, and units when there are only subunits.

    French, English, German, Spanish, Italian, Dutch and Portuguese are known; any other
    language gets English. French counts as its country does: septante and nonante in
    Belgium, Luxembourg, Switzerland and around the Great Lakes of Africa.

    :param currency: ISO code
    :param lang: code of the language, with or without a country
    :param decimal_places: of the currency; without decimals there are no subunits
    :param unit_label: name of the currency, in the language `lang` and in either
        number, for one that neither this table nor CLDR knows; else the ISO code
    :param subunit_label: name of the subunit ("Millimes") where the table has none;
        else tenths, hundredths or thousandths
    :param capitalize: first letter in upper case
    :param huitante: Swiss French says huitante, as in Vaud, Valais and Fribourg
    :raise ValueError: the amount is not a finite number

    >>> amount_in_words(2345.67)
    'deux mille trois cent quarante-cinq euros et soixante-sept centimes'
    >>> amount_in_words(1000000)
    "un million d'euros"
    """
    value = Decimal(str(amount))
    if not value.is_finite():
        raise ValueError(f"not an amount of money: {amount}")
    language = _get_language(lang, huitante)
    scale = 10**decimal_places
    total = int((value * scale).to_integral_value(ROUND_HALF_UP))
    units, subunits = divmod(abs(total), scale)
    unit, subunit = _get_labels(
        language, currency, decimal_places, unit_label, subunit_label
    )
    parts = []
    if units or not subunits or not subunit:  # "fifty hundredths" alone: of what?
        parts.append(_quantity(language, units, unit))
    if subunits and (subunit or decimal_places in language.fractions):
        subunit = subunit or language.fractions[decimal_places]
        parts.append(_quantity(language, subunits, subunit))
    elif subunits:
        parts.append(f"{subunits}/{scale}")
    text = f" {language.joiner} ".join(parts)
    if total < 0:
        text = f"{language.minus} {text}"
    return text[:1].upper() + text[1:] if capitalize else text
