//! Which records go into the next batch of a lane, and what does its outcome teach?
//!
//! A batch that fails five times is halved until the one record at fault stands alone. It is set aside only on
//! evidence: another record behind it is taken while it is not, or it is the only one and the receiver calls
//! the content wrong. A receiver that is down takes nothing, so nothing is set aside while it is.

/// Records in a batch at most.
const BATCH_RECORDS_MAX: u64 = 500;
/// So many failures of a whole batch before it is halved.
const FAILURES_BEFORE_BISECT: u64 = 5;
/// So many records behind a suspect are probed one by one.
const NEAR_PROBES: u64 = 8;

db::row! {
    /// What a lane knows between two attempts.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub(crate) struct Progress {
        /// Failed attempts in a row.
        pub(crate) failures: u64,
        /// So many records behind the position hold one at fault; 0: none suspected.
        pub(crate) span: u64,
        /// The record so many places behind the suspect is tried; 0: the suspect's own turn.
        pub(crate) probing: u64,
    }
}

/// Which records the next attempt takes, counted from the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Records left out at the front.
    pub(crate) skip: u64,
    /// Records taken at most.
    pub(crate) limit: u64,
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The receiver took the batch.
    Taken,
    /// It did not. `content`: its status says that what was sent is wrong.
    Refused {
        /// 400, 409, 413, 415 or 422.
        content: bool,
    },
}

/// What follows from it for the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It moves to the last record that was sent.
    Advance,
    /// It moves past the first record, which is set aside.
    SetAside,
    /// It stays.
    Stay {
        /// Whether the next attempt is made at once (a probe) or after a wait.
        at_once: bool,
    },
}

impl Progress {
    pub(crate) fn plan(self) -> Plan {
        let limit = match (self.span, self.probing) {
            (0, _) => BATCH_RECORDS_MAX,
            (_, 1..) => 1,
            (span, 0) => span.div_ceil(2).min(BATCH_RECORDS_MAX),
        };
        Plan { skip: self.probing, limit }
    }

    /// What `sent` records (at least one) and their `verdict` teach; `more`: whether records wait behind them.
    pub(crate) fn after(self, sent: u64, verdict: Verdict, more: bool) -> (Self, Step) {
        match verdict {
            Verdict::Taken if self.probing > 0 => (Self::default(), Step::SetAside),
            Verdict::Taken => {
                let span = self.span.saturating_sub(sent);
                (Self { failures: 0, span, probing: 0 }, Step::Advance)
            }
            Verdict::Refused { content } => self.after_refusal(sent, content, more),
        }
    }

    /// Nothing stands where the probe looked: every probe failed, so it is the receiver.
    pub(crate) fn after_last_probe(self) -> Self {
        Self { failures: self.failures + 1, span: 1, probing: 0 }
    }

    fn after_refusal(self, sent: u64, content: bool, more: bool) -> (Self, Step) {
        let failures = self.failures + 1;
        let wait = Step::Stay { at_once: false };
        if self.probing > 0 {
            // Neighbours are often at fault together, so probes go near first and then ever farther.
            let probing = if self.probing < NEAR_PROBES { self.probing + 1 } else { self.probing * 2 };
            if more && probing < BATCH_RECORDS_MAX {
                return (Self { probing, ..self }, Step::Stay { at_once: true });
            }
            return (self.after_last_probe(), wait);
        }
        if self.span == 1 || (self.span > 0 && sent == 1) {
            return match (more, content) {
                (true, _) => {
                    (Self { failures: self.failures, span: 1, probing: 1 }, Step::Stay { at_once: true })
                }
                (false, true) => (Self::default(), Step::SetAside),
                (false, false) => (Self { failures, span: 1, probing: 0 }, wait),
            };
        }
        let bisecting = self.span > 0 || failures >= FAILURES_BEFORE_BISECT;
        (Self { failures, span: if bisecting { sent } else { 0 }, probing: 0 }, wait)
    }

