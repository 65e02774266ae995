//! What does the partner's set-up say and answer under `/admin/v1/partner`?
//!
//! Own API: unknown members are refused by name. Money and points are JSON numbers; times are ISO 8601 with
//! offset.

pub mod holds;
pub mod limits;
mod member;
pub mod people;
mod rules;
mod vat_reports;

pub use member::*;
pub use rules::*;
pub use vat_reports::*;

use crate::Number;
use crate::loyalty::BalanceType;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// `PUT …/merchants/{merchantId}`: a merchant as the loyalty partner knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartnerMerchant {
    /// For people.
    pub name: String,
    /// ISO 4217, for example `CZK`.
    pub currency_code: String,
    /// Digits of the minor unit, 0 to 3. Fixed once the merchant exists.
    pub price_precision: u8,
    /// IANA name, for example `Europe/Prague`.
    pub time_zone: String,
    /// How long an offer reserves value; at least 180, default 300.
    // loyalty.md §4
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_ttl_seconds: Option<i64>,
    /// Loyalty settings; left out, those that stand stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Value>,
}

/// `POST …/connections`: a caller of the three loyalty webhooks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewConnection {
    /// For people: which register cloud calls with it.
    pub name: String,
    /// The id the cloud knows this provider by; left out, one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loyalty_provider_id: Option<String>,
}

/// `POST …/datasync-secrets`: a sender of DataSync.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewDataSyncSecret {
    /// For people.
    pub name: String,
}

/// `POST …/customers-clients`: a reader of the customers feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCustomersClient {
    /// For people.
    pub name: String,
    /// Zone of its times without offset (IANA name); left out, such a time means the earliest instant it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// The answer to each of the three: the token is shown here once and kept nowhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IssuedCredential {
    /// The secret to send.
    pub token: String,
    /// Its public part, by which it is revoked.
    pub token_prefix: String,
    /// Connections only: the id this provider has for the cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loyalty_provider_id: Option<String>,
}

/// `POST …/members`: a member with cards and balances.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewMember {
    /// Opaque; it becomes `customerId` in offers. Left out, one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_id: Option<String>,
    /// Shown to the cashier as `loyaltyStatus`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// What the merchant says of the member; promotions may ask for it. At most 100, each 1 to 100 bytes.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Who it is.
    #[serde(default)]
    pub person: MemberPerson,
    /// Codes of cards or applications; each must be new at this merchant.
    #[serde(default)]
    pub cards: Vec<String>,
    /// What the member owns.
    #[serde(default)]
    pub balances: Vec<NewBalance>,
}

/// The person behind a member; everything may be unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the names say it; they are those of the customers feed")]
pub struct MemberPerson {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: Option<String>,
    pub mobile_phone: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: Option<String>,
    pub address: Option<String>,
    pub zip: Option<String>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    pub store_id: Option<i64>,
    pub allow_sms: Option<bool>,
    pub allow_email: Option<bool>,
}

/// A balance with its opening value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewBalance {
    /// Left out, one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance_id: Option<String>,
    /// One of the four types.
    // protocol.md §10.5
    pub r#type: BalanceType,
    /// What is on it from the start: points, or money. Default 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening_value: Option<Number>,
    /// Until when the opening value may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// How it is shown and used.
    #[serde(default)]
    pub settings: NewBalanceSettings,
}

/// How a balance is shown and used.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NewBalanceSettings {
    /// Language → text for the cashier.
    pub pos_titles: BTreeMap<String, String>,
    /// Language → text on the bill.
    pub bill_titles: BTreeMap<String, String>,
    /// Points: what one is worth in the currency, above 0.
    pub point_value: Option<Number>,
    /// Points: used in multiples of this, at least 1.
    pub point_step: Option<i64>,
    /// Points: fewer than this are not used at all, at least 1.
    pub point_minimum: Option<i64>,
    /// Points: they are the stamps of this card of the program.
    pub stamp_card_id: Option<String>,
    /// Whether the cashier chooses how much is used.
    pub controllable: Option<bool>,
    /// SPV, where it must be given: the rate at which it is sold, a fraction; a voucher has its own `vatRate`.
    pub vat_rate: Option<Number>,
    /// SPV: rates that hold from a day on: `[{"from": "2026-01-01", "rate": 0.07}]`.
    pub vat_rates: Option<Value>,
    /// SPV of another issuer: who it is.
    pub issuer_id: Option<String>,
    /// What may be topped up: `{"value": 1000, "min": 100, "max": 5000, "presets": [500, 1000], "editable": true,
    /// "bonus": [{"from": 1000, "bonus": 100}], "reloadable": true}`; of a bonus either `bonus` or `percent`.
    pub prepayment: Option<Value>,
}

