//! Where are bills kept, how do they get their numbers, and how is a page of them found?

use super::feed::BillRecords;
use super::list::BillFilters;
use super::number::bill_id;
use crate::access::SourceId;
use crate::api::{Filters as _, unknown_cursor};
use crate::column::{Digits, Exact, Json, json};
use crate::feed::{Changes, Owner, many};
use crate::menu::LineProduct;
use crate::sale::bill::{StoredBill, StoredItem};
use db::{Row, Tx, TxError, params};
use door::ApiError;
use money::Amount;
use std::collections::BTreeMap;

db::statement! {
    // The counter's row is the lock: a number that is taken is used, or rolled back with its bill.
    NEXT_BILL_NUMBER = "INSERT INTO platform_bill_counter (merchant, place, year, last_number) VALUES ($1, $2, $3, 1)
        ON CONFLICT (merchant, place, year) DO UPDATE SET last_number = platform_bill_counter.last_number + 1
        RETURNING last_number";
    INSERT_BILL = "INSERT INTO platform_bill (merchant, place, bill_id, check_id, device_number, version, session_created,
            created_at, paid_at, modified_at, currency_code, price_precision, final_price, discount, taxes,
            payment_method, payments, created_by, paid_by, person_count, desk_id, issued_as_vat_payer, customer_id,
            bill_messages, refunded, refunded_bill_identifier, deleted, refund_reason, fiscal_data, benefit_usage_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $27, $28, $29, $30)";
    INSERT_ITEM = "INSERT INTO platform_bill_item (merchant, place, bill_id, item_number, check_item_id, product_id,
            decoded_id, category_id, name, amount, measure, ean, unit_price, vat_rate, vat_id, till_discount, total,
            benefits)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    BILL = "SELECT bill_id, check_id, device_number, version, session_created, created_at, paid_at, modified_at,
            currency_code, price_precision, final_price, discount, taxes, payment_method, payments, created_by, paid_by,
            person_count, desk_id, issued_as_vat_payer, customer_id, bill_messages, refunded,
            refunded_bill_identifier, deleted, refund_reason, fiscal_data, benefit_usage_id
        FROM platform_bill WHERE merchant = $1 AND place = $2 AND bill_id = $3";
    ITEMS = "SELECT check_item_id, product_id, decoded_id, category_id, name, amount, measure, ean, unit_price, vat_rate,
            vat_id, till_discount, total, benefits
        FROM platform_bill_item WHERE merchant = $1 AND place = $2 AND bill_id = $3 ORDER BY item_number";
    // Bills of 32 ids, and their items.
    BILLS_OF = "SELECT bill_id, check_id, device_number, version, session_created, created_at, paid_at, modified_at,
            currency_code, price_precision, final_price, discount, taxes, payment_method, payments, created_by, paid_by,
            person_count, desk_id, issued_as_vat_payer, customer_id, bill_messages, refunded,
            refunded_bill_identifier, deleted, refund_reason, fiscal_data, benefit_usage_id
        FROM platform_bill WHERE merchant = $1 AND place = $2 AND bill_id IN (
            $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)";
    ITEMS_OF = "SELECT check_item_id, product_id, decoded_id, category_id, name, amount, measure, ean, unit_price, vat_rate,
            vat_id, till_discount, total, benefits, bill_id
        FROM platform_bill_item WHERE merchant = $1 AND place = $2 AND bill_id IN (
            $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)
        ORDER BY bill_id, item_number";
    BILL_POSITION = "SELECT created_at FROM platform_bill WHERE merchant = $1 AND place = $2 AND bill_id = $3";
    // Newest first; a bill's id decides between bills of one instant, as it follows the running number.
    PAGE = "SELECT bill_id, check_id, device_number, version, session_created, created_at, paid_at, modified_at,
            currency_code, price_precision, final_price, discount, taxes, payment_method, payments, created_by, paid_by,
            person_count, desk_id, issued_as_vat_payer, customer_id, bill_messages, refunded,
            refunded_bill_identifier, deleted, refund_reason, fiscal_data, benefit_usage_id
        FROM platform_bill
        WHERE merchant = $1 AND place = $2
            AND created_at >= $3 AND created_at < $4 AND modified_at >= $5
            AND refunded >= $6 AND refunded <= $7 AND deleted <= $8
            AND (created_at, bill_id) < ($9, $10)
        ORDER BY created_at DESC, bill_id DESC
        LIMIT $11";
}

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
    let row = tx.optional(&NEXT_BILL_NUMBER, params![merchant, place, year])?;
    let number: i64 = row.map_or(Ok(1), |row| row.get(0))?;
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
            bill.benefit_usage_id.as_ref()
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
                &json("benefits", &item.benefits)?
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
    let Some(row) = tx.optional(&BILL, params![merchant, place, bill_id])? else { return Ok(None) };
    let mut bill = bill_of(&row)?;
    let items = tx.query(&ITEMS, params![merchant, place, bill_id])?;
    bill.items = items.iter().map(item_of).collect::<Result<_, _>>()?;
    Ok(Some(bill))
}

