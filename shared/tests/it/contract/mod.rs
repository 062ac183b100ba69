//! The same assertions on the memory doubles and on real Postgres and Redis: a double that
//! behaves differently would make every use-case test worthless.

mod campaigns;
mod customers;
mod feed_and_pace;
pub(crate) mod objects;
mod orders;
mod reports;
mod sealed;
mod sessions;
mod small;

/// Runs each named `async fn(&World)` in both worlds.
macro_rules! contract {
    ($($name:ident),* $(,)?) => {
        mod on_memory {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(&crate::support::memory()).await;
                }
            )*
        }
        mod on_servers {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let world = crate::support::real().await;
                    super::$name(&world).await;
                    world.remove().await;
                }
            )*
        }
    };
}
use contract;