    /// Which gap of the schedule comes after this failure: a half is tried after the first one, a whole batch
    /// or a lone suspect after ever longer ones.
    pub(crate) fn failures_for_wait(self) -> u64 {
        if self.span > 1 { 1 } else { self.failures }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Plays a lane of `count` records against a receiver that refuses every batch with one of `bad` in it.
    fn play(count: u64, bad: &BTreeSet<u64>, content: bool) -> (BTreeSet<u64>, BTreeSet<u64>, u64) {
        let (mut progress, mut position, mut attempts) = (Progress::default(), 0, 0);
        let (mut taken, mut aside) = (BTreeSet::new(), BTreeSet::new());
        while position < count && attempts < 50_000 {
            let plan = progress.plan();
            let from = position + plan.skip;
            let to = (from + plan.limit).min(count);
            if from >= to {
                progress = progress.after_last_probe();
                attempts += 1;
                continue;
            }
            attempts += 1;
            let refused = (from..to).any(|record| bad.contains(&record));
            let verdict = if refused { Verdict::Refused { content } } else { Verdict::Taken };
            if !refused {
                taken.extend(from..to);
            }
            let (next, step) = progress.after(to - from, verdict, to < count);
            match step {
                Step::Advance => position = to,
                Step::SetAside => {
                    aside.insert(position);
                    position += 1;
                }
                Step::Stay { .. } => {}
            }
            progress = next;
        }
        (taken, aside, attempts)
    }

    proptest! {
        #[test]
        fn all_but_the_records_at_fault_arrive(
            count in 1_u64..700,
            bad in prop::collection::btree_set(0_u64..700, 0..6),
        ) {
            let bad: BTreeSet<u64> = bad.into_iter().filter(|record| record + 1 < count).collect();
            let (taken, aside, attempts) = play(count, &bad, true);
            prop_assert_eq!(&aside, &bad);
            let good: BTreeSet<u64> = (0..count).filter(|record| !bad.contains(record)).collect();
            prop_assert_eq!(taken, good);
            prop_assert!(attempts < 400, "{} attempts", attempts);
        }

        #[test]
        fn a_receiver_that_takes_nothing_loses_nothing(count in 2_u64..700, content: bool) {
            let everything: BTreeSet<u64> = (0..count).collect();
            let (mut progress, mut attempts) = (Progress::default(), 0);
            while attempts < 300 {
                attempts += 1;
                let plan = progress.plan();
                let to = (plan.skip + plan.limit).min(count);
                if plan.skip >= to {
                    progress = progress.after_last_probe();
                    continue;
                }
                let (next, step) = progress.after(to - plan.skip, Verdict::Refused { content }, to < count);
                prop_assert!(matches!(step, Step::Stay { .. }), "{:?} of {:?}", step, everything.len());
                progress = next;
            }
        }
    }

    #[test]
    fn five_failures_come_before_the_first_half() {
        let mut progress = Progress::default();
        for _ in 0..5 {
            assert_eq!(progress.plan(), Plan { skip: 0, limit: 500 });
            progress = progress.after(40, Verdict::Refused { content: false }, false).0;
        }
        assert_eq!(progress.plan(), Plan { skip: 0, limit: 20 });
        let (first_half_taken, step) = progress.after(20, Verdict::Taken, true);
        assert_eq!((first_half_taken.plan().limit, step), (10, Step::Advance));
    }

    #[test]
    fn the_last_record_is_set_aside_only_if_its_content_is_called_wrong() {
        let alone = Progress { failures: 5, span: 1, probing: 0 };
        assert_eq!(alone.after(1, Verdict::Refused { content: true }, false).1, Step::SetAside);
        let (waiting, step) = alone.after(1, Verdict::Refused { content: false }, false);
        assert_eq!((waiting.failures, step), (6, Step::Stay { at_once: false }));
    }
}
