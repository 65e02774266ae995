//! How are stock ups and stock takings set up? They are history: what stocks hold now is set with the items.

use super::{Key, Noun, at_least_nothing, millionths, set, show, take_away, texts, unknown, vat_rate};
use crate::access::Admin;
use crate::api::{UpsertRefusals, instant};
use crate::feed::Changes;
use crate::stocks::document_store::{self, Document, Kind, Line};
use crate::stocks::{item_store, shape, standing, store};
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError};
use door::{ApiError, Strict};
use jiff::{Timestamp, tz::TimeZone};
use money::{Amount, Millionths, Precision, worth};
use std::collections::BTreeSet;
use wire::Number;
use wire::stocks::{
    PutStockTaking, PutStockTakingItem, PutStockUp, PutStockUpItem, StockTakingDetail, StockUpDetail,
};

/// Most lines of a document.
const LINES_MAX: usize = 1_000;
/// Longest note.
const NOTE_CHARACTERS_MAX: usize = 1_000;

/// A stock up.
pub(super) enum StockUps {}

impl Noun for StockUps {
    const NAME: &'static str = "put_stock_up";
    const NOUN: &'static str = "stock up";
    const ID: &'static str = "stockUpId";
    type Put = PutStockUp;
    type Shown = StockUpDetail;

    fn check(put: &PutStockUp) -> Result<(), ApiError> {
        head([&put.number, &put.person_name], &put.note, put.items.len())?;
        for (index, item) in put.items.iter().enumerate() {
            came(index, item)?;
        }
        Ok(())
    }

    fn put(
        tx: &mut Tx<'_>,
        changes: &mut Changes,
        key: &Key,
        precision: Precision,
        put: &PutStockUp,
    ) -> Result<(), TxError<ApiError>> {
        if let Some(supplier) = &put.supplier_id
            && store::supplier(tx, &key.merchant, supplier)?.is_none_or(|supplier| supplier.removed)
        {
            return Err(unknown("supplierId", "a supplier of the merchant", supplier));
        }
        let mut lines = Vec::with_capacity(put.items.len());
        for (index, item) in put.items.iter().enumerate() {
            let (amount, price_without_vat) = came(index, item).map_err(TxError::Refused)?;
            let vat_rate = rate_of(tx, key, index, &item.item_id)?;
            let vat_rate = item.vat_rate.unwrap_or(vat_rate);
            let item_id = item.item_id.clone();
            lines.push(Line { item_id, amount, expected_amount: None, price_without_vat, vat_rate });
        }
        let total = worth(lines.iter().map(|line| (line.amount, line.price_without_vat)), precision);
        let document = Document {
            kind: Kind::StockUp,
            document_id: key.id.clone(),
            stock_id: key.stock.clone(),
            number: put.number.clone(),
            note: put.note.clone(),
            supplier_id: put.supplier_id.clone(),
            person_name: put.person_name.clone(),
            is_draft: put.is_draft,
            total_without_vat: fits(total)?,
            created_at: changes.now(),
            lines,
        };
        keep(tx, changes.now(), &key.merchant, document, put.created_at.as_deref())
    }

    fn remove(tx: &mut Tx<'_>, changes: &mut Changes, key: &Key) -> Result<bool, TxError<ApiError>> {
        let (merchant, stock, id) = (&key.merchant, &key.stock, &key.id);
        Ok(document_store::remove(tx, merchant, Kind::StockUp, stock, id, changes.now())?)
    }

    fn shown(tx: &mut Tx<'_>, key: &Key) -> Result<Option<StockUpDetail>, db::Error> {
        let found = document_store::detail(tx, &key.merchant, Kind::StockUp, &key.stock, &key.id)?;
        let Some((row, lines)) = found else { return Ok(None) };
        let Some((precision, zone)) = manner(tx, key)? else { return Ok(None) };
        Ok(Some(shape::stock_up_detail(row, lines, precision, &zone)))
    }
}

/// A stock taking.
pub(super) enum StockTakings {}

