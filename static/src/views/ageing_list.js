import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

/**
 * An ageing balance: every amount of a group opens the items that it is made of.
 */
export class CollectionAgeingListRenderer extends ListRenderer {
    static groupRowTemplate = "account_collection.AgeingList.GroupRow";

    setup() {
        super.setup();
        this.action = useService("action");
    }

    isAmount(column) {
        return ["float", "monetary"].includes(this.props.list.fields[column.name].type);
    }

    /**
     * @param {Object} group
     * @param {Object} column the age whose amount was clicked
     */
    onAmountClicked(group, column) {
        // the day is in the context, the grouping is left behind
        const { collection_day } = this.props.list.context;
        const age = this.props.list.fields[column.name].string;
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: `${group.displayName} – ${age}`,
            res_model: this.props.list.resModel,
            views: [
                [false, "list"],
                [false, "pivot"],
            ],
            domain: [...group.list.domain, [column.name, "!=", 0]],
            context: collection_day ? { collection_day } : {},
        });
    }
}

registry.category("views").add("collection_ageing_list", {
    ...listView,
    Renderer: CollectionAgeingListRenderer,
});
