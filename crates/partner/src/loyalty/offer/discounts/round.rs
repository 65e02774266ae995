//! How do promotions go over a bill one after the other, and who goes first within a group?

use super::ground::Ground;
use super::plan::{Plan, Stop, plan};
use super::verdict::{Discount, Hint, Verdict, step_name};
use crate::loyalty::offer::bill::{Bill, Source};
use crate::loyalty::offer::reason::Reason;
use crate::loyalty::offer::trace::StepNote;
use crate::loyalty::promotion::{Group, GroupPer, LimitUse, Mode, Target};
use money::Amount;
use wire::Number;

/// One way through the promotions, with the bill it leaves.
#[derive(Debug)]
pub(super) struct Round {
    /// The bill after it.
    pub(super) bill: Bill,
    /// What it took off.
    pub(super) value: Amount,
    /// In the order in which they were applied.
    pub(super) discounts: Vec<Discount>,
    /// One for each promotion that was asked, by position.
    pub(super) verdicts: Vec<(usize, Verdict)>,
    pub(super) limit_uses: Vec<LimitUse>,
    pub(super) uncounted: Vec<(usize, Vec<Option<Reason>>)>,
    pub(super) hints: Vec<Hint>,
    /// One for each promotion that was asked, when somebody wants to know.
    pub(super) notes: Vec<(usize, StepNote)>,
}

/// What is known of a group so far.
#[derive(Debug)]
struct Contest<'a> {
    group: &'a Group,
    /// Over the bill: who applies.
    winner: Option<usize>,
    /// Per line: who applies to each.
    of_lines: Vec<Option<usize>>,
}

impl Contest<'_> {
    /// Leaves of a member's plan what the group lets it have.
    ///
    /// # Errors
    /// Who has it, when nothing is left.
    fn narrow(&self, position: usize, plan: &mut Plan) -> Result<(), usize> {
        if self.group.per == GroupPer::Bill {
            return match self.winner {
                Some(winner) if winner != position => Err(winner),
                _ => Ok(()),
            };
        }
        let mut other = None;
        for (share, winner) in plan.shares.iter_mut().zip(&self.of_lines) {
            if let Some(winner) = winner
                && *winner != position
                && *share > Amount::ZERO
            {
                *share = Amount::ZERO;
                other = other.or(Some(*winner));
            }
        }
        match other {
            Some(winner) if plan.value() == Amount::ZERO => Err(winner),
            _ => Ok(()),
        }
    }

    /// A member offers its plan: it has what nobody had, or what it takes more (or less) of.
    fn compare(&mut self, position: usize, plan: &Plan, best: &mut Vec<Amount>) {
        let better = |value: Amount, best: Amount| match self.group.mode {
            Mode::Highest => value > best,
            Mode::Lowest => value < best,
            Mode::First | Mode::Stack => false,
        };
        let offers = match self.group.per {
            GroupPer::Bill => vec![plan.value()],
            GroupPer::Line => plan.shares.clone(),
        };
        best.resize(offers.len(), Amount::ZERO);
        self.of_lines.resize(plan.shares.len(), None);
        for (at, value) in offers.into_iter().enumerate().filter(|(_, value)| *value > Amount::ZERO) {
            let holder = match self.group.per {
                GroupPer::Bill => &mut self.winner,
                GroupPer::Line => &mut self.of_lines[at],
            };
            if holder.is_none() || better(value, best[at]) {
                *holder = Some(position);
                best[at] = value;
            }
        }
    }
}

impl Round {
    /// Lets the promotions that `takes_part` admits go over a copy of the bill, step by step in the
    /// program's order.
    pub(super) fn run(
        ground: &Ground<'_>,
        bill: &Bill,
        takes_part: impl Fn(usize) -> bool,
        explained: bool,
    ) -> Self {
        let before = bill.benefits();
        let mut round = Self {
            bill: bill.clone(),
            value: Amount::ZERO,
            discounts: Vec::new(),
            verdicts: Vec::new(),
            limit_uses: Vec::new(),
            uncounted: Vec::new(),
            hints: Vec::new(),
            notes: Vec::new(),
        };
        let mut contests: Vec<Contest<'_>> = Vec::new();
        let promotions = &ground.asked.program.promotions;
        for target in [Target::Items, Target::Order] {
            for (position, promotion) in promotions.iter().enumerate() {
                if promotion.definition.scope.on == target && takes_part(position) {
                    let turn = round.turn(position, ground, &takes_part, &mut contests);
                    round.write_down(position, turn, ground, explained);
                }
            }
        }
        round.value = round.bill.benefits() - before;
        round
    }

