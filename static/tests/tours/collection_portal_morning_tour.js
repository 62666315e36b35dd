import { registry } from "@web/core/registry";

/** Fill a date in; typing into an empty one is more than the tour's helpers know. */
const inDays = (days) => ({ anchor }) => {
    anchor.value = luxon.DateTime.now().plus({ days }).toISODate();
    anchor.dispatchEvent(new Event("input", { bubbles: true }));
};

/** An agent's morning, from the first customer to the figures of the day. */
registry.category("web_tour.tours").add("collection_portal_morning", {
    url: "/my/collection",
    steps: () => [
        {
            content: "Ask for the first customer",
            trigger: ".o_collection_nav .o_collection_claim",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "He is the one who owes most",
            trigger: "h1:contains('Nord')",
        },
        {
            content: "The objections are at hand",
            trigger: ".o_collection_objections summary",
            run: "click",
        },
        {
            content: "Right person on the phone",
            trigger: ".o_collection_reached button[data-contact='right_party']",
            run: "click",
        },
        {
            content: "He promises",
            trigger: ".o_collection_outcome_group label:contains('Promise to pay')",
            run: "click",
        },
        {
            content: "The amount is proposed",
            trigger:
                ".o_collection_follow_up[open] input[name='promise-amount']:value('1000.00')",
        },
        {
            content: "What is for other calls stays closed",
            trigger: ".o_collection_follow_up[data-kind='dispute']:not([open])",
        },
        {
            content: "By which day",
            trigger: "input[name='promise-date_promised']",
            run: inDays(5),
        },
        {
            content: "Who promised",
            trigger: "input[name='person']",
            run: "edit Ms Claire",
        },
        {
            content: "On to the next",
            trigger: ".o_collection_call_form button[value='next']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The next customer",
            trigger: "h1:contains('Tour Bakery')",
        },
        {
            content: "Right person on the phone again",
            trigger: ".o_collection_reached button[data-contact='right_party']",
            run: "click",
        },
        {
            content: "She contests",
            trigger: ".o_collection_outcome_group label:contains('Dispute')",
            run: "click",
        },
        {
            content: "Why",
            trigger: ".o_collection_follow_up[open] select[name='dispute-reason_id']",
            run: "selectByIndex 1",
        },
        {
            content: "Which invoice",
            trigger: ".o_collection_follow_up[open] input[name='dispute-item_ids']",
            run: "click",
        },
        {
            content: "How much of it",
            trigger: "input[name='dispute-amount']",
            run: "edit 80",
        },
        {
            content: "What she says",
            trigger: "textarea[name='note']",
            run: "edit Ten croissants were missing",
        },
        {
            content: "Save",
            trigger: ".o_collection_call_form button[value='stay']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Logged",
            trigger: ".alert-success:contains('your call is logged')",
        },
        {
            content: "The dispute waits for the company",
            trigger: "#collection_dispute [data-state='open']:contains('80.00')",
        },
        {
            content: "What is to be done in the next days",
            trigger: ".o_collection_nav a:contains('Agenda')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The promise is to be checked",
            trigger: ".o_collection_agenda tr:contains('Nord'):contains('Promise to check')",
        },
        {
            content: "The figures of the day",
            trigger: ".o_collection_nav a:contains('Figures')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Two calls",
            trigger: "td[data-figure='day_attempts']:contains('2')",
        },
        {
            content: "One promise",
            trigger: "td[data-figure='day_promises']:contains('1')",
        },
        {
            content: "One dispute",
            trigger: "td[data-figure='day_disputes']:contains('1')",
        },
    ],
});

