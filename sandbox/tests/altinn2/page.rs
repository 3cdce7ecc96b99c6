//! The consent page and the profile, as a browser sees them.

use reqwest::redirect::Policy;
use serde_json::json;

use crate::support::{Answer, Bench, CODE_REFUSED, PERSON};

/// A browser with cookies, which follows no redirects.
pub(crate) struct Browser<'a> {
    http: reqwest::Client,
    origin: &'a str,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(bench: &'a Bench) -> Self {
        let builder = reqwest::Client::builder().cookie_store(true);
        Self {
            http: builder.redirect(Policy::none()).build().unwrap(),
            origin: &bench.sandbox.addresses().altinn2_page,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.http.get(format!("{}{path}", self.origin))).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.http.post(format!("{}{path}", self.origin));
        Answer::of(request.header("origin", self.origin).form(form)).await
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
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let code = bench.created(&bench.request()).await;
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
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let code = bench.created(&bench.request()).await;
    let path = page_of(&code);
    let answer = browser.answer(&path, "odd", "accept").await;
    assert_eq!(answer.status.as_u16(), 403);
    assert!(
        answer.body.contains("Du mangler tilgang"),
        "{}",
        answer.body
    );

    let mut request = bench.request();
    request["RequiredDelegator"] = json!("02839211360");
    let named = bench.created(&request).await;
    let answer = browser.answer(&page_of(&named), "ragna", "accept").await;
    assert_eq!(answer.status.as_u16(), 403);
    assert!(
        answer.body.contains("Logg inn som den personen"),
        "{}",
        answer.body
    );
    let answer = browser.answer(&page_of(&named), "eirik", "accept").await;
    assert_eq!(answer.status.as_u16(), 302);

    // A delegator without a role makes a request that nobody can answer.
    request["RequiredDelegator"] = json!(PERSON);
    let nobodys = bench.created(&request).await;
    for person in ["solveig", "ragna"] {
        let answer = browser.answer(&page_of(&nobodys), person, "accept").await;
        assert_eq!(answer.status.as_u16(), 403, "{person}");
    }
}

#[tokio::test]
async fn it_can_be_answered_once_and_in_time() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let code = bench.created(&bench.request()).await;
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

    let late = bench.created(&bench.request()).await;
    bench.advance(91 * 86_400);
    let answer = browser.answer(&page_of(&late), "ragna", "accept").await;
    assert_eq!(answer.status.as_u16(), 400);
    assert!(answer.body.contains("Fristen for å svare er ute"));
    let unknown = page_of("0198a000-1111-7222-8333-444455556666");
    assert_eq!(browser.get(&unknown).await.status.as_u16(), 404);
}

#[tokio::test]
async fn forms_of_other_pages_are_refused() {
    let bench = Bench::start().await;
    let code = bench.created(&bench.request()).await;
    let origin = &bench.sandbox.addresses().altinn2_page;
    let url = format!("{origin}/ui/AccessConsent/request?id={code}");
    let form = [("person", "ragna"), ("answer", "accept")];
    let request = bench
        .http
        .post(url)
        .header("origin", "https://evil.example");
    assert_eq!(Answer::of(request.form(&form)).await.status.as_u16(), 403);
    assert_eq!(bench.status(&code).await, "Unopened");
}

#[tokio::test]
async fn a_person_can_withdraw_in_the_profile_but_not_a_consent_for_one_use() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let code = bench.given(&bench.request()).await;
    let mut request = bench.request();
    request["RequestResources"] = json!([{ "ServiceCode": "9002", "ServiceEditionCode": 1 }]);
    request["RequestMessage"] = json!({ "no-nb": "Hei" });
    let one_time = bench.given(&request).await;
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
    bench.fetch(&code).await.says(403, CODE_REFUSED);
    assert_eq!(bench.fetch(&one_time).await.status.as_u16(), 200);
}

#[tokio::test]
async fn an_answer_in_the_profile_sends_the_browser_nowhere() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let hidden = bench.created(&bench.request()).await;
    let mut request = bench.request();
    request["PortalViewMode"] = json!("Show");
    let shown = bench.created(&request).await;
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
    assert_eq!(bench.status(&shown).await, "Accepted");
}
