//! The Fargate program: conversations and the live feed.
fn main() {}
