//! What does a bookkeeper read of vouchers: those of other issuers, and what ended unused?
//!
//! Both are read from the append-only books by the day of the booking, so a period that is over never changes: what
//! comes late stands in the period in which it came.

use crate::Number;
use crate::loyalty::BalanceType;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was redeemed at one class and rate, less what refunds and cancellations gave back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RedeemedTotal {
    /// The class of the vouchers.
    pub r#type: BalanceType,
    /// SPV: the rate frozen when it was sold, a fraction; `null` for the others, whose VAT is on the bills, and for what
    /// was taken beyond a voucher whose rate is not known.
    pub vat_rate: Option<Number>,
    /// Redeemed less given back, with VAT.
    pub gross: Number,
    /// `gross` without VAT, half-up once on the sum; `null` without a rate.
    pub base: Option<Number>,
    /// `gross` less `base`.
    pub vat: Option<Number>,
    /// How many entries of the books it is.
    pub entries: i64,
}

/// One issuer in `GET …/issuers`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IssuerTotals {
    /// Who is to be invoiced.
    pub issuer_id: String,
    /// Everything of the period, with VAT.
    pub gross: Number,
    /// The same by class and rate.
    pub totals: Vec<RedeemedTotal>,
}

/// `GET …/issuers`: whose vouchers were redeemed in a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IssuersReport {
    /// First day.
    pub from: String,
    /// Last day, inclusive.
    pub till: String,
    /// Whose calendar the days are of (IANA name).
    pub time_zone: String,
    /// The place that was asked for; `null`: all of them.
    pub place_id: Option<String>,
    /// ISO 4217.
    pub currency_code: String,
    /// In the order of their ids.
    pub data: Vec<IssuerTotals>,
}

/// One redemption of a voucher of another issuer, or what of one was given back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redemption {
    /// When it was booked: decides the period.
    pub booked_at: String,
    /// When the bill was paid.
    pub paid_at: Option<String>,
    /// Where, as far as it is known.
    pub place_id: Option<String>,
    /// The bill.
    pub bill_id: Option<String>,
    /// The voucher's balance.
    pub balance_id: String,
    /// The entry in the balance's books.
    pub entry: i64,
    /// Of something given back: the entry it mirrors.
    pub reverses: Option<i64>,
    /// The class of the voucher.
    pub r#type: BalanceType,
    /// See [`RedeemedTotal::vat_rate`].
    pub vat_rate: Option<Number>,
    /// With VAT; below 0 for what was given back.
    pub gross: Number,
}

/// `GET …/issuers/{issuerId}`: what this merchant accepted for an issuer, to invoice it.
// loyalty.md §3 V8
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IssuerReport {
    /// Who is to be invoiced.
    pub issuer_id: String,
    /// First day.
    pub from: String,
    /// Last day, inclusive.
    pub till: String,
    /// Whose calendar the days are of (IANA name).
    pub time_zone: String,
    /// The place that was asked for; `null`: all of them.
    pub place_id: Option<String>,
    /// ISO 4217.
    pub currency_code: String,
    /// Everything of the period, with VAT.
    pub gross: Number,
    /// The same by class and rate; of the whole period on every page.
    pub totals: Vec<RedeemedTotal>,
    /// Entries in the order of booking, 100 a page.
    pub data: Vec<Redemption>,
    /// The path of the next page; `null` on the last.
    pub next_page: Option<String>,
}

/// What VAT says of value that ended unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum BreakageTreatment {
    /// SPV: its sale was the supply, the VAT that was paid then stays paid.
    VatStays,
    /// MPV and credit: no supply took place, there is no VAT.
    OutsideVat,
    /// It was given on top of what was paid: nobody paid for it.
    GivenFree,
}

/// What ended unused of one class, rate and treatment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BreakageTotal {
    /// The class, as it was issued.
    pub r#type: BalanceType,
    /// What VAT says of it.
    pub treatment: BreakageTreatment,
    /// SPV: the rate frozen when it was sold, a fraction.
    pub vat_rate: Option<Number>,
    /// Face value that ended.
    pub value: Number,
    /// What the guests paid for it.
    pub paid_value: Number,
    /// SPV: `paidValue` without the VAT that stays paid, half-up once on the sum.
    pub base: Option<Number>,
    /// SPV: the VAT that stays paid.
    pub vat: Option<Number>,
    /// How many entries of the books it is.
    pub entries: i64,
}

/// One lot, or the rest of one, that ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndedValue {
    /// When it was booked: decides the period.
    pub booked_at: String,
    /// Its balance.
    pub balance_id: String,
    /// The entry in the balance's books.
    pub entry: i64,
    /// The lot.
    pub lot_id: String,
    /// The class, as it was issued.
    pub r#type: BalanceType,
    /// What VAT says of it.
    pub treatment: BreakageTreatment,
    /// SPV: the rate frozen when it was sold, a fraction.
    pub vat_rate: Option<Number>,
    /// Face value that ended.
    pub value: Number,
    /// What the guest paid for it.
    pub paid_value: Number,
    /// What the merchant's program says of it (`breakage`).
    pub reason: Option<String>,
}

/// `GET …/breakage`: vouchers and credit that ended unused in a period.
// loyalty.md §3 V7
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BreakageReport {
    /// First day.
    pub from: String,
    /// Last day, inclusive.
    pub till: String,
    /// Whose calendar the days are of (IANA name).
    pub time_zone: String,
    /// ISO 4217.
    pub currency_code: String,
    /// By class, treatment and rate; of the whole period on every page.
    pub totals: Vec<BreakageTotal>,
    /// Entries in the order of booking, 100 a page.
    pub data: Vec<EndedValue>,
    /// The path of the next page; `null` on the last.
    pub next_page: Option<String>,
}
