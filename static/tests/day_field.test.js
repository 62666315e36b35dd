import { beforeEach, expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { mockDate } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Account extends models.Model {
    day = fields.Date();
}

defineMailModels();
defineModels([Account]);
beforeEach(() => {
    onRpc("has_group", () => true);
});

test("collection_day counts days across the ends of months and years", async () => {
    mockDate("2026-12-31 10:00:00");
    Account._records = [
        { id: 1, day: "2026-12-31" },
        { id: 2, day: "2027-01-01" },
        { id: 3, day: "2026-12-30" },
        { id: 4, day: "2027-01-20" },
        { id: 5, day: "2026-11-30" },
        { id: 6, day: "2026-06-01" },
        { id: 7, day: false },
    ];
    await mountView({
        type: "list",
        resModel: "account",
        arch: `<list><field name="day" widget="collection_day"/></list>`,
    });
    expect(queryAllTexts(".o_data_cell")).toEqual([
        "Today",
        "Tomorrow",
        "Yesterday",
        "In 20 days",
        "31 days ago",
        "Jun 1",
        "",
    ]);
});
