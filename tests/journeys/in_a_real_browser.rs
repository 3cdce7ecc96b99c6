//! Customer journey in Chromium on a phone's screen, from the bank's login to the claims.

use journeys::{Generation, RealBrowser, TestBed};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_logs_in_consents_and_sees_their_claims() {
    for altinn in Generation::BOTH {
        let Some(browser) = RealBrowser::on_a_phone().await else {
            return;
        };
        let bed = TestBed::with_altinn(altinn).await;
        let places = bed.sandbox.addresses();

        browser.opens(&places.bank_page).await;
        browser.clicks("button[value=ragna]").await;
        browser.clicks("#ask button").await;
        let notice = browser.reads("#status .notice").await;
        assert!(notice.contains("samtykke"), "{notice}");

        browser.clicks("#status .notice button").await;
        browser.clicks("button[value=accept]").await;

        let claims = browser.reads("#result table").await;
        assert!(claims.contains("Mva"), "{claims}");
        browser.reads("#status a").await;
        let portal = browser
            .runs("return document.querySelector('#status a').href")
            .await;
        assert_eq!(portal, format!("{}/", altinn.page(&bed.sandbox)));
        let address = browser.runs("return location.href").await;
        assert_eq!(address, format!("{}/", places.bank_page));
        let wider = browser
            .runs("return document.documentElement.scrollWidth > window.innerWidth")
            .await;
        assert_eq!(wider, false, "the page scrolls sideways on a phone");
        bed.log_is_clean(&["04827896468", "313367002"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_an_agreement_at_posten() {
    let Some(browser) = RealBrowser::on_a_phone().await else {
        return;
    };
    let bed = TestBed::start().await;
    let places = bed.sandbox.addresses();

    browser.opens(&places.bank_page).await;
    browser.clicks("button[value=ragna]").await;
    browser.clicks("a[href=\"/signering\"]").await;
    browser.clicks("#sign button").await;
    browser.clicks("input[value=ragna]").await;
    browser.clicks("button[value=sign]").await;

    let notice = browser.reads("#status .notice").await;
    assert!(notice.contains("Avtalen er signert."), "{notice}");
    let downloads = browser
        .runs("return document.querySelectorAll('#status button').length")
        .await;
    assert_eq!(downloads, 2, "the document and the signature");
    let address = browser.runs("return location.href").await;
    assert_eq!(address, format!("{}/signering", places.bank_page));
    let wider = browser
        .runs("return document.documentElement.scrollWidth > window.innerWidth")
        .await;
    assert_eq!(wider, false, "the page scrolls sideways on a phone");
    bed.log_is_clean(&["04827896468"]);
}