/// The bills of these ids with their items, by id.
pub(super) fn details(
    tx: &mut Tx<'_>,
    owner: Owner<'_>,
    ids: &[&str],
) -> Result<BTreeMap<String, StoredBill>, db::Error> {
    let mut bills: BTreeMap<String, StoredBill> = BTreeMap::new();
    let (mut rows, mut items) = (Vec::new(), Vec::new());
    many(tx, &BILLS_OF, params![owner.merchant, owner.place], ids, |row| rows.push(row))?;
    many(tx, &ITEMS_OF, params![owner.merchant, owner.place], ids, |row| items.push(row))?;
    for row in &rows {
        let bill = bill_of(row)?;
        bills.insert(bill.bill_id.clone(), bill);
    }
    for row in &items {
        if let Some(bill) = bills.get_mut(&row.get::<String>(14)?) {
            bill.items.push(item_of(row)?);
        }
    }
    Ok(bills)
}

/// The first `most` bills of a page, without items.
///
/// # Errors
/// 404 for a `lastBillId` the place does not have.
pub(super) fn page(
    tx: &mut Tx<'_>,
    source: &SourceId,
    filters: &BillFilters,
    most: i64,
) -> Result<Vec<StoredBill>, TxError<ApiError>> {
    let (merchant, place) = (&source.merchant, &source.place);
    let (before, before_id) = match filters.after() {
        None => FIRST_PAGE,
        Some(last) => {
            let row = tx.optional(&BILL_POSITION, params![merchant, place, last])?;
            (row.ok_or_else(|| unknown_cursor("bill", last))?.get(0)?, last)
        }
    };
    let from = filters.from.map_or(i64::MIN, |from| from.as_microsecond());
    let till = filters.till.map_or(i64::MAX, |till| till.as_microsecond());
    let modified_since = filters.modified_since.map_or(i64::MIN, |since| since.as_microsecond());
    let (refunded_min, refunded_max) =
        filters.refunded.map_or((0, 1), |refunded| (i64::from(refunded), i64::from(refunded)));
    let rows = tx.query(
        &PAGE,
        params![
            merchant,
            place,
            from,
            till,
            modified_since,
            refunded_min,
            refunded_max,
            filters.include_deleted.unwrap_or(false),
            before,
            before_id,
            most
        ],
    )?;
    Ok(rows.iter().map(bill_of).collect::<Result<_, _>>()?)
}

fn bill_of(row: &Row) -> Result<StoredBill, db::Error> {
    Ok(StoredBill {
        bill_id: row.get(0)?,
        check_id: row.get(1)?,
        device_number: row.get(2)?,
        version: row.get(3)?,
        session_created: row.get(4)?,
        created_at: row.get(5)?,
        paid_at: row.get(6)?,
        modified_at: row.get(7)?,
        currency_code: row.get(8)?,
        precision: row.get::<Digits>(9)?.0,
        final_price: Amount(row.get(10)?),
        discount: Amount(row.get(11)?),
        taxes: row.get::<Json<_>>(12)?.0,
        payment_method: row.get(13)?,
        payments: row.get::<Json<_>>(14)?.0,
        created_by: row.get::<Option<Json<_>>>(15)?.map(|json| json.0),
        paid_by: row.get::<Option<Json<_>>>(16)?.map(|json| json.0),
        person_count: row.get(17)?,
        desk_id: row.get(18)?,
        issued_as_vat_payer: row.get(19)?,
        customer_id: row.get(20)?,
        bill_messages: row.get::<Json<_>>(21)?.0,
        refunded: row.get(22)?,
        refunded_bill_identifier: row.get(23)?,
        deleted: row.get(24)?,
        refund_reason: row.get(25)?,
        fiscal_data: row.get::<Option<Json<_>>>(26)?.map(|json| json.0),
        benefit_usage_id: row.get(27)?,
        items: Vec::new(),
    })
}

fn item_of(row: &Row) -> Result<StoredItem, db::Error> {
    Ok(StoredItem {
        check_item_id: row.get(0)?,
        product: LineProduct {
            product_id: row.get(1)?,
            decoded_id: row.get(2)?,
            category_id: row.get(3)?,
            name: row.get(4)?,
            measure: row.get(6)?,
            ean: row.get(7)?,
            vat_rate: row.get::<Exact>(9)?.0,
            vat_id: row.get::<Option<Json<_>>>(10)?.map(|json| json.0),
            // The bill shows its own category only; the report that needed them all is frozen elsewhere.
            categories: Vec::new(),
        },
        amount: row.get::<Exact>(5)?.0,
        unit_price: row.get(8)?,
        till_discount: row.get(11)?,
        total: row.get(12)?,
        benefits: row.get::<Json<_>>(13)?.0,
    })
}
