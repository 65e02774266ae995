//! What is still payable on each line while the steps of a quote go over a basket?
//!
//! The working state of one quote. It is the only place that takes value off a line, so the limits of
//! loyalty.md §1 (R2, R4, R6) hold for every step by construction.

use super::basket::Rounded;
use money::Amount;

/// Where a benefit comes from: an index into the quote's promotions or balances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A promotion of the program, by its position there.
    Promotion(usize),
    /// A balance the quote was given, by its position there.
    Balance(usize),
}

/// Value taken off one line by one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// The promotion or balance that takes it off.
    pub(crate) source: Source,
    /// More than 0. Over the units of a whole-number quantity it is spread by
    /// [`money::spread_over_units`] when a refund needs it (loyalty.md R5).
    pub(crate) value: Amount,
}

/// One line on its way through the steps.
#[derive(Debug, Clone)]
struct WorkLine {
    total: Amount,
    /// The most all benefits together may take.
    ceiling: Amount,
    /// The most promotions together may take: at most `ceiling`, less where a price has a floor.
    room: Amount,
    taken: Amount,
    shares: Vec<Share>,
}

/// A basket on its way through the steps.
#[derive(Debug, Clone)]
pub(crate) struct Bill {
    lines: Vec<WorkLine>,
    /// Σ lines, return lines included; what the bill comes to at first.
    total: Amount,
    /// The most benefits and payments together may take; below `total` only where prices were rounded up.
    limit: Amount,
    taken: Amount,
    paid: Amount,
}

impl Bill {
    /// Starts with what the lines come to. `no_benefits` marks lines that nothing may be taken off.
    pub(crate) fn new(totals: impl Iterator<Item = (Rounded, bool)>) -> Self {
        let mut bill = Self {
            lines: Vec::new(),
            total: Amount::ZERO,
            limit: Amount::ZERO,
            taken: Amount::ZERO,
            paid: Amount::ZERO,
        };
        for (price, no_benefits) in totals {
            bill.total += price.amount;
            bill.limit += price.ceiling;
            let ceiling = if no_benefits { Amount::ZERO } else { price.ceiling.max(Amount::ZERO) };
            bill.lines.push(WorkLine {
                total: price.amount,
                ceiling,
                room: ceiling,
                taken: Amount::ZERO,
                shares: Vec::new(),
            });
        }
        bill.limit = bill.limit.min(bill.total);
        bill
    }

    /// Σ lines, return lines included.
    pub(crate) fn total(&self) -> Amount {
        self.total
    }

    /// The amount to be paid by other means: total − benefits − payments by balances.
    pub(crate) fn payable(&self) -> Amount {
        self.total - self.taken - self.paid
    }

    /// The most a further step may take: what the bill still comes to with its return lines, at least 0.
    pub(crate) fn rest(&self) -> Amount {
        (self.limit - self.taken - self.paid).max(Amount::ZERO)
    }

    /// The line's price before any step.
    pub(crate) fn initial(&self, line: usize) -> Amount {
        self.lines.get(line).map_or(Amount::ZERO, |line| line.total)
    }

    /// The line's price after the steps so far.
    pub(crate) fn remaining(&self, line: usize) -> Amount {
        self.lines.get(line).map_or(Amount::ZERO, |line| line.total - line.taken)
    }

    /// The amount that may still be taken off the line; 0 for return lines.
    pub(crate) fn open(&self, line: usize) -> Amount {
        self.lines.get(line).map_or(Amount::ZERO, |line| (line.ceiling - line.taken).max(Amount::ZERO))
    }

    /// Lets promotions take at most `room` off the line; balances may still take more.
    pub(crate) fn limit_promotions(&mut self, line: usize, room: Amount) {
        if let Some(line) = self.lines.get_mut(line) {
            line.room = line.room.min(room).max(Amount::ZERO);
        }
    }

    /// The amount that promotions may still take off the line.
    pub(crate) fn open_to_promotions(&self, line: usize) -> Amount {
        self.lines.get(line).map_or(Amount::ZERO, |line| (line.room - line.taken).max(Amount::ZERO))
    }

    /// The amount that a source has taken off the line.
    pub(crate) fn share(&self, line: usize, source: Source) -> Amount {
        self.lines
            .get(line)
            .and_then(|line| line.shares.iter().find(|share| share.source == source))
            .map_or(Amount::ZERO, |share| share.value)
    }

