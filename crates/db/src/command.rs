//! How does one closure travel to a lane and its result back?
//!
//! A [`Job`] runs (perhaps more than once), keeps its outcome, and gives it away only when the lane
//! says so: after COMMIT. When the caller's future is gone before the first run, nothing runs.

use crate::{Error, Tx, TxError};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
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

/// How the first part of a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begun {
    /// There is nothing more to do.
    Ended(Verdict),
    /// Work is left that needs no database, and after it the last part.
    Aside,
}

/// A command as a lane sees it: [`Job::run`] does all of it. A lane that has others to serve meanwhile does the same in
/// three steps, of which the middle one needs no transaction and may be another thread's.
pub(crate) trait Job: Send {
    /// The command's name, for metrics and logs.
    fn name(&self) -> &'static str;
    /// To be asked before the first run: whether somebody still waits for the answer. From then on the command may run, and a
    /// caller that goes away cannot tell any more whether it did.
    fn take_up(&self) -> bool;
    /// Runs the closure in `tx`, or its first part, and keeps the outcome.
    fn begin(&mut self, tx: &mut Tx<'_>) -> Begun;
    /// Runs the part that needs no database; a panic is kept for [`Job::finish`].
    fn aside(&mut self) {}
    /// Runs the last part in the transaction of the first one and keeps the outcome. Only after [`Begun::Aside`]: a
    /// command in one part has no last one, and nothing to be kept.
    fn finish(&mut self, _tx: &mut Tx<'_>) -> Verdict {
        Verdict::Undo
    }
    /// Runs all of it once in `tx` and keeps the outcome.
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict {
        match self.begin(tx) {
            Begun::Ended(verdict) => verdict,
            Begun::Aside => {
                self.aside();
                self.finish(tx)
            }
        }
    }
    /// Replaces the outcome: the database could not keep it.
    fn fail(&mut self, error: Error);
    /// Tells the caller, when the outcome stands; a second call says nothing.
    fn answer(&mut self);
}

pub(crate) type Answer<T, R> = Result<T, TxError<R>>;

/// Who has a command: still its caller alone, or a lane, or nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Hands {
    /// It stands in line.
    InLine,
    /// A lane has taken it up.
    Taken,
    /// Its caller has given it up before any lane had it.
    GivenUp,
}

/// Whose hands a command is in, as its caller and its lane agree on it.
#[derive(Debug, Clone)]
struct InHands(Arc<AtomicU8>);

impl InHands {
    fn new() -> Self {
        Self(Arc::new(AtomicU8::new(Hands::InLine as u8)))
    }

    /// Moves a command that stands in line into other hands; whether it is in those now.
    fn give(&self, to: Hands) -> bool {
        let line = Hands::InLine as u8;
        match self.0.compare_exchange(line, to as u8, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => true,
            Err(hands) => hands == to as u8,
        }
    }
}

/// The caller's end of a command.
pub(crate) struct Awaited<T, R> {
    pub(crate) answer: oneshot::Receiver<Answer<T, R>>,
    hands: InHands,
}

impl<T, R> Awaited<T, R> {
    /// Waits for the answer, `limit` at most. A command that no lane has taken up by then never runs; of one that has,
    /// `unknown` is what the caller hears: it may still come to an end.
    pub(crate) async fn within(mut self, limit: Option<Duration>, unknown: Error) -> Answer<T, R> {
        // A lane that dies with the command in hand drops the sender
        let closed = |_| Err(TxError::Failed(Error::Closed));
        let Some(limit) = limit else { return self.answer.await.unwrap_or_else(closed) };
        match tokio::time::timeout(limit, &mut self.answer).await {
            Ok(answer) => answer.unwrap_or_else(closed),
            Err(_) if self.hands.give(Hands::GivenUp) => Err(TxError::Failed(Error::Unavailable(format!(
                "no lane took the command up within {} seconds; nothing was done",
                limit.as_secs()
            )))),
            Err(_) => self.answer.try_recv().unwrap_or(Err(TxError::Failed(unknown))),
        }
    }
}

/// Who waits, and what for.
struct Caller<T, R> {
    outcome: Option<Answer<T, R>>,
    waiting: Option<oneshot::Sender<Answer<T, R>>>,
    hands: InHands,
}

impl<T, R> Caller<T, R> {
    fn new() -> (Self, Awaited<T, R>) {
        let (waiting, answer) = oneshot::channel();
        let hands = InHands::new();
        (Self { outcome: None, waiting: Some(waiting), hands: hands.clone() }, Awaited { answer, hands })
    }