/** A supervisor takes over what was handed over and shares it out. */
registry.category("web_tour.tours").add("collection_portal_supervisor", {
    url: "/my/collection/team",
    steps: () => [
        {
            content: "Something waits",
            trigger: ".alert a:contains('Hand-overs wait')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Look at the figures",
            trigger: ".o_collection_handovers .card:contains('Waiting') a.btn-primary",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Acknowledge receipt",
            trigger: ".o_collection_receipt button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Thank you",
            trigger: ".alert-success:contains('receipt is acknowledged')",
        },
        {
            content: "To the customers",
            trigger: ".o_collection_nav a:contains('Customers')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Those nobody has",
            trigger: "#collection_agent_filter",
            run: "selectByLabel Nobody in particular",
            expectUnloadPage: true,
        },
        {
            content: "Tick one",
            trigger: "tr:contains('Tour Bakery') input[name='account_ids']",
            run: "click",
        },
        {
            content: "Give it to the agent",
            trigger: "#collection_assignee",
            run: "selectByLabel Ada Lovelace",
        },
        {
            content: "Assign",
            trigger: ".o_collection_assign_many button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "One changed hands, and left the list",
            trigger: ".alert-success:contains('changed hands') strong:contains('1')",
        },
        {
            content: "It is gone from here",
            trigger: ".o_collection_table tbody:not(:has(:contains('Tour Bakery')))",
        },
        {
            content: "To the team",
            trigger: ".o_collection_nav a:contains('Team')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Share out the rest",
            trigger: ".o_collection_share button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Done",
            trigger: ".alert-success:contains('shared out')",
        },
        {
            content: "Nothing is left to share out",
            trigger: ".o_collection_mandate:not(:has(.o_collection_share))",
        },
        {
            content: "Prepare the review",
            trigger: ".o_collection_review textarea",
            run: "edit All were reached but two",
        },
        {
            content: "Send the answer",
            trigger: ".o_collection_review button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It stands there",
            trigger: ".o_collection_review:contains('All were reached but two')",
        },
    ],
});

/** Somebody calls: found by their number, noted, put right, proven and written to. */
registry.category("web_tour.tours").add("collection_portal_caller", {
    url: "/my/collection/agenda",
    steps: () => [
        {
            content: "Type the number that shows on the telephone",
            trigger: "#collection_caller",
            run: "edit 01 44 55 66 77",
        },
        {
            content: "Look it up",
            trigger: ".o_collection_caller button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "There is but one with this number, and they called",
            trigger: "h1:contains('Tour Bakery')",
        },
        {
            content: "The call came in",
            trigger: "#collection_incoming:checked",
        },
        {
            content: "Right person on the phone",
            trigger: ".o_collection_reached button[data-contact='right_party']",
            run: "click",
        },
        {
            content: "A promise, it seems",
            trigger: ".o_collection_outcome_group label:contains('Promise to pay')",
            run: "click",
        },
        {
            content: "The amount is proposed",
            trigger:
                ".o_collection_follow_up[open] input[name='promise-amount']:value('480.00')",
        },
        {
            content: "No, she contests",
            trigger: ".o_collection_outcome_group label:contains('Dispute')",
            run: "click",
        },
        {
            content: "What only the promise needed is gone",
            trigger: ".o_collection_follow_up[data-kind='promise']:not([open])",
            run: () => {
                const amount = document.querySelector("input[name='promise-amount']");
                if (amount.value) {
                    throw new Error(`still promised: ${amount.value}`);
                }
            },
        },
        {
            content: "After all it is in process",
            trigger: ".o_collection_outcome_group label:contains('Payment in process')",
            run: "click",
        },
        {
            content: "Which asks for no amount",
            trigger: ".o_collection_follow_up[open] input[name='promise-amount']",
            run: ({ anchor }) => {
                if (anchor.value) {
                    throw new Error(`still proposed: ${anchor.value}`);
                }
            },
        },
        {
            content: "What was said",
            trigger: "#collection_note",
            run: "edit Paid yesterdy",
        },
        {
            content: "The transfer order comes with it",
            trigger: "#collection_call_attachment",
            run: ({ anchor }) => {
                const png = Uint8Array.from(
                    atob(
                        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk" +
                            "YPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
                    ),
                    (sign) => sign.charCodeAt(0)
                );
                const files = new DataTransfer();
                files.items.add(new File([png], "order.png", { type: "image/png" }));
                anchor.files = files.files;
            },
        },
        {
            content: "Save",
            trigger: ".o_collection_call_form button[value='stay']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The page tells what stands on record now",
            trigger: ".alert-success:contains('Payment in process')",
        },
        {
            content: "The file is with the call",
            trigger: ".o_collection_history .o_collection_files a:contains('order.png')",
        },
        {
            content: "A word was mistyped",
            trigger: ".o_collection_history summary:contains('Complete or correct')",
            run: "click",
        },
        {
            content: "Put it right",
            trigger: ".o_collection_amend_form textarea[name='note']",
            run: "edit Paid yesterday",
        },
        {
            content: "Save it",
            trigger: ".o_collection_amend_form button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Completed",
            trigger: ".alert-success:contains('Your call is completed')",
        },
        {
            content: "Thank them",
            trigger: "#collection_mail summary",
            run: "click",
        },
        {
            content: "In one's own words",
            trigger: "#collection_mail_words",
            run: "edit Thank you for your payment.",
        },
        {
            content: "Send",
            trigger: ".o_collection_mail_form button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "What left, and to whom",
            trigger: ".alert-success:contains('tour.bakery@customer.example.com')",
        },
    ],
});
