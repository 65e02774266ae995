//! Does a guest with a long history cost more than a fresh one?
//!
//! One guest pays thousands of bills, overdraws the credit hundreds of times, and leaves tens of ended holds that nobody has
//! swept. Offers for it and reports of it are timed in turns with those of guests who have just joined.

use crate::ratio::ratio;
use crate::site::{Site, load};
use db::{Engine, Never, TxError, params};
use outside::Outside;
use serde_json::{Value, json};
use stamgast::client::JsonClient;
use stamgast::load::{Code, Codes, Kind, Report, Template};

/// Bills of the guest with a history.
const BILLS: u64 = 5_000;
/// So many of them use credit that is not there: each leaves a shortfall.
const OVERDRAFTS: u64 = 650;
/// What a guest's credit begins with, in currency: one bill uses all of it.
const CREDIT: u64 = 100_000;
/// Checks that asked for an offer and were never paid.
const ENDED_HOLDS: u64 = 70;
/// Both guests are asked in turn, so that what else the machine does meets both.
const TURNS: u32 = 5;
/// Requests of a kind in one turn.
const REQUESTS: u64 = 200;
/// What a guest with a history may cost, in thousandths of what a fresh one does.
const AT_MOST: u64 = 2_000;

db::row! {
    struct LotsRow {
        lots: i64,
        holes: i64,
    }
}

db::statement! {
    /// The checks of a turn are over: their guests have left.
    END_CHECKS = "UPDATE partner_hold SET state = 'released' WHERE merchant = $1 AND state = 'active' AND expires_at > $2";
    /// Holds end, and nobody sweeps them.
    END_HOLDS = "UPDATE partner_hold SET state = 'active', expires_at = $3 - hold_number
        WHERE merchant = $1 AND balance_id = $2 AND state IN ('active', 'expired')";
    /// What the guest has on a balance: lots with something left, shortfalls.
    LOTS -> LotsRow = "SELECT COUNT(CASE WHEN remaining > 0 THEN 1 END) AS lots, COUNT(CASE WHEN remaining < 0 THEN 1 END) AS holes
        FROM partner_lot WHERE merchant = $1 AND balance_id = $2";
}

/// A guest on the site.
struct Guest {
    with_balance: Codes,
    plain: Codes,
}

impl Guest {
    /// The member of this number, as [`crate::copies::copy_of`] calls it.
    fn of(number: u64) -> anyhow::Result<Self> {
        let copy = |id: &str| crate::copies::copy_of(id, number);
        let code = |balance_id| Code { code: copy("bench"), customer_id: Some(copy("bench")), balance_id };
        Ok(Self {
            with_balance: Codes::new(vec![code(Some(copy("bench-credit")))])?,
            plain: Codes::new(vec![code(None)])?,
        })
    }
}

/// What offers for a guest with a history, and reports of it, cost beside those of a fresh guest; the ratio is the worse
/// one of the two in their median turns.
pub(crate) async fn measure(engine: Engine) -> anyhow::Result<Value> {
    let site = Site::open(engine, u64::from(TURNS) + 2, 0).await?;
    let regular = Guest::of(0)?;
    let points = crate::copies::copy_of("bench-points", 0);
    let credit = crate::copies::copy_of("bench-credit", 0);
    // each load has a number of its own, so that no bill and no check comes twice
    let mut run = 0;
    let mut send = async |codes: &Codes, kind, requests| -> anyhow::Result<Report> {
        run += 1;
        load(site.app.url(), &site.restaurant.partner_token, codes, kind, 1, requests, run).await
    };
    empty_credit(&site, &regular).await?;
    send(&regular.with_balance, Kind::Usages, OVERDRAFTS).await?;
    send(&regular.plain, Kind::Usages, BILLS - OVERDRAFTS - 1).await?;
    // one after the other: what is held already would leave the next check without a hold
    for _ in 0..ENDED_HOLDS {
        send(&regular.plain, Kind::Offers, 1).await?;
        end_holds(&site, &points).await?;
    }
    let ended = end_holds(&site, &points).await?;
    anyhow::ensure!(ended == ENDED_HOLDS, "expected {ENDED_HOLDS} ended holds, found {ended}");
    let (mut offers, mut reports) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let fresh = Guest::of(u64::from(turn) + 1)?;
        let mut pair = Vec::new();
        for kind in [Kind::Offers, Kind::Usages] {
            for guest in [&fresh, &regular] {
                let codes = if kind == Kind::Usages { &guest.with_balance } else { &guest.plain };
                pair.push(send(codes, kind, REQUESTS).await?);
                end_checks(&site).await?;
                end_holds(&site, &points).await?;
            }
        }
        // the first turn warms up
        if let (true, [fresh_offers, offers_now, fresh_reports, reports_now]) = (turn > 0, pair.as_slice()) {
            offers.push(cost(fresh_offers, offers_now));
            reports.push(cost(fresh_reports, reports_now));
        }
    }
    let (offers, reports) = (Costs::of(offers), Costs::of(reports));
    let lots = [lots(&site, &points).await?, lots(&site, &credit).await?];
    let shortfalls = lots[0].1 + lots[1].1;
    anyhow::ensure!(
        shortfalls >= i64::try_from(OVERDRAFTS)?,
        "expected {OVERDRAFTS} shortfalls, found {shortfalls}"
    );
    let faults = stamgast::database::verify(site.app.db(), stamgast::config::Role::All).await?;
    anyhow::ensure!(faults.is_empty(), "the ledger does not balance after the load: {faults:?}");
    site.close().await?;
    let worse = offers.median().max(reports.median());
    Ok(json!({
        "bills": BILLS,
        "overdrafts": OVERDRAFTS,
        "endedHolds": ENDED_HOLDS,
        "openLots": lots[0].0 + lots[1].0,
        "shortfalls": shortfalls,
        "offers": offers.json(),
        "reports": reports.json(),
        "ratio": ratio(worse, 1_000),
        "holds": worse <= AT_MOST,
    }))
}

