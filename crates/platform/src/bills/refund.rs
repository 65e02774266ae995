//! How does a bill, or a part of it, come back?
//!
//! One transaction takes the original bill's row, looks at what went back before, writes the corrective bill under
//! a number of its own, the usage report with its delivery, and the changes of the bills that the feed reads. With the
//! last part of a bill the bill and all its corrective bills become `refunded`: whoever adds up the rows that are not
//! has the takings (protocol.md §4.3).

use super::refund_store::{self, Standing, StoredRefund};
use super::store;
use crate::Platform;
use crate::access::SourceId;
use crate::api::exact_amount;
use crate::feed::Changes;
use crate::loyalty::freeze_report;
use crate::loyalty::refund_usage::{self, GivenBackTo};
use crate::menu::{self, amounts::Holder};
use crate::place::place_settings;
use crate::sale::bill::{
    METHOD_CHARACTERS_MAX, StoredBill, StoredItem, StoredPayment, StoredTax, payment_method,
};
use crate::sale::corrective::{GivenBack, PartOfItem, divide, parts, taxes, tenders};
use crate::sale::lost::{self, KeptDiscount};
use db::{Tx, TxError};
use door::ApiError;
use jiff::Timestamp;
use money::{Amount, Decimal};
use serde_json::Value;
use wire::Number;
use wire::bills::Bill;
use wire::pos::{PayCheckPayment, PosPerson, RefundBillItem, RefundTender};

/// Longest reason.
const REASON_CHARACTERS_MAX: usize = 500;
/// Most payments that money is given back by.
const PAYMENTS_MAX: usize = 50;

/// What is to come back, and at whose word.
#[derive(Debug, Clone, Default)]
pub(crate) struct Command {
    pub(crate) bill_id: String,
    /// Whether the whole bill is as if it had never been paid.
    pub(crate) cancels: bool,
    /// Whether what comes back is an open check again; it cancels then.
    pub(crate) reopens: bool,
    /// Whether the bill and its corrective bills leave the lists too; it cancels then.
    pub(crate) deletes: bool,
    /// Empty for all that is left.
    pub(crate) items: Vec<RefundBillItem>,
    pub(crate) tender: RefundTender,
    /// How the part that goes to no balance is given back.
    pub(crate) payments: Option<Vec<PayCheckPayment>>,
    pub(crate) reason: Option<String>,
    pub(crate) fiscal_data: Option<Value>,
    /// Who gives the money back; as on the bill, where nobody is named.
    pub(crate) paid_by: Option<PosPerson>,
    /// The register that gives the money back; none for an application.
    pub(crate) device_number: Option<i64>,
    /// A call with the same key is the same call.
    pub(crate) request_key: Option<String>,
    /// The hash of what was asked for.
    pub(crate) request_hash: Option<Vec<u8>>,
}

/// What came back of a bill.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Back<'a> {
    /// The bill as it was paid.
    pub(crate) bill: &'a StoredBill,
    pub(crate) parts: &'a [PartOfItem],
    /// How the bill was paid and, in the same order, what went back by each.
    pub(crate) tenders: &'a [StoredPayment],
    pub(crate) given: &'a [Amount],
}

/// Writes what follows from a refund.
type Follow<'f> = dyn FnMut(&mut Tx<'_>, &Back<'_>) -> Result<(), TxError<ApiError>> + 'f;

/// Gives back what the command says; the answer is the corrective bill. A command that was carried out before gives
/// the bill it made then.
///
/// # Errors
/// 400 that names the member at fault, 404 for a bill the place does not have, 409 for what cannot come back (any
/// more); nothing is changed then.
pub(crate) async fn refund(
    platform: &Platform,
    source: &SourceId,
    command: Command,
) -> Result<Bill, ApiError> {
    refund_and(platform, source, command, |_, _| Ok(())).await
}

