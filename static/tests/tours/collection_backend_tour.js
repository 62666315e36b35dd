import { registry } from "@web/core/registry";

const screen = ".modal .o_collection_call_screen";

/** A radio of the call screen, by its label. */
function choose(field, label) {
    return {
        content: `${field}: ${label}`,
        trigger: `${screen} .o_field_radio[name='${field}'] label:contains('${label}')`,
        run: "click",
    };
}

registry.category("web_tour.tours").add("collection_backend_morning", {
    steps: () => [
        {
            content: "The worklist is there, the most urgent customer on top",
            trigger: ".o_list_view .o_data_row:first .o_data_cell:contains('Tour Bakery')",
        },
        {
            content: "Ask for the next customer",
            trigger: "button[name='action_next_customer']",
            run: "click",
        },
        {
            content: "Whom to ask for, and what is owed",
            trigger: `${screen} .o_collection_sheet:contains('480.00')`,
        },
        {
            content: "What to say",
            trigger: `${screen} .nav-link:contains('What to Say')`,
            run: "click",
        },
        {
            content: "The script names the company and the amount",
            trigger: `${screen} .o_collection_talk:contains('accounts department'):contains('480.00')`,
        },
        {
            content: "The number is filled in",
            trigger: `${screen} .o_field_widget[name='phone'] input:value('+33 1 44 55 66 77')`,
        },
        choose("outcome_id", "Promise to pay"),
        {
            content: "The amount is what is overdue",
            trigger: `${screen} .o_field_widget[name='amount'] input:value('480.00')`,
        },
        {
            content: "Who promised",
            trigger: `${screen} .o_field_widget[name='person'] input`,
            run: "edit Ms Claire",
        },
        {
            content: "What was said",
            trigger: `${screen} .o_field_widget[name='note'] textarea`,
            run: "edit Pays by transfer next week",
        },
        {
            content: "Save, and go on at once",
            trigger: ".modal button[name='action_save_next']",
            run: "click",
        },
        {
            content: "The next customer",
            trigger: ".modal .modal-title:contains('Tour Brewery')",
        },
        choose("outcome_id", "Dispute"),
        {
            content: "Which invoice is contested: the only one",
            trigger: `${screen} .o_field_widget[name='item_ids'] .o_tag`,
        },
        {
            content: "Why",
            trigger: `${screen} .o_field_widget[name='dispute_reason_id'] input`,
            run: "edit Price",
        },
        {
            content: "Take the reason",
            trigger: ".o-autocomplete--dropdown-item:contains('Price')",
            run: "click",
        },
        {
            content: "How much of it",
            trigger: `${screen} .o_field_widget[name='amount'] input`,
            run: "edit 100",
        },
        {
            content: "Save, and go on",
            trigger: ".modal button[name='action_save_next']",
            run: "click",
        },
        {
            content: "Nobody else is to be called",
            trigger: ".o_notification:contains('Nobody to call at this moment')",
        },
        {
            content: "The call screen is gone",
            trigger: "body:not(:has(.modal))",
        },
        {
            content: "The day's figures",
            trigger: "[data-menu-xmlid='account_collection.menu_collection_reporting']",
            run: "click",
        },
        {
            content: "Of the team",
            trigger:
                ".dropdown-item[data-menu-xmlid='account_collection.menu_collection_daily_figure']",
            run: "click",
        },
        {
            content: "As a list",
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            content: "Two calls",
            trigger: ".o_data_row .o_data_cell[name='attempts']:contains('2')",
        },
        {
            content: "One promise, of the whole amount",
            trigger: ".o_data_row .o_data_cell[name='promise_amount']:contains('480.00')",
        },
        {
            content: "And one dispute",
            trigger: ".o_data_row .o_data_cell[name='disputes']:contains('1')",
        },
    ],
});
