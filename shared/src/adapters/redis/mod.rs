//! Sessions, feed and pace in Redis: a cache of what Postgres knows, with nothing in it that a
//! call's outcome depends on. Every request has a deadline; every key but the feed has a life time.

mod connect;
mod feed;
mod inspect;
mod pace;
mod sessions;

pub use connect::{RedisConnection, RedisSettings};
pub use feed::RedisFeed;
pub use inspect::{RedisFacts, inspect};
pub use pace::{RedisPace, SteadyPace};
pub use sessions::RedisSessions;
