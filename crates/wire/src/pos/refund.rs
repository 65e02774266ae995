//! How does a register give a paid bill back, wholly or in part?

use super::{PayCheckPayment, PosPerson};
use crate::Number;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /pos/{sourceId}/bills/{billId}/refunds`: what comes back, and how the guest gets the money.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefundBill {
    /// Which lines and how much of each; empty or left out, everything that has not come back yet.
    #[serde(default)]
    pub items: Vec<RefundBillItem>,
    /// Why, in the cashier's words; kept with the corrective bill.
    #[serde(default)]
    pub reason: Option<String>,
    /// How the value is divided between the balances and the other payments of the bill.
    #[serde(default)]
    pub tender: RefundTender,
    /// How the part that goes to no balance is given back, in amounts above 0 that come to that part; left out,
    /// by the bill's own payment methods.
    #[serde(default)]
    pub payments: Option<Vec<PayCheckPayment>>,
    /// The register's id of this call: the same id again gives the same corrective bill.
    #[serde(default)]
    pub request_id: Option<String>,
    /// Who gave the money back; left out, whoever took it.
    #[serde(default)]
    pub paid_by: Option<PosPerson>,
}

/// A part of one line that comes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefundBillItem {
    /// The line: its `id` on the bill, the `checkItemId` of the check. `itemId` is the same.
    #[serde(alias = "itemId")]
    pub check_item_id: String,
    /// How much of it, above 0 (also for a line that was itself a return); left out, all that is left.
    #[serde(default)]
    pub amount: Option<Number>,
}

/// `POST /pos/{sourceId}/bills/{billId}/cancel`: the whole bill is taken back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelBill {
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// As of a refund: by which methods the part that goes to no balance is given back.
    #[serde(default)]
    pub payments: Option<Vec<PayCheckPayment>>,
    /// Who gave the money back.
    #[serde(default)]
    pub paid_by: Option<PosPerson>,
}

/// How what comes back is divided between balances (MPV, credit) and other payments.
// loyalty.md §6 C8
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RefundTender {
    /// In the proportion the bill was paid in.
    #[default]
    ProRata,
    /// Only to balances; refused when they paid less than what comes back.
    CreditOnly,
    /// Other payments first, balances for the rest.
    MoneyFirst,
}
