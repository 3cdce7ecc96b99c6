//! Which Altinn a journey goes to. What differs between the two, as the bank and its customers see it, is told here and nowhere else.

use std::collections::BTreeMap;

use sandbox::Sandbox;
use sandbox::altinn::register;
use sandbox::world::Counterparty;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

/// Which Altinn keeps the consents.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Generation {
    /// That of before June 2026, which the texts that the product began with describe.
    Two,
    /// Today's.
    #[default]
    Three,
}

impl Generation {
    /// The table that journeys run over.
    pub const BOTH: [Self; 2] = [Self::Three, Self::Two];

    /// Whom its interface is asked as.
    pub fn counterparty(self) -> Counterparty {
        match self {
            Self::Two => Counterparty::Altinn2,
            Self::Three => Counterparty::Altinn,
        }
    }

    /// Where its page is.
    pub fn page(self, sandbox: &Sandbox) -> &str {
        match self {
            Self::Two => &sandbox.addresses().altinn2_page,
            Self::Three => &sandbox.addresses().altinn_page,
        }
    }

    pub(crate) fn variables(self, sandbox: &Sandbox, app: &str) -> BTreeMap<String, String> {
        match self {
            Self::Two => sandbox.variables_of_altinn2(app),
            Self::Three => sandbox.variables(app),
        }
    }

    /// What the bank sends to have the consent of `party` asked for. Altinn 2 compares the party's name.
    pub(crate) fn question(self, party: &str, return_address: &str) -> Value {
        let mut question = json!({ "party": party, "return_address": return_address });
        if self == Self::Two {
            question["party_name"] = json!(registered_name(party));
        }
        question
    }

    /// The ids of all requests that were made.
    pub fn requests(self, sandbox: &Sandbox) -> Vec<Uuid> {
        match self {
            Self::Two => sandbox.world().altinn2.codes(),
            Self::Three => sandbox.world().altinn.ids(),
        }
    }

    pub(crate) fn callback(self, sandbox: &Sandbox, id: Uuid) -> Option<String> {
        match self {
            Self::Two => sandbox.world().altinn2.redirect_address(id),
            Self::Three => sandbox.world().altinn.redirect_address(id),
        }
    }

    /// What the way back says after `address`, the page's, is approved there.
    pub fn success(self, address: &str) -> String {
        match self {
            Self::Two => format!("AuthorizationCode={}&Status=OK", id_in(address)),
            Self::Three => "Status=OK".to_owned(),
        }
    }

    /// What it says after a refusal.
    pub fn failure(self, address: &str) -> String {
        match self {
            Self::Two => format!(
                "Status=Failed&ErrorMessage=User%2520did%2520not%2520give%2520consent&FailedAuthorizationCode={}",
                id_in(address)
            ),
            Self::Three => "Status=Failed&ErrorMessage=User+did+not+give+consent".to_owned(),
        }
    }

    /// The page for log-in, and the one for taking back what was consented to under `id`.
    pub(crate) fn withdrawal(self, sandbox: &Sandbox, id: Uuid) -> (String, String) {
        let page = self.page(sandbox);
        match self {
            Self::Two => (
                format!("{page}/ui/login"),
                format!("{page}/ui/profile/consents/{id}/withdraw"),
            ),
            Self::Three => (
                format!("{page}/accessmanagement/ui/login"),
                format!("{page}/accessmanagement/ui/consents/{id}/revoke"),
            ),
        }
    }
}

/// The request that the page at `address` asks about.
pub(crate) fn id_in(address: &str) -> Uuid {
    let url = Url::parse(address).expect("an address");
    let (_, id) = url
        .query_pairs()
        .find(|(name, _)| name == "id")
        .expect("an id");
    Uuid::parse_str(&id).expect("a uuid")
}

/// A person's surname, or an organisation's name.
fn registered_name(party: &str) -> &'static str {
    let surname =
        |person: &'static register::Person| person.name.rsplit(' ').next().expect("a name");
    let person = register::person(party).map(surname);
    let organisation = || register::organisation(party).map(|organisation| organisation.name);
    person.or_else(organisation).expect("somebody at Altinn")
}
