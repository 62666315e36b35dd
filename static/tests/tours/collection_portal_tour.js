import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("collection_portal_call", {
    url: "/my",
    steps: () => [
        {
            content: "Open the entry of the provider's agents",
            trigger: ".o_portal_index_card:not(.d-none) a[href='/my/collection']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Look for a customer",
            trigger: "#collection_search",
            run: "edit Tour Bakery",
        },
        {
            content: "Search",
            trigger: ".o_collection_search button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Only this customer is left",
            trigger: ".o_collection_table tbody:not(:has(tr:nth-child(2)))",
        },
        {
            content: "Open the customer",
            trigger: ".o_collection_name a:contains('Tour Bakery')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The script says whom to be",
            trigger: ".o_collection_script:contains('accounts department')",
        },
        {
            content: "The number of the contact is filled in",
            trigger: "input[name='phone']:value('+33 1 44 55 66 77')",
        },
        {
            content: "Say who was reached",
            trigger: ".o_collection_reached button[data-contact='right_party']",
            run: "click",
        },
        {
            content: "Say how it went",
            trigger: ".o_collection_outcome_group label:contains('Payment in process')",
            run: "click",
        },
        {
            content: "A next action is proposed",
            trigger: "input[name='next_action']:value('Check that the payment has arrived')",
        },
        {
            content: "Say what was said",
            trigger: "textarea[name='note']",
            run: "edit Pays by transfer on Friday",
        },
        {
            content: "Plan the next action",
            trigger: ".o_collection_delays button[data-days='7']",
            run: "click",
        },
        {
            content: "The date is filled in",
            trigger: "input[name='next_action_date']:not(:value(''))",
        },
        {
            content: "Say what to do",
            trigger: "input[name='next_action']",
            run: "edit Check the bank",
        },
        {
            content: "Log the call",
            trigger: ".o_collection_call_form button[value='stay']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Thank you",
            trigger: ".alert-success:contains('your call is logged')",
        },
        {
            content: "The call stands in the history",
            trigger:
                ".o_collection_history .o_collection_call:contains('Pays by transfer on Friday')",
        },
        {
            content: "With its next action",
            trigger: ".o_collection_history .o_collection_call:contains('Check the bank')",
        },
    ],
});
