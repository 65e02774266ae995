//! What does an error look like on the wire?

use crate::read::{Extra, Object, Read, ReadError};
use serde::Serialize;
use utoipa::ToSchema;

/// The body of every answer that is an error: the members of both forms seen in the wild.
// protocol.md §1.7
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// A word for programs, such as `NOT_FOUND`.
    #[schema(example = "BAD_REQUEST")]
    pub code: String,
    /// What was expected, what came, what to do.
    pub message: String,
    /// The same text, for clients that look here.
    pub error: String,
    /// The kind in words.
    #[schema(example = "Bad Request")]
    pub name: String,
    /// The status of the answer.
    #[schema(example = 400)]
    pub http_status: u16,
    /// Members of some errors only, such as `field` or `order`.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for ErrorBody {
    /// Reads whichever members are present; an empty object is an error without words.
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        let message = object.optional_text("message")?;
        let error = object.optional_text("error")?;
        Ok(Self {
            code: object.optional_text("code")?.unwrap_or_default(),
            message: message.clone().or_else(|| error.clone()).unwrap_or_default(),
            error: error.or(message).unwrap_or_default(),
            name: object.optional_text("name")?.unwrap_or_default(),
            http_status: object
                .optional_integer("httpStatus")?
                .and_then(|status| u16::try_from(status).ok())
                .unwrap_or_default(),
            extra: object.rest(),
        })
    }
}
