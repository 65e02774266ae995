//! When may a caller be told what a lane did for it?
//!
//! When the disk has it. The write lane commits into the write-ahead log without waiting for the disk and goes on with
//! the next batch; a thread of its own asks the disk to keep the log, once for all that was committed meanwhile, and only
//! then gives the answers. So the lane works while the disk does.
//!
//! Between its commit and the disk's word others may read what a command wrote, and would be told of something that a
//! power cut could still take back. So a read, and a command that wrote nothing, is answered only when the disk has every
//! commit it may have seen: commits are numbered before they can be seen.
//!
//! When the disk fails to keep the log, nobody can tell any more what of it is there: the operating system may have
//! dropped it and still show it. Writers hear [`Error::CommitUnknown`], readers [`Error::Unavailable`], and so does
//! everybody from then on: opening the database anew reads the log with its checksums and takes up where it is whole.

use crate::Error;
use crate::queue::Queued;
use metrics::{Histogram, histogram};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

/// Commits in order, from 1; 0 is before the first.
type Number = u64;

/// Who waits for which commit. Shared by the lanes of a database.
#[derive(Clone)]
pub(super) struct Durable(Arc<Shared>);

/// The thread behind it, in the hands of who closes the database.
pub(super) struct Syncing {
    durable: Durable,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    /// Commits that may be seen.
    begun: AtomicU64,
    /// Commits that are in the log.
    written: AtomicU64,
    /// Commits that the disk has.
    kept: AtomicU64,
    line: Mutex<Line>,
    arrived: Condvar,
}

#[derive(Default)]
struct Line {
    waiting: Vec<Waiting>,
    /// The thread sleeps until somebody wakes it.
    idle: bool,
    closed: bool,
    failed: Option<Error>,
}

struct Waiting {
    /// The commit that has to be kept.
    number: Number,
    commands: Vec<Queued>,
    /// Whether the commit is the commands' own.
    own: bool,
}

impl Waiting {
    fn answer(self) {
        for mut command in self.commands {
            command.job.answer();
        }
    }

    fn fail(mut self, error: &Error) {
        let error = if self.own { &Error::CommitUnknown } else { error };
        self.commands.iter_mut().for_each(|command| command.job.fail(error.clone()));
        self.answer();
    }
}

impl Durable {
    /// Starts the thread. `sync` returns when the disk has the log as it is at the call.
    pub(super) fn start(
        sync: impl FnMut() -> io::Result<()> + Send + 'static,
    ) -> Result<(Self, Syncing), Error> {
        let durable = Self(Arc::new(Shared::default()));
        let shared = Arc::clone(&durable.0);
        let thread = crate::thread::lane("db-sync".to_owned(), move || shared.serve(sync))?;
        Ok((durable.clone(), Syncing { durable, thread }))
    }

    /// Why nothing can be told any more, once the disk has failed.
    pub(super) fn failure(&self) -> Option<Error> {
        self.0.lock().failed.clone()
    }

    /// Before COMMIT: its number.
    pub(super) fn begins(&self) -> Number {
        self.0.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// After COMMIT, also one that failed: its commands are answered when the disk has it.
    pub(super) fn written(&self, number: Number, commands: Vec<Queued>) {
        self.0.written.store(number, Ordering::SeqCst);
        self.0.wait(Waiting { number, commands, own: true });
    }

    /// Answers commands that wrote nothing, when the disk has whatever they may have seen.
    pub(super) fn seen(&self, commands: Vec<Queued>) {
        let number = self.0.begun.load(Ordering::SeqCst);
        let waiting = Waiting { number, commands, own: false };
        if number <= self.0.kept.load(Ordering::SeqCst) { waiting.answer() } else { self.0.wait(waiting) }
    }
}

impl Syncing {
    /// Gives the answers that are left and ends the thread. Every lane has ended.
    pub(super) fn close(self) {
        self.durable.0.lock().closed = true;
        self.durable.0.arrived.notify_one();
        if self.thread.join().is_err() {
            tracing::error!("the thread that waits for the disk ended by a panic");
        }
    }
}

impl Shared {
    /// No code of a caller runs under this lock, so a poisoned one is still whole.
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, waiting: Waiting) {
        let mut line = self.lock();
        if let Some(error) = line.failed.clone() {
            drop(line);
            return waiting.fail(&error);
        }
        line.waiting.push(waiting);
        let wake = line.idle;
        drop(line);
        if wake {
            self.arrived.notify_one();
        }
    }