/// As [`refund`]; `follow` writes in the same transaction what follows from it, unless the command was carried out before.
///
/// # Errors
/// As [`refund`], and those of `follow`.
pub(crate) async fn refund_and<F>(
    platform: &Platform,
    source: &SourceId,
    command: Command,
    mut follow: F,
) -> Result<Bill, ApiError>
where
    F: FnMut(&mut Tx<'_>, &Back<'_>) -> Result<(), TxError<ApiError>> + Send + 'static,
{
    if let Some(length) = command.reason.as_ref().map(|reason| reason.chars().count())
        && length > REASON_CHARACTERS_MAX
    {
        let expected = format!("at most {REASON_CHARACTERS_MAX} characters");
        return Err(ApiError::field("reason", &expected, &format!("{length} of them")));
    }
    let (now, benefit_usage_id) = (platform.now(), platform.outside().object_id());
    let place = source.clone();
    let corrective = platform
        .change("refund_bill", &source.merchant, now, move |tx, changes| {
            book(tx, changes, &place, &command, &benefit_usage_id, &mut follow)
        })
        .await?;
    super::read(platform, source, &corrective).await
}

/// Takes a bill out of the books: all that is left of it comes back, and lists leave the bill and its corrective bills
/// out. The answer is the bill, `deleted`; a repeat changes nothing.
///
/// # Errors
/// 404 for a bill the place does not have, 409 for a corrective bill.
pub(crate) async fn delete(platform: &Platform, source: &SourceId, bill_id: &str) -> Result<Bill, ApiError> {
    let command = Command {
        bill_id: bill_id.to_owned(),
        cancels: true,
        deletes: true,
        request_key: Some("delete".to_owned()),
        ..Command::default()
    };
    refund(platform, source, command).await?;
    super::read(platform, source, bill_id).await
}

/// The transaction; gives the corrective bill's id.
fn book(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    source: &SourceId,
    command: &Command,
    benefit_usage_id: &str,
    follow: &mut Follow<'_>,
) -> Result<String, TxError<ApiError>> {
    let now = changes.now();
    let (merchant, place) = (source.merchant.as_str(), source.place.as_str());
    let missing = |noun, id: &str| TxError::Refused(ApiError::not_found(noun, id));
    let settings = place_settings(tx, merchant, place)?.ok_or_else(|| missing("place", place))?;
    if !refund_store::guard(tx, source, &command.bill_id)? {
        return Err(missing("bill", &command.bill_id));
    }
    let Some(bill) = store::detail(tx, merchant, place, &command.bill_id)? else {
        return Err(missing("bill", &command.bill_id));
    };
    let earlier = refund_store::refunds(tx, source, &command.bill_id)?;
    // One that was paid with an empty basket has nothing that could come back
    let is_back = bill.refunded || bill.items.is_empty();
    if command.deletes && is_back && bill.refunded_bill_identifier.is_none() {
        if !bill.deleted {
            let correctives = earlier.iter().map(|refund| refund.corrective_bill_id.as_str());
            for id in std::iter::once(bill.bill_id.as_str()).chain(correctives) {
                refund_store::give_back(tx, changes, source, id, Standing::Deleted)?;
            }
        }
        return Ok(bill.bill_id);
    }
    if let Some(done) = done_before(&earlier, command).map_err(TxError::Refused)? {
        return Ok(done);
    }
    let paid = match &bill.benefit_usage_id {
        Some(original) => crate::loyalty::store::payload(tx, source, original)?,
        None => None,
    };
    let kept = paid.as_ref().map(|paid| lost::kept_discounts(&bill, paid)).unwrap_or_default();
    let plan = plan(&bill, &kept, &earlier, command).map_err(TxError::Refused)?;
    let year = i64::from(now.to_zoned(settings.zone.clone()).year());
    let bill_id = store::next_bill_id(tx, merchant, place, &settings.bill_letters, year)?;
    let mut corrective = corrective(&bill, &plan, command, bill_id.clone(), now);
    if let Some(paid) = &paid {
        let given_back = GivenBackTo {
            bill: &bill,
            parts: &plan.parts,
            tenders: &plan.tenders,
            given: &plan.back.given,
            value: plan.value,
            cancels: command.cancels,
            refund_number: plan.refund_number,
            corrective_bill_id: &bill_id,
            device_number: corrective.device_number,
        };
        let payload = refund_usage::usage(paid, &given_back);
        freeze_report(tx, source, &payload, &command.bill_id, benefit_usage_id, now)?;
        corrective.benefit_usage_id = Some(benefit_usage_id.to_owned());
    }
    let refund = StoredRefund {
        refund_number: plan.refund_number,
        corrective_bill_id: bill_id.clone(),
        request_key: command.request_key.clone(),
        request_hash: command.request_hash.clone(),
        back: plan.back,
        taxes: plan.taxes,
    };
    refund_store::insert(tx, source, &command.bill_id, &refund, now)?;
    let standing = match (plan.wholly, command.deletes) {
        (false, _) => Standing::Partly,
        (true, false) => Standing::Wholly,
        (true, true) => Standing::Deleted,
    };
    refund_store::give_back(tx, changes, source, &command.bill_id, standing)?;
    if plan.wholly {
        // Whoever adds up the bills that are not refunded must see the bill and its corrections go together
        for refund in &earlier {
            refund_store::give_back(tx, changes, source, &refund.corrective_bill_id, standing)?;
        }
    }
    store::insert(tx, changes, merchant, place, &corrective)?;
    follow(tx, &Back { bill: &bill, parts: &plan.parts, tenders: &plan.tenders, given: &refund.back.given })?;
    if command.cancels && !command.reopens {
        // As if it had never been sold; of a refund the dish was made all the same
        menu::amounts::give_back(tx, merchant, place, Holder::Check(&bill.check_id), now)?;
    }
    Ok(bill_id)
}

