//! Does every quote keep the invariants, whatever is on the check and whatever the guest has?
//!
//! protocol.md §10.5 through `wire::loyalty::validate`, and the identity of loyalty.md §2.

use super::sample::{Sample, balance, credit, held_elsewhere, line, lot, mpv, points, spv};
use crate::loyalty::offer::bill::Source;
use crate::loyalty::offer::quote::Sale;
use crate::loyalty::promotion::GroupPer;
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
        prop_oneof![
            4 => Just("1".to_owned()),
            4 => (1..6_u8).prop_map(|units| units.to_string()),
            1 => decimal(-1_000..3_000, 3),
            1 => Just("20000".to_owned()),
        ],
    )
        .prop_map(|(id, product, category, price, vat, quantity)| {
            let mut line =
                line(&format!("i{id}"), &format!("p{product}"), &format!("c{category}"), &price, vat);
            line["amount"] = serde_json::from_str(&quantity).unwrap();
            line
        })
}

fn some_products() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec((0..4_u8).prop_map(|n| format!("p{n}")), 0..2)
}

fn some_categories() -> impl Strategy<Value = Vec<String>> {
    let category =
        (0..3_u8, any::<bool>()).prop_map(|(n, top)| format!("c{n}{}", if top { "-parent" } else { "" }));
    proptest::collection::vec(category, 0..2)
}

/// A kind, and whether it works on items only.
fn a_kind() -> impl Strategy<Value = (Value, bool)> {
    let number = |text: String| serde_json::from_str::<Value>(&text).unwrap();
    let percent = || (1..10_001_i64).prop_map(|hundredths| json!(format!("{hundredths}e-2")));
    let money = move || {
        decimal(1..40_000, 3)
            .prop_filter("above 0", |text| text.contains(['1', '2', '3', '4', '5', '6', '7', '8', '9']))
            .prop_map(number)
    };
    let pick = || prop_oneof![Just("cheapest"), Just("dearest")];
    let part = (some_products(), some_categories(), 1..3_u8).prop_map(
        |(products, categories, count)| json!({ "products": products, "categories": categories, "count": count }),
    );
    let off = prop_oneof![
        percent().prop_map(|value| ("percent", value)),
        money().prop_map(|value| ("price", value)),
        money().prop_map(|value| ("amount", value)),
    ];
    prop_oneof![
        4 => (percent(), prop_oneof![Just("remaining"), Just("initial")])
            .prop_map(|(percent, of)| (json!({ "percent": { "percent": percent, "of": of } }), false)),
        1 => money().prop_map(|amount| (json!({ "amount": { "amount": amount, "per": "total" } }), false)),
        2 => (money(), prop_oneof![Just("unit"), Just("line")])
            .prop_map(|(amount, per)| (json!({ "amount": { "amount": amount, "per": per } }), true)),
        1 => money().prop_map(|price| (json!({ "price": { "price": price } }), true)),
        2 => (1..4_u8, pick())
            .prop_map(|(units, pick)| (json!({ "freeUnit": { "units": units, "pick": pick } }), true)),
        2 => (1..4_u8, 1..3_u8, percent(), some_products(), some_categories(), pick(), any::<Option<bool>>())
            .prop_map(|(buy, get, percent, products, categories, pick, once)| {
                let most = once.map(|once| if once { 1 } else { 2 });
                let kind = json!({ "buy": buy, "get": get, "percent": percent, "getProducts": products,
                    "getCategories": categories, "pick": pick, "timesMax": most });
                (json!({ "buyGet": kind }), true)
            }),
        2 => (proptest::collection::vec(part, 1..4), off).prop_map(|(parts, (name, value))| {
            let mut bundle = json!({ "parts": parts });
            bundle[name] = value;
            (json!({ "bundle": bundle }), true)
        }),
    ]
}