    /// One promotion's turn: what it takes off, or why not.
    fn turn<'a>(
        &mut self,
        position: usize,
        ground: &Ground<'a>,
        takes_part: &impl Fn(usize) -> bool,
        contests: &mut Vec<Contest<'a>>,
    ) -> Result<Amount, Failed> {
        let promotion = &ground.asked.program.promotions[position];
        let planned = plan(position, ground, &self.bill);
        let contest = promotion
            .definition
            .group
            .as_ref()
            .filter(|group| group.mode != Mode::Stack)
            .map(|group| self.contest(group, ground, takes_part, contests));
        let mut plan = planned.map_err(Failed::Stopped)?;
        if let Some(contest) = contest {
            let contest = &mut contests[contest];
            contest.narrow(position, &mut plan).map_err(Failed::Lost)?;
            if contest.group.mode == Mode::First {
                contest.compare(position, &plan, &mut Vec::new());
            }
        }
        let value = self.bill.give(Source::Promotion(position), &plan.shares);
        if value <= Amount::ZERO {
            return Err(Failed::Stopped(Stop::Refused(Reason::NoMatchingItems)));
        }
        self.discounts.push(Discount { promotion: position, value, kept: plan.kept });
        self.limit_uses.extend(plan.allowance.uses(value, promotion, ground));
        if !plan.allowance.refused.is_empty() {
            self.uncounted.push((position, plan.allowance.refused));
        }
        Ok(value)
    }

    /// Where the group's contest stands; decided when its first member's turn comes.
    fn contest<'a>(
        &self,
        group: &'a Group,
        ground: &Ground<'a>,
        takes_part: &impl Fn(usize) -> bool,
        contests: &mut Vec<Contest<'a>>,
    ) -> usize {
        if let Some(known) = contests.iter().position(|contest| contest.group.id == group.id) {
            return known;
        }
        let mut contest = Contest { group, winner: None, of_lines: Vec::new() };
        if matches!(group.mode, Mode::Highest | Mode::Lowest) {
            let mut best = Vec::new();
            let promotions = ground.asked.program.promotions.iter().enumerate();
            let members = promotions.filter(|(at, one)| {
                takes_part(*at) && one.definition.group.as_ref().is_some_and(|other| other.id == group.id)
            });
            for (at, _) in members {
                if let Ok(plan) = plan(at, ground, &self.bill) {
                    contest.compare(at, &plan, &mut best);
                }
            }
        }
        contests.push(contest);
        contests.len() - 1
    }

    fn write_down(
        &mut self,
        position: usize,
        turn: Result<Amount, Failed>,
        ground: &Ground<'_>,
        explained: bool,
    ) {
        let promotion = &ground.asked.program.promotions[position];
        let verdict = match turn {
            Ok(_) => Verdict::Applied,
            Err(Failed::Lost(winner)) => Verdict::Lost(Some(winner)),
            Err(Failed::Stopped(Stop::NotScanned)) => Verdict::NotScanned,
            Err(Failed::Stopped(Stop::Refused(reason))) => Verdict::Refused(reason),
            Err(Failed::Stopped(Stop::Below(missing))) => {
                let within = promotion.definition.hint_within.as_ref();
                if within.is_some_and(|within| missing <= ground.amount(within)) {
                    self.hints.push(Hint { promotion: position, missing });
                }
                Verdict::Refused(Reason::MinAmountNotMet)
            }
        };
        self.verdicts.push((position, verdict));
        if explained {
            let note = match turn {
                Err(Failed::Lost(winner)) => lost(position, Some(winner), ground, None),
                _ => note(position, verdict, turn, ground, &self.bill),
            };
            self.notes.push((position, note));
        }
    }
}

/// Why a turn took nothing off.
#[derive(Debug, Clone, Copy)]
enum Failed {
    /// It did not fit.
    Stopped(Stop),
    /// Another member of its group has what it would take.
    Lost(usize),
}

fn note(
    position: usize,
    verdict: Verdict,
    turn: Result<Amount, Failed>,
    ground: &Ground<'_>,
    bill: &Bill,
) -> StepNote {
    let promotion = &ground.asked.program.promotions[position];
    let money = |amount| Number::from_amount(amount, ground.asked.basket.precision);
    let text = match turn {
        Ok(value) => format!("{} off", money(value)),
        Err(Failed::Stopped(Stop::Below(missing))) => {
            format!("not applied: {} is missing to its minimum amount", money(missing))
        }
        Err(_) => format!("not applied: {}", why(verdict)),
    };
    let note = StepNote {
        step: step_name(promotion.definition.scope.on),
        about: promotion.promotion_id.clone(),
        verdict: Some(verdict.code()),
        text,
        ..StepNote::default()
    };
    match verdict {
        Verdict::Applied => note.with_lines(Source::Promotion(position), ground.asked.basket, bill),
        _ => note,
    }
}

/// The note of a promotion that would have applied but for another.
pub(super) fn lost(
    position: usize,
    winner: Option<usize>,
    ground: &Ground<'_>,
    alone: Option<Amount>,
) -> StepNote {
    let promotions = &ground.asked.program.promotions;
    let before = match winner {
        Some(winner) => promotions[winner].promotion_id.as_str(),
        None => "the promotions that are not exclusive, together,",
    };
    let worth = alone.map_or_else(String::new, |value| {
        let precision = ground.asked.basket.precision;
        format!("; its side would have taken {} off", Number::from_amount(value, precision))
    });
    StepNote {
        step: step_name(promotions[position].definition.scope.on),
        about: promotions[position].promotion_id.clone(),
        verdict: Some(Reason::NotCombinable.code()),
        text: format!("not applied: {before} went before it{worth}"),
        ..StepNote::default()
    }
}

fn why(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotScanned => "its code was not scanned",
        Verdict::Refused(Reason::Inactive) => "switched off",
        Verdict::Refused(Reason::NotYetValid) => "not yet valid",
        Verdict::Refused(Reason::Expired) => "over",
        Verdict::Refused(Reason::CurrencyMismatch) => "its rule names money of another currency",
        Verdict::Refused(Reason::WrongPlace) => "not at this place",
        Verdict::Refused(Reason::WrongTime) => "not on this day or at this time",
        Verdict::Refused(Reason::NotEligible) => "not for this guest or visit",
        Verdict::Refused(Reason::LimitReached) => "its limit is used up",
        Verdict::Refused(reason) if reason.is_locked() => "other checks keep what is left of its limit",
        _ => "no line it reaches has anything to take off",
    }
}
