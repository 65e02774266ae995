//! What does a page of a list look like?

use crate::read::{Object, Read, ReadError};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of records with the way to the next one.
// protocol.md §1.6
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The records.
    pub data: Vec<T>,
    /// Path and query of the next page; `null` on the last one.
    pub next_page: Option<String>,
    /// 1 in live answers of the documented system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ok: Option<i64>,
}

impl<T: Read> Read for Page<T> {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            data: object.list("data")?,
            next_page: object.optional_id("nextPage")?,
            ok: object.optional_integer("ok")?,
        })
    }
}

/// A list that is whole: there is no next page.
// protocol.md §1.6
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Whole<T> {
    /// The records.
    pub data: Vec<T>,
}
