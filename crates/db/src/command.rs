//! How does one closure travel to a lane and its result back?
//!
//! A [`Job`] runs (perhaps more than once), keeps its outcome, and gives it away only when the lane
//! says so: after COMMIT. When the caller's future is gone before the first run, nothing runs.

use crate::{Error, Tx, TxError};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// What the lane shall do with what a command has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Keep it.
    Keep,
    /// Undo it: a refusal or an error.
    Undo,
    /// Undo it and do not run the closure again: it panicked half way through.
    Panicked,
}

/// A command as a lane sees it.
pub(crate) trait Job: Send {
    /// The command's name, for metrics and logs.
    fn name(&self) -> &'static str;
    /// True when nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
    /// Runs the closure once in `tx` and keeps the outcome.
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict;
    /// Replaces the outcome: the database could not keep it.
    fn fail(&mut self, error: Error);
    /// Tells the caller, when the outcome stands; a second call says nothing.
    fn answer(&mut self);
}

pub(crate) type Answer<T, R> = Result<T, TxError<R>>;

pub(crate) struct Command<T, R, F> {
    name: &'static str,
    closure: F,
    outcome: Option<Answer<T, R>>,
    caller: Option<oneshot::Sender<Answer<T, R>>>,
}

impl<T, R, F> Command<T, R, F> {
    pub(crate) fn new(name: &'static str, closure: F) -> (Self, oneshot::Receiver<Answer<T, R>>) {
        let (caller, answer) = oneshot::channel();
        (Self { name, closure, outcome: None, caller: Some(caller) }, answer)
    }
}

impl<T, R, F> Job for Command<T, R, F>
where
    F: FnMut(&mut Tx<'_>) -> Answer<T, R> + Send,
    T: Send,
    R: Send,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn is_abandoned(&self) -> bool {
        self.caller.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict {
        let ended = catch_unwind(AssertUnwindSafe(|| (self.closure)(tx)));
        let failure = tx.take_failure();
        let (verdict, outcome) = match ended {
            Err(payload) => {
                forget_payload(payload);
                (Verdict::Panicked, Err(TxError::Failed(Error::Panicked)))
            }
            // A failed statement undoes the command, whatever the closure made of it
            Ok(Ok(_)) if failure.is_some() => {
                (Verdict::Undo, Err(TxError::Failed(failure.unwrap_or(Error::Panicked))))
            }
            Ok(Ok(value)) => (Verdict::Keep, Ok(value)),
            Ok(Err(ending)) => (Verdict::Undo, Err(ending)),
        };
        self.outcome = Some(outcome);
        verdict
    }

    fn fail(&mut self, error: Error) {
        self.outcome = Some(Err(TxError::Failed(error)));
    }

    fn answer(&mut self) {
        if let Some(caller) = self.caller.take() {
            let outcome = self.outcome.take().unwrap_or(Err(TxError::Failed(Error::Closed)));
            // A caller that went away meanwhile needs no answer
            drop(caller.send(outcome));
        }
    }
}

/// A payload is somebody's value and its destructor may panic again: that must not stop the lane.
fn forget_payload(payload: Box<dyn Any + Send>) {
    if catch_unwind(AssertUnwindSafe(|| drop(payload))).is_err() {
        tracing::error!("a panic's payload panicked when it was dropped");
    }
}
