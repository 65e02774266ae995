//! What can a promotion come to on a bill?

use crate::loyalty::offer::reason::Reason;
use crate::loyalty::offer::trace::StepNote;
use crate::loyalty::promotion::Target;
use money::Amount;

/// While what stays of some lines a refund leaves a discount as it is (loyalty.md §6 C9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// What they have to come to.
    pub(crate) minimum: Amount,
    /// What each line counted, by its position in the basket.
    pub(crate) counted: Vec<(usize, Amount)>,
}

/// What a promotion came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Discount {
    /// Its position in the program.
    pub(crate) promotion: usize,
    /// What it takes off; more than 0.
    pub(crate) value: Amount,
    /// `None`: whatever goes back.
    pub(crate) kept: Option<Kept>,
}

/// What the cashier may tell the guest: a little more, and a promotion applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hint {
    /// The promotion's position in the program.
    pub(crate) promotion: usize,
    /// What is missing to its minimum amount; above 0.
    pub(crate) missing: Amount,
}

/// The last word on one promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It took something off.
    Applied,
    /// It waits for its code.
    NotScanned,
    /// It did not fit.
    Refused(Reason),
    /// Another went before it: that promotion, or with `None` all those that are not exclusive together.
    Lost(Option<usize>),
}

impl Verdict {
    /// The reason a code of the promotion is given.
    pub(crate) fn reason(self) -> Option<Reason> {
        match self {
            Self::Applied | Self::NotScanned => None,
            Self::Refused(reason) => Some(reason),
            Self::Lost(_) => Some(Reason::NotCombinable),
        }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Applied => StepNote::APPLIED,
            Self::NotScanned => StepNote::CODE_NOT_SCANNED,
            Self::Refused(reason) => reason.code(),
            Self::Lost(_) => Reason::NotCombinable.code(),
        }
    }
}

/// The name of a step in the trace.
pub(super) fn step_name(target: Target) -> &'static str {
    match target {
        Target::Items => "item discount",
        Target::Order => "order discount",
    }
}
