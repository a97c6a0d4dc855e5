//! Devices, users on them, policy keys, wipes.

use std::sync::Arc;

use futures_util::future::join_all;
use horde_eas::state::Devices;
use horde_eas::state::device::{DeviceProperties, NewDevice, Supported, Wipe, WipeState};
use horde_eas::state::model::Owner;

use crate::state::{new_device, owner};
use crate::support::stack::Scratch;

const BLOCKED: &str = "UPDATE horde_activesync_device SET device_properties = \
    REPLACE(device_properties, 's:7:\"blocked\";N;', 's:7:\"blocked\";b:1;')";

#[tokio::test]
async fn a_device_is_registered_once_and_its_block_is_never_lost() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let alice = owner();
    assert_eq!(mysql.load(&alice).await.unwrap(), None);
    mysql.register(&alice, &new_device()).await.unwrap();
    mysql.register(&alice, &new_device()).await.unwrap();
    let device = mysql.load(&alice).await.unwrap().unwrap();
    assert_eq!((device.kind.as_str(), device.policy_key), ("iPhone", Some(0)));
    assert_eq!((device.wipe, device.properties), (WipeState::None, new_device().properties));

    scratch.run(BLOCKED).await;
    let edit = |properties: &mut DeviceProperties| properties.set_version("12.1");
    mysql.touch(&alice, "other agent", &edit).await.unwrap();
    let device = mysql.load(&alice).await.unwrap().unwrap();
    assert_eq!(device.properties.version().as_deref(), Some("12.1"));
    assert_eq!(device.agent, "Apple-iPhone/1.0");
    assert!(device.properties.is_blocked());

    // Another user on the same device: agent and properties are his, the block stays.
    let bob = Owner { user: "bob".to_owned(), ..alice.clone() };
    assert_eq!(mysql.load(&bob).await.unwrap().unwrap().policy_key, None);
    let second = NewDevice { kind: "x".to_owned(), agent: "second".to_owned(), ..new_device() };
    mysql.register(&bob, &second).await.unwrap();
    let device = mysql.load(&bob).await.unwrap().unwrap();
    assert_eq!((device.kind.as_str(), device.agent.as_str()), ("iPhone", "second"));
    assert!(device.properties.is_blocked());
    assert_eq!(device.properties.version().as_deref(), Some("14.1"));
    assert_eq!(mysql.count("bob").await.unwrap(), 1);

    mysql.remove(&alice).await.unwrap();
    assert_eq!(mysql.load(&alice).await.unwrap().unwrap().policy_key, None);
    mysql.remove(&bob).await.unwrap();
    assert_eq!(mysql.load(&bob).await.unwrap(), None);
    assert_eq!(mysql.count("bob").await.unwrap(), 0);
}

#[tokio::test]
async fn parallel_first_requests_make_one_row_each() {
    let scratch = Scratch::new().await;
    // Two adapters are two sidecars.
    let sidecars = [scratch.mysql(), scratch.mysql()];
    let alice = owner();
    let tasks = (0..16).map(|n| {
        let (mysql, alice) = (Arc::clone(&sidecars[n % 2]), alice.clone());
        tokio::spawn(async move { mysql.register(&alice, &new_device()).await })
    });
    for done in join_all(tasks).await {
        done.unwrap().unwrap();
    }
    assert_eq!(scratch.number("SELECT COUNT(*) FROM horde_activesync_device").await, 1);
    assert_eq!(scratch.number("SELECT COUNT(*) FROM horde_activesync_device_users").await, 1);
}

#[tokio::test]
async fn parallel_changes_of_properties_are_all_kept() {
    let scratch = Scratch::new().await;
    let sidecars = [scratch.mysql(), scratch.mysql()];
    let alice = owner();
    sidecars[0].register(&alice, &new_device()).await.unwrap();
    let tasks = (0..12).map(|n| {
        let (mysql, alice) = (Arc::clone(&sidecars[n % 2]), alice.clone());
        tokio::spawn(async move {
            let edit = move |properties: &mut DeviceProperties| {
                properties.set_setting(&format!("Own{n}"), "x");
            };
            mysql.touch(&alice, "", &edit).await
        })
    });
    for done in join_all(tasks).await {
        done.unwrap().unwrap();
    }
    let device = sidecars[0].load(&alice).await.unwrap().unwrap();
    for n in 0..12 {
        assert!(device.properties.setting(&format!("Own{n}")).is_some(), "{n}");
    }
}

