//! How does a stored order look on the wire? (protocol.md §5.2, §5.4)

use super::guest::Words;
use super::priced::Item;
use super::store::OrderRow;
use super::timing::Range;
use crate::access::SourceId;
use crate::bills::shape::vat_number;
use crate::menu::LineProduct;
use crate::place::PlaceSettings;
use db::Tx;
use jiff::Timestamp;
use money::Amount;
use std::collections::BTreeMap;
use wire::Number;
use wire::delivery::{DeliveryDesk, Order, OrderAddition, OrderItem, OrderTiming, TimeRange};
use wire::deskview::Desk;
use wire::time::LocalTime;

/// One order as applications and registers see it.
pub(super) fn shown(
    tx: &mut Tx<'_>,
    source: &SourceId,
    place: &PlaceSettings,
    row: OrderRow,
) -> Result<Order, db::Error> {
    let desks = desks(tx, source, std::slice::from_ref(&row))?;
    let bills =
        crate::till::bills_of(tx, &source.merchant, &source.place, &check_ids(std::slice::from_ref(&row)))?;
    Ok(order_of(row, place, &desks, &bills))
}

/// Orders as applications and registers see them.
pub(super) fn all_shown(
    tx: &mut Tx<'_>,
    source: &SourceId,
    place: &PlaceSettings,
    rows: Vec<OrderRow>,
) -> Result<Vec<Order>, db::Error> {
    let desks = desks(tx, source, &rows)?;
    let bills = crate::till::bills_of(tx, &source.merchant, &source.place, &check_ids(&rows))?;
    Ok(rows.into_iter().map(|row| order_of(row, place, &desks, &bills)).collect())
}

fn desks(tx: &mut Tx<'_>, source: &SourceId, rows: &[OrderRow]) -> Result<BTreeMap<String, Desk>, db::Error> {
    let ids: Vec<&str> = rows.iter().filter_map(|row| row.desk_id.as_deref()).collect();
    crate::desks::desks_of(tx, &source.merchant, &source.place, &ids)
}

fn check_ids(rows: &[OrderRow]) -> Vec<&str> {
    rows.iter().filter_map(|row| row.check_id.as_deref()).collect()
}

/// The order; `desks` and `bills` are those that the orders around it name, bills by the check.
fn order_of(
    row: OrderRow,
    place: &PlaceSettings,
    desks: &BTreeMap<String, Desk>,
    bills: &BTreeMap<String, String>,
) -> Order {
    let money = |amount: Amount| Number::from_amount(amount, place.precision);
    let local =
        |at: Timestamp| LocalTime::new(Timestamp::from_second(at.as_second()).unwrap_or(at), &place.zone);
    let range = |range: Range| TimeRange { from: local(range.from), to: local(range.to) };
    let wanted = row.wanted();
    let ready = Range { from: row.ready_at, to: row.ready_at };
    let guest = row.guest.unwrap_or_default();
    let customer = guest.customer();
    let mut words = guest.items.into_iter();
    let pickup = wanted.pickup.filter(|pickup| !wanted.as_soon_as_possible && pickup.from >= row.ready_at);
    Order {
        order_id: row.order_id,
        external_id: row.external_id,
        state: row.state.into(),
        decline_reason: row.decline_reason,
        provider: row.client_id,
        delivery_type: row.delivery_type.into(),
        timing: OrderTiming {
            as_soon_as_possible: wanted.as_soon_as_possible,
            requested_delivery_time: wanted.delivery.map(range),
            requested_pickup_time: wanted.pickup.map(range),
            estimated_meal_ready_time: local(row.ready_at),
            estimated_pickup_time: range(pickup.unwrap_or(ready)),
            estimated_delivery_time: wanted.delivery.filter(|_| !wanted.as_soon_as_possible).map(range),
            auto_decline_after: row.declines_at.map(local),
            extra: guest.timing,
        },
        delivery_time: Some(local(wanted.asked().map_or(row.ready_at, |asked| asked.from))),
        delivery_on_time: !wanted.as_soon_as_possible,
        customer,
        items: row.items.iter().map(|item| item_of(item, words.next().unwrap_or_default(), place)).collect(),
        note: guest.note,
        desk: row.desk_id.map(|desk_id| {
            let set = desks.get(&desk_id).map(|desk| &desk.desk);
            DeliveryDesk {
                code: set.and_then(|set| set.code.clone()).unwrap_or_else(|| desk_id.clone()),
                name: set.and_then(|set| set.name.clone()),
                desk_id,
            }
        }),
        already_paid: row.already_paid,
        auto_confirm: row.auto_confirm,
        discount_with_vat: money(row.discount),
        tip_with_vat: money(row.tip),
        total_with_vat: money(row.total),
        bill_id: row.check_id.as_ref().and_then(|check| bills.get(check).cloned()),
        check_id: row.check_id,
        created_at: local(row.created_at),
        last_modified_at: local(row.modified_at),
        extra: guest.extra,
    }
}

fn item_of(item: &Item, words: Words, place: &PlaceSettings) -> OrderItem {
    let money = |units: i64| Number::from_amount(Amount(units), place.precision);
    let LineProduct { product_id, name, measure, vat_rate, .. } = item.product.clone();
    let mut extras = words.additions.into_iter();
    OrderItem {
        item_id: product_id.clone(),
        product_id,
        title: name,
        count: item.count,
        measure,
        unit_price_with_vat: money(item.unit_price),
        vat_rate,
        vat_id: vat_number(&item.product),
        note: words.note,
        beyond_remaining: item.beyond_remaining,
        additions: item
            .additions
            .iter()
            .map(|addition| OrderAddition {
                addition_id: addition.addition_id.clone(),
                title: addition.product.name.clone(),
                count_per_main_item: addition.count_per_main_item,
                unit_price_with_vat: money(addition.unit_price),
                vat_rate: addition.product.vat_rate,
                vat_id: vat_number(&addition.product),
                measure: addition.product.measure.clone(),
                extra: extras.next().unwrap_or_default(),
            })
            .collect(),
        extra: words.extra,
    }
}