impl Noun for StockTakings {
    const NAME: &'static str = "put_stock_taking";
    const NOUN: &'static str = "stock taking";
    const ID: &'static str = "stockTakingId";
    type Put = PutStockTaking;
    type Shown = StockTakingDetail;

    fn check(put: &PutStockTaking) -> Result<(), ApiError> {
        head([&put.number, &put.person_name], &put.note, put.items.len())?;
        let mut named = BTreeSet::new();
        for (index, item) in put.items.iter().enumerate() {
            counted(index, item, put.is_draft)?;
            if !named.insert(&item.item_id) {
                let found = format!("{:?} again", item.item_id);
                return Err(ApiError::field(&format!("items[{index}].itemId"), "each item once", &found));
            }
        }
        Ok(())
    }

    fn put(
        tx: &mut Tx<'_>,
        changes: &mut Changes,
        key: &Key,
        precision: Precision,
        put: &PutStockTaking,
    ) -> Result<(), TxError<ApiError>> {
        let mut lines = Vec::with_capacity(put.items.len());
        for (index, item) in put.items.iter().enumerate() {
            let vat_rate = rate_of(tx, key, index, &item.item_id)?;
            let line = counted(index, item, put.is_draft).map_err(TxError::Refused)?;
            lines.push(Line { vat_rate, ..line });
        }
        let differences = lines.iter().filter_map(|line| {
            Some((shape::difference(line.amount, line.expected_amount)?, line.price_without_vat))
        });
        let document = Document {
            kind: Kind::StockTaking,
            document_id: key.id.clone(),
            stock_id: key.stock.clone(),
            number: put.number.clone(),
            note: put.note.clone(),
            supplier_id: None,
            person_name: put.person_name.clone(),
            is_draft: put.is_draft,
            total_without_vat: fits(worth(differences, precision))?,
            created_at: changes.now(),
            lines,
        };
        keep(tx, changes.now(), &key.merchant, document, put.created_at.as_deref())
    }

    fn remove(tx: &mut Tx<'_>, changes: &mut Changes, key: &Key) -> Result<bool, TxError<ApiError>> {
        let (merchant, stock, id) = (&key.merchant, &key.stock, &key.id);
        Ok(document_store::remove(tx, merchant, Kind::StockTaking, stock, id, changes.now())?)
    }

    fn shown(tx: &mut Tx<'_>, key: &Key) -> Result<Option<StockTakingDetail>, db::Error> {
        let found = document_store::detail(tx, &key.merchant, Kind::StockTaking, &key.stock, &key.id)?;
        let Some((row, lines)) = found else { return Ok(None) };
        let Some((precision, zone)) = manner(tx, key)? else { return Ok(None) };
        Ok(Some(shape::stock_taking_detail(row, lines, precision, &zone)))
    }
}

/// Looks at what stands above the lines.
fn head(
    [number, person_name]: [&Option<String>; 2],
    note: &Option<String>,
    lines: usize,
) -> Result<(), ApiError> {
    texts(&[("number", number), ("personName", person_name)])?;
    let length = note.as_ref().map_or(0, |note| note.chars().count());
    if length > NOTE_CHARACTERS_MAX {
        let expected = format!("at most {NOTE_CHARACTERS_MAX} characters");
        return Err(ApiError::field("note", &expected, &format!("{length} of them")));
    }
    if lines > LINES_MAX {
        let expected = format!("at most {LINES_MAX} lines");
        return Err(ApiError::field("items", &expected, &lines.to_string()));
    }
    Ok(())
}

/// How much of a line came, and at which price.
fn came(index: usize, item: &PutStockUpItem) -> Result<(Millionths, Millionths), ApiError> {
    let path = |member: &str| format!("items[{index}].{member}");
    let amount = millionths(&path("amount"), item.amount)?;
    if amount <= Millionths::ZERO {
        return Err(ApiError::field(&path("amount"), "above 0", &item.amount.to_string()));
    }
    item.vat_rate.map_or(Ok(()), |rate| vat_rate(&path("vatRate"), rate))?;
    Ok((amount, at_least_nothing(&path("priceWithoutVat"), item.price_without_vat)?))
}

