//! Variable `token_services` with another entry for the back end.

use serde_json::Value;

use crate::TestBed;

impl TestBed {
    /// Returns the sandbox's `token_services`, name and value, with the back end's entry changed.
    pub fn services_with_back_end(&self, change: impl FnOnce(&mut Value)) -> (String, String) {
        const NAME: &str = "token_services";
        let variables = self.sandbox.variables(&self.public_url);
        let mut services: Value = serde_json::from_str(&variables[NAME]).expect("JSON");
        let subject = self.sandbox.back_end().subject;
        let mut all = services.as_array_mut().expect("a list").iter_mut();
        let back_end = all.find(|service| service["subject"] == subject);
        change(back_end.expect("a back end"));
        (NAME.to_owned(), services.to_string())
    }
}
