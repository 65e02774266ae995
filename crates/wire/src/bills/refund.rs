//! How does an application give a whole bill back? (protocol.md §4.3)

use super::fiscal_data::fiscal_data;
use crate::read::{Extra, Object, Read, ReadError};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// `POST /bills/{sourceId}/{billId}/refund`. The answer is the corrective bill with its items.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundWholeBill {
    /// Why; an id of the caller's own list.
    pub reason_id: Option<String>,
    /// The fiscal system's answer to the corrective bill: an object, or `[]` for none.
    #[schema(value_type = Option<Object>)]
    pub fiscal_data: Option<Value>,
    /// Whether what is given back shall be an open check again; the bill is taken back then as if it had never been paid.
    pub is_reopen: bool,
    /// What the caller's register calls the bill: any text. Which bill is given back says the path.
    pub refunded_bill_identifier: Option<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

impl Read for RefundWholeBill {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            reason_id: object.optional_id("reasonId")?,
            fiscal_data: fiscal_data(object.optional_value("fiscalData").unwrap_or_default())?,
            is_reopen: object.optional_flag("isReopen")?.unwrap_or(false),
            refunded_bill_identifier: object.optional_id("refundedBillIdentifier")?,
            extra: object.rest(),
        })
    }
}