/// What was counted; the rate is the caller's to add.
fn counted(index: usize, item: &PutStockTakingItem, is_draft: bool) -> Result<Line, ApiError> {
    let path = |member: &str| format!("items[{index}].{member}");
    let expected = path("expectedAmount");
    let expected_amount = match item.expected_amount {
        Some(_) if is_draft => {
            return Err(ApiError::field(&expected, "nothing in a draft", "an amount"));
        }
        None if !is_draft => {
            return Err(ApiError::field(&expected, "an amount, unless isDraft", "nothing"));
        }
        amount => amount.map(|amount| millionths(&expected, amount)).transpose()?,
    };
    Ok(Line {
        item_id: item.item_id.clone(),
        amount: at_least_nothing(&path("countedAmount"), item.counted_amount)?,
        expected_amount,
        price_without_vat: at_least_nothing(&path("priceWithoutVat"), item.price_without_vat)?,
        vat_rate: Number::ZERO,
    })
}

/// The VAT rate of the item that a line names; a removed item may stand in history.
fn rate_of(tx: &mut Tx<'_>, key: &Key, index: usize, item: &str) -> Result<Number, TxError<ApiError>> {
    let rate = item_store::rate(tx, &key.merchant, item)?;
    rate.ok_or_else(|| unknown(&format!("items[{index}].itemId"), "a stock item of the merchant", item))
}

/// What all lines come to, if an amount can say it.
fn fits(total: Result<Amount, money::OutOfRange>) -> Result<Amount, TxError<ApiError>> {
    total.map_err(|_| {
        let expected = "lines that come to at most 10^15 minor units together";
        TxError::Refused(ApiError::field("items", expected, "more"))
    })
}

/// Writes a document, unless it is so already. It was made at `created_at`; without that when it was first set.
fn keep(
    tx: &mut Tx<'_>,
    now: Timestamp,
    merchant: &str,
    mut document: Document,
    created_at: Option<&str>,
) -> Result<(), TxError<ApiError>> {
    let (kind, id) = (document.kind, document.document_id.clone());
    let stock = standing(tx, merchant, &document.stock_id)?;
    let known = document_store::anywhere(tx, merchant, kind, &id)?;
    if let Some((row, _)) = &known
        && row.stock_id != document.stock_id
    {
        let message = format!("{} {id} is of stock {}; give this one another id", kind.noun(), row.stock_id);
        return Err(TxError::Refused(ApiError::conflict(message).with_name("OF_ANOTHER_STOCK")));
    }
    let made = match (created_at, &known) {
        (Some(text), _) => {
            let zone = store::zone(tx, merchant, stock.stock.place_id.as_deref())?;
            instant("createdAt", text, &zone).map_err(TxError::Refused)?
        }
        (None, Some((row, _))) => row.created_at,
        (None, None) => now,
    };
    document.created_at = Timestamp::from_second(made.as_second()).unwrap_or(made);
    let is_so = known.is_some_and(|(row, lines)| !row.removed && Document::of(kind, row, lines) == document);
    if !is_so {
        document_store::put(tx, merchant, &document, now)?;
    }
    Ok(())
}

/// The decimals of the merchant's money and the zone of the stock.
fn manner(tx: &mut Tx<'_>, key: &Key) -> Result<Option<(Precision, TimeZone)>, db::Error> {
    let Some(precision) = store::precision(tx, &key.merchant)? else { return Ok(None) };
    let place = store::stock(tx, &key.merchant, &key.stock)?.and_then(|stock| stock.stock.place_id);
    Ok(Some((precision, store::zone(tx, &key.merchant, place.as_deref())?)))
}

/// Sets a stock up, what came in, into the history of its stock; one that was removed is there again.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/stocks/{stockId}/stockUps/{stockUpId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockId" = String, Path, description = "The stock's id"),
        ("stockUpId" = String, Path, description = "1 to 64 characters, of one stock of the merchant only")
    ),
    request_body = PutStockUp,
    responses(
        (status = 200, description = "The stock up with its lines", body = StockUpDetail),
        (status = 409, description = "`OF_ANOTHER_STOCK`: the id is taken"),
        UpsertRefusals
    )
)]
pub(super) async fn put_stock_up(
    admin: Admin,
    Path((merchant, stock, id)): Path<(String, String, String)>,
    Strict(stock_up): Strict<PutStockUp>,
) -> Result<Json<StockUpDetail>, ApiError> {
    set::<StockUps>(&admin, Key { merchant, stock, id }, stock_up).await
}