fn a_promotion() -> impl Strategy<Value = Value> {
    let scope = (some_products(), some_categories(), some_products(), any::<bool>());
    let group = prop_oneof![
        4 => Just(Value::Null),
        1 => Just(json!({ "id": "highest", "mode": "highest" })),
        1 => Just(json!({ "id": "lowest", "mode": "lowest", "per": "line" })),
        1 => Just(json!({ "id": "first", "mode": "first" })),
        1 => Just(json!({ "id": "best line", "mode": "highest", "per": "line" })),
    ];
    let cap =
        prop_oneof![3 => Just(Value::Null), 1 => (1..5_000_i64).prop_map(|cap| json!(format!("{cap}e-2")))];
    let limit = prop_oneof![
        2 => Just(json!([])),
        1 => (1..4_i64).prop_map(|uses| json!([{ "per": "campaign", "uses": uses }])),
        1 => (1..30_i64).prop_map(|amount| json!([{ "per": "member", "amount": amount }, { "per": "code", "uses": 1 }])),
    ];
    let minimum = prop_oneof![
        3 => Just(json!({})),
        1 => (1..900_i64, any::<bool>(), any::<bool>()).prop_map(|(amount, net, basket)| json!({ "minimumAmount":
            { "amount": amount, "net": net, "over": if basket { "basket" } else { "eligible" } } })),
    ];
    (a_kind(), scope, group, cap, limit, minimum, (any::<bool>(), any::<bool>(), 1..3_i64, 0..6_u8)).prop_map(
        |(
            (kind, items_only),
            scope,
            group,
            cap,
            limits,
            conditions,
            (automatic, repeatable, priority, alone),
        )| {
            let (products, categories, except, items) = scope;
            json!({
                "kind": kind,
                "scope": { "on": if items || items_only { "items" } else { "order" },
                    "products": products, "categories": categories, "exceptProducts": except },
                "trigger": if automatic { "automatic" } else { "code" },
                "repeatable": repeatable, "priority": priority, "group": group, "maxDiscount": cap,
                "limits": limits, "conditions": conditions, "exclusive": alone == 0
            })
        },
    )
}

