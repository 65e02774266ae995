//! Which lanes of the feed have something to send, and who sends it?

use super::store::{self, LaneKey, Unprepared};
use super::{Progress, Subscription};
use db::{Db, Never, Tx, TxError, params};
use jiff::{SignedDuration, Timestamp};

/// Lanes looked at in one go.
const LANES_MAX: i64 = 500;

/// A lane that is ours until `fence` changes.
#[derive(Debug, Clone)]
pub(crate) struct ClaimedLane {
    pub(crate) key: LaneKey,
    pub(crate) fence: i64,
    pub(crate) position: i64,
    pub(crate) progress: Progress,
    pub(crate) failing_since: Option<Timestamp>,
    pub(crate) subscription: Subscription,
    /// Earlier subscriptions of the merchant with the same URL, and how far their lane of the domain is.
    pub(crate) same_url: Vec<(Subscription, i64)>,
}

/// Gives every subscription a lane for each of the domains.
pub(crate) async fn prepare(db: &Db, domains: &[&'static str], now: Timestamp) -> Result<(), db::Error> {
    let domains = domains.to_vec();
    let list = domains.join(",");
    let wanted = list.clone();
    let lacking = db.read("courier_feed_unprepared", move |tx| {
        Ok::<_, TxError<Never>>(!tx.query(&store::UNPREPARED, params![&wanted])?.is_empty())
    });
    if !lacking.await? {
        return Ok(());
    }
    let prepared = db.write("courier_feed_prepare", move |tx| {
        for Unprepared { merchant, subscription_id, from_date } in
            tx.query(&store::UNPREPARED, params![&list])?
        {
            let start = start_of(tx, &merchant, from_date)?;
            for domain in &domains {
                tx.execute(&store::ADD_POSITION, params![&merchant, &subscription_id, *domain, start, now])?;
            }
            tx.execute(&store::PREPARED, params![&merchant, &subscription_id, &list])?;
        }
        Ok::<_, TxError<Never>>(())
    });
    Ok(prepared.await?)
}

/// The position just before the first change from `from_date` on. The newest number is read first: what is
/// committed after that has a higher number and lies behind the position either way.
fn start_of(tx: &mut Tx<'_>, merchant: &str, from_date: Timestamp) -> Result<i64, db::Error> {
    let newest = tx.optional(&store::NEWEST_NUMBER, params![merchant])?;
    let first = tx.optional(&store::FIRST_FROM, params![merchant, from_date])?;
    Ok(first.map_or(newest.unwrap_or(0), |first| first - 1))
}

/// Where the subscription is sent now; `None` when there is none.
pub(super) fn url_of(
    tx: &mut Tx<'_>,
    merchant: &str,
    subscription_id: &str,
) -> Result<Option<String>, db::Error> {
    let subscription = tx.optional(&store::SUBSCRIPTION, params![merchant, subscription_id])?;
    Ok(subscription.map(|subscription| subscription.url))
}

/// Puts every lane of the subscription before the first change from `from_date` on, as if it had never sent anything.
pub(super) fn start_again(
    tx: &mut Tx<'_>,
    merchant: &str,
    subscription_id: &str,
    from_date: Timestamp,
    now: Timestamp,
) -> Result<(), db::Error> {
    let start = start_of(tx, merchant, from_date)?;
    tx.execute(&store::START_AGAIN, params![merchant, subscription_id, start, now])?;
    tx.execute(&store::RESOLVE_ALL_ASIDE, params![merchant, subscription_id, now])?;
    Ok(())
}

/// Lanes that may be claimed at `now`: after a change since `changed_since`, or only those whose retry is due.
pub(crate) async fn due(
    db: &Db,
    now: Timestamp,
    changed_since: Option<Timestamp>,
) -> Result<Vec<LaneKey>, db::Error> {
    let found = db.read("courier_feed_due", move |tx| {
        Ok::<_, TxError<Never>>(match changed_since {
            Some(since) => tx.query(&store::DUE_FEEDS, params![now, since, LANES_MAX])?,
            None => tx.query(&store::DUE_RETRIES, params![now, LANES_MAX])?,
        })
    });
    Ok(found.await?)
}

/// Whether the lane may be claimed at `now` and has a change to send.
pub(crate) async fn is_due(db: &Db, key: LaneKey, now: Timestamp) -> Result<bool, db::Error> {
    let found = db.read("courier_feed_is_due", move |tx| {
        let LaneKey { merchant, subscription_id, domain } = &key;
        let lane = params![merchant, subscription_id, domain, now];
        Ok::<_, TxError<Never>>(tx.optional(&store::IS_DUE, lane)?.is_some())
    });
    Ok(found.await?)
}

/// Takes one lane; `None` if it is not due or another has it. `shared`: its domain is shared by all places.
pub(crate) async fn claim(
    db: &Db,
    key: LaneKey,
    shared: bool,
    now: Timestamp,
    lease: SignedDuration,
) -> Result<Option<ClaimedLane>, db::Error> {
    let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
    let claimed = db.write("courier_feed_claim", move |tx| {
        let LaneKey { merchant, subscription_id, domain } = &key;
        let taken =
            tx.optional(&store::LEASE_FEED, params![merchant, subscription_id, domain, now, until])?;
        let Some(taken) = taken else { return Ok(None) };
        let Some(subscription) = tx.optional(&store::SUBSCRIPTION, params![merchant, subscription_id])?
        else {
            return Ok(None);
        };
        let mut same_url = Vec::new();
        if shared {
            let others = params![merchant, &subscription.url, domain, subscription_id];
            let others = tx.query(&store::SAME_URL, others)?;
            same_url.extend(others.into_iter().map(|other| (other.subscription, other.position)));
        }
        Ok::<_, TxError<Never>>(Some(ClaimedLane {
            key: key.clone(),
            fence: taken.fence,
            position: taken.position,
            progress: taken.progress,
            failing_since: taken.failing_since,
            subscription,
            same_url,
        }))
    });
    Ok(claimed.await?)
}

/// Gives a lane back without an attempt, to be looked at again at `due_at`; `position` may carry it forward.
pub(crate) async fn postpone(
    db: &Db,
    lane: &ClaimedLane,
    due_at: Timestamp,
    position: i64,
) -> Result<(), db::Error> {
    let (key, fence) = (lane.key.clone(), lane.fence);
    let released = db.write("courier_feed_postpone", move |tx| {
        let LaneKey { merchant, subscription_id, domain } = &key;
        let lane = params![merchant, subscription_id, domain, fence, due_at, position];
        Ok::<_, TxError<Never>>(tx.execute(&store::RELEASE_FEED, lane)?)
    });
    // 0: taken over meanwhile, so there is nothing to give back.
    released.await?;
    Ok(())
}

/// Everything behind the position was sent by somebody else or removed from view: no failure stands any more.
pub(crate) async fn forget_failures(db: &Db, lane: &ClaimedLane, now: Timestamp) -> Result<(), db::Error> {
    end_probing(db, lane, Progress::default(), now).await
}

/// Gives a lane back with what it has learned, without an attempt.
pub(crate) async fn end_probing(
    db: &Db,
    lane: &ClaimedLane,
    progress: Progress,
    due_at: Timestamp,
) -> Result<(), db::Error> {
    let (key, fence) = (lane.key.clone(), lane.fence);
    let released = db.write("courier_feed_learned", move |tx| {
        let LaneKey { merchant, subscription_id, domain } = &key;
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let lane = params![
            merchant,
            subscription_id,
            domain,
            fence,
            due_at,
            count(progress.failures),
            count(progress.span),
            count(progress.probing)
        ];
        Ok::<_, TxError<Never>>(tx.execute(&store::LEARNED, lane)?)
    });
    // 0: taken over meanwhile, so there is nothing to give back.
    released.await?;
    Ok(())
}
