import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

/** Sorting takes effect at once; without JavaScript the search button does it. */
export class CollectionSearch extends Interaction {
    static selector = ".o_collection_search";
    dynamicContent = {
        "select[name='sortby']": { "t-on-change": () => this.el.submit() },
    };
}

/** The number that was tapped is the number dialled. */
export class CollectionAccount extends Interaction {
    static selector = ".o_collection_account";
    dynamicContent = {
        ".o_collection_phone": { "t-on-click": this.onPhone },
    };

    onPhone(ev) {
        this.el.querySelector("input[name='phone']").value =
            ev.currentTarget.dataset.phone;
    }
}

/** Short cuts to the next action's date; a call is sent once. */
export class CollectionCallForm extends Interaction {
    static selector = ".o_collection_call_form";
    dynamicContent = {
        "button[data-days]": { "t-on-click": this.onDelay },
        _root: { "t-on-submit": this.onSubmit },
        "button[type='submit']": { "t-att-disabled": () => this.sent },
    };

    setup() {
        this.sent = false;
    }

    onDelay(ev) {
        const input = this.el.querySelector("input[name='next_action_date']");
        const date = luxon.DateTime.fromISO(input.dataset.today);
        input.value = date
            .plus({ days: parseInt(ev.currentTarget.dataset.days) })
            .toISODate();
        this.el.querySelector("input[name='next_action']").focus();
    }

    onSubmit() {
        this.sent = true;
    }
}

const interactions = registry.category("public.interactions");
interactions.add("account_collection.search", CollectionSearch);
interactions.add("account_collection.account", CollectionAccount);
interactions.add("account_collection.call_form", CollectionCallForm);
