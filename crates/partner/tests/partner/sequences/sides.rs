//! Which databases play the same, and do they end alike?

use super::house::merchant;
use super::steps::CASE_SECONDS;
use crate::rows;
use crate::side::*;
use db::{Engine, Never, TxError, params};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Merchants whose rows are compared at once.
const COMPARED_AT_ONCE: usize = 100;

/// Two databases, or three, with clocks that stand at the same instant.
pub(super) struct Sides {
    sqlite: Side,
    postgres: Side,
    /// On SQLite too, and swept when a group is over, not before. Where it is, everything is looked at.
    unswept: Option<Side>,
    /// Now, and when the group ends.
    clock: Mutex<(Timestamp, Timestamp)>,
    sweeps: AtomicUsize,
}

/// Posted value and number of the newest entry, by balance.
pub(super) type Posted = BTreeMap<String, (i64, i64)>;

/// Offer, bill, kind.
pub(super) type Key = (String, String, String);

db::row! {
    struct PostedRow {
        balance_id: String,
        posted: i64,
        last_entry: i64,
    }
}

db::row! {
    struct UsageRow {
        offer_id: String,
        bill_id: String,
        kind: String,
        flags: String,
    }
}

db::row! {
    struct SumRow {
        balance_id: String,
        sum: i64,
    }
}

db::statement! {
    /// What is on each balance.
    READ_POSTED -> PostedRow = "SELECT balance_id, posted, last_entry FROM partner_balance WHERE merchant = $1";
    /// Every report, and what it was flagged with.
    READ_USAGES -> UsageRow = "SELECT offer_id, bill_id, kind, flags FROM partner_usage
        WHERE merchant = $1 AND loyalty_provider_id = 'provider' ORDER BY offer_id, bill_id, kind";
    /// What bills that came in the sequence left on a balance, but for what ended or was written off.
    LEFT_BY_BILLS -> SumRow = "SELECT balance_id, CAST(SUM(CASE WHEN credit_account = 'guest' THEN amount ELSE 0 - amount END) AS BIGINT) AS sum
        FROM partner_transfer
        WHERE merchant = $1 AND bill_id IS NOT NULL AND bill_id NOT IN ('t1', 't2') AND kind NOT IN ('writeOff', 'expire')
        GROUP BY balance_id";
    /// What of a balance ended or was written off.
    LOST -> SumRow = "SELECT balance_id, CAST(SUM(CASE WHEN credit_account = 'guest' THEN amount ELSE 0 - amount END) AS BIGINT) AS sum
        FROM partner_transfer WHERE merchant = $1 AND kind IN ('writeOff', 'expire') GROUP BY balance_id";
}

impl Sides {
    /// `thorough`: with an unswept one, and each of them is verified.
    pub(super) async fn new(thorough: bool) -> Self {
        let unswept = async { if thorough { Some(Side::new(Engine::Sqlite).await) } else { None } };
        let (sqlite, postgres, unswept) =
            tokio::join!(Side::new(Engine::Sqlite), Side::new(Engine::Postgres), unswept);
        let clock = Mutex::new((Timestamp::MIN, Timestamp::MAX));
        Self { sqlite, postgres, unswept, clock, sweeps: AtomicUsize::new(0) }
    }

    pub(super) fn each(&self) -> impl Iterator<Item = &Side> {
        [&self.sqlite, &self.postgres].into_iter().chain(&self.unswept)
    }

