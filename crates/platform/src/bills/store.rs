//! Where are bills kept, how do they get their numbers, and how is a page of them found?

use super::feed::BillRecords;
use super::list::BillFilters;
use super::number::bill_id;
use crate::access::SourceId;
use crate::api::{Filters as _, unknown_cursor};
use crate::feed::{Changes, Owner, many};
use crate::sale::bill::{StoredBill, StoredItem};
use db::{Joined, Tx, TxError, json, params};
use door::ApiError;
use std::collections::BTreeMap;

db::row! {
    /// An item with the bill it stands on.
    struct ItemOfBill {
        bill_id: String,
        item: StoredItem as Joined,
    }
}

db::statement! {
    // The counter's row is the lock: a number that is taken is used, or rolled back with its bill.
    NEXT_BILL_NUMBER -> i64 = "INSERT INTO platform_bill_counter (merchant, place, year, last_number) VALUES ($1, $2, $3, 1)
        ON CONFLICT (merchant, place, year) DO UPDATE SET last_number = platform_bill_counter.last_number + 1
        RETURNING last_number";
    INSERT_BILL = "INSERT INTO platform_bill (merchant, place, bill_id, check_id, device_number, version, session_created,
            created_at, paid_at, modified_at, currency_code, price_precision, final_price, discount, taxes,
            payment_method, payments, created_by, paid_by, person_count, desk_id, issued_as_vat_payer, customer_id,
            bill_messages, refunded, refunded_bill_identifier, deleted, refund_reason, fiscal_data, benefit_usage_id, order_provider)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $27, $28, $29, $30, $31)";
    INSERT_ITEM = "INSERT INTO platform_bill_item (merchant, place, bill_id, item_number, check_item_id, product_id,
            decoded_id, category_id, name, amount, measure, ean, unit_price, vat_rate, vat_id, till_discount, total,
            benefits, has_additions_with_code, additions_code, person_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)";
    BILL -> StoredBill = "SELECT bill_id, check_id, device_number, version, session_created, created_at, paid_at, modified_at,
            currency_code, price_precision AS precision, final_price, discount, taxes, payment_method, payments, created_by,
            paid_by, person_count, desk_id, issued_as_vat_payer, customer_id, bill_messages, refunded,
            refunded_bill_identifier, deleted, refund_reason, fiscal_data, benefit_usage_id, order_provider
        FROM platform_bill WHERE merchant = $1 AND place = $2 AND bill_id = $3";
    ITEMS -> StoredItem = "SELECT check_item_id, product_id, decoded_id, category_id, name, amount, measure, ean, unit_price, vat_rate,
            vat_id, till_discount, total, benefits, has_additions_with_code, additions_code, person_id
        FROM platform_bill_item WHERE merchant = $1 AND place = $2 AND bill_id = $3 ORDER BY item_number";
    // Bills of 32 ids, and their items.
    BILLS_OF -> StoredBill = "SELECT bill_id, check_id, device_number, version, session_created, created_at, paid_at, modified_at,
            currency_code, price_precision AS precision, final_price, discount, taxes, payment_method, payments, created_by,
            paid_by, person_count, desk_id, issued_as_vat_payer, customer_id, bill_messages, refunded,
            refunded_bill_identifier, deleted, refund_reason, fiscal_data, benefit_usage_id, order_provider
        FROM platform_bill WHERE merchant = $1 AND place = $2 AND bill_id IN (
            $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)";
    ITEMS_OF -> ItemOfBill = "SELECT check_item_id, product_id, decoded_id, category_id, name, amount, measure, ean, unit_price, vat_rate,
            vat_id, till_discount, total, benefits, has_additions_with_code, additions_code, person_id, bill_id
        FROM platform_bill_item WHERE merchant = $1 AND place = $2 AND bill_id IN (
            $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)
        ORDER BY bill_id, item_number";
    BILL_POSITION -> i64 = "SELECT created_at FROM platform_bill WHERE merchant = $1 AND place = $2 AND bill_id = $3";
    // The ids of a page. Newest first; a bill's id decides between bills of one instant, as it follows the running number.
    PAGE -> String = "SELECT bill_id FROM platform_bill
        WHERE merchant = $1 AND place = $2
            AND created_at >= $3 AND created_at < $4 AND modified_at >= $5
            AND refunded >= $6 AND refunded <= $7 AND deleted <= $8
            AND (created_at, bill_id) < ($9, $10)
        ORDER BY created_at DESC, bill_id DESC
        LIMIT $11";
    // The same of refunded bills, which are few among many: they have an index of their own.
    PAGE_OF_REFUNDED -> String = "SELECT bill_id FROM platform_bill
        WHERE merchant = $1 AND place = $2 AND refunded = 1
            AND created_at >= $3 AND created_at < $4 AND modified_at >= $5
            AND deleted <= $6
            AND (created_at, bill_id) < ($7, $8)
        ORDER BY created_at DESC, bill_id DESC
        LIMIT $9";
    // The same of bills changed since an instant, where no more than $12 are.
    PAGE_OF_CHANGED -> String = "SELECT c.bill_id FROM (
            SELECT bill_id, created_at, refunded, deleted FROM platform_bill
            WHERE merchant = $1 AND place = $2 AND modified_at >= $5
            ORDER BY modified_at DESC LIMIT $12
        ) c
        WHERE c.created_at >= $3 AND c.created_at < $4
            AND c.refunded >= $6 AND c.refunded <= $7 AND c.deleted <= $8
            AND (c.created_at, c.bill_id) < ($9, $10)
        ORDER BY c.created_at DESC, c.bill_id DESC
        LIMIT $11";
    // How many bills changed since an instant, counted up to $4.
    CHANGED_SINCE -> i64 = "SELECT COUNT(*) AS changed FROM (
            SELECT bill_id FROM platform_bill WHERE merchant = $1 AND place = $2 AND modified_at >= $3 LIMIT $4
        ) c";
}

