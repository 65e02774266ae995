//! Which pieces does an order hold, and what becomes of them?
//!
//! They are reserved when the order comes, are the check's once it is confirmed, and go back when it is declined.

use super::priced::Item;
use super::sought::Known;
use super::store::OrderRow;
use crate::access::SourceId;
use crate::menu::amounts::{self, Holder, Ordered};
use db::{Tx, TxError};
use door::ApiError;
use http::StatusCode;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Reserves what a new order holds of products of which a place sells so many only. Whether more of some was ordered than was
/// left, at a place that only warns of it: those items are marked.
///
/// # Errors
/// 422 `PRODUCT_STOPPED` or `SOLD_OUT`, as the till is refused by 409: that would say here that the order is there already.
pub(super) fn reserve(
    tx: &mut Tx<'_>,
    source: &SourceId,
    order: &mut OrderRow,
    known: &Known,
    now: Timestamp,
) -> Result<bool, TxError<ApiError>> {
    let counts = counts(&order.items);
    let ordered: BTreeMap<&str, Ordered<'_>> = counts
        .iter()
        .map(|(id, count)| (*id, Ordered { product: known.products.get(*id), before: 0, after: *count }))
        .collect();
    let holder = Holder::Order(&order.order_id);
    let settled = amounts::settle(tx, &source.merchant, &source.place, holder, &ordered, now);
    let beyond = settled.map_err(|ending| {
        ending.map_refusal(|refusal| {
            let is_conflict = refusal.status == StatusCode::CONFLICT;
            let status = if is_conflict { StatusCode::UNPROCESSABLE_ENTITY } else { refusal.status };
            ApiError { status, ..refusal }
        })
    })?;
    for item in &mut order.items {
        item.beyond_remaining = beyond.contains(&item.product.product_id);
        for addition in &mut item.additions {
            addition.beyond_remaining = beyond.contains(&addition.product.product_id);
        }
    }
    Ok(!beyond.is_empty())
}

/// Gives back what an order holds.
pub(super) fn give_back(
    tx: &mut Tx<'_>,
    source: &SourceId,
    order: &OrderRow,
    now: Timestamp,
) -> Result<(), db::Error> {
    amounts::give_back(tx, &source.merchant, &source.place, Holder::Order(&order.order_id), now)
}

/// Makes what an order holds its check's.
pub(super) fn hand_over(
    tx: &mut Tx<'_>,
    source: &SourceId,
    order: &OrderRow,
    check_id: &str,
) -> Result<(), db::Error> {
    let (from, to) = (Holder::Order(&order.order_id), Holder::Check(check_id));
    amounts::hand_over(tx, &source.merchant, &source.place, from, to)
}

/// How many pieces of each product are ordered, with those that go with others.
fn counts(items: &[Item]) -> BTreeMap<&str, i64> {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for item in items {
        let mut add = |id, count: i64| {
            let sum = counts.entry(id).or_default();
            *sum = sum.saturating_add(count);
        };
        add(item.product.product_id.as_str(), item.count);
        for addition in &item.additions {
            let count = addition.count_per_main_item.saturating_mul(item.count);
            add(addition.product.product_id.as_str(), count);
        }
    }
    counts
}
