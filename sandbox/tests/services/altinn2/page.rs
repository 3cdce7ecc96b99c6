//! The consent page and the profile, as a browser sees them.

use reqwest::redirect::Policy;
use serde_json::json;

use crate::altinn2::support::{Answer, CODE_REFUSED, PERSON, TestBed};

/// A browser with cookies, which follows no redirects.
pub(crate) struct Browser<'a> {
    http: reqwest::Client,
    origin: &'a str,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(bed: &'a TestBed) -> Self {
        let builder = reqwest::Client::builder().cookie_store(true);
        Self {
            http: builder.redirect(Policy::none()).build().unwrap(),
            origin: &bed.sandbox.addresses().altinn2_page,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::receive(self.http.get(format!("{}{path}", self.origin))).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.http.post(format!("{}{path}", self.origin));
        Answer::receive(request.header("origin", self.origin).form(form)).await
    }

    pub(crate) async fn answer(&self, path: &str, person: &str, answer: &str) -> Answer {
        self.post(path, &[("person", person), ("answer", answer)])
            .await
    }

    pub(crate) async fn log_in(&self, person: &str) {
        let answer = self.post("/ui/login", &[("person", person)]).await;
        assert_eq!(answer.status.as_u16(), 303);
    }
}

/// The path of the request's page.
pub(crate) fn page_of(code: &str) -> String {
    format!("/ui/AccessConsent/request?id={code}")
}

#[tokio::test]
async fn the_page_says_who_asks_for_what_until_when_in_three_languages() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let code = bed.created(&bed.request()).await;
    let path = page_of(&code);
    let page = browser.get(&path).await;
    for text in [
        r#"<html lang="nb">"#,
        "Fjordbanken ber om ditt samtykke",
        "Krav og betalinger",
        "Fjordvik Snekkerverksted",
        "Ragna Fjordvik",
        "Gi samtykke",
        "Avslå",
    ] {
        assert!(page.body.contains(text), "{text}");
    }
    for number in ["313367002", "04827896468", "02829090123"] {
        assert!(!page.body.contains(number), "{number}");
    }
    let policy = page.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    for (tag, texts) in [
        (
            "nn-NO",
            [r#"<html lang="nn">"#, "Gje samtykke", "Krav og betalingar"],
        ),
        (
            "en",
            [r#"<html lang="en">"#, "Give consent", "Claims and payments"],
        ),
        (
            "nb-NO",
            [r#"<html lang="nb">"#, "Gi samtykke", "Krav og betalinger"],
        ),
    ] {
        let page = browser.get(&format!("{path}&languageCode={tag}")).await;
        for text in texts {
            assert!(page.body.contains(text), "{tag}: {text}");
        }
    }
    let chosen = browser.post("/language", &[("language", "nn")]).await;
    assert_eq!(chosen.status.as_u16(), 303);
    assert!(browser.get(&path).await.body.contains("Gje samtykke"));
}

#[tokio::test]
async fn only_who_may_can_answer() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let code = bed.created(&bed.request()).await;
    let path = page_of(&code);
    let answer = browser.answer(&path, "odd", "accept").await;
    assert_eq!(answer.status.as_u16(), 403);
    assert!(
        answer.body.contains("Du mangler tilgang"),
        "{}",
        answer.body
    );

    let mut request = bed.request();
    request["RequiredDelegator"] = json!("02839211360");
    let named = bed.created(&request).await;
    let answer = browser.answer(&page_of(&named), "ragna", "accept").await;
    assert_eq!(answer.status.as_u16(), 403);
    assert!(
        answer.body.contains("Logg inn som den personen"),
        "{}",
        answer.body
    );
    let answer = browser.answer(&page_of(&named), "eirik", "accept").await;
    assert_eq!(answer.status.as_u16(), 302);

    // A delegator without a role makes a request that no person can answer.
    request["RequiredDelegator"] = json!(PERSON);
    let nobodys = bed.created(&request).await;
    for person in ["solveig", "ragna"] {
        let answer = browser.answer(&page_of(&nobodys), person, "accept").await;
        assert_eq!(answer.status.as_u16(), 403, "{person}");
    }
}

#[tokio::test]
async fn it_can_be_answered_once_and_in_time() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let code = bed.created(&bed.request()).await;
    let path = page_of(&code);
    let closed = browser.answer(&path, "ragna", "close").await;
    assert!(closed.body.contains("Siden er lukket"));
    browser.answer(&path, "ragna", "reject").await;
    let again = browser.answer(&path, "ragna", "accept").await;
    assert_eq!(again.status.as_u16(), 400);
    assert!(
        again.body.contains("Samtykket er avslått"),
        "{}",
        again.body
    );

    let late = bed.created(&bed.request()).await;
    bed.advance(91 * 86_400);
    let answer = browser.answer(&page_of(&late), "ragna", "accept").await;
    assert_eq!(answer.status.as_u16(), 400);
    assert!(answer.body.contains("Fristen for å svare er ute"));
    let unknown = page_of("0198a000-1111-7222-8333-444455556666");
    assert_eq!(browser.get(&unknown).await.status.as_u16(), 404);
}