/// The corrective bill of the same call, if it came before.
fn done_before(earlier: &[StoredRefund], command: &Command) -> Result<Option<String>, ApiError> {
    let Some(key) = &command.request_key else { return Ok(None) };
    let Some(same) = earlier.iter().find(|refund| refund.request_key.as_ref() == Some(key)) else {
        return Ok(None);
    };
    if same.request_hash == command.request_hash {
        return Ok(Some(same.corrective_bill_id.clone()));
    }
    let message = format!(
        "this requestId made corrective bill {} of bill {} from another body; use a new requestId for another refund",
        same.corrective_bill_id, command.bill_id
    );
    Err(ApiError::conflict(message)
        .with_name("REQUEST_ID_USED")
        .with("billId", same.corrective_bill_id.clone()))
}

/// What a refund comes to.
#[derive(Debug)]
struct Plan {
    refund_number: i64,
    parts: Vec<PartOfItem>,
    value: Amount,
    /// With the signs of the sale.
    taxes: Vec<StoredTax>,
    tenders: Vec<StoredPayment>,
    back: GivenBack,
    /// As the corrective bill shows them.
    payments: Vec<StoredPayment>,
    /// Nothing is left of the bill.
    wholly: bool,
}

fn plan(
    bill: &StoredBill,
    kept: &[KeptDiscount],
    earlier: &[StoredRefund],
    command: &Command,
) -> Result<Plan, ApiError> {
    if let Some(original) = &bill.refunded_bill_identifier {
        let message = format!(
            "bill {} is the corrective bill of {original}; only a bill that was paid can be given back",
            bill.bill_id
        );
        return Err(ApiError::conflict(message).with_name("NOT_REFUNDABLE"));
    }
    let before = earlier.iter().fold(GivenBack::nothing(bill), |before, refund| before.and(&refund.back));
    let left = before.left(bill);
    if left.iter().all(Decimal::is_zero) {
        let message = format!("nothing is left of bill {}: all of it was given back", bill.bill_id);
        let last = earlier.last().map(|refund| refund.corrective_bill_id.clone());
        return Err(ApiError::conflict(message).with_name("NOTHING_LEFT").with("billId", last));
    }
    let now = if command.items.is_empty() { left.clone() } else { wanted(bill, &left, &command.items)? };
    let mut parts = parts(bill, &before, &now);
    if !kept.is_empty() {
        let standing = lost::after_all(bill, kept, earlier.iter().map(|refund| &refund.back));
        let total: Vec<Decimal> = before.amounts.iter().zip(&now).map(|(gone, now)| *gone + *now).collect();
        lost::take_lost(bill, &mut parts, &standing, &lost::after(bill, kept, &standing, &total));
    }
    let value: Amount = parts.iter().map(|part| part.after).sum();
    let precision = bill.precision;
    let given = divide(bill, &before, value, command.tender).map_err(|short| {
        let (value, left) =
            (Number::from_amount(value, precision), Number::from_amount(short.left, precision));
        let message = format!(
            "tender creditOnly: balances paid {left} of what is left of bill {}, less than the {value} that come back; use proRata or moneyFirst",
            bill.bill_id
        );
        ApiError::conflict(message).with_name("BALANCES_PAID_LESS")
    })?;
    let tenders = tenders(bill);
    let payments = payments(bill, &tenders, &given, command.payments.as_deref())?;
    let wholly = left == now;
    let taxes_before: Vec<StoredTax> =
        earlier.iter().flat_map(|refund| refund.taxes.iter().cloned()).collect();
    Ok(Plan {
        taxes: taxes(bill, &taxes_before, &parts),
        refund_number: earlier.last().map_or(1, |refund| refund.refund_number + 1),
        parts,
        value,
        tenders,
        back: GivenBack { amounts: now, given },
        payments,
        wholly,
    })
}

