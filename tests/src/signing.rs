//! Having documents signed: what the app sends, and what a signer does at Posten.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{Answer, Bench, Browser, Customer};

/// What parts a form; it stands in no document.
const BOUNDARY: &str = "between-the-parts";

/// A small document that every reader opens.
pub const AGREEMENT: &[u8] = include_bytes!("../../sandbox/pages/agreement.pdf");

impl Customer<'_> {
    /// Orders a job of one document that the customer signs here and now, with `change` made to the order.
    pub async fn orders_with(&self, change: impl FnOnce(&mut Value)) -> Answer {
        let mut order = self.order();
        change(&mut order);
        self.send(Method::POST, "/signatures", None, Some(order))
            .await
    }

    /// The same as it is: the job's id, and where to sign.
    pub async fn orders(&self) -> (String, String) {
        let job = self.orders_with(|_| ()).await.json(201);
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        (text(&job["id"]), text(&job["signers"][0]["redirect_url"]))
    }

    /// Orders a job of these PDF files as a form, as an app with files does.
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

    /// An order like that of [`Self::orders`], to be sent by another task.
    pub fn order_to_send(&self) -> RequestBuilder {
        let order = self.order();
        self.request(Method::POST, "/signatures").json(&order)
    }

    /// Orders with this text as it is for JSON.
    pub async fn orders_text(&self, order: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(Method::POST, "/signatures");
        let request = request.header(CONTENT_TYPE, "application/json").body(order);
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// How the job stands.
    pub async fn job(&self, id: &str) -> Value {
        let path = format!("/signatures/{id}");
        self.send(Method::GET, &path, None, None).await.json(200)
    }

    /// What is at a path below the job: status, media type and bytes.
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

    /// An order of one document that the customer signs here and now.
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
    /// Opens the redirect address as the page's script does, and answers `sign`, `reject` or `fail` as the person with this handle: the
    /// exit address at the app.
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

    /// The same all the way back: where the browser ends.
    pub async fn signs_and_returns(&self, redirect: &str, person: &str, answer: &str) -> String {
        let exit = self.signs(redirect, person, answer).await;
        self.comes_back(&exit).await
    }
}

impl Bench {
    /// What a timer does: fetches what Posten has to tell.
    pub async fn drains(&self) -> Answer {
        let request = self.drain_to_send();
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// The same, to be sent by another task.
    pub fn drain_to_send(&self) -> RequestBuilder {
        let secret = &self.sandbox.variables(&self.public_url)["maintenance_secret"];
        reqwest::Client::new()
            .post(format!("{}/signatures/drain", self.inside))
            .bearer_auth(secret)
    }

    /// Asks the sandbox's switchboard about Posten.
    pub async fn posten(&self, method: Method, path: &str) -> Value {
        let admin = &self.sandbox.addresses().admin;
        let request = reqwest::Client::new().request(method, format!("{admin}/posten{path}"));
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:#?}"))
    }

    /// The ids of all jobs that Posten has made.
    pub async fn jobs_at_posten(&self) -> Vec<i64> {
        let jobs = self.posten(Method::GET, "/jobs").await;
        let ids = jobs.as_array().expect("jobs").iter();
        ids.map(|job| job["id"].as_i64().expect("an id")).collect()
    }

    /// Has everybody sign the job.
    pub async fn everybody_signs(&self, job: i64) {
        self.posten(Method::POST, &format!("/jobs/{job}/sign"))
            .await;
    }
}
