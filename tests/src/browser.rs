//! Browser with cookies, forms and redirects. It refuses a national identity number in an address.

use reqwest::header::{ACCEPT_LANGUAGE, LOCATION, ORIGIN};
use reqwest::redirect::Policy;
use sandbox::population;
use url::Url;

use crate::generation::id_in;
use crate::{Answer, TestBed};

/// Redirects that a browser follows at most.
const PATIENCE: usize = 10;

/// Browser of a person.
pub struct Browser<'a> {
    bed: &'a TestBed,
    http: reqwest::Client,
    language: &'static str,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(bed: &'a TestBed) -> Self {
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(Policy::none())
            .build()
            .expect("a client");
        Self {
            bed,
            http,
            language: "nb-NO",
        }
    }

    /// Sets the language of the browser's user (`Accept-Language`).
    #[must_use]
    pub fn speaking(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }

    /// Opens an address, without following its redirect.
    pub async fn visits(&self, address: &str) -> Answer {
        let request = self
            .http
            .get(address)
            .header(ACCEPT_LANGUAGE, self.language);
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// Approves at Altinn as the person with this number, follows the redirects back, and returns
    /// the final address.
    pub async fn approves(&self, address: &str, person: &str) -> String {
        let callback = self.answers(address, person, "accept").await;
        self.comes_back(&callback).await
    }

    /// Approves, and returns the callback's address without opening it.
    pub async fn approves_and_leaves(&self, address: &str, person: &str) -> String {
        self.answers(address, person, "accept").await
    }

    /// Refuses, and follows the redirects back.
    pub async fn refuses(&self, address: &str, person: &str) -> String {
        let callback = self.answers(address, person, "reject").await;
        self.comes_back(&callback).await
    }

    /// Goes back without an answer, by the button of Altinn 3's page.
    pub async fn leaves(&self, address: &str, person: &str) -> String {
        let callback = self.answers(address, person, "leave").await;
        self.comes_back(&callback).await
    }

    /// Reads the page and closes it.
    pub async fn closes(&self, address: &str, person: &str) {
        let page = self.visits(address).await;
        assert_eq!(page.status, 200, "{page:#?}");
        let form = [("person", handle(person)), ("answer", "close")];
        let closed = self.sends_form(address, &form).await;
        assert_eq!((closed.status, closed.header("location")), (200, ""));
    }

    /// Withdraws all consents of the person with this number, in the portal.
    pub async fn revokes(&self, person: &str) {
        let (altinn, sandbox) = (self.bed.altinn(), &self.bed.sandbox);
        for id in altinn.requests(sandbox) {
            let (login, revoke) = altinn.withdrawal(sandbox, id);
            self.sends_form(&login, &[("person", handle(person))]).await;
            let answer = self.sends_form(&revoke, &[]).await;
            assert_eq!(answer.status, 303, "{answer:#?}");
        }
    }

    /// Returns the callback's address, as Altinn got it with the request behind `address`.
    pub fn callback_of(&self, address: &str) -> String {
        let callback = self
            .bed
            .altinn()
            .callback(&self.bed.sandbox, id_in(address));
        callback.expect("a known request")
    }

    /// Answers on the consent page, follows Altinn's own redirects, and returns the address at the
    /// app.
    async fn answers(&self, address: &str, person: &str, answer: &str) -> String {
        let page = self.visits(address).await;
        assert_eq!(page.status, 200, "{page:#?}");
        let mut step = self
            .sends_form(address, &[("person", handle(person)), ("answer", answer)])
            .await;
        for _ in 0..PATIENCE {
            let next = step
                .headers
                .get(LOCATION)
                .unwrap_or_else(|| panic!("no way on: {step:#?}"));
            let base = Url::parse(address).expect("an address");
            let next = base
                .join(next.to_str().expect("printable"))
                .expect("an address");
            if next.as_str().starts_with(&self.bed.public_url) {
                return next.into();
            }
            step = self.visits(next.as_str()).await;
        }
        panic!("Altinn goes in circles");
    }

    pub(crate) async fn comes_back(&self, callback: &str) -> String {
        let back = self.visits(callback).await;
        assert_eq!(back.status, 303, "{back:#?}");
        back.header("location").to_owned()
    }

    /// Sends a page's form, without following its redirect.
    pub async fn sends_form(&self, address: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = Url::parse(address)
            .expect("an address")
            .origin()
            .ascii_serialization();
        let request = self.http.post(address).header(ORIGIN, origin).form(fields);
        Answer::read(request.send().await.expect("an answer")).await
    }
}

/// Returns the name that Altinn's pages use for the person with this number.
fn handle(number: &str) -> &'static str {
    population::person(number)
        .expect("somebody at Altinn")
        .handle
}
