//! What do the scanned entries of a request stand for, and what do they open?

use super::code::Member;
use super::reason::Reason;
use std::sync::Arc;

/// The meaning of one scanned entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing of this merchant's.
    Nothing,
    /// A member's card.
    Card,
    /// A voucher; its balance by position where the books have it.
    Voucher(Option<usize>),
    /// A top-up of one balance by position, or of the member's balances.
    TopUp(Option<usize>),
    /// A promotion by position where the program has it.
    Promotion(Option<usize>),
}

/// One entry of `benefitInputs`, judged before any step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What it is.
    pub(crate) found: Found,
    /// Why it does not count; `None` while nothing speaks against it.
    pub(crate) refusal: Option<Reason>,
}

/// The promotions, balances and the member that a request's codes open.
#[derive(Debug, Clone)]
pub(crate) struct Identified<'a> {
    /// One per entry of `benefitInputs`.
    pub(crate) entries: Vec<Entry>,
    /// Whose check it is.
    pub(crate) member: Option<&'a Arc<Member>>,
    /// How often the code of each promotion counts, by position in the program.
    pub(crate) scanned: Vec<u32>,
    /// Which balances may be spent, by position.
    pub(crate) allowed: Vec<bool>,
    /// Which of the member's are blocked: shown with the reason, not spent.
    pub(crate) frozen: Vec<bool>,
    /// Which balances are topped up, by position; none of them is spent (loyalty.md §11 T1).
    pub(crate) tops_up: Vec<bool>,
}