/// The stock up as set up, a removed one too.
#[utoipa::path(
    get,
    path = "/admin/v1/platform/merchants/{merchantId}/stocks/{stockId}/stockUps/{stockUpId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockId" = String, Path, description = "The stock's id"),
        ("stockUpId" = String, Path, description = "The stock up's id")
    ),
    responses((status = 200, description = "The stock up with its lines", body = StockUpDetail), UpsertRefusals)
)]
pub(super) async fn get_stock_up(
    admin: Admin,
    Path((merchant, stock, id)): Path<(String, String, String)>,
) -> Result<Json<StockUpDetail>, ApiError> {
    show::<StockUps>(&admin, Key { merchant, stock, id }).await
}

/// Takes a stock up out of the history of its stock.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/stocks/{stockId}/stockUps/{stockUpId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockId" = String, Path, description = "The stock's id"),
        ("stockUpId" = String, Path, description = "The stock up's id")
    ),
    responses((status = 200, description = "The stock up as it was, removed", body = StockUpDetail), UpsertRefusals)
)]
pub(super) async fn delete_stock_up(
    admin: Admin,
    Path((merchant, stock, id)): Path<(String, String, String)>,
) -> Result<Json<StockUpDetail>, ApiError> {
    take_away::<StockUps>(&admin, Key { merchant, stock, id }).await
}

/// Sets a stock taking into the history of its stock; one that was removed is there again.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/stocks/{stockId}/stockTakings/{stockTakingId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockId" = String, Path, description = "The stock's id"),
        ("stockTakingId" = String, Path, description = "1 to 64 characters, of one stock of the merchant only")
    ),
    request_body = PutStockTaking,
    responses(
        (status = 200, description = "The stock taking with its lines", body = StockTakingDetail),
        (status = 409, description = "`OF_ANOTHER_STOCK`: the id is taken"),
        UpsertRefusals
    )
)]
pub(super) async fn put_stock_taking(
    admin: Admin,
    Path((merchant, stock, id)): Path<(String, String, String)>,
    Strict(stock_taking): Strict<PutStockTaking>,
) -> Result<Json<StockTakingDetail>, ApiError> {
    set::<StockTakings>(&admin, Key { merchant, stock, id }, stock_taking).await
}

/// The stock taking as set up, a removed one too.
#[utoipa::path(
    get,
    path = "/admin/v1/platform/merchants/{merchantId}/stocks/{stockId}/stockTakings/{stockTakingId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockId" = String, Path, description = "The stock's id"),
        ("stockTakingId" = String, Path, description = "The stock taking's id")
    ),
    responses((status = 200, description = "The stock taking with its lines", body = StockTakingDetail), UpsertRefusals)
)]
pub(super) async fn get_stock_taking(
    admin: Admin,
    Path((merchant, stock, id)): Path<(String, String, String)>,
) -> Result<Json<StockTakingDetail>, ApiError> {
    show::<StockTakings>(&admin, Key { merchant, stock, id }).await
}

/// Takes a stock taking out of the history of its stock.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/stocks/{stockId}/stockTakings/{stockTakingId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockId" = String, Path, description = "The stock's id"),
        ("stockTakingId" = String, Path, description = "The stock taking's id")
    ),
    responses((status = 200, description = "The stock taking as it was, removed", body = StockTakingDetail), UpsertRefusals)
)]
pub(super) async fn delete_stock_taking(
    admin: Admin,
    Path((merchant, stock, id)): Path<(String, String, String)>,
) -> Result<Json<StockTakingDetail>, ApiError> {
    take_away::<StockTakings>(&admin, Key { merchant, stock, id }).await
}
