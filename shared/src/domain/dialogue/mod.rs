//! The scripted dialogue in eleven languages.
