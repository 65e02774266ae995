//! What may be spent from a balance, or topped up?
//!
//! protocol.md §10.5 and §10.6.

use crate::{
    Number,
    read::{Extra, Object, Read, ReadError},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The four kinds of balance, which decide how it lands on the bill.
// protocol.md §10.5
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum BalanceType {
    /// SPV: VAT settled at sale, a discount on items at use.
    SinglePurposePrepaidVoucher,
    /// MPV: pays, VAT falls due at use.
    MultiPurposePrepaidVoucher,
    /// Points: a discount on items.
    CollectablePoints,
    /// Credit: pays.
    PrepaidCredit,
}

impl BalanceType {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::SinglePurposePrepaidVoucher,
        Self::MultiPurposePrepaidVoucher,
        Self::CollectablePoints,
        Self::PrepaidCredit,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SinglePurposePrepaidVoucher => "singlePurposePrepaidVoucher",
            Self::MultiPurposePrepaidVoucher => "multiPurposePrepaidVoucher",
            Self::CollectablePoints => "collectablePoints",
            Self::PrepaidCredit => "prepaidCredit",
        }
    }

    /// The kind a word names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it lowers line prices (SPV, points) rather than paying (MPV, credit).
    #[must_use]
    pub const fn is_discount(self) -> bool {
        matches!(self, Self::SinglePurposePrepaidVoucher | Self::CollectablePoints)
    }

    /// Whether it can be topped up: all but points.
    #[must_use]
    pub const fn takes_prepayment(self) -> bool {
        !matches!(self, Self::CollectablePoints)
    }
}

/// A balance that may be spent or topped up, never both in one object.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferBalance {
    /// The partner's id of the balance.
    pub balance_id: String,
    /// Its kind.
    pub r#type: BalanceType,
    /// Name for the cashier.
    pub pos_title: Option<String>,
    /// Name on the bill.
    pub bill_title: Option<String>,
    /// All there is, in the balance's own unit.
    pub current_value: Option<Number>,
    /// `points` or the currency's code.
    pub unit: Option<String>,
    /// The part the cashier may change.
    pub controllable_value_to_use: Option<Number>,
    /// Least the cashier may choose.
    pub min_controllable_value: Option<Number>,
    /// Most the cashier may choose.
    pub max_controllable_value: Option<Number>,
    /// Steps of the choice.
    pub controllable_step: Option<Number>,
    /// The part fixed by the partner.
    pub non_controllable_value_to_use: Option<Number>,
    /// What both parts are worth on this bill, in currency units.
    pub value_to_use_in_currency: Option<Number>,
    /// Last day or instant, as the partner writes it.
    pub valid_until: Option<String>,
    /// What may be topped up.
    pub prepayment: Option<Prepayment>,
    /// Why less is offered than there is, such as `PARTLY_RESERVED`. Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl OfferBalance {
    /// A balance of which nothing is spent or topped up yet.
    #[must_use]
    pub fn new(balance_id: impl Into<String>, r#type: BalanceType) -> Self {
        Self {
            balance_id: balance_id.into(),
            r#type,
            pos_title: None,
            bill_title: None,
            current_value: None,
            unit: None,
            controllable_value_to_use: None,
            min_controllable_value: None,
            max_controllable_value: None,
            controllable_step: None,
            non_controllable_value_to_use: None,
            value_to_use_in_currency: None,
            valid_until: None,
            prepayment: None,
            reason_code: None,
            extra: Extra::new(),
        }
    }

    /// Both parts to use together, in the balance's own unit; `None` when they are too large to add.
    #[must_use]
    pub fn used_value(&self) -> Option<Number> {
        let controllable = self.controllable_value_to_use.unwrap_or_default();
        let fixed = self.non_controllable_value_to_use.unwrap_or_default();
        controllable.0.checked_add(fixed.0).map(Number)
    }

    /// Whether the partner says how much of the balance is used, rather than only what that is worth.
    #[must_use]
    pub fn names_parts(&self) -> bool {
        self.controllable_value_to_use.is_some() || self.non_controllable_value_to_use.is_some()
    }

    /// What it does on this bill in currency units. Of all kinds but points a unit is worth a unit (protocol.md §10.5), so a
    /// missing `valueToUseInCurrency` means the parts to use; `None` for points without it, and where the balance is
    /// only shown.
    #[must_use]
    pub fn worth(&self) -> Option<Number> {
        match (self.value_to_use_in_currency, self.r#type) {
            (Some(value), _) => Some(value),
            (None, BalanceType::CollectablePoints) => None,
            (None, _) if self.names_parts() => self.used_value(),
            (None, _) => None,
        }
    }

    /// What leaves the balance when the offer is used, in its own unit. Where the partner says only what that is
    /// worth, a unit of all kinds but points is worth a unit, so that is what is used: a part that the cashier was not
    /// given to change. `None` when the parts are too large to add.
    #[must_use]
    pub fn spent(&self) -> Option<Spent> {
        let controllable = self.controllable_value_to_use.unwrap_or_default();
        let fixed = match self.value_to_use_in_currency {
            Some(worth) if !self.names_parts() && self.r#type != BalanceType::CollectablePoints => worth,
            _ => self.non_controllable_value_to_use.unwrap_or_default(),
        };
        let whole = controllable.0.checked_add(fixed.0).map(Number)?;
        Some(Spent { controllable, fixed, whole })
    }
}

