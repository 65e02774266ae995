//! Do refunds come to the worked numbers of loyalty.md §6, and do they close?

use super::*;
use crate::sale::bill::StoredBenefit;
use crate::sale::samples;
use jiff::Timestamp;
use money::Precision;
use proptest::prelude::*;

/// An item: amount, whole price after the till's discount, what loyalty took off.
fn item(id: &str, amount: &str, total: i64, rate: &str, benefits: &[i64]) -> StoredItem {
    StoredItem {
        check_item_id: id.to_owned(),
        product: samples::line(id, total, rate).product,
        amount: Number::parse(amount).unwrap(),
        unit_price: total,
        till_discount: 0,
        total,
        benefits: benefits
            .iter()
            .map(|value| StoredBenefit {
                source_type: "generalDiscount".to_owned(),
                source_id: "d".to_owned(),
                title: None,
                value: *value,
            })
            .collect(),
        has_additions_with_code: None,
        additions_code: None,
        person_id: None,
    }
}

fn paid(method: &str, value: i64) -> StoredPayment {
    let balance_id = (method == "voucher" || method == "prepaidCredit").then(|| method.to_owned());
    StoredPayment { payment_method: method.to_owned(), value, balance_id }
}

fn bill(items: Vec<StoredItem>, payments: Vec<StoredPayment>) -> StoredBill {
    let at: Timestamp = "2026-03-01T13:00:00Z".parse().unwrap();
    let after =
        |item: &StoredItem| item.total - item.benefits.iter().map(|benefit| benefit.value).sum::<i64>();
    StoredBill {
        bill_id: "QX2026000001".to_owned(),
        check_id: "check-1".to_owned(),
        device_number: 1,
        version: 1,
        session_created: at,
        created_at: at,
        paid_at: at,
        modified_at: at,
        currency_code: "CZK".to_owned(),
        precision: Precision::new(2).unwrap(),
        final_price: Amount(items.iter().map(after).sum()),
        discount: Amount::ZERO,
        taxes: Vec::new(),
        payment_method: "cash".to_owned(),
        payments,
        created_by: None,
        paid_by: None,
        person_count: None,
        desk_id: None,
        issued_as_vat_payer: true,
        customer_id: None,
        bill_messages: Vec::new(),
        refunded: false,
        refunded_bill_identifier: None,
        refund_reason: None,
        deleted: false,
        fiscal_data: None,
        benefit_usage_id: None,
        order_provider: None,
        items,
    }
}

fn decimals(texts: &[&str]) -> Vec<Decimal> {
    texts.iter().map(|text| money::parse_decimal(text).unwrap()).collect()
}

/// One refund after the other: what each comes to.
fn values(bill: &StoredBill, refunds: &[&[&str]]) -> Vec<i64> {
    let mut before = GivenBack::nothing(bill);
    let mut values = Vec::new();
    for now in refunds {
        let amounts = decimals(now);
        let value: Amount = parts(bill, &before, &amounts).iter().map(|part| part.after).sum();
        let given = divide(bill, &before, value, RefundTender::ProRata).unwrap();
        assert_eq!(given.iter().sum::<Amount>(), value);
        before = before.and(&GivenBack { amounts, given });
        values.push(value.0);
    }
    values
}

#[test]
fn the_stored_shares_come_back() {
    let three = || {
        vec![
            item("a", "1", 1_000, "0.12", &[334]),
            item("b", "1", 1_000, "0.12", &[333]),
            item("c", "1", 1_000, "0.21", &[333]),
        ]
    };
    // case, items, amounts of each refund, what each comes to
    type Case<'c> = (&'c str, Vec<StoredItem>, &'c [&'c [&'c str]], &'c [i64]);
    let cases: Vec<Case<'_>> = vec![
        (
            "150 + 60, -20 %",
            vec![item("a", "1", 15_000, "0.12", &[3_000]), item("b", "1", 6_000, "0.12", &[1_200])],
            &[&["1", "0"], &["0", "1"]],
            &[12_000, 4_800],
        ),
        ("3 x 10, -10", three(), &[&["1", "0", "0"], &["0", "1", "0"], &["0", "0", "1"]], &[666, 667, 667]),
        ("3 x 10, -10 at once", three(), &[&["1", "1", "1"]], &[2_000]),
        (
            "40.00 for 4, -3.99",
            vec![item("a", "4", 4_000, "0.21", &[399])],
            &[&["1"], &["1"], &["1"], &["1"]],
            &[900, 900, 900, 901],
        ),
        (
            "40.00 for 4, -3.99, three and one",
            vec![item("a", "4", 4_000, "0.21", &[399])],
            &[&["3"], &["1"]],
            &[2_700, 901],
        ),
        (
            "0.300 kg for 6.66",
            vec![item("a", "0.300", 666, "0.12", &[])],
            &[&["0.1"], &["0.1"], &["0.1"]],
            &[222, 222, 222],
        ),
        ("a returned cup comes back too", vec![item("a", "-1", -5_000, "0.21", &[])], &[&["1"]], &[-5_000]),
    ];
    for (case, items, refunds, expected) in cases {
        let money: i64 = bill(items.clone(), Vec::new()).final_price.0;
        assert_eq!(values(&bill(items, vec![paid("cash", money)]), refunds), expected, "{case}");
    }
}