    /// The amount that may still be taken off each line that `eligible` admits; 0 for the others.
    pub(crate) fn weights(&self, eligible: impl Fn(usize) -> bool) -> Vec<Amount> {
        (0..self.lines.len())
            .map(|line| if eligible(line) { self.open(line) } else { Amount::ZERO })
            .collect()
    }

    /// Takes up to `amount` off the lines in proportion to `weights` (loyalty.md §1), never more than
    /// [`Bill::rest`], and gives what was taken. A weight may not exceed [`Bill::open`] of its line.
    pub(crate) fn take(&mut self, source: Source, amount: Amount, weights: &[Amount]) -> Amount {
        let amount = amount.min(self.rest());
        if amount <= Amount::ZERO {
            return Amount::ZERO;
        }
        self.give(source, &money::spread(amount, weights))
    }

    /// Takes these shares off the lines, in their order, and gives what was taken. A share is cut to what its
    /// line may lose, promotions' to what promotions may take, and all of them to [`Bill::rest`].
    pub(crate) fn give(&mut self, source: Source, shares: &[Amount]) -> Amount {
        let mut rest = self.rest();
        let mut taken = Amount::ZERO;
        for (line, share) in self.lines.iter_mut().zip(shares) {
            let most = match source {
                Source::Promotion(_) => line.room,
                Source::Balance(_) => line.ceiling,
            };
            let share = (*share).min(most - line.taken).min(rest);
            if share <= Amount::ZERO {
                continue;
            }
            rest -= share;
            line.taken += share;
            taken += share;
            match line.shares.iter_mut().find(|known| known.source == source) {
                Some(known) => known.value += share,
                None => line.shares.push(Share { source, value: share }),
            }
        }
        self.taken += taken;
        taken
    }

    /// Pays up to `amount` and gives what was paid.
    pub(crate) fn pay(&mut self, amount: Amount) -> Amount {
        let amount = amount.min(self.rest()).max(Amount::ZERO);
        self.paid += amount;
        amount
    }

    /// Σ of the benefits.
    pub(crate) fn benefits(&self) -> Amount {
        self.taken
    }

    /// Σ of the payments by balances.
    pub(crate) fn payments(&self) -> Amount {
        self.paid
    }

    /// How many lines there are.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// What was taken off each line, in the order of the steps.
    pub(crate) fn into_shares(self) -> Vec<Vec<Share>> {
        self.lines.into_iter().map(|line| line.shares).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bill(totals: &[i64]) -> Bill {
        Bill::new(
            totals.iter().map(|total| (Rounded { amount: Amount(*total), ceiling: Amount(*total) }, false)),
        )
    }

    /// loyalty.md R2: lines 10.00 and −5.00, 10.00 off: 5.00 is taken, the bill ends at 0.
    #[test]
    fn a_return_line_limits_what_may_be_taken() {
        let mut bill = bill(&[1000, -500]);
        let weights = bill.weights(|_| true);
        assert_eq!(bill.take(Source::Promotion(0), Amount(1000), &weights), Amount(500));
        assert_eq!(
            (bill.payable(), bill.remaining(0), bill.remaining(1)),
            (Amount(0), Amount(500), Amount(-500))
        );
        assert_eq!(bill.pay(Amount(1)), Amount(0));
    }

    #[test]
    fn promotions_stop_at_their_room_and_balances_do_not() {
        let mut bill = bill(&[1000, 1000]);
        bill.limit_promotions(0, Amount(300));
        assert_eq!(bill.give(Source::Promotion(0), &[Amount(500), Amount(500)]), Amount(800));
        assert_eq!((bill.open_to_promotions(0), bill.open(0)), (Amount(0), Amount(700)));
        assert_eq!(bill.give(Source::Balance(0), &[Amount(900), Amount(100)]), Amount(800));
        assert_eq!(
            (bill.share(0, Source::Balance(0)), bill.share(1, Source::Balance(0))),
            (Amount(700), Amount(100))
        );
    }

    #[test]
    fn one_source_has_one_share_per_line() {
        let mut bill = bill(&[1000, 1000, 1000]);
        for _ in 0..2 {
            let weights = bill.weights(|line| line != 1);
            bill.take(Source::Balance(3), Amount(300), &weights);
        }
        assert_eq!(bill.pay(Amount(500)), Amount(500));
        assert_eq!(bill.payable(), Amount(3000 - 600 - 500));
        let share = Share { source: Source::Balance(3), value: Amount(300) };
        assert_eq!(bill.into_shares(), [vec![share], vec![], vec![share]]);
    }
}