/// `POST …/top-up-codes`: a code that tops up instead of spending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTopUpCode {
    /// What is scanned; must be new at this merchant.
    pub code: String,
    /// What it tops up; left out, whatever the member on the check can top up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance_id: Option<String>,
}

/// The answer to `POST …/members`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatedMember {
    /// Opaque id, `customerId` in offers.
    pub member_id: String,
    /// The number under which the customers feed shows the member.
    pub customer_id: i64,
    /// In the order of the request.
    pub balance_ids: Vec<String>,
}

/// `POST …/vouchers`: a balance without a member and the code it is printed as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewVoucher {
    /// What is scanned; must be new at this merchant.
    pub code: String,
    /// Left out, the code is the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance_id: Option<String>,
    /// One of the four types; left out, what its product is.
    // protocol.md §10.5
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<BalanceType>,
    /// A product of the program's `voucherProducts`, which says what it is on the day of its sale: type, rate and goods.
    /// An inactive one is what the product is on the day of its activation.
    // loyalty.md §3 V5
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voucher_product_id: Option<String>,
    /// With a product: the day it was sold, `YYYY-MM-DD`, for one that was sold before; left out, today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold_on: Option<String>,
    /// With a product: the place that sells it, whose calendar says which day it is; left out, the merchant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_id: Option<String>,
    /// What it is worth; 0 for an inactive one, which gets its value when it is sold.
    pub value: Number,
    /// What the guest paid for it, when not its value.
    // loyalty.md §3 V4
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_value: Option<Number>,
    /// SPV: the rate at which it was sold, a fraction (`0.12`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_rate: Option<Number>,
    /// SPV: the products it is for; empty: every line at its rate.
    #[serde(default)]
    pub product_ids: Vec<String>,
    /// Until when it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// Default `active`; an inactive one cannot be spent before it was topped up.
    #[serde(default)]
    pub status: VoucherStatus,
    /// How it is shown and used.
    #[serde(default)]
    pub settings: NewBalanceSettings,
}

/// Whether a voucher can be spent from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum VoucherStatus {
    /// It can.
    #[default]
    Active,
    /// Not before its activation.
    Inactive,
}

/// The answer to `POST …/vouchers`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatedVoucher {
    /// The balance behind the code.
    pub balance_id: String,
    /// What is scanned.
    pub code: String,
    /// What it is; of an inactive voucher of a product, what it would be today.
    pub r#type: BalanceType,
}

/// `PUT …/promotions/{promotionId}`: a rule and the codes that set it off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PromotionPut {
    /// The rule; its shape is described at the partner's promotions.
    pub definition: Value,
    /// Codes that set it off; those of an earlier PUT that are missing here end. Left out, they stay as they are. A code
    /// that is blocked or used up stays so, and so does one that was made by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codes: Option<Vec<String>>,
    /// Default true.
    #[serde(default = "yes")]
    pub active: bool,
}

fn yes() -> bool {
    true
}

/// `GET …/balances/{balanceId}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BalanceView {
    /// Its id.
    pub balance_id: String,
    /// One of the four types.
    pub r#type: BalanceType,
    /// Its owner; `null` for a voucher without a member.
    pub member_id: Option<String>,
    /// `active`, `inactive` or `frozen`.
    pub status: String,
    /// Who froze it: `person`, or `shortfall` (a fact took more than there was: it thaws by itself once
    /// `shortfall` is filled); `null`: it is not frozen.
    pub frozen_by: Option<String>,
    /// What facts took beyond what was there, or was held by others, and nothing has filled yet; 0 or more.
    pub shortfall: Number,
    /// How it is shown and used.
    pub settings: BalanceSettingsView,
    /// What the entries add up to.
    pub posted: Number,
    /// What is held at this moment.
    pub held: Number,
    /// What cannot be spent yet.
    pub pending: Number,
    /// `posted` without `held`, and without what has ended or is pending.
    pub free: Number,
    /// Every lot, oldest first.
    pub lots: Vec<LotView>,
    /// Holds that count at this moment.
    pub holds: Vec<HoldView>,
    /// The newest entries (at most 200), oldest first.
    pub entries: Vec<EntryView>,
}

