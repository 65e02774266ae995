//! Do balances keep their rules on every check: parts, top-ups, and the VAT of the bill?
//!
//! loyalty.md, acceptance property 6, §3 V9, §11 T1.

use super::balance_vectors::{stamps, with_bonus};
use super::sample::{Sample, line, mpv, percent, points, spv};
use super::top_up_vectors::{sold, top_up_code};
use crate::loyalty::offer::balance_state::BalanceState;
use crate::loyalty::offer::given::Given;
use money::vat::{VatRate, by_rate};
use money::{Amount, Decimal};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Gross per VAT rate after benefits.
fn gross_by_rate(sample: &Sample) -> BTreeMap<VatRate, Amount> {
    sample.look(|quote, _, request| {
        let mut lines = Vec::new();
        for (item, shares) in request.items_to_pay.iter().zip(&quote.shares) {
            let rate = item.vat_rate.as_ref().and_then(|rate| VatRate::from_fraction(rate.0)).unwrap();
            let price =
                Amount::from_decimal(item.total_price_with_vat.0, request.price_precision).unwrap().amount;
            lines.push((rate, price - shares.iter().map(|share| share.value).sum::<Amount>()));
        }
        by_rate(&lines).into_iter().map(|(rate, group)| (rate, group.gross)).collect()
    })
}

#[derive(Debug, Clone)]
struct Guest {
    lines: Vec<(u8, i64, u8, bool)>,
    discount: Option<i64>,
    paid: i64,
    bonus: i64,
    voucher: i64,
    single: i64,
    points: i64,
    stamps: i64,
    tops_up: bool,
    once: bool,
    chosen: Option<i64>,
    rejected: bool,
}

fn a_guest() -> impl Strategy<Value = Guest> {
    let a_line = (0..3_u8, 1..60_000_i64, 1..5_u8, any::<bool>());
    (
        (proptest::collection::vec(a_line, 1..7), proptest::option::of(1..100_i64)),
        (0..100_000_i64, 0..20_000_i64, 0..100_000_i64, 0..50_000_i64, 0..3_000_i64, 0..40_i64),
        (any::<bool>(), any::<bool>(), proptest::option::of(0..120_000_i64), any::<bool>()),
    )
        .prop_map(|((lines, discount), (paid, bonus, voucher, single, points, stamps), rest)| {
            let (tops_up, once, chosen, rejected) = rest;
            Guest {
                lines,
                discount,
                paid,
                bonus,
                voucher,
                single,
                points,
                stamps,
                tops_up,
                once,
                chosen,
                rejected,
            }
        })
}

/// Which balances come along; the others stay at home.
#[derive(Clone, Copy)]
struct With {
    tenders: bool,
    single: bool,
}

impl Guest {
    fn sample(&self, with: With) -> Sample {
        let lines = self.lines.iter().enumerate().map(|(index, (product, price, pieces, low))| {
            let total = Amount(*price).to_decimal(money::Precision::new(2).unwrap()).to_string();
            let rate = if *low { "0.12" } else { "0.21" };
            let mut line = line(&format!("i{index}"), &format!("p{product}"), "c", &total, rate);
            line["amount"] = json!(pieces);
            line
        });
        let mut sample = Sample::new(lines.collect::<Value>()).card();
        sample.settings =
            json!({"stampCards": [{"stampCardId": "coffee", "needed": 10, "products": ["p0"]}]});
        if let Some(off) = self.discount {
            sample = sample.promotion("off", percent("order", &off.to_string(), "automatic", &json!({})));
        }
        let prepayment = json!({"value": 500, "editable": true, "max": 1000, "reloadable": !self.once});
        sample = sample.owned(points("points", self.points, "0.25")).owned(stamps("stamps", self.stamps));
        if with.single {
            sample = sample.voucher(spv("SPV", self.single, "0.12"));
        }
        // the bonus is no tender: it comes along either way
        let paid = if with.tenders { self.paid } else { 0 };
        sample = sample.owned(sold(with_bonus("credit", paid, self.bonus), prepayment.clone()));
        if with.tenders {
            sample = sample.voucher(sold(mpv("MPV", self.voucher), prepayment));
        }
        sample = top_up_code(sample, "TOPUP", None);
        let mut codes = vec!["card", "SPV", "MPV"];
        if self.tops_up {
            codes.push("TOPUP");
        }
        let mut wish = json!({"balanceId": "credit:bonus", "rejectedByPOS": self.rejected});
        if let Some(chosen) = self.chosen {
            let chosen = Decimal::new(chosen, 2).to_string();
            wish["controllableValueToUse"] = serde_json::from_str(&chosen).unwrap();
        }
        sample.scan(&codes).ask("balances", json!([wish]))
    }
}

const ALL: With = With { tenders: true, single: true };

fn lots_of(state: &BalanceState) -> i64 {
    state.free.lots.iter().map(|lot| lot.remaining).sum()
}

proptest! {
    #![proptest_config(crate::cases())]

    #[test]
    fn parts_stay_within_their_lots_and_the_answer_is_valid(guest in a_guest()) {
        let sample = guest.sample(ALL);
        sample.look(|quote, response, request| {
            let violations = wire::loyalty::validate(request, response);
            prop_assert!(violations.is_empty(), "{:#?}\n{:#?}", violations, response);
            for (at, state) in sample.balances.iter().enumerate() {
                let given: Vec<&Given> = quote.given.iter().filter(|one| one.balance == at).collect();
                let used: i64 = given.iter().map(|one| one.in_ledger()).sum();
                prop_assert!(used <= state.free.available && used <= lots_of(state));
                for one in given {
                    for part in &one.parts {
                        let lot = state.free.lots.iter().find(|lot| lot.lot_id == part.lot_id).unwrap();
                        prop_assert!(one.part.takes(lot.kind) && part.amount <= lot.remaining);
                    }
                    if state.row.settings.stamp_card_id.is_some() {
                        prop_assert_eq!(one.used % 10, 0, "whole cards");
                    }
                }
                let topped_up = quote.top_ups.iter().any(|one| one.balance == at);
                prop_assert!(!(topped_up && used > 0), "spends and prepays");
            }
            Ok(())
        })?;
    }

    /// Acceptance property 6: what pays changes no VAT, and an SPV changes the VAT of its own rate only.
    #[test]
    fn vat_depends_on_what_lowers_prices_alone(guest in a_guest()) {
        let all = gross_by_rate(&guest.sample(ALL));
        let no_tender = gross_by_rate(&guest.sample(With { tenders: false, single: true }));
        prop_assert_eq!(&all, &no_tender);

        // without what comes after it, the SPV is seen alone
        let alone = Guest { points: 0, stamps: 0, bonus: 0, ..guest };
        let with = gross_by_rate(&alone.sample(ALL));
        let without = gross_by_rate(&alone.sample(With { tenders: true, single: false }));
        let other = VatRate::from_fraction(Decimal::new(21, 2)).unwrap();
        prop_assert_eq!(with.get(&other), without.get(&other));
        let own = VatRate::from_fraction(Decimal::new(12, 2)).unwrap();
        let gross = |groups: &BTreeMap<VatRate, Amount>| groups.get(&own).copied().unwrap_or(Amount::ZERO);
        prop_assert!(gross(&without) - gross(&with) <= Amount(alone.single));
    }
}
