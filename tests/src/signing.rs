//! Signing: the app's orders, and a signer's actions at Posten.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{Answer, Browser, Customer, TestBed};

/// Boundary of a multipart form, which occurs in no document.
const BOUNDARY: &str = "between-the-parts";

/// Small PDF document that every reader opens.
pub const AGREEMENT: &[u8] = include_bytes!("../../sandbox/pages/agreement.pdf");

impl Customer<'_> {
    /// Orders a job of one document that the customer signs immediately, with `change` made to the
    /// order.
    pub async fn orders_with(&self, change: impl FnOnce(&mut Value)) -> Answer {
        let mut order = self.order();
        change(&mut order);
        self.send(Method::POST, "/signatures", None, Some(order))
            .await
    }

    /// Orders an unchanged job, and returns its id and the address for signing.
    pub async fn orders(&self) -> (String, String) {
        let job = self.orders_with(|_| ()).await.json(201);
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        (text(&job["id"]), text(&job["signers"][0]["redirect_url"]))
    }

    /// Orders a job of these PDF files as a multipart form.
    pub async fn orders_files(&self, files: &[&[u8]]) -> Answer {
        let titles =
            (1..=files.len()).map(|number| json!({ "title": format!("Vedlegg {number}") }));
        let job = json!({
            "flow": "direct",
            "title": "Avtale om lån",
            "documents": titles.collect::<Value>(),
            "return_address": self.back(),
        });
        let part = |name: &str, kind: &str, content: &[u8]| {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
            );
            [head.as_bytes(), content, b"\r\n"].concat()
        };
        let mut body = part("job", "application/json", job.to_string().as_bytes());
        for file in files {
            body.extend(part("document", "application/pdf", file));
        }
        body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
        let request = self.request(Method::POST, "/signatures").header(
            CONTENT_TYPE,
            format!("multipart/form-data; boundary={BOUNDARY}"),
        );
        Answer::read(request.body(body).send().await.expect("an answer")).await
    }

    /// Builds an order like that of [`Self::orders`] for another task to send.
    pub fn order_to_send(&self) -> RequestBuilder {
        let order = self.order();
        self.request(Method::POST, "/signatures").json(&order)
    }

    /// Sends this text as a JSON order.
    pub async fn orders_text(&self, order: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(Method::POST, "/signatures");
        let request = request.header(CONTENT_TYPE, "application/json").body(order);
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// Fetches the status of the job.
    pub async fn job(&self, id: &str) -> Value {
        let path = format!("/signatures/{id}");
        self.send(Method::GET, &path, None, None).await.json(200)
    }

    /// Fetches a path below the job, and returns status, media type and bytes.
    pub async fn fetches(&self, id: &str, path: &str) -> (u16, String, Vec<u8>) {
        let request = self.request(Method::GET, &format!("/signatures/{id}/{path}"));
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let kind = answer.headers().get(CONTENT_TYPE);
        let kind = kind
            .map_or("", |kind| kind.to_str().expect("printable"))
            .to_owned();
        let bytes = answer.bytes().await.expect("a whole body");
        (status, kind, bytes.to_vec())
    }

    /// Builds an order of one document that the customer signs immediately.
    pub fn order(&self) -> Value {
        json!({
            "flow": "direct",
            "title": "Avtale om brukskonto",
            "documents": [{ "title": "Avtale", "content": STANDARD.encode(AGREEMENT) }],
            "return_address": self.back(),
        })
    }

    fn back(&self) -> String {
        format!("{}/sign", self.bank_page())
    }
}

impl Browser<'_> {
    /// Opens the redirect address as the page's script does, and answers `sign`, `reject` or `fail`
    /// as the person with this handle. Returns the exit address at the app.
    pub async fn signs(&self, redirect: &str, person: &str, answer: &str) -> String {
        let (page, token) = redirect.split_once("#/-/").expect("a token behind the #");
        assert_eq!(self.visits(page).await.status, 200);
        let origin = page.trim_end_matches("/signere/");
        let opened = self
            .sends_form(&format!("{origin}/signere/start"), &[("token", token)])
            .await;
        assert_eq!(opened.status, 303, "{opened:#?}");
        let address = format!("{origin}/signere/oppdrag");
        let form = [("person", person), ("answer", answer)];
        let done = self.sends_form(&address, &form).await;
        assert!((302..=303).contains(&done.status), "{done:#?}");
        done.header("location").to_owned()
    }

    /// Signs, follows the redirect back, and returns the address where the browser ends.
    pub async fn signs_and_returns(&self, redirect: &str, person: &str, answer: &str) -> String {
        let exit = self.signs(redirect, person, answer).await;
        self.comes_back(&exit).await
    }
}

impl TestBed {
    /// Fetches pending changes from Posten, as a timer does.
    pub async fn drains(&self) -> Answer {
        let request = self.drain_to_send();
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// Builds the request of a drain for another task to send.
    pub fn drain_to_send(&self) -> RequestBuilder {
        let secret = &self.sandbox.variables(&self.public_url)["maintenance_secret"];
        reqwest::Client::new()
            .post(format!("{}/signatures/drain", self.inside))
            .bearer_auth(secret)
    }

    /// Calls the sandbox's admin API of Posten.
    pub async fn posten(&self, method: Method, path: &str) -> Value {
        let admin = &self.sandbox.addresses().admin;
        let request = reqwest::Client::new().request(method, format!("{admin}/posten{path}"));
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:#?}"))
    }

    /// Returns the ids of all jobs that Posten has created.
    pub async fn jobs_at_posten(&self) -> Vec<i64> {
        let jobs = self.posten(Method::GET, "/jobs").await;
        let ids = jobs.as_array().expect("jobs").iter();
        ids.map(|job| job["id"].as_i64().expect("an id")).collect()
    }

    /// Signs the job as all its signers.
    pub async fn everybody_signs(&self, job: i64) {
        self.posten(Method::POST, &format!("/jobs/{job}/sign"))
            .await;
    }
}
