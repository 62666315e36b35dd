import { registry } from "@web/core/registry";

const checklist = ".modal .o_collection_first_steps";
const run = ".o_form_view:has(.o_statusbar_status)";

/** Into the application, as somebody who has just installed it. */
const open = () => [
    {
        content: "All applications",
        trigger: ".o_navbar_apps_menu button",
        run: "click",
    },
    {
        content: "Collections",
        trigger: ".o_app[data-menu-xmlid='account_collection.menu_collection_root']",
        run: "click",
    },
];

/** Configuration ‣ Company, where the first steps stand. */
const company = () => [
    {
        content: "Configuration",
        trigger: "[data-menu-xmlid='account_collection.menu_collection_configuration']",
        run: "click",
    },
    {
        content: "Company",
        trigger:
            ".dropdown-item[data-menu-xmlid='account_collection.menu_collection_company_settings']",
        run: "click",
    },
];

/** A step of the checklist, done or to do. */
const step = (name, done) => ({
    content: `${name} ${done ? "is done" : "is to do"}`,
    trigger: `${checklist} [data-step='${name}']:has(.fa-${
        done ? "check-circle" : "circle-o"
    }:visible)`,
});

/** An empty company: what is to be done is said, and what is typed is kept. */
registry.category("web_tour.tours").add("collection_first_steps_empty", {
    steps: () => [
        ...open(),
        {
            content: "The worklist is empty, and says why",
            trigger: ".o_view_nocontent:contains('Nobody is to be called')",
        },
        {
            content: "And where to begin",
            trigger: ".o_view_nocontent a:contains('What is still to be done')",
            run: "click",
        },
        step("particulars", false),
        step("signatory", false),
        step("collectors", false),
        step("segments", true),
        step("run", false),
        {
            content: "The SIREN is missing, and it says where it is entered",
            trigger: `${checklist}:contains('SIREN'):contains('Users & Companies')`,
        },
        {
            content: "Who signs",
            trigger: ".modal .o_field_widget[name='collection_signatory'] input",
            run: "edit Claire Durand, Credit Manager",
        },
        {
            content: "A run of an empty ledger",
            trigger: `${checklist} button[name='action_compute_run']`,
            run: "click",
        },
        {
            content: "It says that nothing is overdue, and offers nothing to confirm",
            trigger: `${run} .alert:contains('No letter is due on this day'):contains('No invoice is overdue')`,
        },
        {
            content: "Nothing to confirm",
            trigger: `${run}:not(:has(button[name='action_confirm']))`,
        },
        ...company(),
        step("signatory", true),
        {
            content: "To the company",
            trigger: `${checklist} button[name='action_open_company']`,
            run: "click",
        },
        {
            content: "The SIRET",
            trigger: ".o_form_view .o_field_widget[name='company_registry'] input",
            run: "edit 55203253400646",
        },
        {
            content: "The street",
            trigger: ".o_form_view .o_field_widget[name='street'] input",
            run: "edit 1 rue de la Paix",
        },
        {
            content: "The town",
            trigger: ".o_form_view .o_field_widget[name='city'] input",
            run: "edit Paris",
        },
        {
            content: "Save; the client starts again with the company's new particulars",
            trigger: ".o_form_button_save",
            run: "click",
            expectUnloadPage: true,
        },
        ...open(),
        ...company(),
        {
            content: "The SIREN is no longer missing, the bank account is",
            trigger: `${checklist} [data-step='particulars']:contains('bank account'):not(:contains('SIREN'))`,
        },
        {
            content: "Who calls",
            trigger: `${checklist} button[name='action_open_collectors']`,
            run: "click",
        },
        {
            content: "Nobody yet",
            trigger: ".o_view_nocontent:contains('Name an agent')",
        },
        {
            content: "A new one",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Oneself",
            trigger: ".o_form_view .o_field_widget[name='user_id'] input",
            run: "edit Newcomer",
        },
        {
            content: "Take the login",
            trigger: ".o-autocomplete--dropdown-item:contains('Newcomer')",
            run: "click",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Named after the login",
            trigger: ".o_form_view .o_field_widget[name='name'] input:value('Newcomer')",
        },
        ...company(),
        step("collectors", true),
        {
            content: "Close",
            trigger: ".modal button[special='cancel']",
            run: "click",
        },
        {
            content: "Closed",
            trigger: "body:not(:has(.modal))",
        },
    ],
});

/** The first invoices are late: ranked, classified, and three letters in four clicks. */
registry.category("web_tour.tours").add("collection_first_steps_letters", {
    steps: () => [
        ...open(),
        {
            content: "The worklist is ranked, with nobody's customers on it",
            trigger: ".o_data_row:first .o_data_cell:contains('Hotel Beaurivage')",
        },
        {
            content: "They all are there",
            trigger: ".o_list_view:has(.o_data_row:contains('Garage Morel')):has(.o_data_row:contains('Boulangerie Petit'))",
        },
        ...company(),
        step("segments", false),
        {
            content: "Classify",
            trigger: `${checklist} button[name='action_open_classification']`,
            run: "click",
        },
        {
            content: "See who becomes what",
            trigger: "button[name='action_preview']",
            run: "click",
        },
        {
            content: "Apply",
            trigger: "button[name='action_apply']",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "Done",
            trigger: ".o_statusbar_status [aria-checked='true']:contains('Done')",
        },
        ...company(),
        step("particulars", true),
        step("segments", true),
        {
            content: "First click: the run",
            trigger: `${checklist} button[name='action_compute_run']`,
            run: "click",
        },
        {
            content: "Three letters",
            trigger: `${run} button[name='action_open_letters'] .o_stat_value:contains('3')`,
        },
        {
            content: "One lacks nothing",
            trigger: `${run}:not(:has(.o_field_widget[name='missing_note']))`,
        },
        {
            content: "Second click: confirm",
            trigger: `${run} button[name='action_confirm']`,
            run: "click",
        },
        {
            content: "Third click: send",
            trigger: `${run} button[name='action_send']`,
            run: "click",
        },
        {
            content: "Fourth click: yes",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "All are with the mail server, and there is nothing more to press",
            trigger: `${run}:contains('3 waiting in the mail queue'):not(:has(button[name='action_send']))`,
        },
        ...company(),
        {
            content: "Nothing is left to do: the checklist is gone",
            trigger: ".modal .o_form_view:not(:has(.o_collection_first_steps))",
        },
        {
            content: "Close",
            trigger: ".modal button[special='cancel']",
            run: "click",
        },
        {
            content: "Closed",
            trigger: "body:not(:has(.modal))",
        },
    ],
});
