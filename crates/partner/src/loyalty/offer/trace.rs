//! What did every step of a quote do, and why did something not apply?

use super::basket::Basket;
use super::bill::{Bill, Source};
use money::{Amount, Precision};
use serde::Serialize;
use wire::Number;

/// The effect of one step on one line, in currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LineNote {
    /// The line.
    pub(crate) check_item_id: String,
    /// The line's price before the step.
    pub(crate) before: Number,
    /// The amount that the step took off; above 0.
    pub(crate) off: Number,
    /// The line's price after the step.
    pub(crate) after: Number,
}

/// One thing that happened, or did not, on the way to a quote.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StepNote {
    /// The step: `border`, `code`, `item discount`, `order discount`, `spv`, `points`, `mpv`, `credit`.
    pub(crate) step: &'static str,
    /// The promotion, balance, code or line it is about. Codes stand here: not for a log.
    pub(crate) about: String,
    /// `APPLIED`, `CODE_NOT_SCANNED`, or a `reasonCode` of protocol.md §10.4; every promotion has exactly one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) verdict: Option<&'static str>,
    /// The step as a sentence, in English.
    pub(crate) text: String,
    /// The lines whose price changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) lines: Vec<LineNote>,
    /// The amount to pay after the step, in currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payable: Option<Number>,
}

impl StepNote {
    /// The verdict of what took something off.
    pub(crate) const APPLIED: &'static str = "APPLIED";
    /// The verdict of a promotion that waits for its code.
    pub(crate) const CODE_NOT_SCANNED: &'static str = "CODE_NOT_SCANNED";

    /// Adds what a source has just done to the lines, and what is to pay now.
    pub(crate) fn with_lines(mut self, source: Source, basket: &Basket, bill: &Bill) -> Self {
        let money = |amount| Number::from_amount(amount, basket.precision);
        self.lines = (0..bill.len())
            .filter_map(|line| {
                let (off, after) = (bill.share(line, source), bill.remaining(line));
                (off > Amount::ZERO).then(|| LineNote {
                    check_item_id: basket.check_item_id(line).to_owned(),
                    before: money(after + off),
                    off: money(off),
                    after: money(after),
                })
            })
            .collect();
        self.with_payable(basket.precision, bill)
    }

    /// Adds what is to pay now.
    pub(crate) fn with_payable(mut self, precision: Precision, bill: &Bill) -> Self {
        self.payable = Some(Number::from_amount(bill.payable(), precision));
        self
    }
}

/// Every step of a quote in order. Empty when nobody asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Explained {
    /// In the order in which they were made.
    pub(crate) steps: Vec<StepNote>,
}

/// Collects notes when asked to, and costs nothing when not: notes are made by closures.
#[derive(Debug, Default)]
pub(crate) struct Trace(Option<Vec<StepNote>>);

impl Trace {
    /// Drops every note before it is made.
    pub(crate) fn off() -> Self {
        Self(None)
    }

    /// Keeps every note.
    pub(crate) fn on() -> Self {
        Self(Some(Vec::new()))
    }

    /// Whether notes are kept.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Adds what `note` makes: about whom, and what happened.
    pub(crate) fn add<A: Into<String>>(&mut self, step: &'static str, note: impl FnOnce() -> (A, String)) {
        self.note(|| {
            let (about, text) = note();
            StepNote { step, about: about.into(), text, ..StepNote::default() }
        });
    }

    /// Adds the note that `note` makes.
    pub(crate) fn note(&mut self, note: impl FnOnce() -> StepNote) {
        if let Some(notes) = &mut self.0 {
            notes.push(note());
        }
    }

    /// The notes in the order in which they were made.
    pub(crate) fn into_notes(self) -> Explained {
        Explained { steps: self.0.unwrap_or_default() }
    }
}
