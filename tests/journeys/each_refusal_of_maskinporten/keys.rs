//! Refusals about the client, its key and its certificate.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use journeys::TestBed;
use rcgen::RsaKeySize;
use sandbox::pki::{EnterpriseAuthority, Profile, rsa_key};
use sandbox::population::{FJORDBANKEN, INNLANDSBANKEN};
use serde_json::{Value, json};

use super::{ask, change_client, is_refused, start};

#[tokio::test(flavor = "multi_thread")]
async fn the_client_and_its_key() {
    let mut bed = start().await;

    restart_with(&mut bed, FJORDBANKEN, |client| {
        client["client_id"] = "nobody".into();
    })
    .await;
    let answer = ask(&bed, FJORDBANKEN, "client", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_grant",
        "client-unknown",
        Some("MP-100"),
    );

    restart_with(&mut bed, FJORDBANKEN, |client| {
        client["keys"][0]["kid"] = "another".into();
    })
    .await;
    let answer = ask(&bed, FJORDBANKEN, "kid", &[]).await;
    is_refused(&answer, 400, "invalid_grant", "key-unknown", None);

    let other = rsa_key(RsaKeySize::_2048).expect("a key").serialize_pem();
    restart_with(&mut bed, FJORDBANKEN, |client| {
        client["keys"][0]["key"] = other.into();
    })
    .await;
    let answer = ask(&bed, FJORDBANKEN, "key", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_grant",
        "signature-refused",
        Some("MP-124"),
    );

    restart_with(&mut bed, FJORDBANKEN, |_| {}).await;
    let a_year = time::Duration::days(366);
    change_client(&bed, |client| client.keys[0].posted -= a_year);
    let answer = ask(&bed, FJORDBANKEN, "old", &[]).await;
    is_refused(&answer, 400, "invalid_grant", "key-expired", Some("MP-121"));
    change_client(&bed, |client| client.keys[0].posted += a_year);

    ask(&bed, FJORDBANKEN, "good", &[]).await.json(200);
    bed.log_is_clean(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_enterprise_certificate() {
    let mut bed = start().await;
    let now = bed.services().clock.now();
    let key = rsa_key(RsaKeySize::_2048).expect("a key");
    let issued = |authority: &EnterpriseAuthority, organisation: &str| {
        let leaf = authority.issue(Profile::Seid2, organisation, "BANKEN ASA", &key, now);
        json!([STANDARD.encode(leaf.expect("a certificate"))])
    };
    let elsewhere = EnterpriseAuthority::generate(now).expect("an authority");
    let of_another = issued(&elsewhere, INNLANDSBANKEN);
    let anothers = issued(&bed.services().enterprise, "310000108");
    for (chain, problem, code) in [
        (of_another.clone(), "certificate-refused", "MP-120"),
        (anothers, "certificate-not-the-clients", "MP-122"),
        (
            json!(["bm8gY2VydGlmaWNhdGU="]),
            "certificate-chain-refused",
            "MP-123",
        ),
    ] {
        let change = |client: &mut Value| client["keys"][0]["certificate_chain"] = chain;
        restart_with(&mut bed, INNLANDSBANKEN, change).await;
        let answer = ask(&bed, INNLANDSBANKEN, code, &[]).await;
        is_refused(&answer, 400, "invalid_grant", problem, Some(code));
    }

    let certified = |client: &mut Value| {
        client["keys"] =
            json!([{"certificate_chain": of_another, "key": client["keys"][0]["key"]}]);
    };
    restart_with(&mut bed, FJORDBANKEN, certified).await;
    let answer = ask(&bed, FJORDBANKEN, "keys", &[]).await;
    is_refused(&answer, 400, "invalid_grant", "key-required", None);
    bed.log_is_clean(&[]);
}

/// Restarts the app after `change` of the Maskinporten client of `consumer`.
async fn restart_with(bed: &mut TestBed, consumer: &str, change: impl FnOnce(&mut Value)) {
    let variables = bed.sandbox.variables(&bed.public_url);
    let mut clients: Value =
        serde_json::from_str(&variables["maskinporten_clients"]).expect("JSON");
    let client = clients.as_array_mut().expect("clients").iter_mut();
    change(
        client
            .into_iter()
            .find(|client| client["organisation"] == consumer)
            .expect("a client"),
    );
    let changed = [
        ("maskinporten_clients".to_owned(), clients.to_string()),
        bed.services_with_back_end(|back_end| back_end["consumers"] = json!([consumer])),
    ];
    bed.restart_app_with(changed.into()).await;
}
