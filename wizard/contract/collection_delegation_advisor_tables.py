from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import format_amount, format_date, formatLang

from ...models.base.figures import format_figure
from ...models.measure.collection_ageing import COLUMNS
from ...reports.collection_delegation_advisor_xlsx import DelegationAdvisorWorkbook
from .collection_delegation_advisor_line import DECIDED

#: sectors in which companies hand over their whole collection as a rule
TOTAL_SECTORS = ("transport", "hospitality", "law_firm", "accountant")
#: the picture, in its own units
WIDTH, HEIGHT = 300, 200


class Cell(NamedTuple):
    """A figure, or a word, and how it is written: `text`, `count`, `amount`,
    `percent` or `figure`; None is not known."""

    kind: str
    value: object


class Table(NamedTuple):
    """A table that screen, report and workbook show alike."""

    title: str
    headers: list
    #: lists of `Cell`
    rows: list
    note: str = ""
    #: whether the last row is a total
    total: bool = False


def _share(part, whole):
    """Percent; None without a base."""
    return 100 * part / whole if whole else None


class CollectionDelegationAdvisor(models.TransientModel):
    """The figures as they are shown: on screen, on paper and in the workbook."""

    _inherit = "collection.delegation.advisor"

    @api.depends("figures", "choice", "part_ids.count", "quote_fixed", "quote_rate")
    @api.depends_context("lang")
    def _compute_tables(self):
        render = self.env["ir.qweb"]._render
        for advisor in self:
            advisor.tables = advisor.picture = False
            if advisor.figures:
                advisor.tables = render(
                    "account_collection.collection_advisor_tables",
                    {"advisor": advisor, "tables": advisor._get_tables()},
                )
                advisor.picture = render(
                    "account_collection.collection_advisor_picture",
                    {"picture": advisor._get_picture()},
                )

    def _get_label(self, name, value=None):
        """What a selection field of the advisor says."""
        labels = dict(self._fields[name]._description_selection(self.env))
        return labels.get(value or self[name], "")

    def _write_cell(self, cell):
        """A cell in the language of the reader; an en dash is not known."""
        if cell.value is None:
            return "–"
        match cell.kind:
            case "amount":
                # cents tell nothing of a file; the workbook has them
                return formatLang(
                    self.env,
                    cell.value,
                    currency_obj=self.currency_id,
                    rounding_unit="units",
                )
            case "count":
                return formatLang(self.env, cell.value, digits=0)
            case "percent":
                return f"{formatLang(self.env, cell.value, digits=1)} %"
            case "figure":
                return format_figure(self.env, round(cell.value, 2))
            case _:
                return cell.value

    # ------------------------------------------------------------------
    # Tables
    # ------------------------------------------------------------------

    def _get_tables(self):
        """What the figures say, table by table."""
        return [
            self._get_file_table(),
            self._get_choice_table(),
            self._get_reason_table(),
            self._get_segment_table(),
            self._get_team_table(),
            self._get_kind_table(),
            self._get_cost_table(),
        ]

    def _get_file_table(self):
        segments = self._get_figure("segments")
        sums = {
            name: sum(segment[name] for segment in segments)
            for name in ("turnover", "amount_open", "amount_overdue")
        }
        end = self._get_figure("month_end")
        rows = [
            [
                Cell("text", self.env._("Active accounts")),
                Cell("count", self.active_count),
            ],
            [
                Cell("text", self.env._("Turnover of twelve months")),
                Cell("amount", sums["turnover"]),
            ],
            [Cell("text", self.env._("Open")), Cell("amount", sums["amount_open"])],
            [
                Cell("text", self.env._("Overdue")),
                Cell("amount", sums["amount_overdue"]),
            ],
            [
                Cell("text", self.env._("Overdue, of what is open")),
                Cell("percent", _share(sums["amount_overdue"], sums["amount_open"])),
            ],
            [
                Cell("text", self.env._("Kept too long, at the last month end")),
                Cell("amount", end.get("kept")),
            ],
            [
                Cell("text", self.env._("Kept too long, of what was overdue")),
                Cell(
                    "percent",
                    _share(end["kept"], end["overdue"]) if end else None,
                ),
            ],
            [
                Cell(
                    "text",
                    self.env._("Customers used to reminders, at the last month end"),
                ),
                Cell("count", end.get("accustomed_customers")),
            ],
            [
                Cell("text", self.env._("What they owed, of what was overdue")),
                Cell(
                    "percent",
                    _share(end["accustomed"], end["overdue"]) if end else None,
                ),
            ],
        ]
        return Table(
            self.env._("The File"),
            ["", ""],
            rows,
            self.env._(
                "Active: invoiced in the last twelve months, or owing money. Kept too "
                "long: overdue for longer than the segment allows, and not handed over."
            ),
        )

    def _get_choice_table(self):
        rows = []
        for choice, label in self._fields["choice"]._description_selection(self.env):
            goes, stays = (self._get_part(side, choice) for side in ("goes", "stays"))
            rows.append(
                [
                    Cell("text", label),
                    Cell("count", goes.count),
                    Cell("percent", _share(goes.count, goes.count + stays.count)),
                    *(
                        Cell(kind, value)
                        for name in ("turnover", "amount_overdue")
                        for kind, value in (
                            ("amount", goes[name]),
                            ("percent", _share(goes[name], goes[name] + stays[name])),
                        )
                    ),
                    Cell("count", stays.count),
                ]
            )
        return Table(
            self.env._("What Each Choice Hands Over"),
            [
                self.env._("Choice"),
                self.env._("Go"),
                self.env._("Of the file"),
                self.env._("Turnover"),
                self.env._("Of all"),
                self.env._("Overdue"),
                self.env._("Of all"),
                self.env._("Stay"),
            ],
            rows,
            self.env._(
                "Reserved, insolvent and unclassified customers stay, as do those of "
                "segments that are kept in-house and those who are with a provider. By "
                "hand, nobody goes before they are chosen."
            ),
        )

    def _get_reason_table(self):
        rows = []
        if self.choice in DECIDED:
            name = f"reason_{self.choice}"
            labels = dict(self.line_ids._fields[name]._description_selection(self.env))
            counted = {}
            for side in ("goes", "stays"):
                counted[side] = self.line_ids._read_group(
                    [
                        ("advisor_id", "in", self.ids),
                        *self.line_ids._get_side_domain(self.choice, side),
                    ],
                    [name],
                    ["__count", "amount_overdue:sum"],
                    order="__count desc",
                )
            sides = {"goes": self.env._("Goes"), "stays": self.env._("Stays")}
            rows = [
                [
                    Cell("text", sides[side]),
                    Cell("text", labels[reason]),
                    Cell("count", count),
                    Cell("amount", amount),
                ]
                for side, groups in counted.items()
                for reason, count, amount in groups
            ]
        return Table(
            self.env._(
                "Why They Go or Stay: %(choice)s", choice=self._get_label("choice")
            ),
            ["", self.env._("Why"), self.env._("Accounts"), self.env._("Overdue")],
            rows,
        )

    def _get_segment_table(self):
        names = [*COLUMNS.values(), "amount_open", "amount_overdue"]
        described = self.env["collection.ageing"].fields_get(names, ["string"])
        segments = self._get_figure("segments")
        records = self.env["collection.segment"].browse(
            [segment["id"] for segment in segments if segment["id"]]
        )
        labels = {record.id: record.name for record in records.exists()}
        rows = [
            [
                Cell("text", labels.get(segment["id"]) or self.env._("Unclassified")),
                Cell("count", segment["accounts"]),
                Cell("amount", segment["turnover"]),
                *(Cell("amount", segment[name]) for name in names),
            ]
            for segment in segments
        ]
        sums = [
            sum(row[column].value for row in rows)
            for column in range(1, len(names) + 3)
        ]
        rows.append(
            [
                Cell("text", self.env._("Total")),
                Cell("count", sums[0]),
                *(Cell("amount", amount) for amount in sums[1:]),
            ]
        )
        return Table(
            self.env._("Segments and Ages"),
            [
                self.env._("Segment"),
                self.env._("Accounts"),
                self.env._("Turnover"),
                *(described[name]["string"] for name in names),
            ],
            rows,
            total=True,
        )

    def _get_team_table(self):
        teams = self._get_figure("teams")
        mandates = self.env["collection.mandate"].browse(
            [team["mandate_id"] for team in teams if team["mandate_id"]]
        )
        labels = {mandate.id: mandate.display_name for mandate in mandates.exists()}
        return Table(
            self.env._("Who Works Them Now"),
            [
                self.env._("Team"),
                self.env._("Overdue customers"),
                self.env._("Agents"),
                self.env._("Calls per agent and day"),
                self.env._("Working days"),
                self.env._("Calls possible"),
                self.env._("Load"),
                self.env._("Agents missing"),
            ],
            [
                [
                    Cell(
                        "text",
                        labels.get(team["mandate_id"]) or self.env._("In-house"),
                    ),
                    Cell("count", team["accounts"]),
                    Cell("count", team["agents"]),
                    Cell("figure", team["calls_per_day"]),
                    Cell("count", team["days"]),
                    Cell("count", team["calls"]),
                    Cell("percent", team["load"]),
                    Cell("figure", team["missing_agents"]),
                ]
                for team in teams
            ],
            self.env._(
                "Whether each overdue customer can be called once in the two weeks to "
                "come."
            ),
        )

    def _get_kind_table(self):
        labels = {
            "public": self.env._("Public bodies"),
            "very_small": self.env._("Very small enterprises"),
            "other": self.env._("Others"),
        }
        kinds = self._get_figure("kinds")
        minutes, received = (
            sum(kind[name] for kind in kinds) for name in ("minutes", "received")
        )
        return Table(
            self.env._("What Takes Time"),
            [
                self.env._("Customers"),
                self.env._("Called"),
                self.env._("Calls"),
                self.env._("Minutes"),
                self.env._("Of all"),
                self.env._("Money received"),
                self.env._("Of all"),
                self.env._("Received per minute"),
            ],
            [
                [
                    Cell("text", labels[kind["kind"]]),
                    Cell("count", kind["customers"]),
                    Cell("count", kind["calls"]),
                    Cell("count", kind["minutes"]),
                    Cell("percent", _share(kind["minutes"], minutes)),
                    Cell("amount", kind["received"]),
                    Cell("percent", _share(kind["received"], received)),
                    Cell(
                        "amount",
                        kind["received"] / kind["minutes"] if kind["minutes"] else None,
                    ),
                ]
                for kind in kinds
            ],
            self.env._(
                "Minutes of your own people on the phone in the period, and the money "
                "that came in meanwhile. Where the share of the minutes is above that "
                "of the money, the time is spent on little."
            ),
        )

    def _get_cost_table(self):
        own, quote = self._get_in_house(), self._get_quote()
        quoted = quote["cost"] if quote["cost"] else None
        return Table(
            self.env._("What Collecting Costs"),
            [
                "",
                self.env._("Hours"),
                self.env._("Cost"),
                self.env._("Money received"),
                self.env._("Of the money"),
            ],
            [
                [
                    Cell("text", self.env._("In-house")),
                    Cell("figure", own["hours"] or None),
                    Cell("amount", own["cost"] or None),
                    Cell("amount", own["received"]),
                    Cell("percent", own["rate"]),
                ],
                [
                    Cell(
                        "text",
                        self.provider_id.display_name or self.env._("Provider"),
                    ),
                    Cell("figure", None),
                    Cell("amount", quoted),
                    Cell("amount", quote["received"]),
                    Cell("percent", quote["rate"]),
                ],
            ],
            self.env._(
                "In the period. In-house: hours a month and their cost, from the "
                "settings. Provider: as quoted, on the money that came in of the "
                "customers who would go. 3 % are 3 cents for each euro."
            ),
        )

    def _get_sector_sentence(self):
        """What is usual in the sector of the company; empty where nothing is."""
        if self.sector not in TOTAL_SECTORS:
            return ""
        return self.env._(
            "In the sector of the company (%(sector)s), the whole collection is handed "
            "over as a rule.",
            sector=self._get_label("sector"),
        )

    def _say_period(self):
        return self.env._(
            "As of %(day)s; measured from %(first)s to %(last)s.",
            day=format_date(self.env, self.date),
            first=format_date(self.env, self.date_from),
            last=format_date(self.env, self.date_to),
        )

    def _say_choice(self):
        return self.env._(
            "Accounts that go: %(going)s. Accounts that stay: %(staying)s.",
            going=self.go_count,
            staying=self.stay_count,
        )

    def _say_quote(self):
        return self.env._(
            "Quoted: %(fixed)s a month, and %(rate)s %% of the money received.",
            fixed=format_amount(self.env, self.quote_fixed, self.currency_id),
            rate=format_figure(self.env, self.quote_rate),
        )

    def _say_score(self):
        score = self._get_score()
        if score is None:
            return ""
        return self.env._(
            "Score of the criteria: %(score)s %%.",
            score=format_figure(self.env, round(score, 1)),
        )

    # ------------------------------------------------------------------
    # Picture
    # ------------------------------------------------------------------

    def _get_picture(self):
        """Where lines and bars of the picture stand, in its own units."""
        curve = [
            (WIDTH * x / 100, HEIGHT * (1 - y / 100))
            for x, y in self._get_figure("curve")
        ]
        keep = self.company_id.collection_keep_share
        bars = []
        for choice, label in self._fields["choice"]._description_selection(self.env):
            goes, stays = (self._get_part(side, choice) for side in ("goes", "stays"))
            share = _share(goes.count, goes.count + stays.count) or 0
            bars.append(
                {
                    "label": label,
                    "count": formatLang(self.env, goes.count, digits=0),
                    "chosen": choice == self.choice,
                    "accounts": share,
                    "overdue": _share(
                        goes.amount_overdue,
                        goes.amount_overdue + stays.amount_overdue,
                    )
                    or 0,
                }
            )
        return {
            "width": WIDTH,
            "height": HEIGHT,
            "ticks": {number: f"{number} %" for number in (0, 25, 50, 75, 100)},
            "curve": " ".join(f"{x:.1f},{y:.1f}" for x, y in curve),
            "known": len(curve) > 1,
            "keep_x": WIDTH * keep / 100,
            "keep_label": self.env._(
                "The largest %(keep)s %%: %(share)s",
                keep=format_figure(self.env, keep),
                share=self._write_cell(Cell("percent", self._get_top_share())),
            ),
            "bars": bars,
        }

    def _get_top_share(self):
        """Share of the turnover that the largest customers make, who would stay."""
        curve = [tuple(point) for point in self._get_figure("curve")]
        keep = self.company_id.collection_keep_share
        for (x0, y0), (x1, y1) in zip(curve, curve[1:], strict=False):
            if x0 <= keep <= x1:
                return y0 + (y1 - y0) * (keep - x0) / (x1 - x0)
        return None

    # ------------------------------------------------------------------
    # Files
    # ------------------------------------------------------------------

    def _get_file_name(self):
        self.ensure_one()
        return self.env._(
            "Delegation decision %(date)s", date=fields.Date.to_string(self.date)
        )

    def action_print(self):
        """The decision as a PDF."""
        self.ensure_one()
        return self.env.ref(
            "account_collection.action_report_delegation_advisor"
        ).report_action(self, config=False)

    def action_export_xlsx(self):
        """The figures behind the decision as a spreadsheet."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/account_collection/delegation_advisor/{self.id}/xlsx",
            "target": "download",
        }

    def _get_xlsx(self):
        """The figures as a spreadsheet: (file name, content)."""
        self.ensure_one()
        self.check_access("read")
        content = DelegationAdvisorWorkbook(self).get_content()
        return f"{self._get_file_name()}.xlsx", content
