//! What does a check hold between two calls of the register?

use super::bill::{StoredOrderProvider, StoredPayment};
use crate::menu::LineProduct;
use db::{FromValue, Json, Message, ReadAs, Value};
use jiff::Timestamp;
use money::Amount;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::Number;
use wire::loyalty::LoyaltyOfferResponse;
use wire::pos::{CheckState, OfferProblem, PosPerson};

db::row! {
    /// A check as its row keeps it.
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct StoredCheck {
        pub(crate) check_id: String,
        pub(crate) device_number: i64,
        pub(crate) version: i64,
        pub(crate) state: CheckState as StateWord,
        pub(crate) desk_id: Option<String>,
        pub(crate) person_count: Option<i64>,
        pub(crate) opened_by: Option<PosPerson> as Option<Json>,
        pub(crate) lines: Vec<Line> as Json,
        pub(crate) codes: Vec<String> as Json,
        /// By balance id.
        pub(crate) choices: Choices as Json,
        /// The id the provider was last asked under.
        pub(crate) loyalty_offer_id: Option<String>,
        /// The hash of what it was asked.
        pub(crate) question: Option<Vec<u8>>,
        /// Its answer, once it was found valid.
        pub(crate) offer: Option<LoyaltyOfferResponse> as Option<Message>,
        /// Why there is no answer.
        pub(crate) offer_problem: Option<OfferProblem> as Option<Json>,
        pub(crate) bill_id: Option<String>,
        pub(crate) opened_at: Timestamp,
        /// What was paid before: the bill counts it among its payments.
        pub(crate) already_paid: Vec<StoredPayment> as Json,
        /// The order from elsewhere that it is.
        pub(crate) order_provider: Option<StoredOrderProvider> as Option<Json>,
    }
}

/// The word of a check's state in its column.
pub(crate) enum StateWord {}

impl ReadAs<CheckState> for StateWord {
    fn read(value: Value) -> Result<CheckState, String> {
        match String::from_value(value)?.as_str() {
            "open" => Ok(CheckState::Open),
            "paid" => Ok(CheckState::Paid),
            _ => Err("expected open or paid, came something else".to_owned()),
        }
    }
}

impl StoredCheck {
    /// Makes it a check without loyalty: no codes, no decisions, no offer.
    pub(crate) fn forget_loyalty(&mut self) {
        self.codes.clear();
        self.choices.clear();
        self.loyalty_offer_id = None;
        self.question = None;
        self.offer = None;
        self.offer_problem = None;
    }

    /// What was paid before, together.
    pub(crate) fn paid_before(&self) -> Amount {
        self.already_paid.iter().map(|payment| Amount(payment.value)).sum()
    }

    /// Whether paying it must ask the provider: a code was scanned, or an offer was asked for.
    pub(crate) fn has_loyalty(&self) -> bool {
        !self.codes.is_empty() || self.question.is_some()
    }
}

/// What the cashier decided, by balance id.
pub(crate) type Choices = BTreeMap<String, Choice>;

/// What the cashier decided about one balance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Choice {
    /// In the balance's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) controllable_value_to_use: Option<Number>,
    #[serde(default)]
    pub(crate) rejected: bool,
    /// In currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prepaid_value: Option<Number>,
}

/// One line, with the product as it was when the line was set: a later change of the menu does not reprice
/// an open check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    pub(crate) check_item_id: String,
    pub(crate) product: LineProduct,
    /// Which of the product's prices; absent: the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) price_level: Option<String>,
    /// More of the product was ordered than was left, at a place that only warns of it.
    #[serde(default, skip_serializing_if = "is_no")]
    pub(crate) beyond_remaining: bool,
    /// Negative for a return.
    pub(crate) amount: Number,
    /// Minor units with VAT.
    pub(crate) unit_price: i64,
    /// Minor units, the sign of the line.
    pub(crate) till_discount: i64,
    /// Minor units after the till's discount.
    pub(crate) total: i64,
    /// What it goes with, of an addition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) addition: Option<LineAddition>,
    /// For the kitchen, while the check is open. May name a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// Who entered it; absent where nobody was signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) entered_by: Option<PosPerson>,
    /// It came with an order from elsewhere: price and discount are the order's.
    #[serde(default, skip_serializing_if = "is_no")]
    pub(crate) ordered: bool,
}

/// What makes a line an addition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LineAddition {
    pub(crate) addition_id: String,
    /// The id of the line that it goes with.
    pub(crate) of: String,
    /// How many go with one unit of that line.
    pub(crate) count: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_no(flag: &bool) -> bool {
    !*flag
}

impl Line {
    /// The line after the till's own discount: what loyalty may take from.
    pub(crate) fn total(&self) -> Amount {
        Amount(self.total)
    }
}
