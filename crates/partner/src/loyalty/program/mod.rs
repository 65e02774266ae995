//! What are a merchant's loyalty settings, and how is a parsed copy of them kept?
//!
//! The settings are JSON in `partner_merchant.program`; the promotions stand in their own table.
//! `program_version` moves with both, so the parsed copy is good for as long as the version is.

pub(crate) mod announce;
mod codes;
#[cfg(test)]
mod documented;
mod earn;
mod erased;
mod expiry;
mod negative;
mod one_text;
pub(crate) mod pricing;
mod refund;
pub(crate) mod stamp_card;
mod tier;
mod voucher_product;

pub(crate) use codes::{CodeSettings, Contact, email_key};
pub(crate) use earn::{EarnBase, EarnOn, EarnRule, Multiplier, points};
pub(crate) use erased::ErasedValue;
pub(crate) use expiry::{Breakage, ByType, EndAt, Expiry};
pub(crate) use negative::Negative;
pub(crate) use one_text::{one_text, plain_text};
pub(crate) use refund::{ItemRefunds, RefundTender};
pub(crate) use stamp_card::StampCard;
pub(crate) use tier::{Keep, KeepUntil, Tier, TierOf};
pub(crate) use voucher_product::{SoldAs, VoucherProduct};

use self::pricing::Pricing;
use super::promotion::Promotion;
use crate::merchant::{self, MerchantRow};
use crate::row;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

/// How much of a controllable balance an offer uses before the cashier has chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum DefaultUse {
    /// As much as the bill takes.
    #[default]
    Max,
    /// Nothing until the cashier asks for some.
    None,
}

/// Whether `totalPriceWithVat` of a line already lacks `totalAppliedNonLoyaltyDiscounts` (loyalty.md §0).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TillDiscounts {
    /// The till's own discounts are off already: the line total is what loyalty may work on.
    #[default]
    AlreadyOff,
    /// The line total is the price before them: they come off first.
    StillOn,
}

/// The JSON of `partner_merchant.program`. Everything may be left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct ProgramSettings {
    /// How points are earned; without it none are.
    pub(crate) earn: Option<EarnRule>,
    /// What an offer uses of a controllable balance when the cashier has not chosen.
    pub(crate) default_use: DefaultUse,
    /// How the merchant's registers send line totals.
    pub(crate) till_discounts: TillDiscounts,
    /// IANA zones of places that are not in the merchant's, by place id.
    pub(crate) place_time_zones: BTreeMap<String, String>,
    /// How scanned texts are read.
    pub(crate) codes: CodeSettings,
    /// Where the value of a refund goes when the register does not say it.
    pub(crate) refund_tender: RefundTender,
    /// What guests may bring back for credit.
    pub(crate) item_refunds: ItemRefunds,
    /// The ladder of tiers, lowest first; empty: tiers are given by hand.
    pub(crate) tiers: Vec<Tier>,
    /// How long a tier that was reached is kept; without it tiers are judged with every bill.
    pub(crate) keep: Option<Keep>,
    /// When what bills credit ends, by type of balance.
    pub(crate) expiry: ByType<Expiry>,
    /// What the books say of value that ended unused.
    pub(crate) breakage: Breakage,
    /// What becomes of a balance that a fact took below zero, by type.
    pub(crate) negative: ByType<Negative>,
    /// What becomes of the value of a member who is erased.
    pub(crate) erased_value: ErasedValue,
    /// "n + 1 free".
    pub(crate) stamp_cards: Vec<StampCard>,
    /// Products that are sold as vouchers, and what they are from which day on.
    pub(crate) voucher_products: Vec<VoucherProduct>,
    /// How long before its end value is announced.
    pub(crate) announce_expiry_days: announce::AnnounceDays,
    /// What promotions may not touch, and how exclusive ones compete.
    pub(crate) pricing: Pricing,
}

impl ProgramSettings {
    /// Reads settings from their JSON text and checks them.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let settings: Self = super::settings::read(json)?;
        settings.check()?;
        Ok(settings)
    }

    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.earn.as_ref().map_or(Ok(()), EarnRule::check)?;
        self.codes.check()?;
        self.item_refunds.check()?;
        tier::check(&self.tiers, self.keep.as_ref())?;
        self.expiry.check()?;
        self.breakage.check()?;
        stamp_card::check(&self.stamp_cards)?;
        voucher_product::check(&self.voucher_products)?;
        self.announce_expiry_days.check()?;
        self.pricing.check()?;
        Ok(())
    }
}

