//! Marks on outgoing calls, for whoever keeps the budgets of a service: our host, or `innsyn egress`.
//!
//! Both remove the marks before the call leaves. Other hosts do not, so calls are marked only to the origins that
//! `budgeted_origins` lists.

use std::sync::Arc;
use std::time::Duration;

use hmac_sha256::HMAC;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use crate::config::Origin;
use crate::party::OrganisationNumber;
use crate::secret::Secret;

const CLASS: HeaderName = HeaderName::from_static("innsyn-call-class");
const TENANT: HeaderName = HeaderName::from_static("innsyn-call-tenant");
const SERVICE: HeaderName = HeaderName::from_static("innsyn-call-service");
const CUSTOMER: HeaderName = HeaderName::from_static("innsyn-call-customer");
const WAIT: HeaderName = HeaderName::from_static("innsyn-call-wait");
const TIMEOUT: HeaderName = HeaderName::from_static("innsyn-call-timeout");

/// Answer header with the name of the budget that the call was over: it was not made.
pub(super) const REFUSED: HeaderName = HeaderName::from_static("innsyn-call-refused");

/// Class of an outgoing call. Budgets reserve shares for classes by these names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// For a customer, or a back end, that is logged in.
    Customers,
    /// A customer's order of a signature job.
    Orders,
    /// For a browser that comes back, without a login.
    Visits,
    /// For the timer that drains the queues of changes.
    Drain,
    /// For tokens, which several customers may share.
    Tokens,
}

impl Class {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Orders => "orders",
            Self::Visits => "visits",
            Self::Drain => "drain",
            Self::Tokens => "tokens",
        }
    }

    /// Longest wait for a budget.
    const fn patience(self) -> Duration {
        match self {
            // The package's seal must not be five seconds old when it arrives.
            Self::Orders => Duration::from_secs(2),
            // The browser is sent on in any case, with the status that is known.
            Self::Visits => Duration::from_secs(3),
            Self::Customers | Self::Drain | Self::Tokens => Duration::MAX,
        }
    }
}

/// Settings for marks: where calls are marked, and the key of the customers' pseudonyms.
#[derive(Clone, Debug)]
pub struct Marking {
    origins: Arc<[Origin]>,
    key: Arc<Secret<[u8; 32]>>,
}

impl Marking {
    /// Marks calls to `origins`. The key of pseudonyms is derived from `secret`, a key that the component has for another purpose.
    pub fn new(origins: &[Origin], secret: &[u8]) -> Self {
        let key = HMAC::mac(b"innsyn customers of calls v1", secret);
        Self {
            origins: origins.into(),
            key: Arc::new(Secret::new(key)),
        }
    }

    /// Returns whether calls to `origin` are marked, because its budget is kept for all instances.
    pub fn covers(&self, origin: &Origin) -> bool {
        self.origins.contains(origin)
    }

    /// Marks for calls of `class`.
    pub fn marks(&self, class: Class) -> Marks {
        Marks {
            marking: self.clone(),
            class,
            tenant: None,
            customer: None,
        }
    }
}

/// Marks of the calls of one request, which its [`Context`](crate::context::Context) carries.
#[derive(Clone, Debug)]
pub struct Marks {
    marking: Marking,
    class: Class,
    tenant: Option<OrganisationNumber>,
    /// Pseudonym of the customer.
    customer: Option<String>,
}

impl Marks {
    /// Returns the marks of calls for `tenant`.
    pub(crate) fn for_tenant(self, tenant: &OrganisationNumber) -> Self {
        Self {
            tenant: Some(tenant.clone()),
            ..self
        }
    }

    /// Returns the marks of calls for the customer of `tenant` whose login has this subject.
    pub(crate) fn for_customer(self, tenant: &OrganisationNumber, subject: &str) -> Self {
        let mut hash = HMAC::new(self.marking.key.expose());
        hash.update(tenant.as_str());
        hash.update(subject);
        let pseudonym: [u8; 32] = hash.finalize();
        let pseudonym = pseudonym.iter().take(16);
        let pseudonym = pseudonym.fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        Self {
            customer: Some(pseudonym),
            ..self.for_tenant(tenant)
        }
    }

