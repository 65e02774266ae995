//! What does a usage report say, once its numbers are exact and its oddities are noted?
//!
//! Pure: the documented message in, a [`Report`] out (protocol.md §10.8). What a partner sends is checked,
//! never trusted; what can be booked in spite of an oddity is booked, and the oddity is remarked.

use super::kind::Kind;
use super::line::{PaidLine, Share, Source, nameless};
use crate::id::id_fits;
use crate::loyalty::bills::paid_at::is_plausible;
use door::ApiError;
use jiff::Timestamp;
use money::vat::VatRate;
use money::{Amount, Decimal, Precision};
use std::collections::{BTreeMap, BTreeSet};
use wire::Number;
use wire::loyalty::{BillState, LoyaltyBenefitUsagesPayload, PaidItem};

/// More balances than any bill uses.
const BALANCES_MAX: usize = 100;
/// Largest value of a report, either way: what fits minor units at any precision.
const VALUE_MAX: i64 = Amount::MAX_ABS / 1_000;

/// What one balance gave and got, in the units of the message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Use {
    /// Spent, at least 0: points for points, else currency.
    pub(crate) used: Decimal,
    /// Topped up, at least 0, in currency.
    pub(crate) prepaid: Decimal,
}

/// While which amount stays a discount is kept, as the report says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportedKept {
    pub(crate) discount_id: String,
    /// In currency.
    pub(crate) minimum: Decimal,
    /// What was counted of each line, in currency.
    pub(crate) lines: Vec<(String, Decimal)>,
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
    /// `paid_at` is when the report came, because what it says cannot be right.
    pub(crate) wrong_clock: bool,
    /// The bill that a refund made, if it says so.
    pub(crate) corrective_bill_id: Option<String>,
    /// By balance id; balances with nothing used and nothing topped up are left out.
    pub(crate) uses: BTreeMap<String, Use>,
    /// What each promotion took off, in currency, above 0.
    pub(crate) promotions: BTreeMap<String, Decimal>,
    /// Discounts that were given under a condition.
    pub(crate) kept: Vec<ReportedKept>,
    pub(crate) total: Decimal,
    pub(crate) lines: Vec<PaidLine>,
    /// What balances paid, or got back, by `paymentsByBalances`, in currency.
    pub(crate) payments: BTreeMap<String, Decimal>,
    /// Names of the categories of the bill's products.
    pub(crate) categories: BTreeSet<String>,
    /// Remarks that need only the body.
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
            Some(BillState::Refunded) => refund(message.refund_number)?,
            Some(BillState::Cancelled) => Kind::Cancelled,
            Some(BillState::Other(text)) => {
                id_fits("billState", text)?;
                match text.to_ascii_lowercase().as_str() {
                    "paid" => Kind::Paid,
                    "refunded" => refund(message.refund_number)?,
                    "cancelled" => Kind::Cancelled,
                    other => Kind::Other(other.to_owned()),
                }
            }
        };
        message.corrective_bill_id.as_deref().map_or(Ok(()), |id| id_fits("correctiveBillId", id))?;
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
            wrong_clock: false,
            corrective_bill_id: message.corrective_bill_id.clone(),
            uses,
            promotions,
            kept: kept(message),
            total: value("totalWithVat", message.total_with_vat)?,
            lines,
            payments: payments(message)?,
            categories,
            oddities,
        })
    }

    /// The report as it counts when it comes at `now`: an instant of payment that cannot be right gives way to it.
    pub(crate) fn arrived(mut self, now: Timestamp) -> Self {
        if !is_plausible(self.paid_at, now, now) {
            self.oddities.push(format!(
                "paidAt: expected at most a day ahead and a year back, found {}; it counts as paid when it came",
                self.paid_at
            ));
            self.paid_at = now;
            self.wrong_clock = true;
        }
        self
    }

    /// Whether goods came back and none were sold: no order and no visit.
    pub(crate) fn returns_only(&self) -> bool {
        let sold = self.lines.iter().any(|line| line.quantity > Decimal::ZERO && line.total >= Decimal::ZERO);
        !sold && self.total.is_sign_negative() && !self.total.is_zero()
    }
}

fn refund(number: Option<i64>) -> Result<Kind, ApiError> {
    match number.unwrap_or(0) {
        number if number >= 0 => Ok(Kind::refund(number)),
        number => Err(ApiError::field("refundNumber", "a whole number from 1, or none", &number.to_string())),
    }
}

/// Which discounts were given under a condition.
fn kept(message: &LoyaltyBenefitUsagesPayload) -> Vec<ReportedKept> {
    let used = message.used_general_discounts.iter();
    used.filter_map(|used| {
        let kept = used.kept_while.as_ref()?;
        Some(ReportedKept {
            discount_id: used.general_discount_id.clone(),
            minimum: kept.minimum_amount.0,
            lines: kept.lines.iter().map(|line| (line.check_item_id.clone(), line.value.0)).collect(),
        })
    })
    .collect()
}

