//! What does a usage report say each promotion took off?

use super::kind::Kind;
use money::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use wire::Number;
use wire::loyalty::{BillState, LoyaltyBenefitUsagesPayload};

/// More promotions than any bill uses.
const PROMOTIONS_MAX: usize = 100;

/// What each promotion took off, in currency, above 0. `usedGeneralDiscounts` decides; what the lines say counts
/// for a promotion that has no value there.
pub(super) fn used_promotions(
    message: &LoyaltyBenefitUsagesPayload,
    oddities: &mut Vec<String>,
) -> BTreeMap<String, Decimal> {
    let said = message.used_general_discounts.iter().filter_map(|discount| {
        discount.used_value.map(|Number(value)| (discount.general_discount_id.as_str(), value))
    });
    let lines = message
        .paid_items
        .iter()
        .flat_map(|item| &item.applied_benefits)
        .filter(|benefit| benefit.is_discount())
        .filter_map(|benefit| {
            let id = benefit.applied_from_general_discount_id.as_deref()?;
            Some((id, benefit.absolute_total_value.0))
        });
    let mut used = sums(said);
    for (id, sum) in sums(lines) {
        used.entry(id).or_insert(sum);
    }
    used.retain(|id, value| {
        if *value < Decimal::ZERO {
            oddities.push(format!("general discount {id}: its value {value} is below 0 and was not counted"));
        }
        *value > Decimal::ZERO
    });
    if used.len() > PROMOTIONS_MAX {
        oddities.push(format!("more than {PROMOTIONS_MAX} general discounts: the rest was not counted"));
        return used.into_iter().take(PROMOTIONS_MAX).collect();
    }
    used
}

fn sums<'a>(values: impl Iterator<Item = (&'a str, Decimal)>) -> BTreeMap<String, Decimal> {
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for (id, value) in values {
        let sum = sums.entry(id.to_owned()).or_default();
        *sum = sum.checked_add(value).unwrap_or(Decimal::MAX);
    }
    sums
}

/// The promotions that the booked body of a paid bill used; none where it cannot be read.
pub(super) fn promotions_of_body(body: &str) -> BTreeSet<String> {
    let Ok(message) = wire::read::from_slice::<LoyaltyBenefitUsagesPayload>(body.as_bytes()) else {
        return BTreeSet::new();
    };
    match &message.bill_state {
        None | Some(BillState::Paid) => {}
        Some(BillState::Other(text)) if Kind::from_text(&text.to_ascii_lowercase()) == Kind::Paid => {}
        Some(_) => return BTreeSet::new(),
    }
    used_promotions(&message, &mut Vec::new()).into_keys().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn body(discounts: &Value, benefits: &Value) -> String {
        json!({
            "loyaltyOfferId": "o", "billId": "b", "deviceNumber": 1, "currencyCode": "CZK",
            "paidAt": "2026-03-01T10:00:00.000Z", "usedGeneralDiscounts": discounts,
            "paidItems": [{"originalCheckItemId": "1", "amount": 1, "totalPriceWithVat": 100,
                "product": {"productId": "p", "name": "P", "categories": []}, "appliedBenefits": benefits}],
            "otherPaymentsValue": 0, "totalWithVat": 0
        })
        .to_string()
    }

    #[test]
    fn the_discounts_decide_and_the_lines_fill_in() {
        let line = |id: &str, value: &str| {
            json!({"sourceType": "generalDiscount", "appliedFromGeneralDiscountId": id,
                "appliedFromBalanceId": null, "absoluteTotalValue": value})
        };
        let text = body(
            &json!([{"generalDiscountId": "a", "usedValue": 7}, {"generalDiscountId": "a", "usedValue": 1},
                {"generalDiscountId": "b"}, {"generalDiscountId": "zero", "usedValue": 0},
                {"generalDiscountId": "less", "usedValue": -1}]),
            &json!([line("a", "5"), line("b", "2.50"), line("b", "0.50"), line("zero", "1")]),
        );
        let message: LoyaltyBenefitUsagesPayload = wire::read::from_slice(text.as_bytes()).unwrap();
        let mut oddities = Vec::new();
        let used = used_promotions(&message, &mut oddities);
        let of = |id: &str| used.get(id).map(|value| value.normalize().to_string());
        assert_eq!((of("a").as_deref(), of("b").as_deref()), (Some("8"), Some("3")));
        assert_eq!((used.len(), oddities.len()), (2, 1), "{used:?} {oddities:?}");
        assert_eq!(promotions_of_body(&text), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
        assert!(promotions_of_body("{}").is_empty());
    }
}
