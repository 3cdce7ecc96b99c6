//! Jobs as their sender and their signers meet them.

use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use sandbox::posten::Switches;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::posten::package_writer::{Draft, KARI};
use crate::posten::support::{API, Reply, TestBed};

/// Persons in the register, unlike those of the drafts.
pub(crate) const RAGNA: &str = "04827896468";
pub(crate) const EIRIK: &str = "02839211360";

/// A sandbox, and Fjordbanken's connection to its Posten.
pub(crate) struct Sender {
    pub(crate) bed: TestBed,
    pub(crate) http: Client,
}

impl Sender {
    pub(crate) async fn start() -> Self {
        let bed = TestBed::start().await;
        let http = bed.client(&bed.given());
        let sender = Self { bed, http };
        sender.switch(Switches::default());
        sender
    }

    /// Sets the switches of Posten, without an effective rate limit.
    pub(crate) fn switch(&self, switches: Switches) {
        self.bed.sandbox.services().posten.set_switches(Switches {
            calls_per_second: 10_000,
            ..switches
        });
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.bed.clock.set_offset(self.bed.clock.offset() + seconds);
    }

    pub(crate) async fn create(&self, draft: &Draft) -> Reply {
        let created = self.bed.create(draft).await;
        created.is_taken();
        created
    }

    pub(crate) async fn get(&self, address: &str) -> Reply {
        Reply::receive(self.http.get(address).send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, address: &str) -> Reply {
        Reply::receive(self.http.post(address).send().await.unwrap()).await
    }

    pub(crate) async fn delete(&self, address: &str) -> Reply {
        Reply::receive(self.http.delete(address).send().await.unwrap()).await
    }

    /// Polls a queue of Fjordbanken's, with its query, if any.
    pub(crate) async fn poll(&self, flow: &str, query: &str) -> PollResult {
        let root = self.bed.root(sandbox::population::FJORDBANKEN);
        let address = format!("{root}/{flow}/signature-jobs{query}");
        let response = self.http.get(address).send().await.unwrap();
        let next = response.headers().get("x-next-permitted-poll-time");
        let next = next.map(|next| next.to_str().unwrap().to_owned());
        let filtered = response.headers().contains_key("dosfilter");
        let said = Reply::receive(response).await;
        PollResult {
            said,
            next,
            filtered,
        }
    }

    pub(crate) fn admin(&self, method: Method, path: &str) -> RequestBuilder {
        let address = format!("{}{path}", self.bed.sandbox.addresses().admin);
        Client::new().request(method, address)
    }

    /// Performs a signer's act, and returns the browser's address.
    pub(crate) async fn act(&self, job: &Reply, position: usize, act: &str) -> String {
        let id = job.text("signature-job-id").unwrap();
        let path = format!("/posten/jobs/{id}/signers/{position}/{act}");
        let response = self.admin(Method::POST, &path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{act}");
        let answer: Value = response.json().await.unwrap();
        let exit = answer.pointer("/exits/0").and_then(Value::as_str);
        exit.unwrap_or_default().to_owned()
    }

    /// Fetches the status of a direct job with the token of an exit address.
    pub(crate) async fn status(&self, job: &Reply, exit: &str) -> Reply {
        let address = job.text("status-url").unwrap();
        let token = token(exit);
        self.get(&format!("{address}?status_query_token={token}"))
            .await
    }

    /// Creates a browser with cookies that follows no redirect.
    pub(crate) fn browser() -> Client {
        let browser = Client::builder()
            .cookie_store(true)
            .redirect(Policy::none());
        browser.build().unwrap()
    }
}

/// Result of a poll.
#[derive(Debug)]
pub(crate) struct PollResult {
    pub(crate) said: Reply,
    pub(crate) next: Option<String>,
    pub(crate) filtered: bool,
}

impl PollResult {
    /// The next permitted time.
    pub(crate) fn next(&self) -> OffsetDateTime {
        OffsetDateTime::parse(self.next.as_deref().unwrap(), &Rfc3339).unwrap()
    }
}

impl Reply {
    /// Returns the texts of all elements of this name.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let tree = uppsala::parse(&self.body).unwrap();
        let found = tree.get_elements_by_tag_name_ns(API, name).into_iter();
        found
            .map(|element| tree.text_content_deep(element).trim().to_owned())
            .collect()
    }

    /// Returns the values of an attribute of all elements of this name.
    pub(crate) fn attributes(&self, name: &str, attribute: &str) -> Vec<String> {
        let tree = uppsala::parse(&self.body).unwrap();
        let found = tree.get_elements_by_tag_name_ns(API, name).into_iter();
        let attributes = found.flat_map(|id| tree.element(id).unwrap().attributes.iter());
        attributes
            .filter(|found| found.name.matches(None, attribute))
            .map(|found| found.value.to_string())
            .collect()
    }
}

/// Returns the token of an exit address.
pub(crate) fn token(exit: &str) -> &str {
    exit.split_once("status_query_token=").unwrap().1
}

/// A direct job for these, by number.
pub(crate) fn direct(signers: &[&str]) -> Draft {
    let signer = |number: &str| {
        format!(
            "<signer><personal-identification-number>{number}</personal-identification-number></signer>"
        )
    };
    let signers: String = signers.iter().map(|number| signer(number)).collect();
    Draft::direct().manifest(&signer(KARI), &signers)
}

/// A portal job for these, by number and group.
pub(crate) fn portal(signers: &[(&str, u8)]) -> Draft {
    let signer = |(number, order): &(&str, u8)| {
        format!(
            "<signer order=\"{order}\"><personal-identification-number>{number}</personal-identification-number>\
             <notifications><email address=\"somebody@example.no\"/></notifications></signer>"
        )
    };
    let signers: String = signers.iter().map(signer).collect();
    let mut draft = Draft::portal();
    let (before, rest) = draft.manifest.split_once("<signers>").unwrap();
    let (_, after) = rest.split_once("</signers>").unwrap();
    draft.manifest = format!("{before}<signers>{signers}</signers>{after}");
    draft
}
