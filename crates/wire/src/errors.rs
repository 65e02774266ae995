//! What does an error look like on the wire?

use crate::Number;
use crate::read::{Extra, Read, ReadError};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, Type};

/// The body of every answer that is an error: the members of both forms seen in the wild.
// protocol.md §1.7
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// The status of the answer, unless the error has a number of its own. Never a word: clients in the wild read an
    /// integer here, and lose the whole error where they find another thing.
    #[schema(example = 400)]
    pub code: i64,
    /// What was expected, what came, what to do.
    pub message: String,
    /// The same text, for clients that look here.
    pub error: String,
    /// A word for programs, such as `NOT_FOUND`.
    #[schema(example = "BAD_REQUEST")]
    pub name: String,
    /// The status of the answer.
    #[schema(example = 400)]
    pub http_status: u16,
    /// Members of some errors only, such as `field` or `order`.
    #[serde(flatten)]
    #[schema(schema_with = extra_schema)]
    pub extra: Extra,
}

/// The members of some errors only: the one that is named everywhere, and any others.
fn extra_schema() -> Object {
    let field = "The member or parameter at fault, such as `items[0].price`.";
    ObjectBuilder::new()
        .property("field", ObjectBuilder::new().schema_type(Type::String).description(Some(field)))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .build()
}

impl Read for ErrorBody {
    /// Reads whichever members are present; an empty object is an error without words. A word in `code`, as some
    /// systems send it, is the `name` of an error that has none.
    fn read(object: &mut crate::read::Object) -> Result<Self, ReadError> {
        let message = object.optional_text("message")?;
        let error = object.optional_text("error")?;
        let (code, word) = match object.optional_text("code")? {
            None => (None, None),
            Some(text) => match Number::parse(&text).ok().and_then(Number::integer) {
                Some(number) => (Some(number), None),
                None => (None, Some(text)),
            },
        };
        let http_status = object.optional_integer("httpStatus")?;
        Ok(Self {
            code: code.or(http_status).unwrap_or_default(),
            message: message.clone().or_else(|| error.clone()).unwrap_or_default(),
            error: error.or(message).unwrap_or_default(),
            name: object.optional_text("name")?.or(word).unwrap_or_default(),
            http_status: http_status.and_then(|status| u16::try_from(status).ok()).unwrap_or_default(),
            extra: object.rest(),
        })
    }
}