/// How much of each item the register asks for.
fn wanted(bill: &StoredBill, left: &[Decimal], items: &[RefundBillItem]) -> Result<Vec<Decimal>, ApiError> {
    let mut wanted = vec![Decimal::ZERO; bill.items.len()];
    for (index, item) in items.iter().enumerate() {
        let path = |member: &str| format!("items[{index}].{member}");
        let position = bill.items.iter().position(|line| line.check_item_id == item.check_item_id);
        let slot = position.and_then(|at| wanted.get_mut(at).zip(left.get(at)));
        let Some((wanted, left)) = slot else {
            let expected = format!("the id of an item of bill {}", bill.bill_id);
            let found = format!("{:?}", item.check_item_id);
            return Err(ApiError::field(&path("checkItemId"), &expected, &found));
        };
        if !wanted.is_zero() {
            let found = format!("{:?} again", item.check_item_id);
            return Err(ApiError::field(&path("checkItemId"), "each item once", &found));
        }
        let amount = item.amount.map_or(*left, |amount| amount.0);
        if amount > *left || left.is_zero() {
            let (left, amount) = (Number(*left), Number(amount));
            let message = format!(
                "{}: of item {:?} {left} is left to give back, found {amount}",
                path("amount"),
                item.check_item_id
            );
            let value = |number: Number| serde_json::to_value(number).unwrap_or(Value::Null);
            return Err(ApiError::conflict(message)
                .with_name("OVER_REFUND")
                .with("field", path("amount"))
                .with("left", value(left))
                .with("found", value(amount)));
        }
        if amount <= Decimal::ZERO {
            return Err(ApiError::field(&path("amount"), "above 0", &amount.to_string()));
        }
        *wanted = amount;
    }
    Ok(wanted)
}