/// Up to so many changed bills are sorted for a page that asks for changed ones; where there are more, a walk from the
/// newest bill on soon has a page of them.
const CHANGED_SORTED_MAX: i64 = 5_000;

/// After every instant and bill id there is.
const FIRST_PAGE: (i64, &str) = (i64::MAX, "");

/// Takes the place's next number of `year` and gives the bill's id.
///
/// # Errors
/// 409 when the year's numbers are used up.
pub(crate) fn next_bill_id(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    letters: &str,
    year: i64,
) -> Result<String, TxError<ApiError>> {
    let number = tx.optional(&NEXT_BILL_NUMBER, params![merchant, place, year])?.unwrap_or(1);
    bill_id(letters, year, number).ok_or_else(|| {
        let message = format!("place {place} has used all bill numbers of {year}");
        TxError::Refused(ApiError::conflict(message).with_name("BILL_NUMBERS_USED_UP"))
    })
}

/// Writes a new bill with its items and its entry in the feed.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    place: &str,
    bill: &StoredBill,
) -> Result<(), db::Error> {
    let created_by = bill.created_by.as_ref().map(|person| json("created_by", person)).transpose()?;
    let paid_by = bill.paid_by.as_ref().map(|person| json("paid_by", person)).transpose()?;
    let fiscal_data = bill.fiscal_data.as_ref().map(|data| json("fiscal_data", data)).transpose()?;
    let order_provider =
        bill.order_provider.as_ref().map(|provider| json("order_provider", provider)).transpose()?;
    tx.execute(
        &INSERT_BILL,
        params![
            merchant,
            place,
            &bill.bill_id,
            &bill.check_id,
            bill.device_number,
            bill.version,
            bill.session_created,
            bill.created_at,
            bill.paid_at,
            bill.modified_at,
            &bill.currency_code,
            i64::from(bill.precision.digits()),
            bill.final_price.0,
            bill.discount.0,
            &json("taxes", &bill.taxes)?,
            &bill.payment_method,
            &json("payments", &bill.payments)?,
            created_by.as_ref(),
            paid_by.as_ref(),
            bill.person_count,
            bill.desk_id.as_ref(),
            bill.issued_as_vat_payer,
            bill.customer_id.as_ref(),
            &json("bill_messages", &bill.bill_messages)?,
            bill.refunded,
            bill.refunded_bill_identifier.as_ref(),
            bill.deleted,
            bill.refund_reason.as_ref(),
            fiscal_data.as_ref(),
            bill.benefit_usage_id.as_ref(),
            order_provider.as_ref()
        ],
    )?;
    for (item_number, item) in (1_i64..).zip(&bill.items) {
        let product = &item.product;
        let vat_id = product.vat_id.as_ref().map(|vat_id| json("vat_id", vat_id)).transpose()?;
        tx.execute(
            &INSERT_ITEM,
            params![
                merchant,
                place,
                &bill.bill_id,
                item_number,
                &item.check_item_id,
                &product.product_id,
                product.decoded_id,
                product.category_id.as_ref(),
                &product.name,
                &item.amount.0.to_string(),
                &product.measure,
                product.ean.as_ref(),
                item.unit_price,
                &product.vat_rate.0.to_string(),
                vat_id.as_ref(),
                item.till_discount,
                item.total,
                &json("benefits", &item.benefits)?,
                item.has_additions_with_code.as_ref(),
                item.additions_code.as_ref(),
                item.person_id
            ],
        )?;
    }
    changes.put_at::<BillRecords>(place, &bill.bill_id);
    Ok(())
}

