//! How does an application tell what a fiscal system said to a bill? (protocol.md §4.3)

use crate::json_kind::kind_of;
use crate::read::{Extra, Object, Read, ReadError};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

const KEY: &str = "fiscalData";
const EXPECTED: &str = "an object, [] or null";

/// `PATCH /bills/{sourceId}/{billId}`. The answer is the bill with its items.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatchBill {
    /// The fiscal system's answer: an object, or `null` or `[]` to take it away.
    #[schema(value_type = Option<Object>, required)]
    pub fiscal_data: Option<Value>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

impl Read for PatchBill {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        let fiscal_data = fiscal_data(object.nullable(KEY, EXPECTED)?)?;
        Ok(Self { fiscal_data, extra: object.rest() })
    }
}

/// The object in `value`; `None` for `null` and for the empty array by which the documented system writes that there is
/// none.
pub(super) fn fiscal_data(value: Value) -> Result<Option<Value>, ReadError> {
    match value {
        Value::Null => Ok(None),
        Value::Array(list) if list.is_empty() => Ok(None),
        Value::Object(_) => Ok(Some(value)),
        other => Err(ReadError::new(KEY, EXPECTED, kind_of(&other))),
    }
}