/// How money and balances get what comes back, as the corrective bill shows it: with the other sign.
fn payments(
    bill: &StoredBill,
    tenders: &[StoredPayment],
    given: &[Amount],
    asked: Option<&[PayCheckPayment]>,
) -> Result<Vec<StoredPayment>, ApiError> {
    let shown = tenders.iter().zip(given).filter(|(_, given)| **given != Amount::ZERO);
    let all = shown.map(|(tender, given)| StoredPayment { value: -given.0, ..tender.clone() });
    let Some(asked) = asked else { return Ok(all.collect()) };
    let (mut payments, by_money): (Vec<_>, Vec<_>) = all.partition(|payment| payment.balance_id.is_some());
    let money: Amount = by_money.iter().map(|payment| -Amount(payment.value)).sum();
    if asked.len() > PAYMENTS_MAX {
        let expected = format!("at most {PAYMENTS_MAX} payments");
        return Err(ApiError::field("payments", &expected, &asked.len().to_string()));
    }
    let mut sum = Amount::ZERO;
    for (index, payment) in asked.iter().enumerate() {
        let method = payment.payment_method.trim();
        if method.is_empty() || method.chars().count() > METHOD_CHARACTERS_MAX {
            let expected = format!("1 to {} characters", METHOD_CHARACTERS_MAX);
            let found = format!("{} of them", method.chars().count());
            return Err(ApiError::field(&format!("payments[{index}].paymentMethod"), &expected, &found));
        }
        let path = format!("payments[{index}].priceWithVat");
        let value = exact_amount(&path, &payment.price_with_vat, bill.precision)?;
        if value == Amount::ZERO || value.is_negative() != money.is_negative() {
            let expected = if money.is_negative() { "an amount below 0" } else { "an amount above 0" };
            return Err(ApiError::field(&path, expected, &payment.price_with_vat.to_string()));
        }
        sum += value;
        let payment_method = method.to_owned();
        payments.push(StoredPayment { payment_method, value: -value.0, balance_id: None });
    }
    if sum == money {
        return Ok(payments);
    }
    let (expected, found) =
        (Number::from_amount(money, bill.precision), Number::from_amount(sum, bill.precision));
    let value = |number: Number| serde_json::to_value(number).unwrap_or(Value::Null);
    let message =
        format!("expected payments that come to the {expected} that go to no balance, found {found}");
    Err(ApiError::bad_request(message)
        .with_name("PAYMENT_MISMATCH")
        .with("field", "payments")
        .with("expected", value(expected))
        .with("found", value(found)))
}

/// The method of a corrective bill that gives nothing back: that of the bill, and of one that was split the first by
/// which money was given.
fn method_of_nothing<'b>(bill: &'b StoredBill, tenders: &'b [StoredPayment]) -> &'b str {
    let money = tenders.iter().find(|tender| tender.balance_id.is_none());
    match money {
        Some(money) if bill.payments.len() > 1 => &money.payment_method,
        _ => &bill.payment_method,
    }
}

/// The bill with the other signs.
fn corrective(
    bill: &StoredBill,
    plan: &Plan,
    command: &Command,
    bill_id: String,
    now: Timestamp,
) -> StoredBill {
    let items: Vec<StoredItem> = plan
        .parts
        .iter()
        .filter_map(|part| {
            let item = bill.items.get(part.index)?;
            let mut benefits = item.benefits.clone();
            for (benefit, value) in benefits.iter_mut().zip(&part.benefits) {
                benefit.value = -value.0;
            }
            benefits.retain(|benefit| benefit.value != 0);
            Some(StoredItem {
                // nothing of an item that only lost a discount
                amount: Number(if part.amount.is_zero() { Decimal::ZERO } else { -part.amount }),
                till_discount: -part.till_discount.0,
                total: -part.total.0,
                benefits,
                ..item.clone()
            })
        })
        .collect();
    let discount: Amount = plan.parts.iter().map(|part| part.till_discount + (part.total - part.after)).sum();
    StoredBill {
        bill_id,
        device_number: command.device_number.unwrap_or(bill.device_number),
        version: 1,
        created_at: now,
        paid_at: now,
        modified_at: now,
        final_price: -plan.value,
        discount: -discount,
        taxes: refund_store::mirrored(&plan.taxes),
        payment_method: payment_method(&plan.payments, method_of_nothing(bill, &plan.tenders)),
        payments: plan.payments.clone(),
        created_by: command.paid_by.clone().or_else(|| bill.created_by.clone()),
        paid_by: command.paid_by.clone().or_else(|| bill.paid_by.clone()),
        bill_messages: Vec::new(),
        refunded: plan.wholly,
        deleted: plan.wholly && command.deletes,
        refunded_bill_identifier: Some(bill.bill_id.clone()),
        refund_reason: command.reason.clone(),
        fiscal_data: command.fiscal_data.clone(),
        benefit_usage_id: None,
        items,
        ..bill.clone()
    }
}
