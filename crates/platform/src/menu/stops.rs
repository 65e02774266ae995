//! What does a place not sell for now, and who says so?

use super::feed::PlaceItemRecord;
use super::moment::Moment;
use super::{PlaceItemRecords, store, version};
use crate::Platform;
use crate::api::{Known, Polled, Tag};
use crate::feed::Changes;
use crate::place::PlaceSettings;
use db::{Tx, TxError, params};
use door::ApiError;
use jiff::Timestamp;
use wire::list::Whole;
use wire::menu::StoppedProduct;
use wire::time::LocalTime;

db::row! {
    struct NamedStopRow {
        product_id: String,
        name: String,
        stopped_at: Timestamp,
    }
}
db::statement! {
    STOP_LIST -> NamedStopRow = "SELECT s.product_id, p.name, s.stopped_at FROM platform_stop s
        JOIN platform_product p ON p.merchant = $1 AND p.product_id = s.product_id
        WHERE s.merchant = $1 AND s.place = $2 AND p.removed = 0 ORDER BY s.product_id";
    // One that is stopped stays so since then.
    STOP = "INSERT INTO platform_stop (merchant, place, product_id, stopped_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (merchant, place, product_id) DO NOTHING";
    RELEASE = "DELETE FROM platform_stop WHERE merchant = $1 AND place = $2 AND product_id = $3";
}

/// Whose stop list it is.
#[derive(Debug, Clone)]
pub(super) struct StopList {
    pub(super) merchant: String,
    pub(super) place: String,
    pub(super) settings: PlaceSettings,
}

impl StopList {
    /// What the place does not sell for now, unless the caller knows it already.
    pub(super) async fn read(
        self,
        platform: &Platform,
        known: Known,
    ) -> Result<Polled<Whole<StoppedProduct>>, ApiError> {
        let read = platform.db().read("stop_list", move |tx| {
            let stops = tx.query(&STOP_LIST, params![&self.merchant, &self.place])?;
            Ok::<_, TxError<db::Never>>((stops, self.settings.clone()))
        });
        let (stops, settings) = read.await?;
        // A list that has as many entries and the same newest one is the same
        let count = i64::try_from(stops.len()).unwrap_or(i64::MAX);
        let newest = stops.iter().map(|stop| stop.stopped_at.as_microsecond()).max().unwrap_or(0);
        let tag = Tag::of(&[count, newest]);
        if known.has(&tag) {
            return Ok(Polled::AsItWas(tag));
        }
        Ok(Polled::New(tag, shown(stops, &settings)))
    }

    /// Puts a product on the list, or takes it off; gives the list as it is then.
    ///
    /// # Errors
    /// 404 for a product that the menu does not have.
    pub(super) async fn set(
        self,
        platform: &Platform,
        product_id: String,
        is_stopped: bool,
    ) -> Result<Whole<StoppedProduct>, ApiError> {
        let merchant = self.merchant.clone();
        let done = platform
            .change("set_stop", &merchant, platform.now(), move |tx, changes| {
                self.put(tx, changes, &product_id, is_stopped)?;
                let stops = tx.query(&STOP_LIST, params![&self.merchant, &self.place])?;
                Ok::<_, TxError<ApiError>>(shown(stops, &self.settings))
            })
            .await?;
        Ok(done)
    }

    fn put(
        &self,
        tx: &mut Tx<'_>,
        changes: &mut Changes,
        product_id: &str,
        is_stopped: bool,
    ) -> Result<(), TxError<ApiError>> {
        let Self { merchant, place, settings } = self;
        let now = changes.now();
        let of = |tx: &mut Tx<'_>| -> Result<_, TxError<ApiError>> {
            let product = store::sellable(tx, merchant, place, product_id, now)?;
            let row = store::place(tx, merchant, place)?;
            let missing = || TxError::Refused(ApiError::not_found("product", product_id));
            let (product, (row, precision)) = product.zip(row).ok_or_else(missing)?;
            let values = product.sold().values(Moment { zone: &settings.zone, precision, now });
            Ok((values, PlaceItemRecord::of(&row, product.sold(), precision, now)))
        };
        let (values, record) = of(tx)?;
        if is_stopped {
            tx.execute(&STOP, params![merchant, place, product_id, now])?;
        } else {
            tx.execute(&RELEASE, params![merchant, place, product_id])?;
        }
        let (values_after, record_after) = of(tx)?;
        if values != values_after {
            version::moved(tx, merchant, place, now)?;
        }
        if record != record_after {
            changes.put_at::<PlaceItemRecords>(place, record_after.id());
        }
        Ok(())
    }
}

fn shown(stops: Vec<NamedStopRow>, settings: &PlaceSettings) -> Whole<StoppedProduct> {
    let second = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap_or(at);
    let shown = stops.into_iter().map(|stop| StoppedProduct {
        product_id: stop.product_id,
        name: stop.name,
        stopped_at: LocalTime::new(second(stop.stopped_at), &settings.zone),
    });
    Whole { data: shown.collect() }
}