#[tokio::test]
async fn policy_keys_go_to_all_rows_and_a_wipe_is_not_undone() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let alice = owner();
    mysql.register(&alice, &new_device()).await.unwrap();
    // Horde makes a second row when two first requests come at once.
    scratch
        .run(
            "INSERT INTO horde_activesync_device_users SELECT * FROM horde_activesync_device_users",
        )
        .await;
    mysql.set_policy_key(&alice, 2_147_483_647).await.unwrap();
    let keys =
        "SELECT COUNT(*) FROM horde_activesync_device_users WHERE device_policykey = 2147483647";
    assert_eq!(scratch.number(keys).await, 2);
    assert!(mysql.set_policy_key(&owner(), 1).await.is_err());

    assert!(!mysql.set_wipe(&alice.device, Wipe::Acknowledged).await.unwrap());
    assert!(mysql.set_wipe(&alice.device, Wipe::Provisioned).await.unwrap());
    assert!(mysql.set_wipe(&alice.device, Wipe::Provisioned).await.unwrap());
    scratch.run("UPDATE horde_activesync_device SET device_rwstatus = 2").await;
    assert!(!mysql.set_wipe(&alice.device, Wipe::Provisioned).await.unwrap());
    assert_eq!(mysql.load(&alice).await.unwrap().unwrap().wipe, WipeState::Pending);
    assert!(mysql.set_wipe(&alice.device, Wipe::Acknowledged).await.unwrap());
    assert_eq!(mysql.load(&alice).await.unwrap().unwrap().wipe, WipeState::Wiped);
}

#[tokio::test]
async fn what_is_supported_is_kept_by_class() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let alice = owner();
    mysql.register(&alice, &new_device()).await.unwrap();
    let tags = Supported::Tags(vec!["POOMCONTACTS:FileAs".to_owned()]);
    mysql.set_supported(&alice.device, "Contacts", &tags).await.unwrap();
    mysql.set_supported(&alice.device, "Calendar", &Supported::AllGhosted).await.unwrap();
    let device = mysql.load(&alice).await.unwrap().unwrap();
    assert_eq!(device.supported["Contacts"], tags);
    assert_eq!(device.supported["Calendar"], Supported::AllGhosted);
}

#[tokio::test]
async fn columns_without_a_value_are_read_as_nothing() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let alice = owner();
    mysql.register(&alice, &new_device()).await.unwrap();
    for value in ["''", "NULL", "'b:0;'"] {
        scratch
            .run(&format!(
                "UPDATE horde_activesync_device SET device_properties = {value}, \
                 device_supported = NULL, device_rwstatus = NULL"
            ))
            .await;
        let device = mysql.load(&alice).await.unwrap().unwrap();
        assert_eq!(device.properties, DeviceProperties::default());
        let edit = |properties: &mut DeviceProperties| properties.set_version("14.0");
        mysql.touch(&alice, "", &edit).await.unwrap();
        let device = mysql.load(&alice).await.unwrap().unwrap();
        assert_eq!(device.properties.version().as_deref(), Some("14.0"));
    }
}

/// The web server has a runtime for each of its threads, and all of them share one pool.
#[tokio::test]
async fn several_runtimes_share_a_pool() {
    let scratch = Scratch::new().await;
    let mysql = scratch.mysql();
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let mysql = Arc::clone(&mysql);
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.unwrap().block_on(async {
                    let owner = Owner { user: format!("user{n}"), ..owner() };
                    mysql.register(&owner, &new_device()).await.unwrap();
                    for version in 0..30 * (n + 1) {
                        let edit = |properties: &mut DeviceProperties| {
                            properties.set_version(&version.to_string());
                        };
                        mysql.touch(&owner, "", &edit).await.unwrap();
                        assert!(mysql.load(&owner).await.unwrap().is_some());
                    }
                });
            })
        })
        .collect();
    tokio::task::spawn_blocking(|| threads.into_iter().for_each(|thread| thread.join().unwrap()))
        .await
        .unwrap();
    assert_eq!(scratch.number("SELECT COUNT(*) FROM horde_activesync_device").await, 4);
    // Those runtimes are gone; the connections belong to this one.
    assert!(mysql.load(&owner()).await.unwrap().is_none());
}
