//! Is there an order of offers, reports, refunds, cancellations and hours that breaks the books?
//!
//! Thousands of short sequences, each at a merchant of its own, the same ones on both engines. After each step the
//! engines have answered alike; at the end `verify` finds nothing, and every row is the same on both.
//!
//! `PROPTEST_CASES` says how many cases there are, `SEQUENCES_SEED` which ones; `SEQUENCES_CASE` plays one of them.

#![allow(clippy::panic, reason = "a panic here is a failed test")]

mod case;
mod house;
mod rows;
mod steps;
mod till;

use crate::side::*;
use case::{Case, Pair};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Cases unless somebody says otherwise: half a minute of them. `./test --full` plays ten thousand.
const CASES: usize = 400;
/// More than these take hours.
const CASES_MAX: usize = 10_000;
/// Pairs of databases that work side by side.
const WORKERS: usize = 4;
/// Merchants whose rows are compared at once.
const COMPARED_AT_ONCE: usize = 250;

fn setting(name: &str) -> Option<usize> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// In memory where the system has such a folder: what a power cut leaves is not asked here.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

async fn pair() -> Pair {
    let (one, other) = tokio::join!(
        Side::new_in(db::Engine::Sqlite, folder()),
        Side::new_in(db::Engine::Postgres, folder())
    );
    Pair { sides: vec![one, other] }
}

/// Plays these cases one after the other; `at` says which one it is about.
async fn play(seed: u64, cases: std::ops::Range<usize>, only: Option<usize>, at: Arc<AtomicUsize>) {
    let pair = pair().await;
    for side in &pair.sides {
        house::set_up_all(side, cases.start, cases.end).await;
    }
    for case in cases.clone().filter(|case| only.is_none_or(|only| only == *case)) {
        at.store(case, Ordering::SeqCst);
        let steps = steps::sequence(seed, u64::try_from(case).unwrap());
        Case::begin(&pair, case, cases.start).await.play(&steps).await;
    }
    let mut faults = Vec::new();
    for side in &pair.sides {
        faults.extend(partner::verify(&side.db).await.unwrap());
    }
    if let Some(fault) = faults.first() {
        let about = cases.clone().find(|case| fault.row.contains(&house::merchant(*case)));
        at.store(about.unwrap_or(usize::MAX), Ordering::SeqCst);
        panic!("{} faults: {:#?}", faults.len(), &faults[..faults.len().min(12)]);
    }
    let mut compared = 0;
    let mut from = String::new();
    for case in cases.clone().step_by(COMPARED_AT_ONCE).chain([usize::MAX]) {
        let until = if case == usize::MAX { "~".to_owned() } else { house::merchant(case) };
        if let [one, other] = &pair.sides[..] {
            compared += rows::agree(&one.db, &other.db, &from, &until).await;
        }
        from = until;
    }
    assert!(compared > cases.len() * 10, "nothing to compare: {compared} rows");
}

/// The invariants of the books hold whatever comes in whatever order, and the engines agree to the last row
/// (acceptance properties 2, 3 and 4 of loyalty.md).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_sequence_breaks_the_books() {
    let cases = setting("PROPTEST_CASES").map_or(CASES, |cases| cases.min(CASES_MAX));
    let seed = u64::try_from(setting("SEQUENCES_SEED").unwrap_or(1)).unwrap();
    let only = setting("SEQUENCES_CASE");
    let share = cases.div_ceil(WORKERS);
    let mut workers = Vec::new();
    for worker in 0..WORKERS {
        let mine = (worker * share).min(cases)..((worker + 1) * share).min(cases);
        if !mine.is_empty() && only.is_none_or(|only| mine.contains(&only)) {
            let at = Arc::new(AtomicUsize::new(usize::MAX));
            workers.push((Arc::clone(&at), tokio::spawn(play(seed, mine, only, at))));
        }
    }
    for (at, worker) in workers {
        let Err(failed) = worker.await else { continue };
        let case = at.load(Ordering::SeqCst);
        let steps = u64::try_from(case).map(|case| steps::sequence(seed, case));
        panic!("SEQUENCES_SEED={seed} SEQUENCES_CASE={case} PROPTEST_CASES={cases}: {failed}\n{steps:#?}");
    }
}
