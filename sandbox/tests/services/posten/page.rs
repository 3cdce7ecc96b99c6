//! The pages, as a signer's browser meets them.

use reqwest::{Client, Response};

use crate::posten::jobs::{EIRIK, RAGNA, Sender, direct, portal};
use crate::posten::package_writer::{Draft, KARI};
use crate::posten::support::Reply;

struct Signer<'a> {
    sender: &'a Sender,
    http: Client,
    page: &'a str,
}

/// Response of a page.
struct PageResponse {
    status: u16,
    location: String,
    policy: String,
    body: String,
}

impl<'a> Signer<'a> {
    fn new(sender: &'a Sender) -> Self {
        Self {
            http: Sender::browser(),
            page: &sender.bed.sandbox.addresses().posten_page,
            sender,
        }
    }

    async fn get(&self, path: &str) -> PageResponse {
        let request = self.http.get(format!("{}{path}", self.page));
        PageResponse::receive(request.send().await.unwrap()).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> PageResponse {
        let request = self.http.post(format!("{}{path}", self.page));
        let request = request.header("origin", self.page).form(form);
        PageResponse::receive(request.send().await.unwrap()).await
    }

    /// Follows a redirect address as the page's script does.
    async fn open(&self, redirect: &str) -> PageResponse {
        let (page, token) = redirect.split_once("#/-/").unwrap();
        let shown = PageResponse::receive(self.http.get(page).send().await.unwrap()).await;
        assert_eq!(shown.status, 200);
        assert!(shown.body.contains("/assets/posten.js"), "{}", shown.body);
        assert!(
            shown.policy.contains("script-src 'self'"),
            "{}",
            shown.policy
        );
        self.post("/signere/start", &[("token", token)]).await
    }

    async fn answer(&self, person: &str, answer: &str) -> PageResponse {
        let form = [("person", person), ("answer", answer)];
        self.post("/signere/oppdrag", &form).await
    }

    async fn jobs(&self) -> String {
        let request = self.sender.admin(reqwest::Method::GET, "/posten/jobs");
        request.send().await.unwrap().text().await.unwrap()
    }
}

impl PageResponse {
    async fn receive(response: Response) -> Self {
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
        };
        Self {
            status: response.status().as_u16(),
            location: header("location"),
            policy: header("content-security-policy"),
            body: response.text().await.unwrap(),
        }
    }

    #[track_caller]
    fn says(&self, status: u16, text: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.body.contains(text), "{text}: {}", self.body);
    }
}

fn redirect(job: &Reply) -> String {
    job.texts("redirect-url").last().unwrap().clone()
}

#[tokio::test]
async fn a_redirect_address_opens_once_and_for_the_browser_that_opened_it() {
    let sender = Sender::start().await;
    let job = sender.create(&direct(&[RAGNA])).await;
    let signer = Signer::new(&sender);
    signer
        .get("/signere/oppdrag")
        .await
        .says(403, "Lenken virker ikke");
    let opened = signer.open(&redirect(&job)).await;
    assert_eq!(
        (opened.status, opened.location.as_str()),
        (303, "/signere/oppdrag")
    );
    for _ in 0..2 {
        let page = signer.get("/signere/oppdrag").await;
        page.says(200, "<title>Signer: Avtale om lån – Posten</title>");
        for text in ["Fjordbanken", "Les nøye.", "Ragna Fjordvik", "Avvis"] {
            page.says(200, text);
        }
        for number in [RAGNA, EIRIK] {
            assert!(!page.body.contains(number), "{}", page.body);
        }
    }
    assert_eq!(
        signer.open(&redirect(&job)).await.status,
        303,
        "the same browser"
    );
    Signer::new(&sender)
        .open(&redirect(&job))
        .await
        .says(403, "bare brukes én gang");
    let document = signer.get("/signere/dokument/0").await;
    document.says(200, "%PDF-1.7");
    signer.get("/signere/dokument/1").await.says(404, "");
    Signer::new(&sender)
        .get("/signere/dokument/0")
        .await
        .says(404, "");
}

