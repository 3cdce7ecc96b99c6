//! Customer journeys in Chromium on a phone's screen: from the bank's login to the claims, and from
//! the bank's template to its archive.

use journeys::{Generation, Orders, RealBrowser, TestBed, TestOptions};

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
        is_no_wider_than_the_screen(&browser).await;
        bed.log_is_clean(&["04827896468", "313367002"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_the_banks_agreement_and_the_bank_archives_it() {
    let Some(browser) = RealBrowser::on_a_phone().await else {
        return;
    };
    let options = TestOptions {
        orders: Orders::Templates,
        ..TestOptions::default()
    };
    let bed = TestBed::with(options).await;
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
    is_no_wider_than_the_screen(&browser).await;

    bed.until(async |bed| {
        bed.drains().await.json(200);
        browser
            .opens(&format!("{}/hendelser", places.bank_page))
            .await;
        let events = browser.reads("main").await;
        events.contains("Dokumentene er arkivert")
    })
    .await;
    is_no_wider_than_the_screen(&browser).await;
    browser.clicks("a[href=\"/arkiv\"]").await;
    let archive = browser.reads("table").await;
    assert!(archive.contains("account-agreement"), "{archive}");
    assert!(!archive.contains("Ikke ennå"), "{archive}");
    is_no_wider_than_the_screen(&browser).await;
    bed.log_is_clean(&["04827896468"]);
}

async fn is_no_wider_than_the_screen(browser: &RealBrowser) {
    let wider = browser
        .runs("return document.documentElement.scrollWidth > window.innerWidth")
        .await;
    assert_eq!(wider, false, "the page scrolls sideways on a phone");
}