    fn serve(&self, mut sync: impl FnMut() -> io::Result<()>) {
        let sync_time: Histogram = histogram!("db_sync_seconds");
        while self.until_written() {
            let (number, started) = (self.written.load(Ordering::SeqCst), Instant::now());
            let failure = sync().err();
            sync_time.record(started.elapsed());
            let mut line = self.lock();
            if let Some(failure) = failure {
                tracing::error!(error = %failure, "the disk did not keep the write-ahead log; the database has to be opened anew");
                let error = Error::Unavailable(format!("the disk failed: {failure}"));
                line.failed = Some(error.clone());
                let waiting = std::mem::take(&mut line.waiting);
                drop(line);
                waiting.into_iter().for_each(|waiting| waiting.fail(&error));
                return;
            }
            self.kept.store(number, Ordering::SeqCst);
            let kept: Vec<Waiting> =
                line.waiting.extract_if(.., |waiting| waiting.number <= number).collect();
            drop(line);
            kept.into_iter().for_each(Waiting::answer);
        }
    }

    /// Sleeps until somebody waits for a commit that is in the log. False: closed, and nobody does.
    fn until_written(&self) -> bool {
        let mut line = self.lock();
        loop {
            let written = self.written.load(Ordering::SeqCst);
            if line.waiting.iter().any(|waiting| waiting.number <= written) {
                return true;
            }
            if line.closed {
                return false;
            }
            line.idle = true;
            line = self.arrived.wait(line).unwrap_or_else(PoisonError::into_inner);
            line.idle = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Answer, Command};
    use crate::{Never, TxError};
    use std::sync::mpsc;
    use std::time::Duration;
    use tokio::sync::oneshot;

    type Told = oneshot::Receiver<Answer<(), Never>>;

    /// A command that has nothing to say but that it was answered.
    fn command() -> (Vec<Queued>, Told) {
        let (mut command, awaited) =
            Command::new("test", |_: &mut crate::Tx<'_>| Ok::<(), TxError<Never>>(()));
        crate::command::Job::fail(&mut command, Error::Busy);
        (vec![Queued { job: Box::new(command), since: Instant::now() }], awaited.answer)
    }

    /// A disk that waits for `Ok` or an error before it has anything.
    fn slow_disk() -> (Durable, Syncing, mpsc::Sender<io::Result<()>>, mpsc::Receiver<()>) {
        let (allow, allowed) = mpsc::channel();
        let (asks, asked) = mpsc::channel();
        let sync = move || {
            asks.send(()).map_err(io::Error::other)?;
            allowed.recv().map_err(io::Error::other)?
        };
        let (durable, syncing) = Durable::start(sync).unwrap();
        (durable, syncing, allow, asked)
    }

    fn told(answer: Told) -> Error {
        answer.blocking_recv().unwrap().unwrap_err().into_error()
    }

    /// Somebody reads.
    fn read(durable: &Durable) -> Told {
        let (reading, answer) = command();
        durable.seen(reading);
        answer
    }

    /// Somebody's commit of this number is in the log.
    fn write(durable: &Durable, number: Number) -> Told {
        let (writing, answer) = command();
        durable.written(number, writing);
        answer
    }

    #[test]
    fn nobody_is_told_before_the_disk_has_it() {
        let (durable, syncing, allow, asked) = slow_disk();
        assert!(read(&durable).try_recv().is_ok(), "nothing is on its way");

        let first = durable.begins();
        let mut read_while_committing = read(&durable);
        let mut wrote_first = write(&durable, first);
        asked.recv().unwrap();
        // in the log, but after the disk was asked
        let mut wrote_second = write(&durable, durable.begins());
        let mut read_second = read(&durable);
        assert!(read_while_committing.try_recv().is_err() && wrote_first.try_recv().is_err());
        allow.send(Ok(())).unwrap();
        assert_eq!((told(wrote_first), told(read_while_committing)), (Error::Busy, Error::Busy));
        asked.recv().unwrap();
        assert!(wrote_second.try_recv().is_err() && read_second.try_recv().is_err());
        allow.send(Ok(())).unwrap();
        assert_eq!((told(wrote_second), told(read_second)), (Error::Busy, Error::Busy));
        syncing.close();
    }

    #[test]
    fn closing_answers_who_still_waits() {
        let (durable, syncing, allow, asked) = slow_disk();
        let wrote = write(&durable, durable.begins());
        asked.recv().unwrap();
        let closing = std::thread::spawn(move || syncing.close());
        std::thread::sleep(Duration::from_millis(1));
        assert!(!closing.is_finished());
        allow.send(Ok(())).unwrap();
        closing.join().unwrap();
        assert_eq!(told(wrote), Error::Busy);
    }

    #[test]
    fn after_the_disk_has_failed_nobody_is_told_yes() {
        let (durable, syncing, allow, asked) = slow_disk();
        let wrote = write(&durable, durable.begins());
        asked.recv().unwrap();
        let reading = read(&durable);
        assert_eq!(durable.failure(), None);
        allow.send(Err(io::Error::other("gone"))).unwrap();
        assert_eq!(told(wrote), Error::CommitUnknown);
        assert!(matches!(told(reading), Error::Unavailable(message) if message.contains("gone")));
        assert!(durable.failure().is_some());
        assert_eq!(told(write(&durable, durable.begins())), Error::CommitUnknown);
        assert!(matches!(told(read(&durable)), Error::Unavailable(_)));
        syncing.close();
    }
}