/// One bill that uses the whole credit of a guest.
async fn empty_credit(site: &Site, guest: &Guest) -> anyhow::Result<()> {
    let body = Template::new(Kind::Usages, guest.with_balance.clone(), 0, 1).body(0);
    let mut body: Value = serde_json::from_slice(&body)?;
    body["usedBalances"][0]["usedControllableValue"] = CREDIT.into();
    let caller = JsonClient::new(site.app.url())?.bearer(&site.restaurant.partner_token);
    caller.post(Kind::Usages.path(), &body).await?;
    Ok(())
}

/// Thousandths of a fresh guest's middle latency, and both latencies in µs.
fn cost(fresh: &Report, regular: &Report) -> (u64, u64, u64) {
    let (fresh, regular) = (fresh.latency_microseconds(50), regular.latency_microseconds(50));
    (regular.saturating_mul(1_000) / fresh.max(1), fresh, regular)
}

/// The turns, the cheapest first.
struct Costs(Vec<(u64, u64, u64)>);

impl Costs {
    fn of(mut turns: Vec<(u64, u64, u64)>) -> Self {
        turns.sort_unstable();
        Self(turns)
    }

    fn median(&self) -> u64 {
        self.0.get(self.0.len() / 2).map_or(0, |turn| turn.0)
    }

    fn json(&self) -> Value {
        let each = |of: &dyn Fn(&(u64, u64, u64)) -> Value| self.0.iter().map(of).collect::<Vec<_>>();
        json!({
            "costs": each(&|turn| ratio(turn.0, 1_000).into()),
            "freshP50Us": each(&|turn| turn.1.into()),
            "regularP50Us": each(&|turn| turn.2.into()),
            "ratio": ratio(self.median(), 1_000),
        })
    }
}

async fn end_checks(site: &Site) -> anyhow::Result<()> {
    let (merchant, now) = (site.restaurant.merchant_id.clone(), Outside::system().now());
    let ended = site.app.db().write("end_checks", move |tx| {
        Ok::<_, TxError<Never>>(tx.execute(&END_CHECKS, params![&merchant, now])?)
    });
    ended.await?;
    Ok(())
}

/// Lets the holds on a balance end at instants of their own, a few microseconds apart; how many they are.
async fn end_holds(site: &Site, balance_id: &str) -> anyhow::Result<u64> {
    let (merchant, balance_id) = (site.restaurant.merchant_id.clone(), balance_id.to_owned());
    let before = Outside::system().now().as_microsecond() - 1_000_000;
    let ended = site.app.db().write("end_holds", move |tx| {
        Ok::<_, TxError<Never>>(tx.execute(&END_HOLDS, params![&merchant, &balance_id, before])?)
    });
    Ok(ended.await?)
}

async fn lots(site: &Site, balance_id: &str) -> anyhow::Result<(i64, i64)> {
    let (merchant, balance_id) = (site.restaurant.merchant_id.clone(), balance_id.to_owned());
    let found = site.app.db().read("lots", move |tx| {
        let row = tx.optional(&LOTS, params![&merchant, &balance_id])?;
        Ok::<_, TxError<Never>>(row.map(|row| (row.lots, row.holes)))
    });
    Ok(found.await?.unwrap_or_default())
}
