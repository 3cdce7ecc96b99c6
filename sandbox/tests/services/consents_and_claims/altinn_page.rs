//! The consent page, the portal, and the way back.

use reqwest::redirect::Policy;
use sandbox::altinn::Switches;
use sandbox::kit::Callback;
use serde_json::json;
use uuid::Uuid;

use crate::consents_and_claims::support::{Answer, TestBed};

const BACK: &str = "https://bank.example/cb?s=1";
const REFUSED: &str = "Status=Failed&ErrorMessage=User+did+not+give+consent";

/// Browser with cookies, which follows redirects within Altinn.
struct Browser<'a> {
    bed: &'a TestBed,
    http: reqwest::Client,
    altinn: &'a str,
}

impl<'a> Browser<'a> {
    fn new(bed: &'a TestBed) -> Self {
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(Policy::none())
            .build()
            .unwrap();
        Self {
            bed,
            http,
            altinn: &bed.sandbox.addresses().altinn_page,
        }
    }

    fn page(&self, id: Uuid) -> String {
        format!(
            "{}/accessmanagement/ui/consent/request?id={id}",
            self.altinn
        )
    }

    async fn get(&self, url: &str) -> Answer {
        Answer::read(self.http.get(url).send().await.unwrap()).await
    }

    async fn post(&self, url: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.http.post(url).header("origin", self.altinn).form(form);
        Answer::read(request.send().await.unwrap()).await
    }

    /// Follows redirects until they leave Altinn, or a page is rendered.
    async fn follow(&self, mut answer: Answer) -> String {
        loop {
            let next = answer.header("location").to_owned();
            if next.is_empty() || !next.starts_with('/') {
                return next;
            }
            answer = self.get(&format!("{}{next}", self.altinn)).await;
        }
    }

    async fn answer(&self, id: Uuid, answer: &str) -> String {
        let form = [("person", "ragna"), ("answer", answer)];
        self.follow(self.post(&self.page(id), &form).await).await
    }

    async fn log_in(&self, person: &str) {
        let url = format!("{}/accessmanagement/ui/login", self.altinn);
        assert_eq!(self.post(&url, &[("person", person)]).await.status, 303);
    }

    async fn log_out_again(&self, id: Uuid) -> String {
        let url = format!(
            "{}/accessmanagement/api/v1/consent/request/{id}/logout",
            self.altinn
        );
        self.follow(self.get(&url).await).await
    }