#[test]
fn the_tills_own_discount_comes_back_with_its_units() {
    let mut line = item("a", "3", 2_000, "0.21", &[100]);
    (line.unit_price, line.till_discount) = (1_000, 1_000);
    let bill = bill(vec![line], vec![paid("cash", 1_900)]);
    let mut before = GivenBack::nothing(&bill);
    let mut sums = (0, 0, 0, 0);
    for _ in 0..3 {
        let now = decimals(&["1"]);
        let part = parts(&bill, &before, &now).remove(0);
        // Ten per unit, less the two discounts
        assert_eq!(part.total.0 + part.till_discount.0, 1_000);
        assert_eq!(part.total - part.benefits[0], part.after);
        sums = (
            sums.0 + part.till_discount.0,
            sums.1 + part.total.0,
            sums.2 + part.benefits[0].0,
            sums.3 + part.after.0,
        );
        before = before.and(&GivenBack { amounts: now, given: Vec::new() });
    }
    assert_eq!(sums, (1_000, 2_000, 100, 1_900));
}

#[test]
fn vat_is_taken_by_rate_of_what_comes_back() {
    let bill = bill(
        vec![item("a", "1", 23_000, "0.12", &[]), item("b", "2", 17_000, "0.21", &[])],
        vec![paid("cash", 40_000)],
    );
    let taxes_of = |now: &[&str]| {
        let parts = parts(&bill, &GivenBack::nothing(&bill), &decimals(now));
        taxes(&bill, &[], &parts)
            .iter()
            .map(|tax| (tax.rate.to_string(), tax.gross, tax.gross - tax.net))
            .collect::<Vec<_>>()
    };
    assert_eq!(taxes_of(&["1", "2"]), [("0.12".into(), 23_000, 2_464), ("0.21".into(), 17_000, 2_950)]);
    assert_eq!(taxes_of(&["0", "1"]), [("0.21".into(), 8_500, 1_475)]);
    let not_payer = StoredBill { issued_as_vat_payer: false, ..bill.clone() };
    let parts = parts(&bill, &GivenBack::nothing(&bill), &decimals(&["1", "0"]));
    assert!(taxes(&not_payer, &[], &parts).is_empty());
}

/// What each of these refunds gives back of the VAT, by rate.
fn vat_given_back(bill: &StoredBill, refunds: &[&[&str]]) -> Vec<Vec<(String, i64)>> {
    let (mut before, mut taxes_before) = (GivenBack::nothing(bill), Vec::new());
    let mut given_back = Vec::new();
    for now in refunds {
        let amounts = decimals(now);
        let taxes = taxes(bill, &taxes_before, &parts(bill, &before, &amounts));
        given_back.push(taxes.iter().map(|tax| (tax.rate.to_string(), tax.gross - tax.net)).collect());
        taxes_before.extend(taxes);
        before = before.and(&GivenBack { amounts, given: Vec::new() });
    }
    given_back
}

#[test]
fn the_vat_of_the_corrections_closes() {
    // case, items, refunds, VAT of each at 21 %
    type Case<'c> = (&'c str, Vec<StoredItem>, &'c [&'c [&'c str]], &'c [i64]);
    let three = || {
        vec![
            item("a", "1", 907, "0.21", &[]),
            item("b", "1", 1_999, "0.21", &[]),
            item("c", "1", 907, "0.21", &[]),
        ]
    };
    let cases: Vec<Case<'_>> = vec![
        (
            "4 x 2.75",
            vec![item("a", "4", 1_100, "0.21", &[])],
            &[&["1"], &["1"], &["1"], &["1"]],
            &[48, 47, 48, 48],
        ),
        (
            "5 x 0.14",
            vec![item("a", "5", 70, "0.21", &[])],
            &[&["1"], &["1"], &["1"], &["1"], &["1"]],
            &[2, 3, 2, 3, 2],
        ),
        ("three lines", three(), &[&["1", "0", "0"], &["0", "1", "0"], &["0", "0", "1"]], &[157, 347, 158]),
        ("three lines at once", three(), &[&["1", "1", "1"]], &[662]),
        (
            "a cup that came back goes with its beer",
            vec![item("beer", "1", 10_000, "0.21", &[]), item("cup", "-1", -5_001, "0.21", &[])],
            &[&["1", "0"], &["0", "1"]],
            &[1_736, -868],
        ),
    ];
    for (case, items, refunds, expected) in cases {
        let bill = bill(items, Vec::new());
        let found: Vec<i64> = vat_given_back(&bill, refunds).iter().map(|taxes| taxes[0].1).collect();
        let whole = split_gross(bill.final_price, rate_of(&bill, &bill.items[0])).vat.0;
        assert_eq!(found.iter().sum::<i64>(), whole, "{case}");
        assert_eq!(found, expected, "{case}");
    }
    // Two rates, each by itself
    let two = bill(vec![item("a", "3", 1_000, "0.12", &[1]), item("b", "2", 99, "0.21", &[])], Vec::new());
    let found = vat_given_back(&two, &[&["1", "1"], &["1", "0"], &["1", "1"]]);
    let at = |rate: &str| -> Vec<i64> {
        found.iter().flatten().filter(|(of, _)| of == rate).map(|(_, vat)| *vat).collect()
    };
    assert_eq!((at("0.12"), at("0.21")), (vec![36, 35, 36], vec![9, 8]));
}