#[tokio::test]
async fn forms_of_other_pages_are_refused() {
    let bed = TestBed::start().await;
    let code = bed.created(&bed.request()).await;
    let origin = &bed.sandbox.addresses().altinn2_page;
    let url = format!("{origin}/ui/AccessConsent/request?id={code}");
    let form = [("person", "ragna"), ("answer", "accept")];
    let request = bed.http.post(url).header("origin", "https://evil.example");
    assert_eq!(
        Answer::receive(request.form(&form)).await.status.as_u16(),
        403
    );
    assert_eq!(bed.status(&code).await, "Unopened");
}

#[tokio::test]
async fn a_person_can_withdraw_in_the_profile_but_not_a_consent_for_one_use() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let code = bed.given(&bed.request()).await;
    let mut request = bed.request();
    request["RequestResources"] = json!([{ "ServiceCode": "9002", "ServiceEditionCode": 1 }]);
    request["RequestMessage"] = json!({ "no-nb": "Hei" });
    let one_time = bed.given(&request).await;
    let withdraw = |code: &str| format!("/ui/profile/consents/{code}/withdraw");
    assert_eq!(
        browser.post(&withdraw(&code), &[]).await.status.as_u16(),
        403
    );

    browser.log_in("odd").await;
    assert!(!browser.get("/ui/profile").await.body.contains(&code));
    assert_eq!(
        browser.post(&withdraw(&code), &[]).await.status.as_u16(),
        400
    );
    browser.log_in("ragna").await;
    let profile = browser.get("/ui/profile").await.body;
    assert!(profile.contains(&withdraw(&code)) && !profile.contains(&withdraw(&one_time)));
    assert_eq!(
        browser
            .post(&withdraw(&one_time), &[])
            .await
            .status
            .as_u16(),
        400
    );
    assert_eq!(
        browser.post(&withdraw(&code), &[]).await.status.as_u16(),
        303
    );
    assert!(
        browser
            .get("/ui/profile")
            .await
            .body
            .contains("trukket tilbake")
    );
    bed.fetch(&code).await.says(403, CODE_REFUSED);
    assert_eq!(bed.fetch(&one_time).await.status.as_u16(), 200);
}

#[tokio::test]
async fn an_answer_in_the_profile_sends_the_browser_nowhere() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let hidden = bed.created(&bed.request()).await;
    let mut request = bed.request();
    request["PortalViewMode"] = json!("Show");
    let shown = bed.created(&request).await;
    browser.log_in("ragna").await;
    let profile = browser.get("/ui/profile").await.body;
    assert!(profile.contains(&shown) && !profile.contains(&hidden));
    browser.post("/language", &[("language", "en")]).await;
    assert!(
        browser
            .get("/ui/profile")
            .await
            .body
            .contains("Give consent")
    );

    let answered = browser
        .post(&format!("/ui/profile/consents/{shown}/accept"), &[])
        .await;
    assert_eq!(
        (answered.status.as_u16(), answered.header("location")),
        (303, "/ui/profile")
    );
    assert_eq!(bed.status(&shown).await, "Accepted");
}
