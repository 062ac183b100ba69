//! The spans of a call's turns: what a provider logs about a turn is found by the call's id, which the
//! span around them has, and the turn's number. Nothing else is in them.

use tracing::Span;

/// A turn is one answer of the caller and our reply to it, counted from 1; 0 is what we say before.
/// Work for an answer that may not be over yet is the next turn's.
pub(super) struct TurnSpans {
    call: Span,
    taken: u32,
    reply: Span,
    next: Span,
}

impl TurnSpans {
    /// Of the call whose span is entered.
    pub(super) fn new() -> Self {
        let call = Span::current();
        Self { reply: span(&call, 0), next: span(&call, 1), call, taken: 0 }
    }

    /// The caller's answer is over, and what is said from now on replies to it.
    pub(super) fn taken(&mut self) {
        self.taken += 1;
        self.reply = std::mem::replace(&mut self.next, span(&self.call, self.taken + 1));
    }

    pub(super) fn reply(&self) -> Span {
        self.reply.clone()
    }

    pub(super) fn next(&self) -> Span {
        self.next.clone()
    }
}

fn span(call: &Span, turn: u32) -> Span {
    tracing::info_span!(parent: call, "turn", turn)
}