#[tokio::test]
async fn a_newer_redirect_address_takes_the_older_ones_place() {
    let sender = Sender::start().await;
    let job = sender.create(&direct(&[RAGNA])).await;
    let renewed = sender.post(&job.attributes("signer", "href")[0]).await;
    let signer = Signer::new(&sender);
    signer
        .open(&redirect(&job))
        .await
        .says(403, "Lenken virker ikke");
    assert_eq!(signer.open(&redirect(&renewed)).await.status, 303);
    signer
        .post("/signere/start", &[("token", "")])
        .await
        .says(403, "Lenken virker ikke");
}

#[tokio::test]
async fn whoever_answers_goes_back_to_where_the_sender_wants() {
    let sender = Sender::start().await;
    for (answer, exit, status) in [
        (
            "sign",
            "http://localhost:1/ferdig?jobb=417&status_query_token=",
            "SIGNED",
        ),
        (
            "reject",
            "http://localhost:1/avvist?status_query_token=",
            "REJECTED",
        ),
        (
            "fail",
            "http://localhost:1/feil?status_query_token=",
            "FAILED",
        ),
    ] {
        let job = sender.create(&direct(&[RAGNA])).await;
        let signer = Signer::new(&sender);
        signer.open(&redirect(&job)).await;
        let answered = signer.answer("ragna", answer).await;
        assert_eq!(answered.status, 302, "{answer}");
        assert!(answered.location.starts_with(exit), "{}", answered.location);
        let said = sender.status(&job, &answered.location).await;
        assert_eq!(said.texts("status"), [status]);
    }
}

#[tokio::test]
async fn nobody_is_told_of_who_leaves_and_nobody_signs_for_another() {
    let sender = Sender::start().await;
    let job = sender.create(&direct(&[RAGNA])).await;
    let signer = Signer::new(&sender);
    signer.open(&redirect(&job)).await;
    signer
        .answer("ragna", "close")
        .await
        .says(200, "Siden er lukket");
    for answer in ["sign", "reject"] {
        signer
            .answer("eirik", answer)
            .await
            .says(403, "ikke til deg");
        signer.answer("", answer).await.says(400, "Velg hvem du er");
    }
    let foreign = signer.http.post(format!("{}/signere/oppdrag", signer.page));
    let foreign = foreign.header("origin", "https://evil.example");
    let foreign = foreign.form(&[("person", "ragna"), ("answer", "sign")]);
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    assert!(signer.jobs().await.contains("WAITING"));
    assert_eq!(signer.answer("ragna", "sign").await.status, 302);
    signer
        .get("/signere/oppdrag")
        .await
        .says(200, "Du har signert.");
    signer
        .answer("ragna", "sign")
        .await
        .says(409, "kan ikke signeres lenger");
}

#[tokio::test]
async fn whom_the_sender_names_otherwise_may_be_anybody() {
    let sender = Sender::start().await;
    let named = format!("<personal-identification-number>{KARI}</personal-identification-number>");
    let draft = Draft::direct().manifest(&named, "<signer-identifier>part-2</signer-identifier>");
    let job = sender.create(&draft).await;
    let signer = Signer::new(&sender);
    signer.open(&redirect(&job)).await;
    let answered = signer.answer("eirik", "sign").await;
    let said = sender.status(&job, &answered.location).await;
    assert_eq!(said.attributes("status", "signer"), ["part-2"]);
    assert_eq!(said.texts("status"), ["SIGNED"]);
}

