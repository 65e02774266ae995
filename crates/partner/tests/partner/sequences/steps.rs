//! What may happen at four registers, and in which order?
//!
//! A sequence is plain data that follows from its number alone, and the hours of a group from the group's, so a failing
//! one is played again by its number.

use crate::dice::Dice;

/// Registers of a case.
pub(super) const REGISTERS: usize = 4;
/// Cases that share a clock.
pub(super) const GROUP: usize = 100;
/// Steps of a case at most, and one more in which it ends.
pub(super) const ROUNDS: usize = 11;
/// How long a group may last, in seconds: the next one of its databases begins then.
pub(super) const CASE_SECONDS: i64 = 4 * 24 * 3_600;

/// Codes a guest may show.
pub(super) const CODES: [&str; 8] = ["card-1", "card-1", "card-1", "SPV", "MPV", "MPV", "ONCE", "BUDGET"];

/// A line of a basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) product: &'static str,
    /// Thousandths; below 0 for what is brought back.
    pub(super) amount: i64,
    /// Minor units of the whole line.
    pub(super) total: i64,
    /// Percent.
    pub(super) vat: i64,
}

/// How a report differs from what the offer said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// In nothing.
    AsGiven,
    /// Every value is this many percent of what was offered.
    Percent(i64),
    /// The offer is not known to the partner.
    NoOffer,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A register asks; `choice` is what the cashier picked of every controllable balance, in percent.
    Ask {
        register: usize,
        basket: Vec<Line>,
        codes: Vec<&'static str>,
        choice: Option<i64>,
        new_check: bool,
        twice: bool,
    },
    /// A register asks the same again.
    AskAgain { register: usize },
    /// Its bill is paid and reported.
    Pay { register: usize, told: Told, again: bool },
    /// Its bill is paid, the report is lost for now.
    Lose { register: usize, told: Told },
    /// The lost reports arrive.
    Arrive,
    /// A bill is reported with another total.
    Contradict { bill: usize },
    /// Some of a bill goes back: lines by bits, in thousandths; `tender` names what goes to the voucher, in percent.
    Refund { bill: usize, lines: u64, thousandths: i64, tender: Option<i64>, number: i64 },
    /// A bill goes back, or never was.
    TakeBack { bill: usize, state: &'static str },
    /// A bill is cancelled, and reported later.
    CancelFirst { register: usize },
    /// The register does not take the offer.
    Invalid { register: usize },
}

/// What happens to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tick {
    /// Time goes by.
    Wait { seconds: i64 },
    /// Until the place's midnight.
    Midnight,
    /// The sweeper comes by.
    Sweep,
}

fn line(dice: &mut Dice) -> Line {
    let (product, vat) = dice.pick(&[("coffee", 12), ("coffee", 12), ("beer", 21), ("cake", 12)]);
    let pieces = dice.number(1, 4);
    let odd = dice.number(1, 40_000);
    let total = dice.pick(&[pieces * 4_500, pieces * 5_900, odd, 10_000]);
    match dice.below(12) {
        0 => Line { product, amount: 350, total, vat },
        1 => Line { product: "cup", amount: -1_000, total: -dice.number(1, 6_000), vat },
        _ => Line { product, amount: pieces * 1_000, total, vat },
    }
}

fn told(dice: &mut Dice) -> Told {
    match dice.below(8) {
        0 => Told::Percent(dice.pick(&[30, 50, 110, 130, 200])),
        1 => Told::NoOffer,
        _ => Told::AsGiven,
    }
}

fn codes(dice: &mut Dice) -> Vec<&'static str> {
    let mut codes: Vec<&str> = (0..dice.below(4)).map(|_| dice.pick(&CODES)).collect();
    match dice.below(10) {
        0 => codes.push("TOP"),
        1 => codes.push("nonsense"),
        2..=5 => codes.push("card-1"),
        _ => {}
    }
    codes
}

fn ask(dice: &mut Dice) -> Step {
    let lines = if dice.one_in(15) { 0 } else { dice.number(1, 4) };
    Step::Ask {
        register: dice.index(REGISTERS),
        basket: (0..lines).map(|_| line(dice)).collect(),
        codes: codes(dice),
        choice: dice.one_in(3).then(|| dice.pick(&[0, 30, 50, 100])),
        new_check: dice.one_in(4),
        twice: dice.one_in(6),
    }
}

fn step(dice: &mut Dice) -> Step {
    let register = dice.index(REGISTERS);
    let bill = dice.index(8);
    match dice.below(33) {
        0..=10 => ask(dice),
        11..=13 => Step::AskAgain { register },
        14..=20 => Step::Pay { register, told: told(dice), again: dice.one_in(6) },
        21 => Step::Lose { register, told: told(dice) },
        22 => Step::Arrive,
        23 => Step::Contradict { bill },
        24..=27 => Step::Refund {
            bill,
            lines: dice.below(8),
            thousandths: dice.pick(&[1_000, 1_000, 2_000, 500, 333, 117]),
            tender: dice.one_in(4).then(|| dice.pick(&[0, 40, 100, 150])),
            number: dice.number(1, 4),
        },
        28..=30 => Step::TakeBack { bill, state: dice.pick(&["cancelled", "refunded"]) },
        31 => Step::CancelFirst { register },
        _ => Step::Invalid { register },
    }
}

/// What happens in a group before the cases' steps of a round.
pub(super) fn ticks(seed: u64, group: usize, round: usize) -> Vec<Tick> {
    let number = u64::try_from(group * ROUNDS + round).unwrap();
    let mut dice = Dice::new(!seed ^ number.wrapping_mul(0xA076_1D64_78BD_642F));
    let mut ticks = Vec::new();
    match dice.below(10) {
        0..=3 => {
            let seconds = dice.pick(&[1, 60, 120, 179, 180, 181, 3_600, 43_200, 86_400]);
            ticks.push(Tick::Wait { seconds });
        }
        4 => ticks.push(Tick::Midnight),
        _ => {}
    }
    if dice.one_in(4) {
        ticks.push(Tick::Sweep);
    }
    ticks
}

/// The sequence of this number under this seed: it begins with a question, for nothing is there before.
pub(super) fn sequence(seed: u64, number: usize) -> Vec<Step> {
    let number = u64::try_from(number).unwrap();
    let mut dice = Dice::new(seed ^ number.wrapping_mul(0xD134_2543_DE82_EF95));
    // few as a rule: most of what breaks, breaks in a few steps, and more sequences meet more of it
    let steps = dice.number(1, 10).min(dice.number(1, 10));
    let mut sequence = vec![ask(&mut dice)];
    for _ in 0..steps {
        // what was asked last is what most is done with
        let mut next = step(&mut dice);
        let asked = sequence.iter().rev().find_map(|step| match step {
            Step::Ask { register, .. } => Some(*register),
            _ => None,
        });
        if let (Some(asked), false) = (asked, dice.one_in(3)) {
            match &mut next {
                Step::AskAgain { register }
                | Step::Pay { register, .. }
                | Step::Lose { register, .. }
                | Step::CancelFirst { register }
                | Step::Invalid { register } => *register = asked,
                _ => {}
            }
        }
        sequence.push(next);
    }
    sequence
}
