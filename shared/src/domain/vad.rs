//! Voice activity detection on 8 kHz frames.