#[tokio::test]
async fn in_the_portal_people_find_what_waits_for_them_in_their_turn() {
    let sender = Sender::start().await;
    let job = sender.create(&portal(&[(RAGNA, 0), (EIRIK, 1)])).await;
    let id = job.text("signature-job-id").unwrap();
    let signer = Signer::new(&sender);
    let log_in = async |person| signer.post("/innlogging", &[("person", person)]).await;
    log_in("eirik").await;
    signer.get("/").await.says(200, "Ingen.");
    let open = [("job", id.as_str()), ("position", "0")];
    signer
        .post("/oppdrag", &open)
        .await
        .says(403, "Lenken virker ikke");

    log_in("ragna").await;
    signer.get("/").await.says(200, "Avtale om lån");
    assert_eq!(
        signer.post("/oppdrag", &open).await.location,
        "/signere/oppdrag"
    );
    let page = signer.get("/signere/oppdrag").await;
    page.says(200, "checked");
    assert!(!page.body.contains("feile"), "{}", page.body);
    signer
        .answer("ragna", "sign")
        .await
        .says(200, "Du har signert.");
    signer.get("/").await.says(200, "Ingen.");
    log_in("eirik").await;
    signer.get("/").await.says(200, "Avtale om lån");
    assert_eq!(signer.post("/utlogging", &[]).await.status, 303);
    signer.get("/").await.says(200, "Logg inn");
}

#[tokio::test]
async fn a_notices_link_says_no_more_than_it_may_and_can_be_blocked() {
    let sender = Sender::start().await;
    let mut draft = portal(&[(RAGNA, 0)]);
    let named = format!("<personal-identification-number>{RAGNA}</personal-identification-number>");
    draft = draft
        .manifest(&named, "<identified-by-contact-information/>")
        .manifest(
            "</title><description>",
            "</title><nonsensitive-title>Avtale</nonsensitive-title><description>",
        );
    let job = sender.create(&draft).await;
    let id = job.text("signature-job-id").unwrap();
    let signer = Signer::new(&sender);
    let front = signer.get("/").await;
    front.says(200, "<h3>Avtale</h3>");
    assert!(!front.body.contains("lån"), "{}", front.body);
    let open = [("job", id.as_str()), ("position", "0")];
    assert_eq!(signer.post("/oppdrag", &open).await.status, 303);
    signer
        .answer("eirik", "block")
        .await
        .says(200, "Oppdraget er avsluttet.");
    let change = sender
        .poll("portal", "?polling_queue=innsending")
        .await
        .said;
    assert_eq!(change.texts("status"), ["FAILED", "BLOCKED"]);
    assert_eq!(
        change.attributes("email", "address"),
        ["somebody@example.no"]
    );
}

#[tokio::test]
async fn the_pages_are_in_english_too() {
    let sender = Sender::start().await;
    let job = sender.create(&direct(&[RAGNA])).await;
    let signer = Signer::new(&sender);
    signer.open(&redirect(&job)).await;
    signer.post("/language", &[("language", "en")]).await;
    signer
        .get("/signere/oppdrag")
        .await
        .says(200, "Read before you sign");
    signer.get("/").await.says(200, "To be signed");
    signer
        .get("/signere/")
        .await
        .says(200, "This page needs JavaScript.");
}

#[tokio::test]
async fn whoever_the_sandbox_does_not_know_is_said_not_to_exist() {
    let sender = Sender::start().await;
    let job = sender.create(&direct(&[KARI])).await;
    let signer = Signer::new(&sender);
    signer.open(&redirect(&job)).await;
    let page = signer.get("/signere/oppdrag").await;
    page.says(200, "finnes ikke i sandkassen");
    assert!(!page.body.contains(KARI), "{}", page.body);
}

#[tokio::test]
async fn a_ceremony_that_broke_down_needs_a_new_redirect_address() {
    let sender = Sender::start().await;
    let job = sender.create(&direct(&[RAGNA])).await;
    let signer = Signer::new(&sender);
    signer.open(&redirect(&job)).await;
    assert_eq!(signer.answer("ragna", "fail").await.status, 302);
    signer
        .answer("ragna", "sign")
        .await
        .says(403, "Lenken virker ikke");
    signer
        .open(&redirect(&job))
        .await
        .says(403, "Lenken virker ikke");
    let renewed = sender.post(&job.attributes("signer", "href")[0]).await;
    assert_eq!(signer.open(&redirect(&renewed)).await.status, 303);
    assert_eq!(signer.answer("ragna", "sign").await.status, 302);
}
