//! What does a usage report say, once its numbers are exact and its oddities are noted?
//!
//! Pure: the documented message in, a [`Report`] out (protocol.md §10.8). What a partner sends is checked,
//! never trusted; what can be booked in spite of an oddity is booked, and the oddity is remarked.

use door::ApiError;
use jiff::Timestamp;
use money::{Amount, Decimal, Precision};
use std::collections::{BTreeMap, BTreeSet};
use wire::Number;
use wire::loyalty::{BillState, LoyaltyBenefitUsagesPayload, PaidItem};

/// More balances than any bill uses.
const BALANCES_MAX: usize = 100;
/// Longest id that is stored, in bytes: what an index of either engine takes.
const ID_BYTES_MAX: usize = 200;
/// Largest value of a report, either way: what fits minor units at any precision.
const VALUE_MAX: i64 = Amount::MAX_ABS / 1_000;

/// What happened to the bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It was paid: what was used is booked.
    Paid,
    /// It was given back.
    Refunded,
    /// It never was.
    Cancelled,
    /// Something the documents do not name: kept, not booked.
    Other(String),
}

impl Kind {
    /// The text in the table and in the API.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Paid => "paid",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
            Self::Other(text) => text,
        }
    }

    /// Reads the text of the table.
    pub(crate) fn from_text(text: &str) -> Self {
        match text {
            "paid" => Self::Paid,
            "refunded" => Self::Refunded,
            "cancelled" => Self::Cancelled,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Whether it takes back what the bill booked.
    pub(crate) fn takes_back(&self) -> bool {
        matches!(self, Self::Refunded | Self::Cancelled)
    }
}

/// What one balance gave and got, in the units of the message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Use {
    /// Spent, at least 0: points for points, else currency.
    pub(crate) used: Decimal,
    /// Topped up, at least 0, in currency.
    pub(crate) prepaid: Decimal,
}

/// One line of the bill as earning sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportedLine {
    pub(crate) check_item_id: String,
    /// The line without its discounts, in currency.
    pub(crate) paid: Decimal,
}

/// A usage report, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) offer_id: String,
    pub(crate) bill_id: String,
    pub(crate) kind: Kind,
    pub(crate) device_number: i64,
    /// Ids the caller put into the body. None of them decides anything.
    pub(crate) loyalty_provider_id: Option<String>,
    pub(crate) merchant_id: Option<String>,
    pub(crate) place_id: Option<String>,
    /// A member, believed only where no offer tells.
    pub(crate) customer_id: Option<String>,
    pub(crate) currency_code: String,
    pub(crate) paid_at: Timestamp,
    /// By balance id; balances with nothing used and nothing topped up are left out.
    pub(crate) uses: BTreeMap<String, Use>,
    /// What each promotion took off, in currency, above 0.
    pub(crate) promotions: BTreeMap<String, Decimal>,
    pub(crate) total: Decimal,
    pub(crate) lines: Vec<ReportedLine>,
    /// Names of the categories of the bill's products.
    pub(crate) categories: BTreeSet<String>,
    /// What is odd about the body by itself.
    pub(crate) oddities: Vec<String>,
}

impl Report {
    /// Reads the message.
    ///
    /// # Errors
    /// 400 that names the member, where an id cannot be stored or a value is no amount of money.
    pub(crate) fn read(message: &LoyaltyBenefitUsagesPayload) -> Result<Self, ApiError> {
        id_fits("loyaltyOfferId", &message.loyalty_offer_id)?;
        id_fits("billId", &message.bill_id)?;
        for (path, id) in [
            ("loyaltyProviderId", &message.loyalty_provider_id),
            ("merchantId", &message.merchant_id),
            ("placeId", &message.place_id),
            ("customerId", &message.customer_id),
        ] {
            id.as_deref().map_or(Ok(()), |id| id_fits(path, id))?;
        }
        let kind = match &message.bill_state {
            None | Some(BillState::Paid) => Kind::Paid,
            Some(BillState::Refunded) => Kind::Refunded,
            Some(BillState::Cancelled) => Kind::Cancelled,
            Some(BillState::Other(text)) => {
                id_fits("billState", text)?;
                Kind::from_text(&text.to_ascii_lowercase())
            }
        };
        let mut oddities = Vec::new();
        let uses = uses(message, &mut oddities)?;
        let promotions = super::promotions::used_promotions(message, &mut oddities);
        let mut lines = Vec::with_capacity(message.paid_items.len());
        for (index, item) in message.paid_items.iter().enumerate() {
            lines.push(line(index, item)?);
        }
        let categories = message
            .paid_items
            .iter()
            .flat_map(|item| &item.product.categories)
            .filter_map(|category| category.name.clone())
            .collect();
        Ok(Self {
            offer_id: message.loyalty_offer_id.clone(),
            bill_id: message.bill_id.clone(),
            kind,
            device_number: message.device_number,
            loyalty_provider_id: message.loyalty_provider_id.clone(),
            merchant_id: message.merchant_id.clone(),
            place_id: message.place_id.clone(),
            customer_id: message.customer_id.clone(),
            currency_code: message.currency_code.clone(),
            paid_at: message.paid_at,
            uses,
            promotions,
            total: value("totalWithVat", message.total_with_vat)?,
            lines,
            categories,
            oddities,
        })
    }
}

