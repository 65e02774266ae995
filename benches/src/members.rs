//! Does an offer cost more when a merchant has a million members?

use crate::ratio::ratio;
use crate::site::Site;
use db::Engine;
use serde_json::{Value, json};
use stamgast::load::Kind;

/// Members of the small restaurant.
const FEW: u64 = 1_000;
/// A card's points, its credit and what was given on top.
const EXTRA_LOTS: u64 = 1;
/// Both restaurants are asked in turn, so that what else the machine does meets both.
const TURNS: u32 = 5;

/// Offers at a merchant with a thousand members and at one with `many`, three lots each, in turn; the ratio says how
/// many times as much an offer costs at the large one, in the median turn.
pub(crate) async fn measure(engine: Engine, many: u64, requests: u64) -> anyhow::Result<Value> {
    let small = Site::open(engine, FEW, EXTRA_LOTS).await?;
    let large = Site::open(engine, many, EXTRA_LOTS).await?;
    let faults = stamgast::database::verify(small.app.db(), stamgast::config::Role::All).await?;
    anyhow::ensure!(faults.is_empty(), "the copied members do not add up: {faults:?}");
    let mut turns = Vec::new();
    for turn in 0..=TURNS {
        let few = small.load(Kind::Offers, 32, requests, turn + 1).await?;
        let many = large.load(Kind::Offers, 32, requests, turn + 1).await?;
        // the first turn warms up
        if turn > 0 {
            turns.push((few.per_second().saturating_mul(1000) / many.per_second().max(1), few, many));
        }
    }
    turns.sort_by_key(|(cost, _, _)| *cost);
    let (_, few, many_offers) = &turns[turns.len() / 2];
    let result = json!({
        "members": many,
        "lots": many * (2 + EXTRA_LOTS),
        "costs": turns.iter().map(|(_, few, many)| ratio(few.per_second(), many.per_second())).collect::<Vec<_>>(),
        "fewMembers": few.json(),
        "manyMembers": many_offers.json(),
        "ratio": ratio(few.per_second(), many_offers.per_second()),
    });
    small.close().await?;
    large.close().await?;
    Ok(result)
}