    /// Returns whether a call to `address` is marked.
    pub(super) fn cover(&self, address: &Uri) -> bool {
        let (Some(scheme), Some(authority)) = (address.scheme_str(), address.authority()) else {
            return false;
        };
        self.marking.origins.iter().any(|origin| {
            let origin = origin.as_str().strip_prefix(scheme);
            let host = origin.and_then(|origin| origin.strip_prefix("://"));
            host == Some(authority.as_str())
        })
    }

    /// Longest wait for the budget, of a call that may take `timeout` once it is made, when so much time is `left`.
    pub(super) fn wait(&self, timeout: Duration, left: Duration) -> Duration {
        let half = left.checked_div(2).unwrap_or_default();
        let wait = left.saturating_sub(timeout).max(half);
        wait.min(self.class.patience())
    }

    /// Adds the marks of a call to `service`.
    pub(super) fn write(
        &self,
        headers: &mut HeaderMap,
        service: &'static str,
        wait: Duration,
        timeout: Duration,
    ) {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        headers.insert(CLASS, HeaderValue::from_static(self.class.as_str()));
        headers.insert(WAIT, milliseconds(wait).into());
        headers.insert(TIMEOUT, milliseconds(timeout).into());
        let texts = [
            (TENANT, self.tenant.as_ref().map(OrganisationNumber::as_str)),
            (SERVICE, Some(service)),
            (CUSTOMER, self.customer.as_deref()),
        ];
        for (name, text) in texts {
            let value = text.and_then(|text| HeaderValue::from_str(text).ok());
            if let Some(value) = value {
                headers.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::consumer;

    fn marking(secret: &[u8]) -> Marking {
        let origins = ["https://posten.example", "http://localhost:7165"];
        let origins = origins.map(|origin| Origin::parse(origin).expect("an origin"));
        Marking::new(&origins, secret)
    }

    #[test]
    fn calls_are_marked_only_where_budgets_are_kept() {
        let marks = marking(b"key").marks(Class::Drain);
        for (address, covered) in [
            ("https://posten.example/api/1?x=y", true),
            ("http://localhost:7165/posten/api", true),
            ("http://posten.example/api", false),
            ("https://posten.example:8443/api", false),
            ("https://posten.example.evil.example/", false),
            ("http://localhost/posten", false),
            ("/posten", false),
        ] {
            assert_eq!(
                marks.cover(&address.parse().expect("a URI")),
                covered,
                "{address}"
            );
        }
    }

    #[test]
    fn a_pseudonym_says_nothing_and_differs_by_customer_tenant_and_key() {
        let (one, other) = (
            consumer(crate::fixtures::CONSUMER),
            consumer(crate::fixtures::SECOND_CONSUMER),
        );
        let of = |key: &[u8], tenant: &OrganisationNumber, who: &str| {
            let marks = marking(key).marks(Class::Orders).for_customer(tenant, who);
            let mut headers = HeaderMap::new();
            marks.write(
                &mut headers,
                "posten",
                Duration::from_secs(2),
                Duration::from_secs(30),
            );
            assert_eq!(headers["innsyn-call-class"], "orders");
            assert_eq!(headers["innsyn-call-tenant"], tenant.as_str());
            assert_eq!(headers["innsyn-call-service"], "posten");
            assert_eq!(headers["innsyn-call-wait"], "2000");
            assert_eq!(headers["innsyn-call-timeout"], "30000");
            headers["innsyn-call-customer"]
                .to_str()
                .expect("text")
                .to_owned()
        };
        let pseudonym = of(b"key", &one, "02829090123");
        assert_eq!(pseudonym.len(), 32);
        assert_eq!(pseudonym, of(b"key", &one, "02829090123"));
        for different in [
            of(b"other", &one, "02829090123"),
            of(b"key", &other, "02829090123"),
            of(b"key", &one, "02829090124"),
        ] {
            assert_ne!(pseudonym, different);
        }
    }

    #[test]
    fn a_call_may_wait_as_long_as_there_is_time_to_make_it() {
        let seconds = Duration::from_secs;
        let customers = marking(b"key").marks(Class::Customers);
        assert_eq!(customers.wait(seconds(10), seconds(25)), seconds(15));
        assert_eq!(customers.wait(seconds(10), seconds(8)), seconds(4));
        let orders = marking(b"key").marks(Class::Orders);
        assert_eq!(orders.wait(seconds(30), seconds(60)), seconds(2));
    }
}