/// `paymentsByBalances` as it stands.
fn payments(message: &LoyaltyBenefitUsagesPayload) -> Result<BTreeMap<String, Decimal>, ApiError> {
    let mut payments = BTreeMap::new();
    for (index, payment) in message.payments_by_balances.iter().enumerate() {
        if let Some(number) = payment.value_in_currency.or(payment.value) {
            let paid = value(&format!("paymentsByBalances[{index}].value"), number)?;
            *payments.entry(payment.balance_id.clone()).or_default() += paid;
        }
    }
    Ok(payments)
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

fn line(index: usize, item: &PaidItem) -> Result<PaidLine, ApiError> {
    let total = value(&format!("paidItems[{index}].totalPriceWithVat"), item.total_price_with_vat)?;
    let (mut paid, mut shares) = (total, Vec::new());
    for (at, benefit) in item.applied_benefits.iter().enumerate() {
        let path = format!("paidItems[{index}].appliedBenefits[{at}].absoluteTotalValue");
        let off = value(&path, benefit.absolute_total_value)?;
        if benefit.is_discount() {
            paid -= off;
            let source = match (&benefit.applied_from_balance_id, &benefit.applied_from_general_discount_id) {
                (Some(id), _) => Source::Balance(id.clone()),
                (None, id) => Source::Discount(id.clone().unwrap_or_default()),
            };
            shares.push(Share { source, value: off });
        }
    }
    let ids = item.product.categories.iter();
    let ids = ids.flat_map(|one| [Some(one.category_id.clone()), one.parent_category_id.clone()]);
    Ok(PaidLine {
        check_item_id: item.original_check_item_id.clone().unwrap_or_else(|| nameless(index)),
        product_id: item.product.product_id.clone(),
        categories: ids.flatten().collect(),
        vat_rate: item.vat_rate.and_then(|written| VatRate::from_line(written.0)),
        quantity: value(&format!("paidItems[{index}].amount"), item.amount)?,
        total,
        paid,
        shares,
    })
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

#[cfg(test)]
mod tests {
    use super::super::refund::plan::Asked;
    use super::super::refund::sale::Lines;
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
            ("customerId", json!(long)),
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
                "originalCheckItemId": "37", "amount": 1, "totalPriceWithVat": 100, "vatRate": "21",
                "product": {"productId": "p",
                    "categories": [{"categoryId": "c", "parentCategoryId": "d", "name": "Pivo"}]},
                "appliedBenefits": [
                    {"sourceType": "generalDiscount", "appliedFromGeneralDiscountId": "d", "absoluteTotalValue": 10},
                    {"sourceType": "balance", "appliedFromBalanceId": "m", "absoluteTotalValue": 20, "applicationType": "payment"}
                ]
            }]);
        })
        .unwrap();
        assert_eq!(report.kind, Kind::Paid);
        let share = Share { source: Source::Discount("d".to_owned()), value: decimal("10") };
        let line = PaidLine {
            check_item_id: "37".to_owned(),
            product_id: "p".to_owned(),
            categories: BTreeSet::from(["c".to_owned(), "d".to_owned()]),
            vat_rate: VatRate::from_percent(decimal("21")),
            quantity: decimal("1"),
            total: decimal("100"),
            paid: decimal("90"),
            shares: vec![share],
        };
        assert_eq!(report.lines, [line]);
        assert_eq!(report.categories, BTreeSet::from(["Pivo".to_owned()]));
        assert_eq!(read(|body| body["billState"] = json!("Refunded")).unwrap().kind, Kind::Refunded);
        assert_eq!(
            read(|body| body["billState"] = json!("parked")).unwrap().kind,
            Kind::Other("parked".to_owned())
        );
    }

    #[test]
    fn a_refund_says_which_one_it_is_and_what_it_gives_back() {
        let part = |body: &mut Value| {
            body["billState"] = json!("refunded");
            body["refundNumber"] = json!(2);
            body["paidItems"] = json!([{
                "originalCheckItemId": "37", "amount": -0.5, "totalPriceWithVat": 50, "appliedBenefits": [],
                "product": {"productId": "p", "categories": []}
            }]);
            body["paymentsByBalances"] = json!([{"balanceId": "M", "valueInCurrency": 12.5}]);
        };
        let report = read(part).unwrap();
        assert_eq!((report.kind.text(), Kind::from_text("refund-2")), ("refund-2", report.kind.clone()));
        let asked = Asked::by(&report, Precision::new(2).unwrap());
        assert_eq!(asked.lines, Lines::Parts(vec![("37".to_owned(), decimal("0.5"))]));
        assert_eq!(asked.facts, BTreeMap::from([("M".to_owned(), 1_250)]));
        for number in [json!(0), json!(null)] {
            let whole = read(|body| {
                part(body);
                body["refundNumber"] = number;
            });
            let whole = whole.unwrap();
            assert_eq!(whole.kind, Kind::Refunded);
            let everything = Asked { lines: Lines::Rest, facts: BTreeMap::new() };
            assert_eq!(Asked::by(&whole, Precision::new(2).unwrap()), everything);
        }
        let refusal = read(|body| {
            part(body);
            body["refundNumber"] = json!(-1);
        });
        assert_eq!(refusal.unwrap_err().extra["field"], "refundNumber");
        assert_eq!(
            read(|body| body["billState"] = json!("refund-3")).unwrap().kind,
            Kind::Other("refund-3".to_owned())
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