    fn take_up(&self) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| !waiting.is_closed()) && self.hands.give(Hands::Taken)
    }

    fn fail(&mut self, error: Error) {
        self.outcome = Some(Err(TxError::Failed(error)));
    }

    fn panicked(&mut self) -> Verdict {
        self.fail(Error::Panicked);
        Verdict::Panicked
    }

    fn answer(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            let outcome = self.outcome.take().unwrap_or(Err(TxError::Failed(Error::Closed)));
            // A caller that went away meanwhile needs no answer
            drop(waiting.send(outcome));
        }
    }

    /// Keeps what a closure came to.
    fn keep(&mut self, outcome: Option<Answer<T, R>>) -> Verdict {
        let Some(outcome) = outcome else { return self.panicked() };
        let verdict = if outcome.is_ok() { Verdict::Keep } else { Verdict::Undo };
        self.outcome = Some(outcome);
        verdict
    }
}

/// What `closure` came to in `tx`; `None`: it panicked. A failed statement undoes the command, whatever the closure
/// made of it.
fn run_in<T, R>(tx: &mut Tx<'_>, closure: impl FnOnce(&mut Tx<'_>) -> Answer<T, R>) -> Option<Answer<T, R>> {
    let ended = caught(|| closure(tx));
    let failure = tx.take_failure();
    Some(match (ended?, failure) {
        (Ok(_), Some(error)) => Err(TxError::Failed(error)),
        (ended, _) => ended,
    })
}

/// What `closure` gives; `None`: it panicked.
fn caught<T>(closure: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(closure)).map_err(forget_payload).ok()
}

/// One closure.
pub(crate) struct Command<T, R, F> {
    name: &'static str,
    closure: F,
    caller: Caller<T, R>,
}

impl<T, R, F> Command<T, R, F> {
    pub(crate) fn new(name: &'static str, closure: F) -> (Self, Awaited<T, R>) {
        let (caller, answer) = Caller::new();
        (Self { name, closure, caller }, answer)
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

    fn take_up(&self) -> bool {
        self.caller.take_up()
    }

    fn begin(&mut self, tx: &mut Tx<'_>) -> Begun {
        let outcome = run_in(tx, &mut self.closure);
        Begun::Ended(self.caller.keep(outcome))
    }

    fn fail(&mut self, error: Error) {
        self.caller.fail(error);
    }

    fn answer(&mut self) {
        self.caller.answer();
    }
}

/// A closure before and one after work that needs no database.
pub(crate) struct InParts<T, R, A, B, First, Aside, Last> {
    name: &'static str,
    first: First,
    aside: Aside,
    last: Last,
    between: Between<A, B>,
    caller: Caller<T, R>,
}

/// What one part leaves for the next.
enum Between<A, B> {
    Nothing,
    ForAside(A),
    ForLast(B),
}

impl<T, R, A, B, First, Aside, Last> InParts<T, R, A, B, First, Aside, Last> {
    pub(crate) fn new(name: &'static str, first: First, aside: Aside, last: Last) -> (Self, Awaited<T, R>) {
        let (caller, answer) = Caller::new();
        (Self { name, first, aside, last, between: Between::Nothing, caller }, answer)
    }
}

impl<T, R, A, B, First, Aside, Last> Job for InParts<T, R, A, B, First, Aside, Last>
where
    First: FnMut(&mut Tx<'_>) -> Answer<A, R> + Send,
    Aside: FnMut(A) -> B + Send,
    Last: FnMut(&mut Tx<'_>, B) -> Answer<T, R> + Send,
    T: Send,
    R: Send,
    A: Send,
    B: Send,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn take_up(&self) -> bool {
        self.caller.take_up()
    }

    fn begin(&mut self, tx: &mut Tx<'_>) -> Begun {
        self.between = Between::Nothing;
        match run_in(tx, &mut self.first) {
            Some(Ok(found)) => {
                self.between = Between::ForAside(found);
                Begun::Aside
            }
            Some(Err(ending)) => Begun::Ended(self.caller.keep(Some(Err(ending)))),
            None => Begun::Ended(self.caller.panicked()),
        }
    }

    fn aside(&mut self) {
        if let Between::ForAside(found) = std::mem::replace(&mut self.between, Between::Nothing)
            && let Some(made) = caught(|| (self.aside)(found))
        {
            self.between = Between::ForLast(made);
        }
    }

    fn finish(&mut self, tx: &mut Tx<'_>) -> Verdict {
        match std::mem::replace(&mut self.between, Between::Nothing) {
            Between::ForLast(made) => {
                let outcome = run_in(tx, |tx| (self.last)(tx, made));
                self.caller.keep(outcome)
            }
            Between::Nothing | Between::ForAside(_) => self.caller.panicked(),
        }
    }

    fn fail(&mut self, error: Error) {
        self.caller.fail(error);
    }

    fn answer(&mut self) {
        self.caller.answer();
    }
}

/// A payload is somebody's value and its destructor may panic again: that must not stop the lane.
fn forget_payload(payload: Box<dyn Any + Send>) {
    if catch_unwind(AssertUnwindSafe(|| drop(payload))).is_err() {
        tracing::error!("a panic's payload panicked when it was dropped");
    }
}
