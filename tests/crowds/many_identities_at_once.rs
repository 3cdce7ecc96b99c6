//! Burst of a thousand requests for each of a hundred identities, with an empty cache.

use std::collections::BTreeMap;
use std::time::Instant;

use futures::future::join_all;
use journeys::{TestBed, TestOptions};
use sandbox::population::FJORDBANKEN;
use tokio::sync::Semaphore;

const SCOPE: &str = "skatteetaten:kravogbetalinger";
const IDENTITIES: usize = 100;
const REQUESTS: usize = 1000;
/// Concurrent requests at most: a process has a limited number of open files, and each request has
/// two ends here.
const ON_THE_WAY: usize = 128;

#[tokio::test(flavor = "multi_thread")]
async fn no_identity_is_minted_more_often_than_there_are_instances() {
    let _alone = crate::ALONE.lock().await;
    let bed = TestBed::with(TestOptions {
        token_is_public: true,
        ..TestOptions::default()
    })
    .await;
    let started = Instant::now();

    let http = reqwest::Client::new();
    let gate = Semaphore::new(ON_THE_WAY);
    // Requests of one identity are adjacent, so that the first ones of each meet an empty cache
    // together.
    let asks = (0..IDENTITIES * REQUESTS).map(async |number| {
        let resource = format!("urn:identity:{}", number / REQUESTS);
        let _place = gate.acquire().await.expect("open");
        let fields = [("scope", SCOPE), ("resource", &resource)];
        let request = bed.back_end_request(&http, FJORDBANKEN, &fields);
        request.send().await.expect("an answer").status().as_u16()
    });
    let statuses = join_all(asks).await;

    let took = started.elapsed();
    let instances = bed.app().instances("token");
    let minted: BTreeMap<String, u64> = bed
        .services()
        .maskinporten
        .minted()
        .into_iter()
        .filter_map(|(identity, count)| Some((identity.resource?, count)))
        .collect();
    let (most, all) = (minted.values().max().copied(), minted.values().sum::<u64>());
    crate::tell(&format!(
        "{} requests at once for {IDENTITIES} identities, {ON_THE_WAY} on their way at a time, in {:.0} s: \
         {all} tokens minted by {instances} instances, at most {} for one identity",
        statuses.len(),
        took.as_secs_f32(),
        most.unwrap_or_default(),
    ));
    assert_eq!(statuses.len(), IDENTITIES * REQUESTS);
    let failed = statuses.iter().filter(|status| **status != 200).count();
    assert_eq!(
        failed,
        0,
        "{:?}",
        statuses.iter().find(|status| **status != 200)
    );
    assert_eq!(minted.len(), IDENTITIES);
    assert!(most.is_some_and(|most| most <= instances), "{minted:?}");
    bed.log_is_clean(&[]);
}
