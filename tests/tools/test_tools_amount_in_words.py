from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_collection.tools.amount_in_words import amount_in_words


class TestToolsAmountInWords(BaseCase):
    def _check(self, expected, **kwargs):
        for amount, words in expected.items():
            with self.subTest(amount=amount, **kwargs):
                self.assertEqual(amount_in_words(Decimal(amount), **kwargs), words)

    def test_french_euros(self):
        expected = {
            "2345.67": "deux mille trois cent quarante-cinq euros et soixante-sept "
            "centimes",
            "80.00": "quatre-vingts euros",
            "81.00": "quatre-vingt-un euros",
            "71.00": "soixante et onze euros",
            "200.00": "deux cents euros",
            "201": "deux cent un euros",
            "300": "trois cents euros",
            "1100": "mille cent euros",
            "1200": "mille deux cents euros",
            "80000.80": "quatre-vingt mille euros et quatre-vingts centimes",
            "1.00": "un euro",
            "1.01": "un euro et un centime",
            "1.50": "un euro et cinquante centimes",
            "2.01": "deux euros et un centime",
            "0.00": "zéro euro",
            "0.01": "un centime",
            "0.67": "soixante-sept centimes",
            "1000000": "un million d'euros",
            "1000000.50": "un million d'euros et cinquante centimes",
            "2000000.50": "deux millions d'euros et cinquante centimes",
            "80000000": "quatre-vingts millions d'euros",
            "200000000": "deux cents millions d'euros",
            "1000000000": "un milliard d'euros",
            "2000000000": "deux milliards d'euros",
            "1200000": "un million deux cent mille euros",
            "1000001": "un million un euros",
            "2451.81": "deux mille quatre cent cinquante et un euros et "
            "quatre-vingt-un centimes",
            "12345.678": "douze mille trois cent quarante-cinq euros et soixante-huit "
            "centimes",
            "999999.999": "un million d'euros",
        }
        for lang in ("fr_FR", "fr_CA", "fr", "fr-FR"):
            self._check(expected, lang=lang)
        self._check(expected)

    def test_french_outside_france(self):
        expected = {
            "70": "septante euros",
            "71": "septante et un euros",
            "77.79": "septante-sept euros et septante-neuf centimes",
            "60": "soixante euros",
            "69": "soixante-neuf euros",
            "80": "quatre-vingts euros",
            "81": "quatre-vingt-un euros",
            "90": "nonante euros",
            "91.92": "nonante et un euros et nonante-deux centimes",
            "99": "nonante-neuf euros",
            "375": "trois cent septante-cinq euros",
            "71000": "septante et un mille euros",
            "80000": "quatre-vingt mille euros",
            "95000000": "nonante-cinq millions d'euros",
        }
        for lang in ("fr_BE", "fr_LU", "fr_CH", "fr_CD", "fr-BE"):
            self._check(expected, lang=lang)
        self._check(
            {"71": "septante et une livres sterling"}, lang="fr_BE", currency="GBP"
        )

    def test_huitante_is_a_choice_of_swiss_cantons(self):
        expected = {
            "80": "huitante euros",
            "81": "huitante et un euros",
            "88.80": "huitante-huit euros et huitante centimes",
            "90": "nonante euros",
            "79": "septante-neuf euros",
            "80000": "huitante mille euros",
        }
        self._check(expected, lang="fr_CH", huitante=True)
        self._check({"80": "quatre-vingts euros"}, lang="fr_BE", huitante=True)
        self._check({"80": "quatre-vingts euros"}, lang="fr_FR", huitante=True)

    def test_names_are_better_known_than_labels(self):
        """Odoo's labels do not say whose dollars, dirhams or lei they are."""
        for lang, currency, label, one, many in (
            (
                "fr_FR",
                "CAD",
                "Dollars",
                "un dollar canadien",
                "cinquante dollars canadiens",
            ),
            (
                "fr_FR",
                "MAD",
                "Dirham",
                "un dirham marocain",
                "cinquante dirhams marocains",
            ),
            ("fr_FR", "XOF", "CFA", "un franc CFA", "cinquante francs CFA"),
            (
                "fr_FR",
                "SEK",
                "Krona",
                "une couronne suédoise",
                "cinquante couronnes suédoises",
            ),
            ("fr_FR", "RON", "Leu", "un leu roumain", "cinquante lei roumains"),
            (
                "de_DE",
                "CHF",
                "Franc",
                "ein Schweizer Franken",
                "fünfzig Schweizer Franken",
            ),
            (
                "de_DE",
                "RON",
                "Rumänischer Leu",
                "ein Rumänischer Leu",
                "fünfzig Rumänische Leu",
            ),
            (
                "de_AT",
                "CZK",
                "Koruna",
                "eine Tschechische Krone",
                "fünfzig Tschechische Kronen",
            ),
            (
                "en_US",
                "AUD",
                "Dollars",
                "one Australian dollar",
                "fifty Australian dollars",
            ),
            ("es_ES", "SEK", "Krona", "una corona sueca", "cincuenta coronas suecas"),
            (
                "it_IT",
                "MAD",
                "Dirham",
                "un dirham marocchino",
                "cinquanta dirham marocchini",
            ),
            ("pt_PT", "RON", "Leu", "um leu romeno", "cinquenta leus romenos"),
        ):
            self._check(
                {"1": one, "50": many}, lang=lang, currency=currency, unit_label=label
            )
        self._check(
            {"2.50": "zwei Schweizer Franken und fünfzig Rappen"},
            lang="de_CH",
            currency="CHF",
            unit_label="Franc",
            subunit_label="Centimes",
        )

    def test_type_of_the_amount(self):
        for amount in (100, 100.0, Decimal("100"), Decimal("100.000"), "100"):
            self.assertEqual(amount_in_words(amount), "cent euros")
        self.assertEqual(amount_in_words(0.1 + 0.2), "trente centimes")
        self.assertEqual(amount_in_words(1), "un euro")
        for amount in (float("nan"), float("inf"), Decimal("nan")):
            with self.assertRaises(ValueError):
                amount_in_words(amount)

    def test_rounded_once_half_up(self):
        self._check(
            {
                "0.005": "un centime",
                "0.004": "zéro euro",
                "0.0049": "zéro euro",
                "2.675": "deux euros et soixante-huit centimes",
                "0.995": "un euro",
                "0.994999": "quatre-vingt-dix-neuf centimes",
            }
        )
        self.assertEqual(
            amount_in_words(1.005), "un euro et un centime", "float of 1.00499…"
        )

    def test_negative(self):
        self._check(
            {
                "-5.20": "moins cinq euros et vingt centimes",
                "-1": "moins un euro",
                "-0.5": "moins cinquante centimes",
                "-0.001": "zéro euro",
            }
        )
        self._check({"-5.20": "minus five euros and twenty cents"}, lang="en_US")
        self._check({"-5.20": "minus fünf Euro und zwanzig Cent"}, lang="de_DE")
        self._check({"-5.20": "meno cinque euro e venti centesimi"}, lang="it_IT")
        self._check({"-5.20": "min vijf euro en twintig cent"}, lang="nl_NL")

    def test_capitalize(self):
        self.assertEqual(
            amount_in_words(1000000, capitalize=True), "Un million d'euros"
        )
        self.assertEqual(
            amount_in_words(1, "XYZ", capitalize=True),
            "Un XYZ",
            "the rest keeps its case",
        )

    def test_french_dollars_and_pounds(self):
        self._check(
            {
                "2345.67": "deux mille trois cent quarante-cinq dollars et "
                "soixante-sept cents",
                "1.01": "un dollar et un cent",
                "1000000": "un million de dollars",
            },
            currency="USD",
        )
        self._check(
            {
                "1.01": "une livre sterling et un penny",
                "21.21": "vingt et une livres sterling et vingt et un pence",
                "81": "quatre-vingt-une livres sterling",
                "101.02": "cent une livres sterling et deux pence",
                "11": "onze livres sterling",
                "3000000": "trois millions de livres sterling",
                "0": "zéro livre sterling",
            },
            currency="GBP",
        )

    def test_other_currencies_in_french(self):
        self._check(
            {
                "1.50": "un franc suisse et cinquante centimes",
                "2000000": "deux millions de francs suisses",
            },
            currency="CHF",
        )
        self._check(
            {
                "1234.567": "mille deux cent trente-quatre dinars tunisiens et cinq "
                "cent soixante-sept millimes",
                "0.001": "un millime",
            },
            currency="TND",
            decimal_places=3,
        )
        self._check(
            {"1234.5": "mille deux cent trente-cinq yens", "0.4": "zéro yen"},
            currency="JPY",
            decimal_places=0,
        )
        self._check(
            {"1000000": "un million de francs CFA", "1": "un franc CFA"},
            currency="XOF",
            decimal_places=0,
        )

    def test_labels_of_the_caller(self):
        """Of currencies that nobody else names, such as a company's own units."""
        labels = {"unit_label": "Dinar", "subunit_label": "Millimes"}
        self._check(
            {
                "2.001": "deux dinars et un millime",
                "1.002": "un dinar et deux millimes",
                "1000000": "un million de dinars",
            },
            currency="XYZ",
            decimal_places=3,
            **labels,
        )
        for label in ("franc local", "Francs locals", "francs locals"):
            self._check(
                {"1": "un franc local", "2.2": "deux francs locals et vingt centimes"},
                currency="XYZ",
                unit_label=label,
                subunit_label="Centimes",
            )
        self._check(
            {"1": "un franc congolais", "2": "deux francs congolais"},
            currency="XYZ",
            unit_label="Franc congolais",
        )
        self._check(
            {"2000000": "deux millions d'afghanis"},
            currency="XYZ",
            unit_label="Afghani",
        )
        self._check(
            {"1000000": "un million d'escudos du Cap-Vert"},
            currency="XYZ",
            unit_label="escudo du Cap-Vert",
        )

    def test_labels_in_other_languages(self):
        for label in ("Peso", "Pesos", "pesos"):
            for lang, words in (
                ("es_MX", ["un peso", "dos pesos con un centavo"]),
                ("pt_PT", ["um peso", "dois pesos e um centavo"]),
            ):
                self._check(
                    dict(zip(("1", "2.01"), words, strict=True)),
                    lang=lang,
                    currency="XYZ",
                    unit_label=label,
                    subunit_label="Centavos",
                )
        self._check(
            {"2": "dos dirham"}, lang="es_ES", currency="XYZ", unit_label="Dirham"
        )
        self._check(
            {"2": "due dinari"}, lang="it_IT", currency="XYZ", unit_label="Dinari"
        )
        self._check(
            {"2": "twee dirham"}, lang="nl_NL", currency="XYZ", unit_label="Dirham"
        )
        self._check(
            {"2": "twee Zweedse kroon"},
            lang="nl_NL",
            currency="XYZ",
            unit_label="Zweedse kroon",
        )
        self._check(
            {"2": "two CFA francs", "1": "one CFA franc"},
            lang="en_US",
            currency="XYZ",
            unit_label="CFA franc",
        )

    def test_labels_of_euros_are_known_better(self):
        """Odoo's own labels are English: "Euros", "Cents"."""
        labels = {"unit_label": "Euros", "subunit_label": "Cents"}
        self._check({"1.50": "un euro et cinquante centimes"}, **labels)
        self._check({"1.50": "un euro con cincuenta céntimos"}, lang="es_ES", **labels)

    def test_iso_code_as_last_resort(self):
        self._check(
            {
                "2.50": "deux XYZ et cinquante centièmes",
                "1": "un XYZ",
                "0.01": "zéro XYZ et un centième",
                "1000000": "un million de XYZ",
            },
            currency="XYZ",
        )
        self._check(
            {"1.5": "one XYZ and fifty hundredths", "2": "two XYZ"},
            currency="XYZ",
            lang="en_US",
        )
        self._check(
            {"2.567": "deux euros et cinq cent soixante-sept millièmes"},
            decimal_places=3,
        )
        self._check(
            {"2.00001": "deux XYZ et 1/100000"}, currency="XYZ", decimal_places=5
        )
        self._check({"2.5": "trois XYZ"}, currency="XYZ", decimal_places=0)

    def test_empty_labels(self):
        self._check(
            {"2.5": "deux XYZ et cinquante centièmes"},
            currency="XYZ",
            unit_label="",
            subunit_label=" ",
        )

    def test_english(self):
        expected = {
            "2345.67": "two thousand three hundred and forty-five euros and "
            "sixty-seven cents",
            "1": "one euro",
            "1.01": "one euro and one cent",
            "0": "zero euros",
            "0.67": "sixty-seven cents",
            "1200000": "one million two hundred thousand euros",
            "2000000.50": "two million euros and fifty cents",
        }
        for lang in ("en_US", "en_GB", "en"):
            self._check(expected, lang=lang)
        self._check(
            {"1.01": "one dollar and one cent", "2": "two dollars"},
            lang="en_US",
            currency="USD",
        )
        self._check(
            {
                "1.01": "one pound sterling and one penny",
                "2.02": "two pounds sterling and two pence",
            },
            lang="en_GB",
            currency="GBP",
        )
        self._check(
            {"1.5": "one dinar and five hundred millimes", "2": "two dinars"},
            lang="en_US",
            currency="XYZ",
            decimal_places=3,
            unit_label="Dinar",
            subunit_label="Millimes",
        )
        self._check(
            {"2": "two baht", "1": "one baht"},
            lang="en_US",
            currency="XYZ",
            unit_label="Baht",
        )
        self._check(
            {"2": "two Australian dollars", "1": "one Australian dollar"},
            lang="en_AU",
            currency="XYZ",
            unit_label="Australian dollars",
        )

    def test_german(self):
        self._check(
            {
                "2345.67": "zweitausenddreihundertfünfundvierzig Euro und "
                "siebenundsechzig Cent",
                "1.01": "ein Euro und ein Cent",
                "0": "null Euro",
                "0.67": "siebenundsechzig Cent",
                "21": "einundzwanzig Euro",
                "101": "einhundertein Euro",
                "101000": "einhunderteintausend Euro",
                "1000000": "eine Million Euro",
                "1000001": "eine Million ein Euro",
                "101000000": "einhunderteine Millionen Euro",
                "2000000.50": "zwei Millionen Euro und fünfzig Cent",
            },
            lang="de_DE",
        )
        self._check(
            {"1.5": "ein Dinar und fünfhundert Millimes"},
            lang="de_DE",
            currency="XYZ",
            decimal_places=3,
            unit_label="Dinar",
            subunit_label="Millimes",
        )

    def test_spanish(self):
        self._check(
            {
                "2345.67": "dos mil trescientos cuarenta y cinco euros con sesenta y "
                "siete céntimos",
                "1.01": "un euro con un céntimo",
                "21.31": "veintiún euros con treinta y un céntimos",
                "21000": "veintiún mil euros",
                "101000000": "ciento un millones de euros",
                "0": "cero euros",
                "1000000": "un millón de euros",
                "1200000": "un millón doscientos mil euros",
            },
            lang="es_ES",
        )
        self._check(
            {
                "201": "doscientas una libras esterlinas",
                "1.01": "una libra esterlina con un penique",
                "200000500": "doscientos millones quinientas libras esterlinas",
            },
            lang="es_MX",
            currency="GBP",
        )

    def test_italian(self):
        self._check(
            {
                "2345.67": "duemilatrecentoquarantacinque euro e sessantasette "
                "centesimi",
                "1.01": "un euro e un centesimo",
                "21.28": "ventuno euro e ventotto centesimi",
                "0": "zero euro",
                "2000000": "due milioni di euro",
            },
            lang="it_IT",
        )
        self._check({"1": "una sterlina"}, lang="it_IT", currency="GBP")

    def test_dutch(self):
        self._check(
            {
                "2345.67": "tweeduizenddriehonderdvijfenveertig euro en "
                "zevenenzestig cent",
                "1.01": "één euro en één cent",
                "0": "nul euro",
                "2000000": "twee miljoen euro",
            },
            lang="nl_BE",
        )

    def test_portuguese(self):
        self._check(
            {
                "2345.67": "dois mil trezentos e quarenta e cinco euros e sessenta e "
                "sete cêntimos",
                "1.01": "um euro e um cêntimo",
                "0": "zero euros",
                "2000000": "dois milhões de euros",
            },
            lang="pt_PT",
        )
        self._check(
            {
                "1.01": "um real e um centavo",
                "2345": "dois mil trezentos e quarenta e cinco reais",
                "2000000000": "dois bilhões de reais",
            },
            lang="pt_BR",
            currency="BRL",
        )
        self._check(
            {"202": "duzentas e duas libras esterlinas"},
            lang="pt_PT",
            currency="GBP",
        )

    def test_unknown_language_is_english(self):
        for lang in ("xx_YY", "sv_SE", "", None):
            self._check({"2": "two euros"}, lang=lang)