/// One lot of a balance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are those of the ledger")]
pub struct LotView {
    pub lot_id: String,
    /// What the balance was when it was issued: a class is never changed after the sale.
    pub r#type: BalanceType,
    /// `paid`, `bonus`, `earned` or `overdraft`.
    pub kind: String,
    pub source: String,
    pub issued: Number,
    pub remaining: Number,
    pub vat_rate: Option<Number>,
    /// What the guest gave for it, when not its value; 0 of a part of a face value that was not paid.
    pub paid_value: Option<Number>,
    pub earned_at: String,
    /// Spendable from then on; `null`: at once.
    pub available_at: Option<String>,
    pub expires_at: Option<String>,
    /// `live`, `pending` or `ended`: ended value leaves the balance when the sweeper comes by.
    pub state: String,
}

/// One hold that counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are those of the offer request")]
pub struct HoldView {
    pub place_id: String,
    pub device_number: i64,
    pub check_id: String,
    pub loyalty_offer_id: String,
    pub amount: Number,
    pub expires_at: String,
}

/// One entry of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are those of the ledger")]
pub struct EntryView {
    pub entry: i64,
    /// `issue`, `topUp`, `spend`, `earn`, `expire`, `refund`, `reversal`, `clawBack`, `overdraft`, `writeOff`, `adjust`,
    /// `payOut`, `forfeit`.
    pub kind: String,
    pub debit_account: String,
    pub credit_account: String,
    pub amount: Number,
    pub lot_id: String,
    pub loyalty_offer_id: Option<String>,
    pub bill_id: Option<String>,
    /// The entry this one mirrors.
    pub reverses: Option<i64>,
    pub reason: Option<String>,
    pub created_at: String,
}

/// `GET …/offers/{offerId}`: the newest answer under an offer id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are those of the offer request")]
pub struct OfferView {
    pub loyalty_offer_id: String,
    pub place_id: String,
    pub device_number: i64,
    pub check_id: String,
    pub customer_id: Option<String>,
    /// `open`, `used` or `invalid`.
    pub state: String,
    /// The answer as it was sent.
    pub response: Value,
    /// What the register found wrong with it, as reported.
    pub validation_errors: Option<Value>,
    /// Ids in the request that this merchant does not know, explained.
    pub remarks: Value,
    pub asked_at: String,
}

/// One usage report in `GET …/usages`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are those of the report")]
pub struct UsageView {
    pub loyalty_provider_id: String,
    pub loyalty_offer_id: String,
    pub bill_id: String,
    /// `paid`, `refunded`, `cancelled`, or what else the report said.
    pub kind: String,
    /// `late`, `no_offer`, `differs`, `overdraft`, `conflict`.
    pub flags: Vec<String>,
    /// What was not understood or not booked, explained.
    pub remarks: Vec<String>,
    pub customer_id: Option<String>,
    pub total_with_vat: Number,
    pub paid_at: Option<String>,
    pub booked_at: String,
}

/// `GET …/usages`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UsagePage {
    /// In the order of offer and bill.
    pub data: Vec<UsageView>,
    /// The path of the next page; `null` on the last.
    pub next_page: Option<String>,
}

/// One body that was kept aside, in `GET …/quarantine`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuarantineView {
    /// Its id.
    pub quarantine_id: String,
    /// `benefitUsage` or `dataSync`.
    pub source: String,
    /// What it is about: offer, bill and kind, or domain and record.
    pub record_key: String,
    /// Why it was not booked.
    pub reason: String,
    /// The body as it came.
    pub body: Value,
    /// When.
    pub received_at: String,
    /// When somebody dealt with it.
    pub resolved_at: Option<String>,
}

/// `GET …/quarantine`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuarantinePage {
    /// In the order of their ids.
    pub data: Vec<QuarantineView>,
    /// The path of the next page; `null` on the last.
    pub next_page: Option<String>,
}