/// A merchant's settings for prices, and what is taken of every limit.
fn a_pricing() -> impl Strategy<Value = (Value, i64, i64)> {
    let floor = (0..4_u8, decimal(0..20_000, 3));
    (some_products(), proptest::option::of(floor), any::<bool>(), 0..4_i64, 0..3_i64).prop_map(
        |(never, floor, always, used, held)| {
            let mut pricing = json!({
                "neverDiscounted": { "products": never },
                "exclusive": if always { "always" } else { "best" }
            });
            if let Some((product, floor)) = floor {
                pricing["floors"] = json!({ format!("p{product}"): floor });
            }
            (pricing, used, held)
        },
    )
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
const PROMOTIONS: [&str; 5] = ["q0", "q1", "q2", "q3", "q4"];

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
        Just("q3"),
        Just("q4"),
        Just("nobody")
    ];
    (
        proptest::collection::vec(a_line(), 0..9),
        proptest::collection::vec(a_promotion(), 0..=PROMOTIONS.len()),
        proptest::collection::vec(a_balance(), 0..=BALANCES.len()),
        proptest::collection::vec(codes, 0..9),
        proptest::collection::vec(choice, 0..4),
        (0..=3_u8, 0..=3_u8, any::<bool>(), any::<bool>(), 0..8_u8),
        a_pricing(),
    )
        .prop_map(
            |(
                lines,
                promotions,
                balances,
                codes,
                choices,
                (asks, counts, waits, still_on, currency),
                pricing,
            )| {
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
                    "tillDiscounts": if still_on { "stillOn" } else { "alreadyOff" },
                    "pricing": pricing.0
                });
                for id in PROMOTIONS {
                    sample.limits.used.insert(format!("{id}/uses/campaign/ever/"), pricing.1);
                    sample.limits.held.insert(format!("{id}/uses/campaign/ever/"), pricing.2);
                    sample.limits.used.insert(format!("{id}/amount/member/ever/member-1"), pricing.1 * 500);
                }
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
fn two_rates(id: &str, posted: i64) -> crate::loyalty::offer::balance_state::BalanceState {
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
    quote: &crate::loyalty::offer::quote::Quote,
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

/// What promotions may never do, whatever they are.
fn check_promotions(
    sample: &Sample,
    quote: &crate::loyalty::offer::quote::Quote,
) -> Result<(), TestCaseError> {
    let (program, basket) = (sample.program(), sample.basket());
    let pricing = &program.settings.pricing;
    let own_currency = basket.request.currency_code == sample.books.currency_code;
    for (at, shares) in quote.shares.iter().enumerate() {
        let by_promotions: Amount = shares
            .iter()
            .filter(|share| matches!(share.source, Source::Promotion(_)))
            .map(|share| share.value)
            .sum();
        let total = basket.line_total(&basket.lines[at], program.settings.till_discounts).amount;
        let all: Amount = shares.iter().map(|share| share.value).sum();
        prop_assert!(all <= total.or_zero(), "line {} below 0", at);
        let product = &basket.product(at).unwrap().product_id;
        if pricing.never_discounted.products.contains(product) {
            prop_assert_eq!(by_promotions, Amount::ZERO, "line {} is never discounted", at);
        }
        if let Some(floor) = pricing.floors.get(product).filter(|_| by_promotions > Amount::ZERO) {
            let quantity = basket.request.items_to_pay[at].amount.0;
            let quantity = if quantity > money::Decimal::ZERO { quantity } else { money::Decimal::ONE };
            let left = (total - by_promotions).to_decimal(basket.precision);
            prop_assert!(own_currency && left >= floor.0 * quantity, "line {} below its floor: {}", at, left);
        }
    }
    let rule = |at: usize| &program.promotions[at].definition;
    for discount in &quote.discounts {
        let source = Source::Promotion(discount.promotion);
        let spread: Amount = quote
            .shares
            .iter()
            .flatten()
            .filter(|share| share.source == source)
            .map(|share| share.value)
            .sum();
        prop_assert!(discount.value > Amount::ZERO && spread == discount.value, "Σ shares is the discount");
        if let Some(most) = rule(discount.promotion).max_discount {
            prop_assert!(discount.value <= most.amount(basket.precision).unwrap().amount);
        }
        for other in quote.discounts.iter().filter(|other| other.promotion != discount.promotion) {
            prop_assert!(!rule(discount.promotion).exclusive, "an exclusive one beside another");
            let group = |at: usize| rule(at).group.as_ref();
            let shared = group(discount.promotion)
                .filter(|one| group(other.promotion).is_some_and(|another| another.id == one.id));
            prop_assert!(shared.is_none_or(|group| group.per == GroupPer::Line), "two of one group");
        }
    }
    for used in &quote.limit_uses {
        let at = program.position(&used.promotion_id).unwrap();
        let value = quote.discounts.iter().find(|discount| discount.promotion == at);
        prop_assert!(value.is_some() && used.amount > 0, "only what applied uses a limit");
        let most =
            rule(at).limits.iter().find_map(|limit| match (used.limit_id.contains("/uses/"), limit.uses) {
                (true, Some(uses)) => Some(uses),
                (false, None) => limit.amount?.amount(sample.books.precision).ok().map(|most| most.amount.0),
                _ => None,
            });
        prop_assert!(used.amount <= sample.limits.left(&used.limit_id, most.unwrap()), "{:?}", used);
        if !used.limit_id.contains("/uses/") {
            let taken = value.unwrap().value.to_decimal(basket.precision);
            prop_assert!(Amount(used.amount).to_decimal(sample.books.precision) >= taken, "{:?}", used);
        }
    }
    for promotion in &program.promotions {
        let verdicts = quote
            .notes
            .steps
            .iter()
            .filter(|note| note.step.ends_with("discount") && note.about == promotion.promotion_id);
        prop_assert_eq!(verdicts.filter(|note| note.verdict.is_some()).count(), 1, "one verdict each");
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::cases())]

    #[test]
    fn promotions_keep_within_their_bounds(sample in a_sample()) {
        sample.look(|quote, response, request| {
            let violations = wire::loyalty::validate(request, response);
            prop_assert!(violations.is_empty(), "{:#?}\n{:#?}", violations, response);
            check_promotions(&sample, quote)
        })?;
    }
}

proptest! {
    #![proptest_config(crate::cases())]

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
