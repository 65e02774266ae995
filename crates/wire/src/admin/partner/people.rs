//! What is said when members leave or are joined: the value an erased one leaves behind, merges and their undoing?

use crate::Number;
use crate::loyalty::BalanceType;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `DELETE …/members/{memberId}` where the value does not stay: what became of it. The same call again gets the same
/// answer, without the codes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErasedMember {
    /// Opaque id; never given again.
    pub member_id: String,
    /// `payOut` or `bearerVoucher`.
    pub erased_value: String,
    /// The merchant's currency.
    pub currency_code: String,
    /// What is to be handed over in all, in currency; 0 where vouchers were made.
    pub hand_over: Number,
    /// In the order of their ids.
    pub balances: Vec<ErasedBalance>,
}

/// What became of one balance of an erased member. Points are counted in points, the rest in currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErasedBalance {
    /// Its id.
    pub balance_id: String,
    /// One of the four types.
    pub r#type: BalanceType,
    /// `settled`: nothing is left on it. `voucher`: nobody's, its code spends it. `kept`: it stays in the books as it
    /// was, `reason` says why.
    pub outcome: String,
    /// To be given to the guest, always in currency: what they had paid for and not used.
    pub hand_over: Number,
    /// What they lost: points, bonus, and what of the paid value a price below face or a shortfall took.
    pub forfeited: Number,
    /// A shortfall that is not asked back.
    pub written_off: Number,
    /// `voucher`: what is on it.
    pub value: Number,
    /// `voucher`: what to scan. Told once.
    pub code: Option<String>,
    /// `kept`: `frozen`, `inactive`, `foreignIssuer`, `empty` or `belowZero`.
    pub reason: Option<String>,
}

/// `POST …/members/{memberId}/merges`: what is joined with the member of the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MergeMembers {
    /// The member that goes: its cards and balances are the other one's from now on.
    pub from_member_id: String,
    /// Why, for people: 1 to 200 bytes.
    pub reason: String,
}

/// A merge of two members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MergeView {
    /// Its id.
    pub merge_id: String,
    /// The member that went.
    pub from_member_id: String,
    /// The member that stayed.
    pub into_member_id: String,
    /// Why.
    pub reason: String,
    /// `merged` or `undone`.
    pub state: String,
    /// Codes of the cards that came along.
    pub cards: Vec<String>,
    /// The balances that came along.
    pub balances: Vec<MergedBalance>,
    /// When.
    pub merged_at: String,
    /// When it was undone.
    pub undone_at: Option<String>,
    /// Undone: what did not go back, in sentences. Facts since the merge stay.
    pub stays: Vec<String>,
}

/// A balance that came along with a merge. Points are counted in points, the rest in currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MergedBalance {
    /// Its id.
    pub balance_id: String,
    /// What was on it when it came along.
    pub posted_then: Number,
    /// What is on it now; differs by what was booked since.
    pub posted_now: Number,
}

/// `GET …/members/{memberId}/merges`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MergeList {
    /// Merges in which the member went or stayed, the oldest first; at most 200.
    pub data: Vec<MergeView>,
}
