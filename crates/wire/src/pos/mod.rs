//! What do a register and the platform say to each other under `/pos/{sourceId}/…`?
//!
//! Our own API: bodies that come in are strict (an unknown member is refused, so that a typing error
//! is not a silent loss), what goes out is the whole check each time, so that a register need not add up.
//! Money is in the currency's whole units as a decimal (`189.00`), amounts are decimals with a sign.

mod person;
mod refund;

pub use person::{PosPerson, RegisterPerson, SignIn};
pub use refund::{CancelBill, RefundBill, RefundBillItem, RefundTender};

use crate::Number;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /pos/{sourceId}/checks`: a new check on this register.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenCheck {
    /// The desk the guests sit at.
    #[serde(default)]
    pub desk_id: Option<String>,
    /// How many guests.
    #[serde(default)]
    pub person_count: Option<u32>,
    /// Who opened it, becomes the bill's `createdBy`; left out, whoever is signed in at the register.
    #[serde(default)]
    pub opened_by: Option<PosPerson>,
}

/// `PATCH /pos/{sourceId}/checks/{checkId}`: what of a check changes beside its lines. What is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeCheck {
    /// The desk that the guests sit at now: one of the place, or any where the place has set up none.
    #[serde(default)]
    pub desk_id: Option<String>,
    /// How many guests.
    #[serde(default)]
    pub person_count: Option<u32>,
}

/// An open check in the list of a place.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedCheck {
    /// The check's id.
    pub check_id: String,
    /// The register that may change it; 0 for the first that does.
    pub device_number: i64,
    /// Moves with every change.
    pub version: i64,
    /// Local time of the place with offset.
    pub opened_at: String,
    /// Who opened it; `null` where nobody was signed in.
    pub opened_by: Option<PosPerson>,
    /// The desk.
    pub desk_id: Option<String>,
    /// Guests.
    pub person_count: Option<i64>,
    /// How many lines it has.
    pub line_count: usize,
    /// Lines less discounts of both kinds.
    pub total_with_vat: Number,
    /// What the guest still pays; below 0 is given back.
    pub to_pay: Number,
    /// The order from elsewhere that it is.
    pub order_id: Option<String>,
}

/// `PUT /pos/{sourceId}/checks/{checkId}/lines`: the whole basket, replacing what was there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetLines {
    /// At most 500 lines and additions, in the order they are shown and printed.
    pub lines: Vec<SetLine>,
}

/// One line as the register sets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetLine {
    /// The register's id of the line, unique in the check; left out, the platform numbers the line.
    #[serde(default)]
    pub check_item_id: Option<String>,
    /// A product of the merchant's menu.
    pub product_id: String,
    /// How much; negative for a return, never 0.
    pub amount: Number,
    /// Which of the product's prices at this place; left out, the level `default`.
    #[serde(default)]
    pub price_level: Option<String>,
    /// The price of one unit with VAT, only for a product with a variable price.
    #[serde(default)]
    pub unit_price_with_vat: Option<Number>,
    /// What the guest chose with it: each becomes a line of its own behind this one.
    #[serde(default)]
    pub additions: Vec<SetAddition>,
    /// For the kitchen, at most 500 characters. It is kept while the check is open.
    #[serde(default)]
    pub note: Option<String>,
    /// The register's own discount on the line and what goes with it, before any loyalty. Left out, a line that came with an
    /// order from elsewhere keeps what the order takes off.
    #[serde(default)]
    pub discount: Option<SetLineDiscount>,
}

/// An addition that goes with a line, at the menu's price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetAddition {
    /// An addition of a category that the product has at this place.
    pub addition_id: String,
    /// How many with one unit of the line, from 1.
    #[serde(default = "one")]
    pub count: i64,
}

fn one() -> i64 {
    1
}

/// A discount of the register itself: exactly one of the two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetLineDiscount {
    /// Percent of the line and of what goes with it, 0 to 100.
    #[serde(default)]
    pub percent: Option<Number>,
    /// Off the whole line with what goes with it, in currency, 0 to their price; spread by what each comes to.
    #[serde(default)]
    pub value: Option<Number>,
}

/// `POST /pos/{sourceId}/checks/{checkId}/codes`: a card, voucher or promotion code was scanned. The same
/// code may be added more than once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddCode {
    /// The code as scanned or typed.
    pub input_code: String,
}

/// `PUT /pos/{sourceId}/checks/{checkId}/balances/{balanceId}`: what the cashier decided about a balance of the
/// offer shown. It replaces an earlier decision; an empty object takes it back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChooseBalance {
    /// How much of the controllable value to use, in the balance's own unit (points, or currency).
    #[serde(default)]
    pub controllable_value_to_use: Option<Number>,
    /// The guest does not want this balance used.
    #[serde(default)]
    pub rejected: bool,
    /// How much to top up, in currency, where the offer lets the cashier choose.
    #[serde(default)]
    pub prepaid_value: Option<Number>,
}

/// `POST /pos/{sourceId}/checks/{checkId}/pay`: how the guest pays what is left after balances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PayCheck {
    /// Must add up to the check's `toPay`; empty when nothing is left to pay.
    pub payments: Vec<PayCheckPayment>,
    /// Who took the money; left out, whoever is signed in at the register, else whoever opened the check.
    #[serde(default)]
    pub paid_by: Option<PosPerson>,
}

/// One payment of the guest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PayCheckPayment {
    /// `cash`, `card`, … or a method of the merchant's own (an open list).
    // protocol.md §4.1
    pub payment_method: String,
    /// In currency.
    pub price_with_vat: Number,
}

/// A check as it stands: the answer to every call of the till but reading a bill.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// The check's id.
    pub check_id: String,
    /// Whose it is.
    pub merchant_id: String,
    /// Where it is open.
    pub place_id: String,
    /// The register that opened it: the only one that may change it. 0 while a check that no register opened waits for the
    /// first that changes it.
    pub device_number: i64,
    /// `open` or `paid`.
    pub state: CheckState,
    /// Moves with every change.
    pub version: i64,
    /// Local time of the place with offset.
    pub opened_at: String,
    /// The desk.
    pub desk_id: Option<String>,
    /// Guests.
    pub person_count: Option<i64>,
    /// Who opened it; `null` where nobody was signed in.
    pub opened_by: Option<PosPerson>,
    /// ISO 4217.
    pub currency_code: String,
    /// Decimals of the currency here, 0 to 3.
    pub price_precision: u8,
    /// The basket.
    pub lines: Vec<CheckLine>,
    /// Lines the till adds for what is topped up.
    pub prepaid_lines: Vec<CheckLine>,
    /// The scanned codes with the provider's answer to each.
    pub codes: Vec<CheckCode>,
    /// The newest offer; `null` before the first.
    pub offer: Option<CheckOffer>,
    /// Why there is no offer although one was asked for.
    pub offer_problem: Option<OfferProblem>,
    /// Lines less discounts of both kinds: the bill's `finalPrice`.
    pub total_with_vat: Number,
    /// What balances pay (MPV, credit).
    pub paid_by_balances: Number,
    /// What was paid before, such as the deposit of a reservation: the bill has it among its payments.
    pub paid_already: Vec<PayCheckPayment>,
    /// What the guest still pays; below 0 is given back.
    pub to_pay: Number,
    /// VAT as the bill would show it now.
    pub vat: Vec<CheckVat>,
    /// The bill, once paid.
    pub bill_id: Option<String>,
}

/// Whether a check can still change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CheckState {
    /// It can.
    Open,
    /// It has a bill and cannot.
    Paid,
}

/// A line of a check.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckLine {
    /// The line's id in the check.
    pub check_item_id: String,
    /// The product.
    pub product_id: String,
    /// Its name when the line was set.
    pub name: String,
    /// Which of the product's prices; `null`: the level `default`.
    pub price_level: Option<String>,
    /// More of the product was ordered than was left; the place only warns of it.
    pub beyond_remaining: bool,
    /// How much.
    pub amount: Number,
    /// Of what unit.
    pub measure: String,
    /// One unit with VAT.
    pub unit_price_with_vat: Number,
    /// The register's own discount on the line.
    pub discount: Number,
    /// The line after the register's own discount: what loyalty may take from.
    pub total_price_with_vat: Number,
    /// A fraction (`0.12`).
    pub vat_rate: Number,
    /// Of an addition: the `checkItemId` of the line that it goes with.
    pub additions_of: Option<String>,
    /// Of an addition: its id in the menu.
    pub addition_id: Option<String>,
    /// For the kitchen.
    pub note: Option<String>,
    /// Who entered it; `null` where nobody was signed in.
    pub entered_by: Option<PosPerson>,
    /// What loyalty takes off the line.
    pub benefits: Vec<CheckBenefit>,
    /// The line after everything.
    pub final_price_with_vat: Number,
}

/// What loyalty takes off one line.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckBenefit {
    /// The general discount or balance it comes from.
    pub source_id: String,
    /// Its title for the cashier.
    pub pos_title: Option<String>,
    /// Off the whole line, in currency.
    pub value: Number,
}

/// A scanned code and what the provider said to it in the newest offer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckCode {
    /// The code.
    pub input_code: String,
    /// Whether it has an effect; `null` while the offer does not know it.
    pub applicable: Option<bool>,
    /// The provider's text.
    pub pos_title: Option<String>,
    /// Why it has no effect.
    pub reason_code: Option<String>,
}

/// The newest offer as a cashier sees it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckOffer {
    /// The id the provider was asked under.
    pub loyalty_offer_id: String,
    /// `false` once the basket, the codes or the choices have changed since: ask again. Prices here
    /// count an offer only while it is current.
    pub current: bool,
    /// The guest's id at the provider.
    pub customer_id: Option<String>,
    /// The guest's name.
    pub customer_name: Option<String>,
    /// Tier or the like.
    pub loyalty_status: Option<String>,
    /// Balances that spend or are topped up.
    pub balances: Vec<CheckBalance>,
    /// Discounts over the whole check.
    pub general_discounts: Vec<CheckDiscount>,
    /// For the cashier.
    pub pos_messages: Vec<String>,
    /// For the bill.
    pub bill_messages: Vec<String>,
}

/// A balance with the range the cashier may choose from.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckBalance {
    /// Its id.
    pub balance_id: String,
    /// One of the four documented types.
    pub r#type: String,
    /// Title for the cashier.
    pub pos_title: Option<String>,
    /// What it holds, in its own unit.
    pub current_value: Option<Number>,
    /// The unit: `points`, or a currency for what is worth itself.
    pub unit: Option<String>,
    /// How much of the controllable part is used.
    pub controllable_value_to_use: Option<Number>,
    /// Least the cashier may choose.
    pub min_controllable_value: Option<Number>,
    /// Most the cashier may choose.
    pub max_controllable_value: Option<Number>,
    /// The choice is a multiple of this.
    pub controllable_step: Option<Number>,
    /// The part the cashier cannot change.
    pub non_controllable_value_to_use: Option<Number>,
    /// What both parts are worth, in currency.
    pub value_to_use_in_currency: Option<Number>,
    /// What is topped up, in currency; `null` for a balance that spends.
    pub prepaid_value: Option<Number>,
    /// What the cashier may choose to top up; `null` for a balance that spends.
    pub prepayment: Option<CheckPrepayment>,
    /// The cashier rejected it.
    pub rejected: bool,
    /// Why less than asked for is offered.
    pub reason_code: Option<String>,
}

/// What may be topped up, all in currency.
// protocol.md §10.6
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckPrepayment {
    /// Proposed, chosen or fixed.
    pub value: Number,
    /// Whether the cashier may choose another value.
    pub is_value_editable: bool,
    /// Least to choose.
    pub min_value: Option<Number>,
    /// Most to choose.
    pub max_value: Option<Number>,
    /// Values to show as buttons.
    pub preset_values: Vec<Number>,
    /// Title for the cashier.
    pub pos_title: Option<String>,
}

/// A discount over the whole check.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckDiscount {
    /// Its id.
    pub general_discount_id: String,
    /// Title for the cashier.
    pub pos_title: Option<String>,
    /// What it takes off, in currency.
    pub value: Number,
}

/// Why an offer could not be had or used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferProblem {
    /// `OFFER_INVALID`, `INVALID_JSON`, `HTTP_STATUS`, `TIMEOUT` or `UNREACHABLE`.
    pub code: String,
    /// What happened and what the cashier can do.
    pub message: String,
    /// Each rule the answer broke.
    // protocol.md §10.7
    pub errors: Vec<OfferProblemDetail>,
}

/// One rule an offer broke.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferProblemDetail {
    /// Which rule was broken, as a word for programs, such as `SUM_MISMATCH`.
    // protocol.md §10.7
    pub code: String,
    /// Where in the answer.
    pub path: String,
    /// What was expected and what came.
    pub message: String,
}

/// VAT of one rate.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckVat {
    /// A fraction (`0.12`).
    pub vat_rate: Number,
    /// Lines of this rate after discounts.
    pub total_with_vat: Number,
    /// Their base.
    pub total_without_vat: Number,
    /// Their VAT.
    pub vat: Number,
}
