//! The routes over memory doubles: who may ask what, what is masked, what is audited.

mod access;
mod reads;
mod world;
