//! The only chooser of adapters.
