//! Which members of bills that no document describes are sent by our own platform?

use utoipa::openapi::schema::{Array, Object, ObjectBuilder, Type};

fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}

/// Of a bill: what was printed, and why it came back.
pub(super) fn of_bill() -> Object {
    let messages = Array::new(ObjectBuilder::new().schema_type(Type::String));
    ObjectBuilder::new()
        .property("billMessages", messages)
        .property("refundReason", text("Why a corrective bill was made."))
        .property(
            "reopenedCheckId",
            text("The check that is open again, where the bill was given back for that."),
        )
        .build()
}

/// Of a line: its own id and what was taken off it.
pub(super) fn of_item() -> Object {
    let value =
        ObjectBuilder::new().schema_type(Type::Number).description(Some("Off the whole line, with VAT."));
    let discount = ObjectBuilder::new()
        .property("sourceType", text("`pos`, or what the loyalty provider named."))
        .required("sourceType")
        .property("sourceId", nullable_text())
        .property("title", nullable_text())
        .property("value", value)
        .required("value")
        .build();
    ObjectBuilder::new()
        .property("id", text("The line's own id: a refund of a part names it."))
        .property("discounts", Array::new(discount))
        .property(
            "personId",
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .description(Some("Who entered the line, by the staff list.")),
        )
        .build()
}

fn nullable_text() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::SchemaType::from_iter([Type::String, Type::Null]))
}
