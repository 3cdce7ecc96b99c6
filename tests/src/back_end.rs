//! Bank's back end, which orders signatures with a credential of its own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method};
use sandbox::population::FJORDBANKEN;
use serde_json::{Value, json};

use crate::credential::{BoundRequest, sign};
use crate::{AGREEMENT, Answer, Customer, TestBed};

impl TestBed {
    /// Sends a request of the back end's below `/signatures`, and returns the response.
    pub async fn back_end_opens(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Response {
        let text = body.map(Value::to_string).unwrap_or_default();
        let bound = BoundRequest {
            audience: "signature",
            consumer: FJORDBANKEN,
            method: method.as_str(),
            path,
            body: &text,
        };
        let back_end = self.sandbox.back_end();
        let credential = sign(back_end.subject, back_end.seed, &bound, self.app_now());
        let request = Client::new()
            .request(method, format!("{}{path}", self.inside))
            .bearer_auth(credential)
            .header(CONTENT_TYPE, "application/json")
            .body(text);
        request.send().await.expect("an answer")
    }

    /// Sends a request of the back end's below `/signatures`.
    pub async fn back_end_calls(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        Answer::read(self.back_end_opens(method, path, body).await).await
    }

    /// Sends `GET path` of the back end's, and returns the JSON.
    pub async fn back_end_gets(&self, path: &str) -> Value {
        self.back_end_calls(Method::GET, path, None).await.json(200)
    }

    /// Orders a job as the back end, which this customer signs at once, with `reference`.
    pub async fn back_end_orders(&self, customer: &Customer<'_>, reference: &str) -> Value {
        let mut order = customer.order();
        order["customer"] = json!(customer.subject());
        order["signers"] = json!([{ "number": customer.pid }]);
        order["reference"] = json!(reference);
        let path = "/signatures/orders";
        let ordered = self.back_end_calls(Method::POST, path, Some(&order)).await;
        ordered.json(201)
    }
}

/// Returns the documents of an order of the agreement, in base64.
pub fn agreement() -> Value {
    json!([{ "content": STANDARD.encode(AGREEMENT) }])
}