/// The bill with its items; `None` when the place has no such bill.
pub(crate) fn detail(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    bill_id: &str,
) -> Result<Option<StoredBill>, db::Error> {
    let Some(bill) = tx.optional(&BILL, params![merchant, place, bill_id])? else { return Ok(None) };
    let items = tx.query(&ITEMS, params![merchant, place, bill_id])?;
    Ok(Some(StoredBill { items, ..bill }))
}

/// The bills of these ids, by id, with or without their items.
pub(super) fn of_ids(
    tx: &mut Tx<'_>,
    owner: Owner<'_>,
    ids: &[&str],
    with_items: bool,
) -> Result<BTreeMap<String, StoredBill>, db::Error> {
    let mut bills: BTreeMap<String, StoredBill> = BTreeMap::new();
    many(tx, &BILLS_OF, params![owner.merchant, owner.place], ids, |bill| {
        bills.insert(bill.bill_id.clone(), bill);
    })?;
    if with_items {
        many(tx, &ITEMS_OF, params![owner.merchant, owner.place], ids, |row| {
            if let Some(bill) = bills.get_mut(&row.bill_id) {
                bill.items.push(row.item);
            }
        })?;
    }
    Ok(bills)
}

/// The first `most` bills of a page, with their items where the filters include them.
///
/// # Errors
/// 404 for a `lastBillId` the place does not have.
pub(super) fn page(
    tx: &mut Tx<'_>,
    source: &SourceId,
    filters: &BillFilters,
    most: i64,
) -> Result<Vec<StoredBill>, TxError<ApiError>> {
    let ids = page_ids(tx, source, filters, most)?;
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let owner = Owner { merchant: &source.merchant, place: &source.place };
    let mut bills = of_ids(tx, owner, &ids, filters.include.is_some())?;
    Ok(ids.iter().filter_map(|id| bills.remove(*id)).collect())
}

/// The ids of the first `most` bills of a page.
fn page_ids(
    tx: &mut Tx<'_>,
    source: &SourceId,
    filters: &BillFilters,
    most: i64,
) -> Result<Vec<String>, TxError<ApiError>> {
    let (merchant, place) = (&source.merchant, &source.place);
    let (before, before_id) = match filters.after() {
        None => FIRST_PAGE,
        Some(last) => {
            let position = tx.optional(&BILL_POSITION, params![merchant, place, last])?;
            (position.ok_or_else(|| unknown_cursor("bill", last))?, last)
        }
    };
    let from = filters.from.map_or(i64::MIN, |from| from.as_microsecond());
    // One bound on each side of the page: of two on one side, SQLite may begin at the farther and walk all between them.
    let till = filters.till.map_or(i64::MAX, |till| till.as_microsecond()).min(before.saturating_add(1));
    let modified_since = filters.modified_since.map_or(i64::MIN, |since| since.as_microsecond());
    let deleted_max = filters.include_deleted.unwrap_or(false);
    let (refunded_min, refunded_max) =
        filters.refunded.map_or((0, 1), |refunded| (i64::from(refunded), i64::from(refunded)));
    let changed = match filters.modified_since {
        None => i64::MAX,
        Some(_) => {
            let counted = params![merchant, place, modified_since, CHANGED_SORTED_MAX + 1];
            tx.optional(&CHANGED_SINCE, counted)?.unwrap_or(0)
        }
    };
    let asked = params![
        merchant,
        place,
        from,
        till,
        modified_since,
        refunded_min,
        refunded_max,
        deleted_max,
        before,
        before_id,
        most
    ];
    if changed <= CHANGED_SORTED_MAX {
        let few: Vec<_> = asked.iter().cloned().chain([CHANGED_SORTED_MAX.into()]).collect();
        return Ok(tx.query(&PAGE_OF_CHANGED, &few)?);
    }
    if filters.refunded == Some(true) {
        let asked =
            params![merchant, place, from, till, modified_since, deleted_max, before, before_id, most];
        return Ok(tx.query(&PAGE_OF_REFUNDED, asked)?);
    }
    Ok(tx.query(&PAGE, asked)?)
}
