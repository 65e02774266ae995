//! What do promotions take off: steps 1 (line by line) and 2 (on the sum) of loyalty.md §2?
//!
//! [`ground`] is what they all look at, [`plan`] what one would take, [`round`] one way through all of them.
//! Here the exclusive ones compete with the others.

mod allowance;
mod ground;
mod plan;
mod round;
mod units;
mod verdict;

pub(crate) use ground::Asked;
pub(crate) use verdict::{Discount, Hint, Kept, Verdict};

use super::bill::Bill;
use super::reason::Reason;
use super::trace::{StepNote, Trace};
use crate::loyalty::program::pricing::ExclusiveWins;
use crate::loyalty::promotion::{LimitUse, Target};
use ground::Ground;
use money::Amount;
use round::Round;
use verdict::step_name;

/// What all promotions of a program came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// In the order in which they were applied.
    pub(crate) discounts: Vec<Discount>,
    /// One per promotion, by position.
    pub(crate) verdicts: Vec<Verdict>,
    /// What the applied ones use of their limits.
    pub(crate) limit_uses: Vec<LimitUse>,
    /// Which scans of an applied promotion its limits did not let count: position, and one entry per scan.
    pub(crate) uncounted: Vec<(usize, Vec<Option<Reason>>)>,
    /// What is nearly reached.
    pub(crate) hints: Vec<Hint>,
}

/// Applies the promotions to the bill: all that are not exclusive, or one exclusive alone over both steps,
/// whichever takes more off (loyalty.md §2; equal: the others, as the exclusive one gives the guest nothing
/// more), unless the merchant prefers an exclusive one always.
pub(crate) fn apply(asked: &Asked<'_>, bill: &mut Bill, trace: &mut Trace) -> Outcome {
    let ground = Ground::new(asked, bill);
    let promotions = &asked.program.promotions;
    let alone: Vec<usize> = (0..promotions.len()).filter(|at| promotions[*at].definition.exclusive).collect();
    let explained = trace.is_on();
    let together = Round::run(&ground, bill, |at| !promotions[at].definition.exclusive, explained);
    let exclusives: Vec<Round> =
        alone.iter().map(|only| Round::run(&ground, bill, |at| at == *only, explained)).collect();

    let always = asked.program.settings.pricing.exclusive == ExclusiveWins::Always;
    let mut best: Option<usize> = None;
    for (index, round) in exclusives.iter().enumerate() {
        let beaten = match best {
            Some(other) => exclusives[other].value,
            None if always => Amount::ZERO,
            None => together.value,
        };
        if round.value > beaten {
            best = Some(index);
        }
    }
    let winner = best.map(|index| alone[index]);
    let mut rounds: Vec<(bool, Round)> = vec![(best.is_none(), together)];
    rounds.extend(exclusives.into_iter().enumerate().map(|(index, round)| (best == Some(index), round)));
    settle(rounds, winner, &ground, bill, trace)
}

/// Takes over what the round that won did, and says of the promotions of the others that they lost.
fn settle(
    rounds: Vec<(bool, Round)>,
    winner: Option<usize>,
    ground: &Ground<'_>,
    bill: &mut Bill,
    trace: &mut Trace,
) -> Outcome {
    let promotions = &ground.asked.program.promotions;
    let mut outcome = Outcome { verdicts: vec![Verdict::NotScanned; promotions.len()], ..Outcome::default() };
    let mut notes: Vec<Option<StepNote>> = vec![None; promotions.len()];
    let nothing_taken = rounds.iter().all(|(won, round)| !won || round.value == Amount::ZERO);
    for (won, mut round) in rounds {
        for (at, verdict) in round.verdicts.drain(..) {
            let lost = !won && verdict == Verdict::Applied;
            outcome.verdicts[at] = if lost { Verdict::Lost(winner) } else { verdict };
        }
        if won || nothing_taken {
            outcome.hints.append(&mut round.hints);
        }
        for (at, note) in round.notes.drain(..) {
            let lost = !won && note.verdict == Some(StepNote::APPLIED);
            notes[at] = Some(if lost { round::lost(at, winner, ground, Some(round.value)) } else { note });
        }
        if won {
            outcome.discounts = round.discounts;
            outcome.limit_uses = round.limit_uses;
            outcome.uncounted = round.uncounted;
            *bill = round.bill;
        }
    }
    for target in [Target::Items, Target::Order] {
        for (promotion, note) in promotions.iter().zip(&mut notes) {
            if promotion.definition.scope.on == target
                && let Some(note) = note.take()
            {
                trace.note(|| note);
            }
        }
    }
    outcome
}

/// Says of every promotion that the basket takes none.
pub(crate) fn none_apply(asked: &Asked<'_>, reason: Reason, trace: &mut Trace) {
    for promotion in &asked.program.promotions {
        trace.note(|| StepNote {
            step: step_name(promotion.definition.scope.on),
            about: promotion.promotion_id.clone(),
            verdict: Some(reason.code()),
            text: "not applied: nothing applies to this basket".to_owned(),
            ..StepNote::default()
        });
    }
}