    /// Takes databases away that would stay on the server.
    pub(super) async fn drop_databases(self) {
        for side in [self.sqlite, self.postgres].into_iter().chain(self.unswept) {
            side.drop_database().await;
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.lock().unwrap().0
    }

    /// The clock at which the group of this number within its databases begins.
    pub(super) fn begin_group(&self, number: usize) {
        let start: Timestamp = START.parse().unwrap();
        let after = |groups: usize| {
            let seconds = i64::try_from(groups).unwrap() * CASE_SECONDS;
            start.checked_add(SignedDuration::from_secs(seconds)).unwrap()
        };
        *self.clock.lock().unwrap() = (after(number), after(number + 1));
        self.each().for_each(|side| side.clock.set(after(number)));
    }

    pub(super) fn wait(&self, seconds: i64) {
        self.wait_until(self.now().checked_add(SignedDuration::from_secs(seconds)).unwrap());
    }

    pub(super) fn wait_until_midnight(&self) {
        let here = self.now().in_tz("Europe/Prague").unwrap();
        self.wait_until(here.checked_add(1.day()).unwrap().start_of_day().unwrap().timestamp());
    }

    /// Not beyond the group's own time.
    fn wait_until(&self, instant: Timestamp) {
        let mut clock = self.clock.lock().unwrap();
        if instant < clock.1 {
            clock.0 = instant;
            self.each().for_each(|side| side.clock.set(instant));
        }
    }

    /// How often the sweeper came by so far.
    pub(super) fn sweeps(&self) -> usize {
        self.sweeps.load(Ordering::SeqCst)
    }

    pub(super) async fn sweep(&self) {
        self.sweeps.fetch_add(1, Ordering::SeqCst);
        let (one, other) = tokio::join!(self.sqlite.partner.sweep(), self.postgres.partner.sweep());
        assert_eq!(one.unwrap(), other.unwrap(), "the engines sweep differently");
    }

    pub(super) async fn end_group(&self) {
        self.sweep().await;
        if let Some(unswept) = &self.unswept {
            unswept.partner.sweep().await.unwrap();
        }
    }

    /// What all answer: the engines the same, and the unswept one what gives as much. What has ended is explained in
    /// other words before it is swept.
    pub(super) async fn send(&self, name: &str, token: &str, body: &Value) -> bytes::Bytes {
        let text = body.to_string();
        let explained = match name {
            "getBenefitOffer" => {
                Some(tokio::join!(explained(&self.sqlite, body), explained(&self.postgres, body)))
            }
            _ => None,
        };
        let unswept = async {
            match &self.unswept {
                Some(side) => Some(side.webhook(name, token, text.clone()).await),
                None => None,
            }
        };
        let (one, other, unswept) = tokio::join!(
            self.sqlite.webhook(name, token, text.clone()),
            self.postgres.webhook(name, token, text.clone()),
            unswept
        );
        assert_eq!(one, other, "{name}: the engines answer differently to {body}");
        let (status, answer) = one;
        assert_eq!(status, 200, "{name}: {answer:?} to {body}");
        if let Some((one, other)) = explained {
            let offer: Value = serde_json::from_slice(&answer).unwrap();
            assert_eq!((&one, &other), (&offer, &offer), "what is explained is not what is offered: {body}");
        }
        if let Some((other, unswept)) = unswept {
            let (swept, unswept) = ((status, offered(&answer)), (other, offered(&unswept)));
            assert_eq!(swept, unswept, "{name}: it matters whether it was swept: {body}");
        }
        answer
    }

    /// Posted values on the first of them. The entries of the others are compared at the end.
    pub(super) async fn posted(&self, merchant: &str) -> Posted {
        posted_on(&self.sqlite, merchant).await
    }

    /// Key and flags of every report of a merchant.
    pub(super) async fn usages(&self, merchant: &str) -> Vec<(Key, String)> {
        let merchant = merchant.to_owned();
        let found = self.sqlite.db.read("usages", move |tx| {
            let rows = tx.query(&READ_USAGES, params![&merchant])?;
            let each = rows.into_iter().map(|row| ((row.offer_id, row.bill_id, row.kind), row.flags));
            Ok::<_, TxError<Never>>(each.collect::<Vec<(Key, String)>>())
        });
        found.await.unwrap()
    }

    /// What the bills of a merchant left on its balances, all of them taken back, and what was lost of them.
    pub(super) async fn left_by_bills(&self, merchant: &str) -> [BTreeMap<String, i64>; 2] {
        let merchant = merchant.to_owned();
        let found = self.sqlite.db.read("left_by_bills", move |tx| {
            let mut sums = [BTreeMap::new(), BTreeMap::new()];
            for (sums, statement) in sums.iter_mut().zip([&LEFT_BY_BILLS, &LOST]) {
                for row in tx.query(statement, params![&merchant])? {
                    sums.insert(row.balance_id, row.sum);
                }
            }
            Ok::<_, TxError<Never>>(sums)
        });
        found.await.unwrap()
    }

    /// As much is on this merchant's balances where the sweeper came by seldom.
    pub(super) async fn same_sums(&self, merchant: &str) {
        let Some(unswept) = &self.unswept else { return };
        let sums = |posted: Posted| -> BTreeMap<String, i64> {
            posted.into_iter().map(|(balance, (sum, _))| (balance, sum)).collect()
        };
        let one = sums(posted_on(&self.sqlite, merchant).await);
        let other = sums(posted_on(unswept, merchant).await);
        assert_eq!(one, other, "{merchant}: the sweeper decided over sums");
    }

    /// The books of all add up, and on the two engines every row is the same; `at` says which case it is about. Books
    /// of equal rows add up alike, so PostgreSQL verifies its own in some sets only.
    pub(super) async fn agrees(&self, cases: &Range<usize>, at: &AtomicUsize) {
        for side in self.each().filter(|side| self.unswept.is_some() || side.db.engine() == Engine::Sqlite) {
            let faults = partner::verify(&side.db).await.unwrap();
            if let Some(fault) = faults.first() {
                at.store(about(cases, &fault.row), Ordering::SeqCst);
                panic!("{} faults: {:#?}", faults.len(), &faults[..faults.len().min(12)]);
            }
        }
        let (mut compared, mut from) = (0, String::new());
        for case in cases.clone().step_by(COMPARED_AT_ONCE).skip(1).chain([usize::MAX]) {
            let until = if case == usize::MAX { "~".to_owned() } else { merchant(case) };
            compared += match rows::agree(&self.sqlite.db, &self.postgres.db, &from, &until).await {
                Ok(rows) => rows,
                Err(differ) => {
                    at.store(about(cases, &differ), Ordering::SeqCst);
                    panic!("{differ}");
                }
            };
            from = until;
        }
        assert!(compared > 100, "nothing to compare: {compared} rows");
    }
}

/// The case whose merchant a text names.
fn about(cases: &Range<usize>, text: &str) -> usize {
    cases.clone().find(|case| text.contains(&merchant(*case))).unwrap_or(usize::MAX)
}

async fn posted_on(side: &Side, merchant: &str) -> Posted {
    let merchant = merchant.to_owned();
    let found = side.db.read("posted", move |tx| {
        let rows = tx.query(&READ_POSTED, params![&merchant])?;
        let each = rows.into_iter().map(|row| (row.balance_id, (row.posted, row.last_entry)));
        Ok::<_, TxError<Never>>(each.collect::<Posted>())
    });
    found.await.unwrap()
}

/// What an answer gives, without its words.
fn offered(answer: &[u8]) -> Value {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    let balances: Vec<Value> = answer["balances"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            let of = |name: &str| one[name].clone();
            Value::Array(
                [
                    "balanceId",
                    "maxControllableValue",
                    "controllableValueToUse",
                    "nonControllableValueToUse",
                    "valueToUseInCurrency",
                ]
                .map(of)
                .to_vec(),
            )
        })
        .collect();
    Value::Array(vec![answer["itemBenefitsToApply"].clone(), balances.into()])
}

/// The offer that a side's explanation of a question holds.
async fn explained(side: &Side, question: &Value) -> Value {
    let merchant = question["merchantId"].as_str().unwrap();
    let mut answer = side.admin("POST", merchant, "/explain", Some(question.clone())).await;
    assert_eq!(answer.status, 200, "{answer:?} to {question}");
    answer.body["offer"].take()
}
