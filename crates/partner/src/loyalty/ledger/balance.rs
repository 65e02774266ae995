//! What is a balance, and what does a merchant set on it?

use super::prepayment::{Prepayment, RateFrom, rate_on};
use crate::loyalty::titles::Titles;
use crate::row::Class;
use db::Json;
use jiff::civil::Date;
use money::Decimal;
use serde::{Deserialize, Serialize};
use wire::loyalty::BalanceType;

db::row! {
    /// A balance as its row says (table `partner_balance`).
    ///
    /// `posted` counts minor units of the merchant's currency; for collectable points, whole points.
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct BalanceRow {
        pub(crate) balance_id: String,
        pub(crate) balance_type: BalanceType as Class,
        pub(crate) member_id: Option<String>,
        pub(crate) status: BalanceStatus,
        /// The status it has again when the shortfall is filled for which the books have frozen it; `None` where they
        /// have not, and where a person has (loyalty.md §8 N4).
        pub(crate) blocked_from: Option<BalanceStatus>,
        pub(crate) settings: BalanceSettings as Json,
        /// The sum of the entries; below zero only after a fact that nothing covered (loyalty.md §8).
        pub(crate) posted: i64,
        /// Moves with every command that locks the balance.
        pub(crate) version: i64,
        /// Number of the newest entry; the entries are 1..=last_entry.
        pub(crate) last_entry: i64,
    }
}

impl BalanceRow {
    /// Points are counted in points, everything else in minor units of the currency.
    pub(crate) fn counts_points(&self) -> bool {
        self.balance_type == BalanceType::CollectablePoints
    }

    /// Whether it waits to be sold, also behind a block that will end.
    pub(crate) fn is_inactive(&self) -> bool {
        self.blocked_from.unwrap_or(self.status) == BalanceStatus::Inactive
    }

    /// Whether its sale is the supply of the goods: VAT is due then, not when it pays (loyalty.md §3 V2).
    pub(crate) fn is_single_purpose(&self) -> bool {
        self.balance_type == BalanceType::SinglePurposePrepaidVoucher
    }

    /// Whether one top-up activates it and there is no second one (loyalty.md §11 T4).
    pub(crate) fn is_sold_once(&self) -> bool {
        self.settings.prepayment.as_ref().is_some_and(|one| !one.is_reloadable(self.balance_type))
    }
}

db::text_enum! {
    /// Whether a balance may be spent.
    pub(crate) enum BalanceStatus {
        /// Spendable.
        Active = "active",
        /// Not activated yet: may be topped up, not spent (loyalty.md §11 T4).
        Inactive = "inactive",
        /// Blocked by hand or by a shortfall.
        Frozen = "frozen",
    }
}

/// What a merchant sets on one balance; column `settings`, JSON. Everything has a default, so a
/// setting that comes later needs no migration.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct BalanceSettings {
    /// Titles for the cashier and for the bill.
    pub(crate) titles: Titles,
    /// The worth of one point in the currency (`0.10`); `None` for other types, whose rate is 1.
    #[serde(with = "exact")]
    pub(crate) point_value: Option<Decimal>,
    /// Points are spent in multiples of this; `None` means 1.
    pub(crate) point_step: Option<i64>,
    /// Fewer points than this are not used at all; `None` means any number is.
    pub(crate) point_minimum: Option<i64>,
    /// Points: they are the stamps of this card of the program, and are used by whole cards only.
    pub(crate) stamp_card_id: Option<String>,
    /// Whether the cashier chooses how much is used (protocol.md §10.5); `None`: as the program says.
    pub(crate) controllable: Option<bool>,
    /// SPV: the products it may be spent on; empty means every line at its own VAT rate.
    pub(crate) product_ids: Vec<String>,
    /// SPV: the rate at which top-ups are sold, a fraction; frozen on each lot at its issue.
    #[serde(with = "exact")]
    pub(crate) vat_rate: Option<Decimal>,
    /// SPV: rates that hold from a day on, where [`Self::vat_rate`] holds before the first (loyalty.md §3 V5).
    pub(crate) vat_rates: Vec<RateFrom>,
    /// A voucher: the product of the program that it is; it says what the voucher is sold as (loyalty.md §3 V5).
    pub(crate) voucher_product_id: Option<String>,
    /// A voucher of another issuer: who is to be invoiced for what is redeemed (loyalty.md §3 V8).
    pub(crate) issuer_id: Option<String>,
    /// The top-ups that the register may sell; `None`: none.
    pub(crate) prepayment: Option<Prepayment>,
}

impl BalanceSettings {
    /// The rate at which a top-up of this day is sold; `None` where the class has none.
    pub(crate) fn vat_rate_on(&self, day: Date) -> Option<Decimal> {
        rate_on(&self.vat_rates, self.vat_rate, day)
    }
}

/// A decimal as an exact JSON number, or null.
mod exact {
    use money::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use wire::Number;

    pub(super) fn serialize<S: Serializer>(value: &Option<Decimal>, to: S) -> Result<S::Ok, S::Error> {
        value.map(Number).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
        Ok(Option::<Number>::deserialize(from)?.map(|number| number.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_say_nothing_are_the_defaults() {
        let settings: BalanceSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(settings, BalanceSettings::default());
    }

    #[test]
    fn a_point_value_keeps_its_decimals() {
        let settings: BalanceSettings =
            serde_json::from_str(r#"{"pointValue":"0.10","pointStep":10}"#).unwrap();
        assert_eq!(settings.point_value, Some("0.1".parse().unwrap()));
        let again: BalanceSettings =
            serde_json::from_str(&serde_json::to_string(&settings).unwrap()).unwrap();
        assert_eq!(again, settings);
    }
}
