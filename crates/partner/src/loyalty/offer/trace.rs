//! What did every step of a quote do, and why did something not apply?

use serde::Serialize;

/// One thing that happened, or did not, on the way to a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Note {
    /// The step: `border`, `code`, `item discount`, `order discount`, `spv`, `points`, `mpv`, `credit`.
    pub(crate) step: &'static str,
    /// The promotion, balance, code or line it is about.
    pub(crate) about: String,
    /// What happened, with its numbers in minor units of the request's precision.
    pub(crate) text: String,
}

/// Collects notes when asked to, and costs nothing when not: notes are made by closures.
#[derive(Debug, Default)]
pub(crate) struct Trace(Option<Vec<Note>>);

impl Trace {
    /// Drops every note before it is made.
    pub(crate) fn off() -> Self {
        Self(None)
    }

    /// Keeps every note.
    pub(crate) fn on() -> Self {
        Self(Some(Vec::new()))
    }

    /// Adds what `note` makes: about whom, and what happened.
    pub(crate) fn add<A: Into<String>>(&mut self, step: &'static str, note: impl FnOnce() -> (A, String)) {
        if let Some(notes) = &mut self.0 {
            let (about, text) = note();
            notes.push(Note { step, about: about.into(), text });
        }
    }

    /// The notes in the order in which they were made.
    pub(crate) fn into_notes(self) -> Vec<Note> {
        self.0.unwrap_or_default()
    }
}
