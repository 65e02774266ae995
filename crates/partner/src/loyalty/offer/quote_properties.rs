//! Does every quote keep the invariants, whatever is on the check and whatever the guest has?
//!
//! protocol.md §10.5 through `wire::loyalty::validate`, and the identity of loyalty.md §2.

use super::quote::Sale;
use super::sample::{Sample, balance, credit, held_elsewhere, line, lot, mpv, percent, points, spv};
use money::{Amount, Precision};
use proptest::prelude::*;
use serde_json::{Value, json};
use wire::loyalty::{BalanceType, LoyaltyOfferResponse, ThirdPartyLoyaltyOfferRequest};

/// A decimal text with up to `digits` decimals.
fn decimal(range: std::ops::Range<i64>, digits: u32) -> impl Strategy<Value = String> {
    (range, 0..=digits).prop_map(|(units, digits)| {
        let sign = if units < 0 { "-" } else { "" };
        let (whole, part) =
            (units.unsigned_abs() / 10_u64.pow(digits), units.unsigned_abs() % 10_u64.pow(digits));
        if digits == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{part:0>width$}", width = digits as usize)
        }
    })
}

fn a_line() -> impl Strategy<Value = Value> {
    let price = prop_oneof![
        8 => decimal(0..100_000, 2),
        2 => decimal(-50_000..0, 2),
        1 => decimal(-9_999_999..9_999_999, 5),
        1 => decimal(0..90_000_000_000, 0),
        1 => Just("0".to_owned()),
    ];
    (
        0..12_u8,
        0..4_u8,
        0..3_u8,
        price,
        prop_oneof![Just("0.12"), Just("0.21"), Just("12"), Just("-58645542.78")],
    )
        .prop_map(|(id, product, category, price, vat)| {
            line(&format!("i{id}"), &format!("p{product}"), &format!("c{category}"), &price, vat)
        })
}

fn a_promotion() -> impl Strategy<Value = Value> {
    let products = proptest::collection::vec((0..4_u8).prop_map(|n| format!("p{n}")), 0..2);
    let categories = proptest::collection::vec(
        (0..3_u8, any::<bool>())
            .prop_map(|(n, parent)| if parent { format!("c{n}-parent") } else { format!("c{n}") }),
        0..2,
    );
    (
        any::<bool>(),
        decimal(1..10_000, 2).prop_filter("above 0, at most 100", |text| {
            let value: money::Decimal = text.parse().unwrap();
            value > money::Decimal::ZERO && value <= money::Decimal::ONE_HUNDRED
        }),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        (products, categories, 1..3_i64),
    )
        .prop_map(|(items, off, automatic, initial, repeatable, (products, categories, priority))| {
            percent(
                if items { "items" } else { "order" },
                &off,
                if automatic { "automatic" } else { "code" },
                &json!({
                    "kind": { "percent": { "of": if initial { "initial" } else { "remaining" } } },
                    "scope": { "products": products, "categories": categories },
                    "repeatable": repeatable, "priority": priority
                }),
            )
        })
}

#[derive(Debug, Clone)]
struct Having {
    kind: u8,
    posted: i64,
    held: i64,
    worth: String,
    step: i64,
    controllable: Option<bool>,
    owned: bool,
}

fn a_balance() -> impl Strategy<Value = Having> {
    (
        0..5_u8,
        prop_oneof![4 => 0..200_000_i64, 1 => -500..0_i64],
        prop_oneof![3 => Just(0_i64), 1 => 1..100_000_i64],
        decimal(1..500, 3),
        1..20_i64,
        any::<Option<bool>>(),
        any::<bool>(),
    )
        .prop_map(|(kind, posted, held, worth, step, controllable, owned)| Having {
            kind,
            posted,
            held,
            worth,
            step,
            controllable,
            owned,
        })
}

const BALANCES: [&str; 4] = ["b0", "b1", "b2", "b3"];
const PROMOTIONS: [&str; 3] = ["q0", "q1", "q2"];