/// A value of the message in units of a balance: whole points, or minor units, half-up. `None` when it is
/// no such number.
pub(crate) fn units(value: Decimal, points: bool, precision: Precision) -> Option<(i64, bool)> {
    let precision = if points { Precision::new(0)? } else { precision };
    let rounded = Amount::from_decimal(value, precision).ok()?;
    Some((rounded.amount.0, rounded.exact))
}

/// What was used of each balance. `usedBalances` decides; `paymentsByBalances` counts only for a balance
/// that is missing there, and a disagreement is remarked.
fn uses(
    message: &LoyaltyBenefitUsagesPayload,
    oddities: &mut Vec<String>,
) -> Result<BTreeMap<String, Use>, ApiError> {
    let mut uses: BTreeMap<String, Use> = BTreeMap::new();
    for (index, balance) in message.used_balances.iter().enumerate() {
        let path = format!("usedBalances[{index}]");
        id_fits(&format!("{path}.balanceId"), &balance.balance_id)?;
        let read = |name: &str, number: Option<Number>| -> Result<Decimal, ApiError> {
            number.map_or(Ok(Decimal::ZERO), |number| value(&format!("{path}.{name}"), number))
        };
        let used = read("usedNonControllableValue", balance.used_non_controllable_value)?
            + read("usedControllableValue", balance.used_controllable_value)?;
        let prepaid = read("prepaidValue", balance.prepaid_value)?;
        let entry = uses.entry(balance.balance_id.clone()).or_default();
        for (name, number, sum) in [("used", used, &mut entry.used), ("prepaid", prepaid, &mut entry.prepaid)]
        {
            if number < Decimal::ZERO {
                oddities.push(format!("{path}: the {name} value {number} is below 0 and was not booked"));
            } else {
                *sum += number;
            }
        }
    }
    for (index, payment) in message.payments_by_balances.iter().enumerate() {
        let path = format!("paymentsByBalances[{index}]");
        id_fits(&format!("{path}.balanceId"), &payment.balance_id)?;
        let Some(number) = payment.value.or(payment.value_in_currency) else { continue };
        let paid = value(&format!("{path}.value"), number)?;
        if let Some(reported) = uses.get(&payment.balance_id) {
            if reported.used != paid {
                oddities.push(format!(
                    "{path}: says {paid} while usedBalances says {} for the same balance; the latter was booked",
                    reported.used
                ));
            }
        } else if paid < Decimal::ZERO {
            oddities.push(format!("{path}: the value {paid} is below 0 and was not booked"));
        } else {
            uses.insert(payment.balance_id.clone(), Use { used: paid, prepaid: Decimal::ZERO });
        }
    }
    if uses.len() > BALANCES_MAX {
        return Err(ApiError::field(
            "usedBalances",
            &format!("at most {BALANCES_MAX} balances"),
            &uses.len().to_string(),
        ));
    }
    for (balance_id, reported) in &uses {
        if reported.used > Decimal::ZERO && reported.prepaid > Decimal::ZERO {
            oddities.push(format!("balance {balance_id}: spends and tops up in one bill; both were booked"));
        }
    }
    uses.retain(|_, reported| !reported.used.is_zero() || !reported.prepaid.is_zero());
    Ok(uses)
}

fn line(index: usize, item: &PaidItem) -> Result<ReportedLine, ApiError> {
    let mut paid = value(&format!("paidItems[{index}].totalPriceWithVat"), item.total_price_with_vat)?;
    for (at, benefit) in item.applied_benefits.iter().enumerate() {
        let path = format!("paidItems[{index}].appliedBenefits[{at}].absoluteTotalValue");
        let off = value(&path, benefit.absolute_total_value)?;
        if benefit.is_discount() {
            paid -= off;
        }
    }
    let check_item_id = item.original_check_item_id.clone().unwrap_or_else(|| format!("#{index}"));
    Ok(ReportedLine { check_item_id, paid })
}

fn value(path: &str, number: Number) -> Result<Decimal, ApiError> {
    if number.0.abs() > Decimal::from(VALUE_MAX) {
        return Err(ApiError::field(
            path,
            &format!("a number between -{VALUE_MAX} and {VALUE_MAX}"),
            &number.to_string(),
        ));
    }
    Ok(number.0)
}