/// What leaves a balance, in its own unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// Of the part the cashier may change.
    pub controllable: Number,
    /// Of the part fixed by the partner.
    pub fixed: Number,
    /// Both.
    pub whole: Number,
}

impl Read for OfferBalance {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            balance_id: object.id("balanceId")?,
            r#type: object.parsed(
                "type",
                "singlePurposePrepaidVoucher, multiPurposePrepaidVoucher, collectablePoints or prepaidCredit",
                BalanceType::parse,
            )?,
            pos_title: object.optional_text("posTitle")?,
            bill_title: object.optional_text("billTitle")?,
            current_value: object.optional_number("currentValue")?,
            unit: object.optional_text("unit")?,
            controllable_value_to_use: object.optional_number("controllableValueToUse")?,
            min_controllable_value: object.optional_number("minControllableValue")?,
            max_controllable_value: object.optional_number("maxControllableValue")?,
            controllable_step: object.optional_number("controllableStep")?,
            non_controllable_value_to_use: object.optional_number("nonControllableValueToUse")?,
            value_to_use_in_currency: object.optional_number("valueToUseInCurrency")?,
            valid_until: object.optional_text("validUntil")?,
            prepayment: object.optional_message("prepayment")?,
            reason_code: object.optional_text("reasonCode")?,
            extra: object.rest(),
        })
    }
}

/// What may be topped up.
// protocol.md §10.6; the members are this project's own design.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Prepayment {
    /// Proposed or fixed value in currency units.
    pub value: Number,
    /// Whether the cashier may choose another.
    pub is_value_editable: bool,
    /// Least to choose.
    pub min_value: Option<Number>,
    /// Most to choose.
    pub max_value: Option<Number>,
    /// Values to offer as buttons.
    pub preset_values: Vec<Number>,
    /// Name for the cashier.
    pub pos_title: Option<String>,
    /// Name of the bill line.
    pub bill_title: Option<String>,
    /// Rate of the bill line, a fraction or percent from 1 on: the goods' rate for an SPV, none otherwise.
    pub vat_rate: Option<Number>,
    /// The till's own name of the rate.
    pub vat_id: Option<Value>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for Prepayment {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            value: object.number("value")?,
            is_value_editable: object.optional_flag("isValueEditable")?.unwrap_or(false),
            min_value: object.optional_number("minValue")?,
            max_value: object.optional_number("maxValue")?,
            preset_values: object.numbers("presetValues")?,
            pos_title: object.optional_text("posTitle")?,
            bill_title: object.optional_text("billTitle")?,
            vat_rate: object.optional_number("vatRate")?,
            vat_id: object.optional_value("vatId"),
            extra: object.rest(),
        })
    }
}
