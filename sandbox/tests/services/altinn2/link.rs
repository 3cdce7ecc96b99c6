//! Consent by link.

use sandbox::altinn2::{Links, Switches};
use url::Url;

use crate::altinn2::page::Browser;
use crate::altinn2::support::{Answer, BANK, CODE_REFUSED, PERSON, READ, TestBed, claims};
use http::Method;

/// The documented link's parameters, with some changed; an empty one is left out.
fn link(bed: &TestBed, changed: &[(&str, &str)]) -> String {
    let valid_to = format!("{}-03-31 10:30:00", bed.now().year() + 1);
    let mut parameters = vec![
        ("Resources", "4629_2.4630_2"),
        ("CoveredBy", BANK),
        ("OfferedBy", PERSON),
        ("RedirectUrl", "https://bank.example/consent/callback?s=abc"),
        ("ValidToDate", &valid_to),
        ("DelegationContext", "Banken trenger tallene"),
        ("ResponseType", "code"),
        ("4629_2_inntektsaar", "2025"),
        ("4630_2_fraOgMed", "2025-06"),
        ("4630_2_tilOgMed", "2025-08"),
    ];
    for (name, value) in changed {
        parameters.retain(|(found, _)| found != name);
        parameters.push((name, value));
    }
    parameters.retain(|(_, value)| !value.is_empty());
    let url = Url::parse_with_params("http://x/ui/AccessConsent/", parameters).unwrap();
    format!("{}?{}", url.path(), url.query().unwrap())
}

#[tokio::test]
async fn the_code_exists_when_somebody_has_accepted() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let link = link(&bed, &[("LanguageCode", "nn-NO")]);
    let page = browser.get(&link).await;
    for text in [
        "Banken trenger tallene",
        "Gje samtykke",
        "inntektsaar: 2025",
        "31. mars",
    ] {
        assert!(page.body.contains(text), "{text}");
    }
    let without_slash = link.replace("AccessConsent/?", "AccessConsent?");
    assert_eq!(browser.get(&without_slash).await.status.as_u16(), 200);

    let answer = browser.answer(&link, "solveig", "accept").await;
    let back = Url::parse(answer.header("location")).unwrap();
    let told: Vec<_> = back.query_pairs().collect();
    assert_eq!(
        (told[0].0.as_ref(), told[1].0.as_ref()),
        ("s", "AuthorizationCode")
    );
    assert_eq!(told[2], ("Status".into(), "OK".into()));
    let code = told[1].1.to_string();
    let said = claims(&bed.proof(&code).await);
    assert_eq!(said["Services"][1], "4629_2_inntektsaar=2025");
    // It is no request that could be read.
    let path = format!("/api/consentRequests/{code}");
    let read = Answer::receive(bed.call(Method::GET, &path, READ)).await;
    assert_eq!(read.status.as_u16(), 403);
}

#[tokio::test]
async fn a_refusal_has_no_code() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let answer = browser.answer(&link(&bed, &[]), "solveig", "reject").await;
    assert_eq!(
        answer.header("location"),
        "https://bank.example/consent/callback?s=abc&Status=Failed&ErrorMessage=User%2520did%2520not%2520give%2520consent"
    );
}

#[tokio::test]
async fn without_a_party_it_is_whoever_answers() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let link = link(&bed, &[("OfferedBy", "")]);
    let answer = browser.answer(&link, "odd", "accept").await;
    let back = Url::parse(answer.header("location")).unwrap();
    let (_, code) = back
        .query_pairs()
        .find(|(name, _)| name == "AuthorizationCode")
        .unwrap();
    assert_eq!(claims(&bed.proof(&code).await)["OfferedBy"], "02829090123");
}

#[tokio::test]
async fn a_users_token_keeps_others_away() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let token = "9CE44DFFF270DD057DA7165CA121B85254BA286064C4B31F7D418402785A02D2";
    let link = link(&bed, &[("OfferedBy", ""), ("UserToken", token)]);
    let other = browser.answer(&link, "odd", "accept").await;
    assert_eq!(other.status.as_u16(), 403);
    assert!(other.body.contains("Logg inn som den personen"));
    assert_eq!(
        browser
            .answer(&link, "solveig", "accept")
            .await
            .status
            .as_u16(),
        302
    );
}

#[tokio::test]
async fn every_template_can_be_switched_on() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let link = link(&bed, &[("Resources", "5928_202301")]);
    assert_eq!(browser.get(&link).await.status.as_u16(), 400);
    bed.switch(Switches {
        links: Links::EveryTemplate,
        ..Switches::default()
    });
    let answer = browser.answer(&link, "solveig", "accept").await;
    assert_eq!(answer.status.as_u16(), 302);
}

#[tokio::test]
async fn a_link_that_is_not_good_shows_a_page() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    for (name, value) in [
        ("Resources", ""),
        ("Resources", "4629_3"),
        // Another template than the standard one.
        ("Resources", "5928_202301"),
        ("CoveredBy", ""),
        ("CoveredBy", "123"),
        ("OfferedBy", "310000000"),
        ("RedirectUrl", ""),
        ("RedirectUrl", "/cb"),
        ("ValidToDate", "2030-03-31T10:30:00"),
        ("ValidToDate", "2020-03-31 10:30:00"),
        ("DelegationContext", ""),
        ("ResponseType", "token"),
        ("4629_2_inntektsaar", ""),
    ] {
        let link = link(&bed, &[(name, value)]);
        let page = browser.get(&link).await;
        assert_eq!(page.status.as_u16(), 400, "{name}={value}");
        let answer = browser.answer(&link, "solveig", "accept").await;
        assert_eq!(answer.status.as_u16(), 400, "{name}={value}");
    }
    bed.fetch("0198a000-1111-7222-8333-444455556666")
        .await
        .says(403, CODE_REFUSED);
}
