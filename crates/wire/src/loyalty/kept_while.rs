//! Until when is a discount kept, when parts of its bill go back?
//!
//! Ours, beside the documents: a provider whose discount asked for an amount says with the offer what was counted, so
//! that the till that gives a part back knows without asking whether the discount is lost (loyalty.md §6 C9). The till
//! returns it with the usage report, and both work from the same numbers. Without it a discount stays as it is.

use crate::{
    Number,
    read::{Extra, Object, Read, ReadError},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A discount is kept while what stays of these lines comes to the minimum amount.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptWhile {
    /// In currency units, above 0; kept when equal.
    pub minimum_amount: Number,
    /// What was counted.
    pub lines: Vec<KeptWhileLine>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for KeptWhile {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            minimum_amount: object.number("minimumAmount")?,
            lines: object.optional_list("lines")?,
            extra: object.rest(),
        })
    }
}

/// What a line counted. A part of the line counts for as much of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptWhileLine {
    /// The line of the question.
    pub check_item_id: String,
    /// In currency units; below 0 for a thing that was brought back.
    pub value: Number,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for KeptWhileLine {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            check_item_id: object.id("checkItemId")?,
            value: object.number("value")?,
            extra: object.rest(),
        })
    }
}
