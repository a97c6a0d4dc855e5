//! The record per device and user.

use std::sync::Arc;

use futures_util::future::join_all;
use horde_eas::state::Caches;
use horde_eas::state::cache::{CachedCollection, SyncCache};

use crate::state::{CONTACTS, NOW, nothing, paired};
use crate::support::stack::Scratch;

const DATA: &str = "SELECT cache_data FROM horde_activesync_cache";

#[tokio::test]
async fn a_record_is_changed_and_stamped() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = paired(&mysql).await;
    let before = scratch.texts(DATA).await;
    let cache = mysql.update(&owner, NOW + 9, &nothing).await.unwrap().unwrap();
    assert_eq!(cache.timestamp(), Some(NOW));
    assert_eq!(scratch.texts(DATA).await, before);

    let edit = |cache: &mut SyncCache| cache.set_wait_started(NOW);
    let cache = mysql.update(&owner, NOW + 9, &edit).await.unwrap().unwrap();
    assert_eq!((cache.timestamp(), cache.wait_started()), (Some(NOW + 9), Some(NOW)));
    assert_eq!(mysql.load(&owner).await.unwrap(), Some(cache));

    Caches::remove(&*mysql, &owner).await.unwrap();
    assert_eq!(mysql.load(&owner).await.unwrap(), None);
    assert_eq!(mysql.update(&owner, NOW, &edit).await.unwrap(), None);
    assert_eq!(mysql.update(&crate::state::owner(), NOW, &edit).await.unwrap(), None);
}

#[tokio::test]
async fn parallel_requests_change_only_what_is_theirs() {
    let scratch = Scratch::new().await;
    let sidecars = [scratch.mysql(), scratch.mysql()];
    let owner = paired(&sidecars[0]).await;
    let tasks = (0..12).map(|n| {
        let (mysql, owner) = (Arc::clone(&sidecars[n % 2]), owner.clone());
        tokio::spawn(async move {
            let edit = move |cache: &mut SyncCache| {
                let class = format!("class {n}");
                let collection = CachedCollection { class, ..CachedCollection::default() };
                cache.set_collection(&format!("F{n}"), &collection);
            };
            mysql.update(&owner, NOW, &edit).await
        })
    });
    for done in join_all(tasks).await {
        done.unwrap().unwrap();
    }
    let cache = sidecars[0].load(&owner).await.unwrap().unwrap();
    for n in 0..12 {
        assert_eq!(cache.collection(&format!("F{n}")).unwrap().class, format!("class {n}"));
    }
    assert!(cache.has_hierarchy() && cache.folder(CONTACTS).is_some());
}

#[tokio::test]
async fn two_rows_of_one_pair_are_changed_alike_and_rubbish_is_none() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let owner = paired(&mysql).await;
    scratch.run("INSERT INTO horde_activesync_cache SELECT * FROM horde_activesync_cache").await;
    let edit = |cache: &mut SyncCache| cache.set_wait_started(NOW);
    mysql.update(&owner, NOW, &edit).await.unwrap().unwrap();
    let rows = scratch.texts(DATA).await;
    assert_eq!((rows.len(), &rows[0]), (2, &rows[1]));
    for data in ["''", "NULL", "'b:0;'", "LEFT(cache_data, 40)"] {
        scratch.run(&format!("UPDATE horde_activesync_cache SET cache_data = {data}")).await;
        assert_eq!(mysql.load(&owner).await.unwrap(), None, "{data}");
        assert_eq!(mysql.update(&owner, NOW, &edit).await.unwrap(), None, "{data}");
    }
}
