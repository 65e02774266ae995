//! What is a paid bill, as the platform keeps it?

use crate::menu::LineProduct;
use db::{Joined, Json, Later};
use jiff::Timestamp;
use money::{Amount, Precision};
use serde::{Deserialize, Serialize};
use wire::Number;
use wire::pos::PosPerson;

db::row! {
    /// A bill with its items, as its row keeps it. Amounts are minor units at `precision`.
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct StoredBill {
        pub(crate) bill_id: String,
        pub(crate) check_id: String,
        pub(crate) device_number: i64,
        /// Moves with every change.
        pub(crate) version: i64,
        pub(crate) session_created: Timestamp,
        pub(crate) created_at: Timestamp,
        pub(crate) paid_at: Timestamp,
        pub(crate) modified_at: Timestamp,
        pub(crate) currency_code: String,
        pub(crate) precision: Precision,
        pub(crate) final_price: Amount,
        /// The register's own discounts and loyalty's, together.
        pub(crate) discount: Amount,
        pub(crate) taxes: Vec<StoredTax> as Json,
        pub(crate) payment_method: String,
        pub(crate) payments: Vec<StoredPayment> as Json,
        pub(crate) created_by: Option<PosPerson> as Option<Json>,
        pub(crate) paid_by: Option<PosPerson> as Option<Json>,
        pub(crate) person_count: Option<i64>,
        pub(crate) desk_id: Option<String>,
        pub(crate) issued_as_vat_payer: bool,
        /// The guest's id at the loyalty provider, when the offer named one.
        pub(crate) customer_id: Option<String>,
        pub(crate) bill_messages: Vec<String> as Json,
        pub(crate) refunded: bool,
        /// On a corrective bill: the bill it reverses.
        pub(crate) refunded_bill_identifier: Option<String>,
        /// On a corrective bill: why.
        pub(crate) refund_reason: Option<String>,
        pub(crate) deleted: bool,
        /// The fiscal system's answer.
        pub(crate) fiscal_data: Option<serde_json::Value> as Option<Json>,
        /// The usage report of the payment, where loyalty was used.
        pub(crate) benefit_usage_id: Option<String>,
        /// The order from elsewhere that was paid.
        pub(crate) order_provider: Option<StoredOrderProvider> as Option<Json>,
        /// Empty where only the list needs the bill.
        pub(crate) items: Vec<StoredItem> as Later,
    }
}

/// The lines of one VAT rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredTax {
    /// A fraction.
    pub(crate) rate: Number,
    pub(crate) gross: i64,
    pub(crate) net: i64,
}

/// Which order from elsewhere a check is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredOrderProvider {
    /// The channel it came by: the id of the application.
    pub(crate) code: String,
    /// The order's id.
    pub(crate) order_id: String,
}

/// One payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredPayment {
    pub(crate) payment_method: String,
    /// Minor units; negative where money is given back.
    pub(crate) value: i64,
    /// The balance that paid; absent for what the guest gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) balance_id: Option<String>,
}

/// Longest name of a payment method.
pub(crate) const METHOD_CHARACTERS_MAX: usize = 64;

/// One method when there is one, `split` when there are several (protocol.md §4.1); `otherwise` when nothing was
/// paid.
pub(crate) fn payment_method(payments: &[StoredPayment], otherwise: &str) -> String {
    match payments {
        [] => otherwise.to_owned(),
        [first, rest @ ..] => {
            let one = rest.iter().all(|payment| payment.payment_method == first.payment_method);
            if one { first.payment_method.clone() } else { "split".to_owned() }
        }
    }
}

db::row! {
    /// One line of a bill.
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct StoredItem {
        pub(crate) check_item_id: String,
        pub(crate) product: LineProduct as Joined,
        pub(crate) amount: Number,
        pub(crate) unit_price: i64,
        pub(crate) till_discount: i64,
        /// After the register's own discount, before loyalty.
        pub(crate) total: i64,
        pub(crate) benefits: Vec<StoredBenefit> as Json,
        /// On an item with which additions go: what ties them to it.
        pub(crate) has_additions_with_code: Option<String>,
        /// On an addition: the same of the item that it goes with.
        pub(crate) additions_code: Option<String>,
        /// The number of the person who entered it.
        pub(crate) person_id: Option<i64>,
    }
}

/// What loyalty took off a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredBenefit {
    /// `generalDiscount` or `balance`.
    pub(crate) source_type: String,
    /// The general discount's or balance's id.
    pub(crate) source_id: String,
    /// Its title for the bill.
    pub(crate) title: Option<String>,
    /// Minor units, positive.
    pub(crate) value: i64,
}
