//! Callbacks that are forged in the browser's address bar.

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed};

#[tokio::test(flavor = "multi_thread")]
async fn a_made_up_state_gets_a_small_page() {
    let bed = TestBed::start().await;
    let made_up = "A".repeat(43);
    for query in [
        format!("state={made_up}&Status=OK"),
        "state=short".to_owned(),
        "Status=OK".to_owned(),
        format!("state={made_up}&state={made_up}"),
        format!("state={}", "A".repeat(5000)),
        "state=%00%ff".to_owned(),
        "ErrorMessage=%3Cscript%3Ealert(1)%3C/script%3E".to_owned(),
    ] {
        let page = bed
            .browser()
            .visits(&format!("{}/consent/callback?{query}", bed.public_url))
            .await;
        assert!(
            (400..500).contains(&page.status),
            "{query}: {}",
            page.status
        );
        assert!(
            page.header("content-type").starts_with("text/html"),
            "{query}"
        );
        assert!(!page.body.contains("script"), "{query}");
        assert!(
            page.header("content-security-policy")
                .contains("default-src 'none'")
        );
        assert_eq!(page.header("cache-control"), "no-store");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_speaks_the_browsers_language() {
    let bed = TestBed::start().await;
    for (asked, spoken) in [
        ("nn,nb;q=0.8", "nn"),
        ("nb-NO", "nb"),
        ("no", "nb"),
        ("en-GB,en", "en"),
        ("de", "en"),
    ] {
        let page = bed
            .browser()
            .speaking(asked)
            .visits(&format!("{}/consent/callback?state=x", bed.public_url))
            .await;
        assert!(
            page.body.contains(&format!("<html lang=\"{spoken}\"")),
            "{asked}: {}",
            page.body
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn success_typed_by_hand_changes_nothing() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
        let callback = bed.browser().callback_of(&address);

        let back = bed
            .browser()
            .visits(&format!("{callback}&{}", altinn.success(&address)))
            .await;

        assert_eq!(back.status, 303);
        assert!(
            back.header("location").ends_with("?consent=pending"),
            "{}",
            back.header("location")
        );
        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-pending");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_a_refusal_typed_by_hand() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
        let callback = bed
            .browser()
            .approves_and_leaves(&address, &ragna.pid)
            .await;
        let (told, forged) = (altinn.success(&address), altinn.failure(&address));
        assert!(callback.ends_with(&told), "{callback}");
        let forged = callback.replace(&told, &forged);

        let back = bed.browser().visits(&forged).await;

        assert!(
            back.header("location").ends_with("?consent=granted"),
            "{}",
            back.header("location")
        );
    }
}
