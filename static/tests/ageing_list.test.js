import { beforeEach, expect, test } from "@odoo/hoot";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Ageing extends models.Model {
    customer = fields.Char();
    days = fields.Integer();
    amount_overdue = fields.Float({ string: "Overdue" });
    amount_credit = fields.Float({ string: "Credits" });

    _records = [
        { id: 1, customer: "Nord", days: 12, amount_overdue: 70, amount_credit: 0 },
        { id: 2, customer: "Nord", days: 3, amount_overdue: 30, amount_credit: 0 },
        { id: 3, customer: "Vela", days: 0, amount_overdue: 0, amount_credit: 20 },
    ];
}

defineMailModels();
defineModels([Ageing]);
beforeEach(() => {
    onRpc("has_group", () => true);
});

test("collection_ageing_list opens what an amount is made of", async () => {
    mockService("action", {
        doAction(action) {
            expect.step(action.name);
            expect(action.domain).toEqual([
                "&",
                ["days", ">=", 0],
                ["customer", "=", "Nord"],
                ["amount_overdue", "!=", 0],
            ]);
            expect(action.context).toEqual({ collection_day: "2026-10-31" });
        },
    });
    await mountView({
        type: "list",
        resModel: "ageing",
        arch: `
            <list js_class="collection_ageing_list">
                <field name="customer"/>
                <field name="days"/>
                <field name="amount_overdue"/>
                <field name="amount_credit"/>
            </list>`,
        domain: [["days", ">=", 0]],
        groupBy: ["customer"],
        context: { collection_day: "2026-10-31" },
    });
    // no amount, no button; a number of days is no amount
    expect(".o_group_header button.btn-link").toHaveCount(2);
    await contains(".o_group_header:first button.btn-link").click();
    expect.verifySteps(["Nord – Overdue"]);
});
