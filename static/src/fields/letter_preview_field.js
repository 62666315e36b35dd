import { registry } from "@web/core/registry";
import {
    IframeWrapperField,
    iframeWrapperField,
} from "@web/views/fields/iframe_wrapper/iframe_wrapper_field";

/** A document in its frame, which says what it is and is scrolled with the keys. */
export class CollectionLetterPreviewField extends IframeWrapperField {
    static template = "account_collection.LetterPreviewField";

    get title() {
        return this.props.record.fields[this.props.name].string;
    }
}

registry.category("fields").add("collection_letter_preview", {
    ...iframeWrapperField,
    component: CollectionLetterPreviewField,
});
