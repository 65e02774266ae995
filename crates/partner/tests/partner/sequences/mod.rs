//! Is there an order of offers, reports, refunds, cancellations and hours that breaks the books?
//!
//! Thousands of short sequences, each at a merchant of its own, the same ones on both engines, and some once more where
//! the sweeper comes by only when all is over. Each step is answered alike; at the end `verify` finds nothing, every row is
//! the same on both engines, and every sum whether it was swept or not.
//!
//! Cases come in groups that share a clock, because time and the sweeper are the same for everybody in a database;
//! within a group they go on side by side. `SEQUENCES_CASES`, or else `PROPTEST_CASES`, says how many there are, any number;
//! `SEQUENCES_SEED` which ones; `SEQUENCES_CASE` plays one of them alone, under the clock of its group.

#![allow(clippy::panic, reason = "a panic here is a failed test")]

mod case;
mod house;
mod sides;
mod steps;
mod till;

use case::Case;
use sides::Sides;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use steps::{GROUP, ROUNDS, Tick};

/// Cases unless somebody says otherwise: about half a minute of them on two cores.
const CASES: usize = 500;
/// Sets of databases that work side by side.
const WORKERS: usize = 3;
/// Cases of one set of databases; more cases get new ones.
const BATCH: usize = 10 * GROUP;
/// One set of databases in so many has an unswept one too, and PostgreSQL verifies its own: what depends on either, if
/// anything, shows soon.
const THOROUGH: usize = 4;
/// Cases of a group that go on side by side.
const LANES: usize = 8;

/// What is played on a set of databases.
#[derive(Clone)]
struct Plan {
    seed: u64,
    cases: Range<usize>,
    /// The only one of them that is played.
    only: Option<usize>,
}

fn setting(name: &str) -> Option<usize> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Plays these cases; `at` says which one each lane is about.
async fn play(plan: Plan, at: Arc<Vec<AtomicUsize>>) {
    let thorough = (plan.cases.start / BATCH).is_multiple_of(THOROUGH);
    let sides = Arc::new(Sides::new(thorough).await);
    let (first, groups) = (plan.cases.start / GROUP, plan.cases.clone().step_by(GROUP));
    let copied = plan.only.map_or(plan.cases.clone(), |only| only..only + 1);
    for side in sides.each() {
        house::set_up_all(side, first, copied.clone()).await;
    }
    for group in
        groups.map(|case| case / GROUP).filter(|group| plan.only.is_none_or(|only| only / GROUP == *group))
    {
        play_group(&plan, &sides, group, first, &at).await;
    }
    sides.agrees(&plan.cases, &at[0]).await;
    if let Ok(sides) = Arc::try_unwrap(sides) {
        sides.drop_databases().await;
    }
}

async fn play_group(plan: &Plan, sides: &Arc<Sides>, group: usize, first: usize, at: &Arc<Vec<AtomicUsize>>) {
    sides.begin_group(group - first);
    let mut lanes: Vec<Vec<Case>> = (0..LANES).map(|_| Vec::new()).collect();
    let cases = group * GROUP..((group + 1) * GROUP).min(plan.cases.end);
    for case in cases.filter(|case| plan.only.is_none_or(|only| only == *case)) {
        lanes[case % LANES].push(Case::new(plan.seed, case));
    }
    for round in 0..ROUNDS {
        for tick in steps::ticks(plan.seed, group, round) {
            match tick {
                Tick::Wait { seconds } => sides.wait(seconds),
                Tick::Midnight => sides.wait_until_midnight(),
                Tick::Sweep => sides.sweep().await,
            }
        }
        let mut tasks = Vec::new();
        for (lane, mut cases) in lanes.drain(..).enumerate() {
            let (sides, at) = (Arc::clone(sides), Arc::clone(at));
            tasks.push(tokio::spawn(async move {
                for case in &mut cases {
                    at[lane].store(case.number(), Ordering::SeqCst);
                    case.round(&sides, round).await;
                }
                at[lane].store(usize::MAX, Ordering::SeqCst);
                cases
            }));
        }
        for task in tasks {
            match task.await {
                Ok(cases) => lanes.push(cases),
                Err(failed) => std::panic::resume_unwind(failed.into_panic()),
            }
        }
    }
    sides.end_group().await;
    for case in lanes.iter().flatten() {
        at[0].store(case.number(), Ordering::SeqCst);
        case.compare_unswept(sides).await;
    }
    at[0].store(usize::MAX, Ordering::SeqCst);
}

/// The invariants of the books hold whatever comes in whatever order, the engines agree to the last row (acceptance
/// properties 2 to 5 of loyalty.md), and no sum depends on when the sweeper came by.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_sequence_breaks_the_books() {
    let only = setting("SEQUENCES_CASE");
    let asked = setting("SEQUENCES_CASES").or_else(|| setting("PROPTEST_CASES"));
    let cases = asked.unwrap_or(CASES).max(only.map_or(0, |only| only + 1));
    let seed = u64::try_from(setting("SEQUENCES_SEED").unwrap_or(1)).unwrap();
    let batches: Vec<Range<usize>> = (0..cases)
        .step_by(BATCH)
        .map(|from| from..(from + BATCH).min(cases))
        .filter(|batch| only.is_none_or(|only| batch.contains(&only)))
        .collect();
    let next = Arc::new(AtomicUsize::new(0));
    let batches = Arc::new(batches);
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        let at: Arc<Vec<AtomicUsize>> = Arc::new((0..LANES).map(|_| AtomicUsize::new(usize::MAX)).collect());
        let (next, batches, told) = (Arc::clone(&next), Arc::clone(&batches), Arc::clone(&at));
        let worker = tokio::spawn(async move {
            while let Some(cases) = batches.get(next.fetch_add(1, Ordering::SeqCst)) {
                let plan = Plan { seed, cases: cases.clone(), only };
                play(plan, Arc::clone(&told)).await;
            }
        });
        workers.push((at, worker));
    }
    for (at, worker) in workers {
        let Err(failed) = worker.await else { continue };
        let about: Vec<usize> =
            at.iter().map(|one| one.load(Ordering::SeqCst)).filter(|case| *case != usize::MAX).collect();
        let steps: Vec<_> = about.iter().map(|case| (case, steps::sequence(seed, *case))).collect();
        let replay: Vec<String> = about
            .iter()
            .map(|case| {
                format!(
                    "SEQUENCES_SEED={seed} SEQUENCES_CASE={case} cargo test -p partner --test partner no_sequence_breaks_the_books"
                )
            })
            .collect();
        panic!("{failed}\none of these plays it alone:\n{}\n{steps:#?}", replay.join("\n"));
    }
}