#[test]
fn the_tender_goes_back_as_it_came() {
    use RefundTender::{CreditOnly, MoneyFirst, ProRata};
    let mixed = || vec![paid("voucher", 6_000), paid("cash", 4_000)];
    let four = || {
        vec![paid("voucher", 3_000), paid("prepaidCredit", 3_000), paid("cash", 3_000), paid("card", 1_000)]
    };
    // payments, policy and value of each refund, what each payment gives back
    type Case = (Vec<StoredPayment>, Vec<(RefundTender, i64, Vec<i64>)>);
    let table: Vec<Case> = vec![
        (mixed(), vec![(ProRata, 5_000, vec![3_000, 2_000]), (ProRata, 5_000, vec![3_000, 2_000])]),
        (
            mixed(),
            vec![(ProRata, 1, vec![1, 0]), (ProRata, 1, vec![0, 1]), (ProRata, 9_998, vec![5_999, 3_999])],
        ),
        (mixed(), vec![(CreditOnly, 5_000, vec![5_000, 0]), (ProRata, 5_000, vec![1_000, 4_000])]),
        (mixed(), vec![(MoneyFirst, 5_000, vec![1_000, 4_000]), (MoneyFirst, 5_000, vec![5_000, 0])]),
        (mixed(), vec![(MoneyFirst, 3_000, vec![0, 3_000]), (ProRata, 7_000, vec![6_000, 1_000])]),
        (
            four(),
            vec![
                (ProRata, 5_000, vec![1_500, 1_500, 1_500, 500]),
                (ProRata, 5_000, vec![1_500, 1_500, 1_500, 500]),
            ],
        ),
        (four(), vec![(ProRata, 3, vec![1, 1, 1, 0]), (ProRata, 9_997, vec![2_999, 2_999, 2_999, 1_000])]),
        (
            vec![paid("voucher", 10_000)],
            vec![(ProRata, 2_500, vec![2_500, 0]), (CreditOnly, 7_500, vec![7_500, 0])],
        ),
        (vec![paid("cash", 10_000)], vec![(ProRata, 10_000, vec![10_000])]),
        (mixed(), vec![(ProRata, 0, vec![0, 0])]),
    ];
    for (payments, refunds) in table {
        let bill = bill(vec![item("a", "1", 10_000, "0.12", &[])], payments);
        let mut before = GivenBack::nothing(&bill);
        for (policy, value, expected) in refunds {
            let given = divide(&bill, &before, Amount(value), policy).unwrap();
            assert_eq!(given.iter().map(|given| given.0).collect::<Vec<_>>(), expected, "{policy:?} {value}");
            before = before.and(&GivenBack { amounts: Vec::new(), given });
        }
    }
    let bill = bill(vec![item("a", "1", 10_000, "0.12", &[])], mixed());
    let short = divide(&bill, &GivenBack::nothing(&bill), Amount(6_001), CreditOnly);
    assert_eq!(short, Err(BalancesPaidLess { left: Amount(6_000) }));
}

