//! What does the change feed send of stocks and what is in them? (protocol.md §11.2)

use super::{item_store, store};
use crate::feed::{Owner, Synchronized};
use db::Tx;
use std::collections::BTreeMap;
use wire::datasync::Domain;
use wire::stocks::{MerchantStockItem, Stock, StockItemCategory};

/// The domain `stocks`.
pub(crate) enum StockRecords {}

impl Synchronized for StockRecords {
    const DOMAIN: Domain = Domain::Stocks;
    type Record = Stock;

    fn load(tx: &mut Tx<'_>, owner: Owner<'_>, ids: &[&str]) -> Result<BTreeMap<String, Stock>, db::Error> {
        store::stocks_of(tx, owner, ids)
    }
}

/// The domain `stockItemCategories`.
pub(crate) enum StockItemCategoryRecords {}

impl Synchronized for StockItemCategoryRecords {
    const DOMAIN: Domain = Domain::StockItemCategories;
    type Record = StockItemCategory;

    fn load(
        tx: &mut Tx<'_>,
        owner: Owner<'_>,
        ids: &[&str],
    ) -> Result<BTreeMap<String, StockItemCategory>, db::Error> {
        store::categories_of(tx, owner, ids)
    }
}

/// The domain `stockItems`.
pub(crate) enum StockItemRecords {}

impl Synchronized for StockItemRecords {
    const DOMAIN: Domain = Domain::StockItems;
    type Record = MerchantStockItem;

    fn load(
        tx: &mut Tx<'_>,
        owner: Owner<'_>,
        ids: &[&str],
    ) -> Result<BTreeMap<String, MerchantStockItem>, db::Error> {
        item_store::items_of(tx, owner, ids)
    }
}
