//! A job that is ordered on one host and whose status another host fetches.

use futures::future::join;
use journeys::Answer;

use crate::fleet::Fleet;

#[tokio::test(flavor = "multi_thread")]
async fn both_hosts_drain_at_once_and_the_job_is_told_of_once() {
    let Some(fleet) = Fleet::start().await else {
        return;
    };
    let ragna = fleet.bed.customer("ragna");
    let (id, redirect) = ragna.orders().await;
    fleet.bed.browser().signs(&redirect, "ragna", "sign").await;

    let (one, other) = join(
        fleet.bed.drain_to_send().send(),
        fleet.bed.drain_to_send().send(),
    )
    .await;
    let mut changes = Vec::new();
    for answer in [one, other] {
        let drained = Answer::read(answer.expect("an answer")).await.json(200);
        assert_eq!(drained["changes"], drained["confirmed"], "{drained}");
        changes.push(drained["changes"].as_u64().expect("a count"));
    }
    changes.sort_unstable();
    assert_eq!(changes, [0, 1]);
    let mut hosts = fleet.balancer.answered("/signatures/drain");
    hosts.sort_unstable();
    assert_eq!(hosts, [0, 1]);

    // Both know the job, and serve the signed documents.
    for _ in 0..2 {
        assert_eq!(ragna.job(&id).await["status"], "completed");
        let (status, _, file) = ragna.fetches(&id, "pades").await;
        assert!(status == 200 && file.starts_with(b"%PDF-"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_that_took_the_order_is_gone_when_the_customer_has_signed() {
    let Some(fleet) = Fleet::start().await else {
        return;
    };
    let ragna = fleet.bed.customer("ragna");
    let (id, redirect) = ragna.orders().await;
    fleet.hosts.kill(0);
    let end = fleet
        .bed
        .browser()
        .signs_and_returns(&redirect, "ragna", "sign")
        .await;
    assert!(end.contains("signature="), "{end}");
    let drained = fleet.bed.drains().await.json(200);
    assert_eq!(drained["orphans"], 0, "{drained}");
    assert_eq!(ragna.job(&id).await["status"], "completed");
    assert_eq!(fleet.bed.jobs_at_posten().await.len(), 1);
}
