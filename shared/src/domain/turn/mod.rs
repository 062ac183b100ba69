//! Turn-taking as a pure state machine on a virtual clock.
