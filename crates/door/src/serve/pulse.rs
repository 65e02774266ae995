//! What is a connection doing, and since when does it wait for its client?
//!
//! Written by the connection's own task as bytes move and handlers begin and end; read by that task for its time
//! limits, and by the accept loop when every place is taken.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;
use tokio::time::Instant;

/// The state of one connection, shared between its parts and the accept loop.
pub(super) struct Pulse(Mutex<State>);

struct State {
    /// When a byte last came or went, or a handler last gave its answer.
    moved_at: Instant,
    /// When the head of the request under way was complete; `None` between an answer and the next head.
    exchange_since: Option<Instant>,
    server: Server,
    /// The answer's last part was handed over to be written.
    answer_handed_over: bool,
    /// The socket takes no more bytes for now.
    write_blocked: bool,
    /// The connection has to make room for another.
    cut: bool,
    waker: Option<Waker>,
}

/// What the server's side of a request is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Server {
    /// Nothing: before a request, or after its answer was made.
    Rests,
    /// A handler is at work.
    Works,
    /// A handler needs more of the request's body.
    WantsBody,
}

/// Why a connection is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    /// The client took nothing of an answer for too long.
    Write,
    /// A request and its answer took too long together.
    Exchange,
    /// It waited for its client while another connection needed the place.
    Place,
}

impl Overdue {
    /// The label of the metric.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Exchange => "exchange",
            Self::Place => "place",
        }
    }
}

impl Pulse {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            moved_at: Instant::now(),
            exchange_since: None,
            server: Server::Rests,
            answer_handed_over: false,
            write_blocked: false,
            cut: false,
            waker: None,
        })))
    }

    /// A panic cannot leave the state half-changed: each change is one assignment after another of plain values.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that bytes came.
    pub(super) fn read(&self) {
        self.state().moved_at = Instant::now();
    }

    /// Notes that the socket took bytes.
    pub(super) fn written(&self) {
        let mut state = self.state();
        state.moved_at = Instant::now();
        state.write_blocked = false;
    }

    /// Notes that the socket takes no more bytes for now.
    pub(super) fn write_blocked(&self) {
        self.state().write_blocked = true;
    }

    /// Notes that everything there was to write is written; after an answer's last part the exchange is over.
    pub(super) fn flushed(&self) {
        let mut state = self.state();
        if state.answer_handed_over {
            state.answer_handed_over = false;
            state.exchange_since = None;
        }
    }

    /// Notes that the head of a request is complete and its handler begins.
    pub(super) fn begin(&self) {
        let mut state = self.state();
        state.exchange_since = Some(Instant::now());
        state.server = Server::Works;
        state.answer_handed_over = false;
    }

    /// Notes whether the handler waits for more of the body.
    pub(super) fn wants_body(&self, waits: bool) {
        let mut state = self.state();
        if state.server != Server::Rests {
            state.server = if waits { Server::WantsBody } else { Server::Works };
        }
    }

    /// Notes that the handler gave its answer.
    pub(super) fn answered(&self) {
        let mut state = self.state();
        state.moved_at = Instant::now();
        state.server = Server::Rests;
    }

    /// Notes that the answer's last part was handed over to be written.
    pub(super) fn answer_handed_over(&self) {
        self.state().answer_handed_over = true;
    }

    /// Whether a request is under way, from its head to the last byte of its answer.
    pub(super) fn is_in_exchange(&self) -> bool {
        self.state().exchange_since.is_some()
    }

    /// How long the connection has waited for its client; `None` while it is the server's turn, or when it is cut
    /// already.
    pub(super) fn waiting(&self, now: Instant) -> Option<Duration> {
        let state = self.state();
        (state.server != Server::Works && !state.cut).then(|| now.saturating_duration_since(state.moved_at))
    }

    /// Lets the connection's task know that it has to make room.
    pub(super) fn cut(&self) {
        let waker = {
            let mut state = self.state();
            state.cut = true;
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Keeps whom [`Pulse::cut`] wakes, and gives what is overdue at `now`, or when the next limit is reached.
    pub(super) fn watch(
        &self,
        waker: &Waker,
        now: Instant,
        write: Duration,
        exchange: Duration,
    ) -> Result<Option<Instant>, Overdue> {
        let mut state = self.state();
        if state.cut {
            return Err(Overdue::Place);
        }
        match &mut state.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        let write_until = state.write_blocked.then(|| state.moved_at + write);
        let exchange_until = state.exchange_since.map(|since| since + exchange);
        if write_until.is_some_and(|until| until <= now) {
            return Err(Overdue::Write);
        }
        if exchange_until.is_some_and(|until| until <= now) {
            return Err(Overdue::Exchange);
        }
        Ok(write_until.into_iter().chain(exchange_until).min())
    }
}
