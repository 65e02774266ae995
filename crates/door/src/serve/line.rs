//! What goes over the socket of one connection, and in which order?
//!
//! While the client does not take what is written, nothing more is read: so a client that sends request after
//! request and reads no answer fills its own buffers, not ours. What hyper itself would say to a head that it cannot
//! read is held back, because it has no body; [`super::connection`] says it in the form every error has.

use super::pulse::Pulse;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A socket with its order of reading and writing.
pub(super) struct Line {
    stream: TcpStream,
    pulse: Arc<Pulse>,
    write_blocked: bool,
    /// Somebody wanted to read while writing was blocked, and has to be woken when it is not.
    read_put_off: bool,
    held_back: Vec<u8>,
}

impl Line {
    pub(super) fn new(stream: TcpStream, pulse: Arc<Pulse>) -> Self {
        Self { stream, pulse, write_blocked: false, read_put_off: false, held_back: Vec::new() }
    }

    /// The socket, and the head of an answer that was held back: empty when there was none.
    pub(super) fn into_parts(self) -> (TcpStream, Vec<u8>) {
        (self.stream, self.held_back)
    }

    /// Notes how a write went.
    fn wrote(&mut self, cx: &Context<'_>, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if outcome.is_pending() {
            self.write_blocked = true;
            self.pulse.write_blocked();
            return Poll::Pending;
        }
        self.write_blocked = false;
        self.pulse.written();
        if std::mem::take(&mut self.read_put_off) {
            cx.waker().wake_by_ref();
        }
        outcome
    }
}

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        if line.write_blocked {
            line.read_put_off = true;
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let outcome = Pin::new(&mut line.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            line.pulse.read();
        }
        outcome
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        if !line.pulse.is_in_exchange() {
            // No handler has anything to say, so this is hyper's answer to a head it cannot read.
            for buf in bufs {
                line.held_back.extend_from_slice(buf);
            }
            return Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()));
        }
        let outcome = Pin::new(&mut line.stream).poll_write_vectored(cx, bufs);
        line.wrote(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A TCP stream keeps nothing back, so what was written is flushed.
        self.pulse.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The socket is closed by whoever takes it out, after the last words.
        Poll::Ready(Ok(()))
    }
}