/// 100.00 of beer and a cup returned for 50.00, paid 50.00 in credit: the beer alone is worth more than the bill.
#[test]
fn a_part_may_be_worth_more_than_a_bill_with_returns() {
    let bill = bill(
        vec![item("beer", "1", 10_000, "0.21", &[]), item("cup", "-1", -5_000, "0.21", &[])],
        vec![paid("prepaidCredit", 5_000)],
    );
    let mut before = GivenBack::nothing(&bill);
    for (now, value, expected) in [(["1", "0"], 10_000, [5_000, 5_000]), (["0", "1"], -5_000, [0, -5_000])] {
        let amounts = decimals(&now);
        let part = parts(&bill, &before, &amounts).remove(0);
        assert_eq!(part.after.0, value);
        let given = divide(&bill, &before, part.after, RefundTender::ProRata).unwrap();
        assert_eq!(given.iter().map(|given| given.0).collect::<Vec<_>>(), expected);
        before = before.and(&GivenBack { amounts, given });
    }
    assert!(before.left(&bill).iter().all(Decimal::is_zero));
    assert_eq!(before.given, [Amount(5_000), Amount::ZERO]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(10_000)
    ))]

    /// Acceptance property 5: any sequence of partial refunds closes, line by line, share by share, tender by tender.
    #[test]
    fn any_sequence_of_refunds_closes(
        lines in prop::collection::vec((1_i64..8, 0_i64..20_000, 0_i64..=100, 0_i64..=100), 1..5),
        to_balance in 0_i64..=100,
        steps in prop::collection::vec((0_usize..5, 1_i64..4), 0..20),
    ) {
        let items: Vec<StoredItem> = lines.iter().enumerate().map(|(index, (amount, total, one, other))| {
            let first = total * one / 100;
            let benefits = [first, (total - first) * other / 100];
            let rate = if index % 2 == 0 { "0.21" } else { "0.12" };
            item(&index.to_string(), &amount.to_string(), *total, rate, &benefits)
        }).collect();
        let price = bill(items.clone(), Vec::new()).final_price.0;
        let credit = price * to_balance / 100;
        let bill = bill(items, vec![paid("prepaidCredit", credit), paid("cash", price - credit)]);
        let mut before = GivenBack::nothing(&bill);
        let mut benefits = vec![[0_i64; 2]; lines.len()];
        let mut value = Amount::ZERO;
        let mut taxes_before: Vec<StoredTax> = Vec::new();
        let mut refund = |before: &mut GivenBack, now: Vec<Decimal>| {
            let parts = parts(&bill, before, &now);
            let sum: Amount = parts.iter().map(|part| part.after).sum();
            for part in &parts {
                assert!(!part.after.is_negative() && !part.total.is_negative());
                for (sum, share) in benefits[part.index].iter_mut().zip(&part.benefits) {
                    assert!(!share.is_negative());
                    *sum += share.0;
                }
            }
            let given = divide(&bill, before, sum, RefundTender::ProRata).unwrap();
            assert!(given.iter().all(|given| !given.is_negative()));
            assert_eq!(given.iter().sum::<Amount>(), sum);
            value += sum;
            taxes_before.extend(taxes(&bill, &taxes_before, &parts));
            *before = before.clone().and(&GivenBack { amounts: now, given });
        };
        for (line, amount) in steps {
            let left = before.left(&bill);
            let mut now = vec![Decimal::ZERO; left.len()];
            let Some(slot) = now.get_mut(line) else { continue };
            *slot = Decimal::from(amount).min(left[line]);
            refund(&mut before, now);
        }
        let rest = before.left(&bill);
        refund(&mut before, rest);
        prop_assert_eq!(value, bill.final_price);
        let lines: Vec<_> = bill.items.iter().map(|item| {
            let off: i64 = item.benefits.iter().map(|benefit| benefit.value).sum();
            (rate_of(&bill, item), Amount(item.total - off))
        }).collect();
        for (rate, group) in money::vat::by_rate(&lines) {
            let of_rate = || taxes_before.iter().filter(|tax| taxed_at(tax) == rate);
            let back = (of_rate().map(|tax| tax.gross).sum::<i64>(), of_rate().map(|tax| tax.net).sum::<i64>());
            prop_assert_eq!(back, (group.gross.0, group.net.0));
        }
        prop_assert_eq!(before.given, [Amount(credit), Amount(price - credit)]);
        for (item, sums) in bill.items.iter().zip(benefits) {
            prop_assert_eq!(item.benefits.iter().map(|benefit| benefit.value).collect::<Vec<_>>(), sums.to_vec());
        }
    }
}

/// What goes back is taxed as the bill was, however the rate of its line is written; 1 is 1 %.
#[test]
fn a_correction_is_taxed_at_the_rate_of_its_line() {
    for (written, kept, net) in [
        ("1", "0.01", 10_000),
        ("0.01", "0.01", 10_000),
        ("21", "0.21", 8_347),
        ("0.21", "0.21", 8_347),
        // a bill that was taxed at 100 % while the menu still took 1
        ("1", "1", 5_050),
    ] {
        let mut bill = bill(vec![item("a", "1", 10_100, written, &[])], vec![paid("cash", 10_100)]);
        let kept = StoredTax { rate: Number::parse(kept).unwrap(), gross: 10_100, net };
        bill.taxes = vec![kept.clone()];
        let parts = parts(&bill, &GivenBack::nothing(&bill), &decimals(&["1"]));
        assert_eq!(taxes(&bill, &[], &parts), [kept], "{written}");
    }
}
