//! Sessions, feed and pace in Redis.