fn id_fits(path: &str, id: &str) -> Result<(), ApiError> {
    if id.len() > ID_BYTES_MAX || id.contains('\0') {
        return Err(ApiError::field(
            path,
            &format!("an id of at most {ID_BYTES_MAX} bytes without U+0000"),
            &format!("{} bytes", id.len()),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(change: impl FnOnce(&mut Value)) -> Result<Report, ApiError> {
        let mut body = json!({
            "loyaltyOfferId": "o", "billId": "b", "deviceNumber": 1, "currencyCode": "CZK", "countryCode": "CZ",
            "benefitInputs": [], "customerId": null, "metadata": "{}", "paidAt": "2026-03-01T10:00:00.000Z",
            "usedBalances": [], "usedGeneralDiscounts": [], "paidItems": [], "paymentsByBalances": [],
            "otherPaymentsValue": 0, "totalWithVat": 100
        });
        change(&mut body);
        let message = wire::read::from_value(body).unwrap();
        Report::read(&message)
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn parts_of_one_balance_add_up_and_empty_ones_are_left_out() {
        let report = read(|body| {
            body["usedBalances"] = json!([
                {"balanceId": "B", "usedNonControllableValue": 11, "usedControllableValue": "2.50"},
                {"balanceId": "B", "usedControllableValue": 1, "prepaidValue": null},
                {"balanceId": "zero", "usedControllableValue": 0, "prepaidValue": 0},
                {"balanceId": "T", "prepaidValue": 500},
            ]);
        })
        .unwrap();
        let uses: Vec<_> = report.uses.iter().map(|(id, one)| (id.as_str(), one.used, one.prepaid)).collect();
        assert_eq!(uses, [("B", decimal("14.50"), Decimal::ZERO), ("T", Decimal::ZERO, decimal("500"))]);
        assert!(report.oddities.is_empty());
    }

    #[test]
    fn payments_count_where_used_balances_are_silent_and_disagreement_is_remarked() {
        let report = read(|body| {
            body["usedBalances"] = json!([{"balanceId": "A", "usedControllableValue": 300}]);
            body["paymentsByBalances"] = json!([
                {"balanceId": "A", "value": 250}, {"balanceId": "M", "valueInCurrency": 150}
            ]);
        })
        .unwrap();
        assert_eq!(report.uses["A"].used, decimal("300"));
        assert_eq!(report.uses["M"].used, decimal("150"));
        assert_eq!(report.oddities.len(), 1, "{:?}", report.oddities);
    }

    #[test]
    fn values_below_zero_are_not_booked() {
        let report = read(|body| {
            body["usedBalances"] =
                json!([{"balanceId": "A", "usedControllableValue": -5, "prepaidValue": -1}]);
        })
        .unwrap();
        assert!(report.uses.is_empty());
        assert_eq!(report.oddities.len(), 2);
    }

    #[test]
    fn what_is_no_amount_or_no_id_is_refused_by_name() {
        let long = "x".repeat(201);
        for (name, body) in [
            ("totalWithVat", json!(1e13)),
            ("billId", json!(long)),
            ("customerId", json!("a\u{0}b")),
            (
                "usedBalances",
                json!((0..101).map(|n| json!({"balanceId": n, "prepaidValue": 1})).collect::<Vec<_>>()),
            ),
        ] {
            let refusal = read(|whole| whole[name] = body).unwrap_err();
            assert_eq!(refusal.status.as_u16(), 400);
            assert_eq!(refusal.extra["field"], name);
        }
    }

    #[test]
    fn a_missing_state_means_paid_and_lines_lose_their_discounts() {
        let report = read(|body| {
            body["paidItems"] = json!([{
                "originalCheckItemId": "37", "amount": 1, "totalPriceWithVat": 100,
                "product": {"productId": "p", "categories": [{"categoryId": "c", "name": "Pivo"}]},
                "appliedBenefits": [
                    {"sourceType": "generalDiscount", "appliedFromGeneralDiscountId": "d", "absoluteTotalValue": 10},
                    {"sourceType": "balance", "appliedFromBalanceId": "m", "absoluteTotalValue": 20, "applicationType": "payment"}
                ]
            }]);
        })
        .unwrap();
        assert_eq!(report.kind, Kind::Paid);
        assert_eq!(report.lines, [ReportedLine { check_item_id: "37".to_owned(), paid: decimal("90") }]);
        assert_eq!(report.categories, BTreeSet::from(["Pivo".to_owned()]));
        assert_eq!(read(|body| body["billState"] = json!("Refunded")).unwrap().kind, Kind::Refunded);
        assert_eq!(
            read(|body| body["billState"] = json!("parked")).unwrap().kind,
            Kind::Other("parked".to_owned())
        );
    }

    #[test]
    fn points_are_whole_and_money_has_the_merchants_digits() {
        let two = Precision::new(2).unwrap();
        assert_eq!(units(decimal("42"), true, two), Some((42, true)));
        assert_eq!(units(decimal("42.5"), true, two), Some((43, false)));
        assert_eq!(units(decimal("42.5"), false, two), Some((4_250, true)));
        assert_eq!(units(decimal("0.005"), false, two), Some((1, false)));
    }
}
