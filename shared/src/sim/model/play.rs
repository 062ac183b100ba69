//! An answer on its way over the wire: its messages in time, with what goes wrong.

use std::io;

use axum::body::{Body, Bytes};
use futures_util::stream;
use tokio::sync::mpsc;

use super::control::{End, Ticket};
use super::switches::{InStream, Switches};

/// One message.
pub(in crate::sim) struct Frame {
    pub(in crate::sim) bytes: Vec<u8>,
    /// A piece of words: counted by the faults, and sent with a delay.
    pub(in crate::sim) is_words: bool,
}

impl Frame {
    pub(in crate::sim) fn words(bytes: Vec<u8>) -> Self {
        Self { bytes, is_words: true }
    }
    pub(in crate::sim) fn other(bytes: Vec<u8>) -> Self {
        Self { bytes, is_words: false }
    }
}

/// A text in pieces of a few tokens.
pub(in crate::sim) fn pieces(text: &str) -> Vec<String> {
    const PIECE: usize = 9;
    text.chars().collect::<Vec<char>>().chunks(PIECE).map(|piece| piece.iter().collect()).collect()
}

type Out = mpsc::Sender<io::Result<Bytes>>;

/// What a provider sends where it ends an answer itself.
#[derive(Clone, Copy)]
pub(in crate::sim) struct Endings {
    /// An error of that kind.
    pub(in crate::sim) error: fn(&str) -> Vec<u8>,
    /// That its filter did.
    pub(in crate::sim) filtered: fn() -> Vec<u8>,
}

/// The body that sends `frames`.
pub(in crate::sim) fn body(
    frames: Vec<Frame>,
    switches: Switches,
    fault: Option<(usize, InStream)>,
    endings: Endings,
    ticket: Ticket,
) -> Body {
    let (out, pieces) = mpsc::channel(1);
    tokio::spawn(async move {
        let ended = tokio::select! {
            () = out.closed() => End::ClientLeft,
            ended = send_all(frames, &switches, fault, endings, &out, &ticket) => ended,
        };
        ticket.end(ended);
    });
    let next = |mut pieces: mpsc::Receiver<io::Result<Bytes>>| async move { Some((pieces.recv().await?, pieces)) };
    Body::from_stream(stream::unfold(pieces, next))
}

async fn send_all(
    frames: Vec<Frame>,
    switches: &Switches,
    fault: Option<(usize, InStream)>,
    endings: Endings,
    out: &Out,
    ticket: &Ticket,
) -> End {
    let (mut words, mut together) = (0, Vec::new());
    let last = frames.len();
    for (frame, number) in frames.into_iter().zip(1_usize..) {
        let due = |(after, _): &&(usize, InStream)| *after <= words && (frame.is_words || words > 0);
        if let Some((_, what)) = fault.as_ref().filter(due) {
            send(&together, switches, out).await;
            return fail(what, frame.bytes, switches, endings, out).await;
        }
        if frame.is_words {
            let delay = if words == 0 { switches.delays.first } else { switches.delays.between };
            tokio::time::sleep(ticket.control().draw(delay)).await;
            words += 1;
        }
        together.extend(frame.bytes);
        let full = number.is_multiple_of(switches.together.unwrap_or(1)) || number == last;
        if full && !send(&std::mem::take(&mut together), switches, out).await {
            return End::ClientLeft;
        }
    }
    End::Whole
}

async fn fail(what: &InStream, mut bytes: Vec<u8>, switches: &Switches, endings: Endings, out: &Out) -> End {
    match what {
        InStream::Silence => return std::future::pending().await,
        InStream::End => {}
        InStream::Cut => {
            bytes.truncate(bytes.len() / 2);
            send(&bytes, switches, out).await;
            // Whoever writes a body sends the broken half before it meets the error.
            let _gone = out.send(Err(io::Error::other("cut by a switch"))).await;
        }
        InStream::Damaged => {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x20;
            send(&bytes, switches, out).await;
        }
        InStream::Filtered => {
            send(&(endings.filtered)(), switches, out).await;
        }
        InStream::Error(kind) => {
            send(&(endings.error)(kind), switches, out).await;
        }
    }
    End::Fault
}

/// False once the client is gone.
async fn send(bytes: &[u8], switches: &Switches, out: &Out) -> bool {
    let size = switches.chop.unwrap_or(bytes.len()).max(1);
    for piece in bytes.chunks(size) {
        if out.send(Ok(Bytes::copy_from_slice(piece))).await.is_err() {
            return false;
        }
    }
    true
}
