//! The bridge: the stories of `tests/bridge` over both roads, and the adapters on a real Horde.

mod adapters;
mod labels;
mod outage;
mod story;

use crate::bridge::story::Story;
use crate::support::stack::port;

/// Runs every story over one road.
async fn tell(road: &'static str) {
    let script = if road == "bridge" { "hordeeas/rpc.php" } else { "rpc.php" };
    // Each road has a user of its own: stories count the changes in a book.
    let user = if road == "bridge" { "user8" } else { "user13" };
    let url = format!("http://127.0.0.1:{}/horde/{script}", port(8481));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bridge");
    let mut told = 0;
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|path| path.extension().is_some_and(|end| end == "json")) {
        told += Story::read(path, road, &url, user).run().await;
    }
    assert!(told > 20, "only {told} steps were told");
}

#[tokio::test]
async fn the_stories_hold_over_the_bridge() {
    tell("bridge").await;
}

#[tokio::test]
async fn the_stories_hold_over_rpc_php() {
    tell("rpc").await;
}
