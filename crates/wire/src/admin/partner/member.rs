//! What is said about members, their cards, codes and balances once they exist?

use super::MemberPerson;
use crate::Number;
use crate::loyalty::BalanceType;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// `PUT …/members/{memberId}`: a member as a whole. What is left out is unknown from now on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutMember {
    /// Shown to the cashier as `loyaltyStatus`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// What the merchant says of the member. At most 100, each 1 to 100 bytes.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Default `active`; a frozen member's cards are refused.
    #[serde(default)]
    pub status: MemberState,
    /// Who it is.
    #[serde(default)]
    pub person: MemberPerson,
}

/// Whether a member may use what is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MemberState {
    /// Yes.
    #[default]
    Active,
    /// Blocked.
    Frozen,
}

/// `GET …/members/{memberId}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MemberView {
    /// Opaque id, `customerId` in offers.
    pub member_id: String,
    /// The number under which the customers feed shows the member.
    pub customer_id: i64,
    /// `active`, `frozen`, `merged` or `erased`.
    pub status: String,
    /// The member that has what was this one's.
    pub merged_into: Option<String>,
    /// Shown to the cashier as `loyaltyStatus`.
    pub tier: Option<String>,
    /// What the merchant says of the member, in order.
    pub tags: Vec<String>,
    /// Who it is; `null` once erased or merged.
    pub person: Option<MemberPerson>,
    /// The member's cards.
    pub cards: Vec<CodeView>,
    /// What the member owns.
    pub balances: Vec<MemberBalance>,
    /// When it became a member.
    pub created_at: String,
}

/// A balance in a member's view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MemberBalance {
    /// Its id.
    pub balance_id: String,
    /// One of the four types.
    pub r#type: BalanceType,
    /// `active`, `inactive` or `frozen`.
    pub status: String,
    /// What the entries add up to.
    pub posted: Number,
}

/// `POST …/members/{memberId}/cards`: one more card of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCard {
    /// What is scanned; must be new at this merchant.
    pub code: String,
    /// From when it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Until when it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

/// `POST …/codes`: one more code of something that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCode {
    /// What is scanned; must be new at this merchant.
    pub code: String,
    /// What it is for.
    pub kind: NewCodeKind,
    /// `promotion`: which one. A later PUT of the promotion leaves the code alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion_id: Option<String>,
    /// `voucher`: the balance it opens. `topUp`: the balance it fills; left out, the member's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance_id: Option<String>,
    /// Default `active`.
    #[serde(default)]
    pub status: CodeState,
    /// From when it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Until when it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

/// What a code that is added by hand is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum NewCodeKind {
    /// It sets a promotion off.
    Promotion,
    /// It opens a balance, whoever carries it.
    Voucher,
    /// It fills a balance.
    TopUp,
}

/// Whether a code may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CodeState {
    /// Usable.
    #[default]
    Active,
    /// Not switched on.
    Inactive,
    /// Blocked.
    Frozen,
    /// Used up.
    Used,
}

/// `PUT …/codes/{code}`: whether and when a code may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutCode {
    /// Whether.
    pub status: CodeState,
    /// From when; left out, from ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Until when; left out, for ever. Where it is given, what ends with a voucher's code moves along, later or earlier, and
    /// what has ended begins again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

/// A code as it is set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CodeView {
    /// What is scanned.
    pub code: String,
    /// `card`, `voucher`, `promotion` or `topUp`.
    pub kind: String,
    /// `card`: whose.
    pub member_id: Option<String>,
    /// `voucher`, `topUp`: which balance.
    pub balance_id: Option<String>,
    /// `promotion`: which.
    pub promotion_id: Option<String>,
    /// `active`, `inactive`, `frozen` or `used`.
    pub status: String,
    /// From when it may be used.
    pub valid_from: Option<String>,
    /// Until when it may be used.
    pub valid_until: Option<String>,
}

/// `POST …/balances/{balanceId}/adjust`: value given or taken by hand. Each call books once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdjustBalance {
    /// Points, or money; above 0 gives, below 0 takes, never more than what is free.
    pub amount: Number,
    /// Why, for people: 1 to 200 bytes, kept with the entry.
    pub reason: String,
    /// Giving: until when it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

/// `PUT …/balances/{balanceId}`: how a balance is shown and whether it may be used. What is left out stays.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutBalance {
    /// Whether it may be spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<BalanceState>,
    /// How it is shown and used; what is left out stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<PutBalanceSettings>,
}

/// What changes of how a balance is shown and used; what is left out stays.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PutBalanceSettings {
    /// Language → text for the cashier; all of them.
    pub pos_titles: Option<BTreeMap<String, String>>,
    /// Language → text on the bill; all of them.
    pub bill_titles: Option<BTreeMap<String, String>>,
    /// Points: what one is worth in the currency, above 0.
    pub point_value: Option<Number>,
    /// Points: used in multiples of this; 1 is any number.
    pub point_step: Option<i64>,
    /// Points: fewer than this are not used at all; 1 is any number.
    pub point_minimum: Option<i64>,
    /// As it was set up: it cannot change.
    pub stamp_card_id: Option<String>,
    /// Whether the cashier chooses how much is used.
    pub controllable: Option<bool>,
    /// SPV: the rate at which it is sold from now on; what is on it keeps its own.
    pub vat_rate: Option<Number>,
    /// SPV: rates that hold from a day on, all of them; `[]` takes them away.
    pub vat_rates: Option<Value>,
    /// As it was set up: it cannot change.
    pub issuer_id: Option<String>,
    /// What may be topped up, as a whole.
    pub prepayment: Option<Value>,
}

/// How a balance is shown and used, as it stands.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BalanceSettingsView {
    /// Language → text for the cashier.
    pub pos_titles: BTreeMap<String, String>,
    /// Language → text on the bill.
    pub bill_titles: BTreeMap<String, String>,
    /// Points: what one is worth in the currency.
    pub point_value: Option<Number>,
    /// Points: used in multiples of this.
    pub point_step: Option<i64>,
    /// Points: fewer than this are not used at all.
    pub point_minimum: Option<i64>,
    /// Points: they are the stamps of this card.
    pub stamp_card_id: Option<String>,
    /// Whether the cashier chooses how much is used; `null`: as its type does.
    pub controllable: Option<bool>,
    /// SPV: the products it is for; empty: every line at its rate.
    pub product_ids: Vec<String>,
    /// SPV: the rate at which it is sold.
    pub vat_rate: Option<Number>,
    /// SPV: rates that hold from a day on, as they were set.
    pub vat_rates: Value,
    /// SPV of another issuer: who it is.
    pub issuer_id: Option<String>,
    /// What may be topped up, as it was set; `null`: nothing.
    pub prepayment: Option<Value>,
}

/// Whether a balance may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum BalanceState {
    /// It may.
    Active,
    /// Not before its activation.
    Inactive,
    /// Blocked.
    Frozen,
}
