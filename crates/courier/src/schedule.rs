//! When is a failed attempt made again?

use jiff::SignedDuration;

/// Seconds after each failed attempt (sync.md §2): 11 gaps, so 12 attempts over about 71 hours.
pub const STEPS_SECONDS: [u64; 11] = [10, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 86_400];
/// Each gap is moved by up to this much of itself, so that a receiver that comes back is not met by all at once.
pub const JITTER_PERCENT: u8 = 20;

/// The list of gaps with their jitter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    steps_seconds: Vec<u64>,
    jitter_percent: u8,
}

/// When the next attempt is made, and what the receiver had asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// From the failed attempt to the next.
    pub gap: SignedDuration,
    /// `Retry-After` as it came, seconds.
    pub asked_seconds: Option<u64>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self::new(STEPS_SECONDS.to_vec(), JITTER_PERCENT)
    }
}

impl Schedule {
    /// Gaps in seconds (each held to at most 30 days) and jitter in percent (at most 100).
    pub fn new(steps_seconds: Vec<u64>, jitter_percent: u8) -> Self {
        let steps_seconds = steps_seconds.into_iter().map(|step| step.min(30 * 86_400)).collect();
        Self { steps_seconds, jitter_percent: jitter_percent.min(100) }
    }

    /// How many attempts a delivery gets at most.
    pub fn attempts_max(&self) -> usize {
        self.steps_seconds.len() + 1
    }

    /// The wait after the `failures`-th failed attempt (counted from 1); `None` when that was the last one.
    /// `random` decides the jitter; a `Retry-After` counts between the jittered gap and twice the step.
    pub fn wait(&self, failures: u64, random: u64, asked_seconds: Option<u64>) -> Option<Wait> {
        let index = usize::try_from(failures.checked_sub(1)?).ok()?;
        self.steps_seconds.get(index).map(|step| self.around(*step, random, asked_seconds))
    }

    /// As [`Schedule::wait`], but the last gap repeats for ever: feeds never give up.
    pub fn wait_for_ever(&self, failures: u64, random: u64, asked_seconds: Option<u64>) -> Wait {
        let last = self.steps_seconds.last().copied().unwrap_or(60);
        let wait = self.wait(failures.max(1), random, asked_seconds);
        wait.unwrap_or_else(|| self.around(last, random, asked_seconds))
    }

    fn around(&self, step_seconds: u64, random: u64, asked_seconds: Option<u64>) -> Wait {
        let step = i64::try_from(step_seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        let reach = step / 100 * i64::from(self.jitter_percent);
        // Evenly from -reach to +reach.
        let width = u128::from(reach.unsigned_abs()) * 2 + 1;
        let drawn = i64::try_from((u128::from(random) * width) >> 64).unwrap_or(0) - reach;
        let jittered = step + drawn;
        let asked =
            asked_seconds.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000));
        let gap = asked.unwrap_or(0).clamp(jittered, jittered.max(step.saturating_mul(2)));
        Wait { gap: SignedDuration::from_micros(gap), asked_seconds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn micros(seconds: u64) -> i64 {
        i64::try_from(seconds).unwrap() * 1_000_000
    }

    #[test]
    fn the_default_schedule_is_the_documents() {
        let schedule = Schedule::new(STEPS_SECONDS.to_vec(), 0);
        assert_eq!(schedule.attempts_max(), 12);
        let gaps: Vec<i64> = (1..)
            .map_while(|failures| schedule.wait(failures, 7, None))
            .map(|wait| wait.gap.as_secs())
            .collect();
        assert_eq!(gaps, [10, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 86_400]);
        // About 71 hours.
        assert_eq!(gaps.iter().sum::<i64>(), 254_560);
        assert_eq!(schedule.wait_for_ever(40, 7, None).gap.as_secs(), 86_400);
        assert_eq!(schedule.wait(0, 7, None), None);
    }

    #[test]
    fn retry_after_counts_between_one_and_two_steps() {
        let schedule = Schedule::new(vec![100], 0);
        // asked seconds, waited seconds
        for (asked, waited) in [(0, 100), (99, 100), (150, 150), (200, 200), (201, 200), (u64::MAX, 200)] {
            let wait = schedule.wait(1, 0, Some(asked)).unwrap();
            assert_eq!((wait.gap.as_secs(), wait.asked_seconds), (waited, Some(asked)));
        }
    }

    #[test]
    fn jitter_reaches_both_ends() {
        let schedule = Schedule::new(vec![100], 20);
        assert_eq!(schedule.wait(1, 0, None).unwrap().gap.as_secs(), 80);
        assert_eq!(schedule.wait(1, u64::MAX, None).unwrap().gap.as_secs(), 120);
    }

    proptest! {
        #[test]
        fn every_gap_lies_inside_its_step_and_the_attempts_end(
            randoms in prop::collection::vec(any::<u64>(), 20),
            succeeds_at in 1_usize..20,
        ) {
            let schedule = Schedule::default();
            let mut attempts = 0;
            let mut failures = 0;
            loop {
                attempts += 1;
                if attempts == succeeds_at {
                    break;
                }
                failures += 1;
                let random = randoms[attempts - 1];
                let Some(wait) = schedule.wait(failures, random, None) else { break };
                let step = STEPS_SECONDS[attempts - 1];
                prop_assert!(wait.gap.as_micros() >= i128::from(micros(step) / 100 * 80));
                prop_assert!(wait.gap.as_micros() <= i128::from(micros(step) / 100 * 120));
            }
            prop_assert_eq!(attempts, succeeds_at.min(12));
        }

        #[test]
        fn a_receiver_moves_a_gap_by_one_step_at_most(random: u64, asked: u64, failures in 1_u64..12) {
            let schedule = Schedule::default();
            let plain = schedule.wait(failures, random, None).unwrap().gap;
            let moved = schedule.wait(failures, random, Some(asked)).unwrap().gap;
            let step = micros(STEPS_SECONDS[usize::try_from(failures - 1).unwrap()]);
            prop_assert!(moved >= plain);
            prop_assert!(moved <= SignedDuration::from_micros(step * 2));
        }
    }
}