fn a_sample() -> impl Strategy<Value = Sample> {
    let choice = (0..4_usize, proptest::option::of(decimal(-100..300_000, 2)), any::<bool>()).prop_map(
        |(at, chosen, rejected)| {
            let mut wish = json!({ "balanceId": BALANCES[at] });
            if let Some(chosen) = chosen {
                wish["controllableValueToUse"] = serde_json::from_str(&chosen).unwrap();
            }
            if rejected {
                wish["rejectedByPOS"] = json!(true);
            }
            wish
        },
    );
    let codes = prop_oneof![
        Just("card"),
        Just("b0"),
        Just("b1"),
        Just("b2"),
        Just("b3"),
        Just("q0"),
        Just("q1"),
        Just("q2"),
        Just("nobody")
    ];
    (
        proptest::collection::vec(a_line(), 0..9),
        proptest::collection::vec(a_promotion(), 0..=PROMOTIONS.len()),
        proptest::collection::vec(a_balance(), 0..=BALANCES.len()),
        proptest::collection::vec(codes, 0..9),
        proptest::collection::vec(choice, 0..4),
        (0..=3_u8, 0..=3_u8, any::<bool>(), any::<bool>(), 0..8_u8),
    )
        .prop_map(
            |(lines, promotions, balances, codes, choices, (asks, counts, waits, still_on, currency))| {
                let mut sample = Sample::new(Value::Array(lines))
                    .ask("pricePrecision", json!(asks))
                    .ask("balances", Value::Array(choices))
                    .scan(&codes)
                    .card();
                if currency == 0 {
                    sample = sample.ask("currencyCode", json!("EUR"));
                }
                sample.books.precision = Precision::new(counts).unwrap();
                sample.settings = json!({
                    "defaultUse": if waits { "none" } else { "max" },
                    "tillDiscounts": if still_on { "stillOn" } else { "alreadyOff" }
                });
                for (id, rule) in PROMOTIONS.into_iter().zip(promotions) {
                    sample = sample.promotion(id, rule);
                }
                for (id, having) in BALANCES.into_iter().zip(balances) {
                    let mut state = match having.kind {
                        0 => spv(id, having.posted, "0.12"),
                        1 => mpv(id, having.posted),
                        2 => points(id, having.posted, &having.worth),
                        3 => credit(id, having.posted),
                        _ => two_rates(id, having.posted),
                    };
                    state.row.settings.point_step = Some(having.step);
                    state.row.settings.controllable = having.controllable;
                    if having.held > 0 && having.posted > 0 {
                        state = held_elsewhere(state, having.held.min(having.posted));
                    }
                    sample = if having.owned { sample.owned(state) } else { sample.voucher(state) };
                }
                sample
            },
        )
}

/// An SPV with two lots of different rates.
fn two_rates(id: &str, posted: i64) -> super::balance_state::BalanceState {
    let mut state = balance(id, BalanceType::SinglePurposePrepaidVoucher, posted);
    if posted > 1 {
        state.free.lots =
            vec![lot("lot-1", posted / 2, Some("0.12")), lot("lot-2", posted - posted / 2, Some("0.21"))];
    }
    state
}

impl std::fmt::Debug for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}\n{:#?}\n{:#?}\n{:?}", self.request, self.promotions, self.balances, self.books)
    }
}

/// Everything that must hold for an answer by itself and together with the quote behind it.
fn check(
    quote: &super::quote::Quote<'_>,
    response: &LoyaltyOfferResponse,
    request: &ThirdPartyLoyaltyOfferRequest,
) -> Result<(), TestCaseError> {
    let violations = wire::loyalty::validate(request, response);
    prop_assert!(violations.is_empty(), "{:#?}\n{:#?}", violations, response);

    prop_assert_eq!(quote.payable, quote.total - quote.benefits - quote.payments);
    let off: Amount = quote.shares.iter().flatten().map(|share| share.value).sum();
    prop_assert_eq!(off, quote.benefits, "benefits on the lines");
    let given: Amount = quote.given.iter().map(|one| one.value).sum();
    let discounts: Amount = quote.discounts.iter().map(|discount| discount.value).sum();
    prop_assert_eq!(
        given + discounts,
        quote.benefits + quote.payments,
        "what sources give is what lines and bill get"
    );
    if quote.sale == Sale::Positive {
        prop_assert!(quote.payable >= Amount::ZERO);
    } else {
        prop_assert_eq!(quote.payable, quote.total);
        prop_assert!(quote.given.is_empty() && quote.discounts.is_empty());
    }
    prop_assert_eq!(response.benefit_inputs.len(), request.benefit_inputs.len());
    for (answered, asked) in response.benefit_inputs.iter().zip(&request.benefit_inputs) {
        prop_assert_eq!(&answered.input_code, &asked.input_code);
        prop_assert_eq!(answered.applicable, answered.reason_code.is_none());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_quote_keeps_the_invariants(sample in a_sample()) {
        sample.look(check)?;
    }

    #[test]
    fn no_balance_gives_more_than_this_check_may_spend(sample in a_sample()) {
        sample.look(|quote, _, _| {
            for one in &quote.given {
                let state = &sample.balances[one.balance];
                prop_assert!(one.in_ledger() <= state.free.available, "{:?} of {:?}", one, state.free);
                prop_assert!(one.used <= one.most);
                for part in &one.parts {
                    let lot = state.free.lots.iter().find(|lot| lot.lot_id == part.lot_id);
                    prop_assert!(lot.is_some_and(|lot| part.amount > 0 && part.amount <= lot.remaining));
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_same_question_gets_the_same_bytes(sample in a_sample()) {
        let bytes = || sample.look(|_, response, _| serde_json::to_string(response).unwrap());
        prop_assert_eq!(bytes(), bytes());
    }
}