/// A merchant's loyalty settings and promotions, parsed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Program {
    /// The settings.
    pub(crate) settings: ProgramSettings,
    /// Every promotion, active or not, in the order of [`Promotion::order`].
    pub(crate) promotions: Vec<Promotion>,
    /// The zone of the places that have none of their own.
    pub(crate) time_zone: TimeZone,
}

impl Program {
    /// Puts the promotions in the order in which they are judged.
    pub(crate) fn new(
        settings: ProgramSettings,
        mut promotions: Vec<Promotion>,
        time_zone: TimeZone,
    ) -> Self {
        promotions.sort_by(|one, other| one.order().cmp(&other.order()));
        Self { settings, promotions, time_zone }
    }

    /// Whether any promotion asks on which visit a member is.
    pub(crate) fn counts_visits(&self) -> bool {
        self.promotions.iter().any(|promotion| promotion.definition.conditions.visit.is_some())
    }

    /// The clock on the wall of a place.
    pub(crate) fn local(&self, place: &str, now: Timestamp) -> Zoned {
        let own = self.settings.place_time_zones.get(place).and_then(|name| TimeZone::get(name).ok());
        now.to_zoned(own.unwrap_or_else(|| self.time_zone.clone()))
    }

    /// Where a promotion stands in [`Program::promotions`].
    pub(crate) fn position(&self, promotion_id: &str) -> Option<usize> {
        self.promotions.iter().position(|promotion| promotion.promotion_id == promotion_id)
    }
}

/// Parsed programs by merchant. One entry per merchant; an entry of another version is replaced.
#[derive(Debug, Default)]
pub(crate) struct ProgramCache(RwLock<HashMap<String, (i64, Arc<Program>)>>);

/// A limit on the entries; reached, the cache starts anew.
const MERCHANTS_MAX: usize = 10_000;

impl ProgramCache {
    /// The program of a merchant if it is kept in this version.
    pub(crate) fn get(&self, merchant: &str, program_version: i64) -> Option<Arc<Program>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(merchant)
            .filter(|(version, _)| *version == program_version)
            .map(|(_, program)| program.clone())
    }

    /// The settings of a merchant at a place's time: from the program that is kept, else read from the row without
    /// promotions, and not kept.
    pub(crate) fn of(&self, merchant: &MerchantRow) -> Result<Arc<Program>, db::Error> {
        if let Some(program) = self.get(&merchant.merchant, merchant.program_version) {
            return Ok(program);
        }
        let settings: ProgramSettings = row::json("partner_merchant", "program", &merchant.program)?;
        Ok(Arc::new(Program::new(settings, Vec::new(), merchant::zone(&merchant.time_zone))))
    }

    /// Keeps a program. Only what was read in one transaction together with its version belongs here.
    pub(crate) fn keep(&self, merchant: &str, program_version: i64, program: Arc<Program>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MERCHANTS_MAX && !kept.contains_key(merchant) {
            kept.clear();
        }
        kept.insert(merchant.to_owned(), (program_version, program));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::Decimal;
    use money::{Amount, Precision};

    #[test]
    fn points_are_floored_on_the_bill() {
        let two = Precision::new(2).unwrap();
        for (base, times, per, earned) in [
            (42_314, 1, "10", 42),
            (30_917, 1, "10", 30),
            (999, 1, "10", 0),
            (42_314, 2, "10", 84),
            (0, 1, "10", 0),
            (-5_000, 1, "10", 0),
            (100, 1, "0.3", 3),
        ] {
            let points = points(Amount(base), Decimal::from(times), per.parse().unwrap(), two);
            assert_eq!(points, earned, "{base} {times} {per}");
        }
    }

    #[test]
    fn settings_may_be_empty_and_are_checked() {
        assert_eq!(ProgramSettings::parse("{}").unwrap(), ProgramSettings::default());
        let refusal = ProgramSettings::parse(r#"{"earn":{"points":1,"perAmount":0}}"#).unwrap_err();
        assert!(refusal.contains("earn.perAmount"), "{refusal}");
        let refusal = ProgramSettings::parse(r#"{"defaultuse":"max"}"#).unwrap_err();
        assert!(refusal.contains("defaultuse"), "{refusal}");
    }

    #[test]
    fn the_cache_answers_for_its_version_only() {
        let cache = ProgramCache::default();
        let program = Program::new(ProgramSettings::default(), Vec::new(), TimeZone::UTC);
        cache.keep("m", 1, Arc::new(program));
        assert!(cache.get("m", 1).is_some());
        assert!(cache.get("m", 2).is_none());
        assert!(cache.get("other", 1).is_none());
    }
}