    async fn status(&self, id: Uuid) -> String {
        self.bed.read(id).await.json()["status"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

#[tokio::test]
async fn the_page_says_who_asks_for_what_until_when() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let id = bed.created(BACK).await;
    let page = browser.get(&browser.page(id)).await;
    for text in [
        "Fjordbanken",
        "Krav og betalinger",
        "Fjordvik Snekkerverksted",
        "Ragna Fjordvik",
        "Gi samtykke",
        "Avslå",
    ] {
        assert!(page.body.contains(text), "{text}");
    }
    assert!(page.body.contains(r#"<html lang="nb">"#));
    for number in ["313367002", "04827896468", "02829090123"] {
        assert!(!page.body.contains(number), "{number}");
    }
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert_eq!(page.header("cache-control"), "no-store");
    let english = browser
        .http
        .get(browser.page(id))
        .header("accept-language", "en-GB")
        .send()
        .await
        .unwrap();
    assert!(english.text().await.unwrap().contains("Give consent"));
    let css = browser
        .get(&format!("{}/assets/base.css", browser.altinn))
        .await;
    assert_eq!(css.header("content-type"), "text/css");
    assert_eq!(browser.get(&browser.page(Uuid::new_v4())).await.status, 404);
}

#[tokio::test]
async fn the_way_back_tells_the_answer() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    for (stored, before, after) in [
        ("https://bank.example", "https://bank.example/?", ""),
        (
            "https://bank.example/cb?s=1",
            "https://bank.example/cb?s=1&",
            "",
        ),
        (
            "https://bank.example/cb#top",
            "https://bank.example/cb?",
            "#top",
        ),
        (
            "https://bank.example/#/cb",
            "https://bank.example/#/cb?",
            "",
        ),
        (
            "https://bank.example/#/cb?s=1",
            "https://bank.example/#/cb?s=1&",
            "",
        ),
        (
            "https://bank.example/?a=1#/cb",
            "https://bank.example/?a=1#/cb&",
            "",
        ),
        ("bank-app://done", "bank-app://done/?", ""),
    ] {
        for (answer, told) in [("accept", "Status=OK"), ("reject", REFUSED), ("leave", "")] {
            let id = bed.created(stored).await;
            assert_eq!(
                browser.answer(id, answer).await,
                format!("{before}{told}{after}"),
                "{stored} {answer}"
            );
        }
    }
}

#[tokio::test]
async fn answers_of_others_and_second_answers_are_refused() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let id = bed.created(BACK).await;
    let other = browser
        .post(
            &browser.page(id),
            &[("person", "odd"), ("answer", "accept")],
        )
        .await;
    assert_eq!(other.status, 403);
    assert!(other.body.contains("AM-00000"));
    assert_eq!(browser.status(id).await, "Created");
    let stranger = browser
        .http
        .post(browser.page(id))
        .header("origin", "https://evil.example");
    let stranger = stranger
        .form(&[("person", "ragna"), ("answer", "accept")])
        .send()
        .await
        .unwrap();
    assert_eq!(stranger.status(), 403);
    assert_eq!(browser.status(id).await, "Created");

    let closed = browser
        .post(
            &browser.page(id),
            &[("person", "ragna"), ("answer", "close")],
        )
        .await;
    assert_eq!(
        (closed.status.as_u16(), closed.header("location")),
        (200, "")
    );
    assert_eq!(browser.status(id).await, "Created");

    browser.answer(id, "accept").await;
    let again = browser.get(&browser.page(id)).await;
    assert!(again.body.contains("allerede besvart"));
    assert!(
        again.body.contains(r#"value="accept" disabled"#),
        "the buttons are off"
    );
    let changed = browser
        .post(
            &browser.page(id),
            &[("person", "ragna"), ("answer", "reject")],
        )
        .await;
    assert!(changed.status == 400 && changed.body.contains("AM-00015"));

    let expired = bed.created(BACK).await;
    bed.advance(91 * 86_400);
    assert!(
        browser
            .get(&browser.page(expired))
            .await
            .body
            .contains("Fristen for å svare er ute")
    );
    let late = browser
        .post(
            &browser.page(expired),
            &[("person", "ragna"), ("answer", "accept")],
        )
        .await;
    assert!(late.status == 400 && late.body.contains("AM.VLD-00022"));
}

#[tokio::test]
async fn the_browser_may_never_come_back_or_come_back_twice() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let altinn = &bed.services().altinn;
    let switch = |callback| {
        altinn.set_switches(Switches {
            callback,
            ..Switches::default()
        });
    };

    switch(Callback::Lost);
    let id = bed.created(BACK).await;
    assert_eq!(
        browser.answer(id, "accept").await,
        "",
        "it ends in the portal"
    );
    assert_eq!(browser.status(id).await, "Accepted");

    switch(Callback::Doubled);
    let id = bed.created(BACK).await;
    let posted = browser
        .post(
            &browser.page(id),
            &[("person", "ragna"), ("answer", "accept")],
        )
        .await;
    let logged_out = browser
        .get(&format!("{}{}", browser.altinn, posted.header("location")))
        .await;
    let page = browser
        .get(&format!(
            "{}{}",
            browser.altinn,
            logged_out.header("location")
        ))
        .await;
    assert!(
        page.body
            .contains("https:&#x2f;&#x2f;bank.example&#x2f;cb?s=1&amp;Status=OK"),
        "{page:?}"
    );
    assert!(
        page.header("content-security-policy")
            .contains("connect-src https://bank.example")
    );

    switch(Callback::Once);
    let id = bed.created("https://bank.example/#/c b").await;
    assert_eq!(
        browser.answer(id, "accept").await,
        "",
        "an address with a blank is not gone to, where it is kept"
    );
    let id = bed.created("https://Bank.Example:443/a/../c b?s=1 2").await;
    assert_eq!(
        browser.answer(id, "accept").await,
        "https://bank.example/c%20b?s=1%202&Status=OK"
    );
    let id = bed.created(BACK).await;
    let form = [("person", "ragna"), ("answer", "accept")];
    let receipt = browser
        .post(&format!("{}&skiplogout=true", browser.page(id)), &form)
        .await;
    assert_eq!(
        (receipt.status.as_u16(), receipt.header("location")),
        (200, "")
    );
}

#[tokio::test]
async fn consents_are_withdrawn_in_the_portal() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let id = bed.created(BACK).await;
    browser.answer(id, "accept").await;
    let portal = format!("{}/accessmanagement/ui/consents", browser.altinn);
    let revoke = format!("{portal}/{id}/revoke");
    assert_eq!(
        browser.post(&revoke, &[]).await.status,
        403,
        "nobody is logged in"
    );
    browser.log_in("odd").await;
    assert!(
        !browser.get(&portal).await.body.contains("Fjordbanken"),
        "not his to see"
    );
    assert_eq!(browser.post(&revoke, &[]).await.status, 403);
    assert_eq!(
        browser.log_out_again(id).await,
        "",
        "nor his to be sent back with"
    );

    browser.log_in("eirik").await;
    assert!(
        browser
            .get(&portal)
            .await
            .body
            .contains("Fjordvik Snekkerverksted")
    );
    assert_eq!(browser.post(&revoke, &[]).await.status, 303);
    assert_eq!(browser.status(id).await, "Revoked");
    assert_eq!(
        browser.log_out_again(id).await,
        format!("{BACK}&Status=OK"),
        "what was accepted stays OK"
    );
}

#[tokio::test]
async fn requests_that_are_to_be_shown_wait_in_the_portal() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let hidden = bed.created(BACK).await;
    let shown = Uuid::new_v4();
    let mut request = bed.request(shown);
    request["portalViewMode"] = json!("show");
    assert_eq!(bed.create(&request).await.status, 201);
    browser.log_in("ragna").await;
    let portal = browser
        .get(&format!("{}/accessmanagement/ui/consents", browser.altinn))
        .await;
    assert!(portal.body.contains(&shown.to_string()));
    assert!(!portal.body.contains(&hidden.to_string()));
}
