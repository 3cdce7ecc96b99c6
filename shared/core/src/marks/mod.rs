//! Marks on outgoing calls, for the rate limiter of a service: the app's host, or `innsyn egress`.
//!
//! Both remove the marks before the call leaves. Other hosts do not, so only calls to the origins
//! in `budgeted_origins` are marked.

mod egress;

use std::sync::Arc;
use std::time::Duration;

use hmac_sha256::HMAC;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use crate::origin::Origin;
use crate::party::OrganisationNumber;
use crate::platform::{Platform, Request};
use crate::secret::Secret;

pub use egress::Egress;

use egress::lists;

const CLASS: HeaderName = HeaderName::from_static("innsyn-call-class");
const TENANT: HeaderName = HeaderName::from_static("innsyn-call-tenant");
const SERVICE: HeaderName = HeaderName::from_static("innsyn-call-service");
const CUSTOMER: HeaderName = HeaderName::from_static("innsyn-call-customer");
const WAIT: HeaderName = HeaderName::from_static("innsyn-call-wait");
const TIMEOUT: HeaderName = HeaderName::from_static("innsyn-call-timeout");

/// Header of the answer to a call that was not made, with the name of the exceeded budget.
pub const REFUSED: HeaderName = HeaderName::from_static("innsyn-call-refused");

/// Class of an outgoing call. Budgets reserve shares for classes by these names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// Call for a logged-in customer or back end.
    Customers,
    /// Order of a signature job by a customer.
    Orders,
    /// Call for a returning browser, without a login.
    Visits,
    /// Call of the timer that drains the queues of changes.
    Drain,
    /// Token request, whose result several customers may share.
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

    /// Returns the maximum wait for a budget.
    const fn patience(self) -> Duration {
        match self {
            // The package's seal must be less than five seconds old when it arrives.
            Self::Orders => Duration::from_secs(2),
            // The browser is redirected in any case, with the known status.
            Self::Visits => Duration::from_secs(3),
            Self::Customers | Self::Drain | Self::Tokens => Duration::MAX,
        }
    }
}

/// Settings for the additions to outgoing calls: the origins to mark, the key of the customers'
/// pseudonyms, and the credentials for `innsyn egress`.
#[derive(Clone, Debug)]
pub struct Marking {
    origins: Arc<[Origin]>,
    key: Arc<Secret<[u8; 32]>>,
    egress: Egress,
}

impl Marking {
    /// Creates settings that mark calls to `origins`. The key of pseudonyms is derived from
    /// `secret`, a key that the component has for another purpose.
    pub fn new(origins: &[Origin], secret: &[u8]) -> Self {
        let key = HMAC::mac(b"innsyn customers of calls v1", secret);
        Self {
            origins: origins.into(),
            key: Arc::new(Secret::new(key)),
            egress: Egress::default(),
        }
    }

    /// Adds the credentials of calls through `innsyn egress`.
    #[must_use]
    pub fn through(self, egress: Egress) -> Self {
        Self { egress, ..self }
    }

    /// Returns whether calls to `origin` are marked, because its budget is shared by all instances.
    pub fn covers(&self, origin: &Origin) -> bool {
        self.origins.contains(origin)
    }

    /// Returns the marks for calls of `class`.
    pub fn marks(&self, class: Class) -> Marks {
        Marks {
            marking: self.clone(),
            class,
            tenant: None,
            customer: None,
        }
    }
}

/// Marks of the calls of one request, carried in its [`Context`](crate::context::Context).
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
    #[must_use]
    pub fn for_tenant(self, tenant: &OrganisationNumber) -> Self {
        Self {
            tenant: Some(tenant.clone()),
            ..self
        }
    }

    /// Returns the pseudonym of the customer of `tenant` whose login has this subject.
    pub fn pseudonym(&self, tenant: &OrganisationNumber, subject: &str) -> String {
        let mut hash = HMAC::new(self.marking.key.expose());
        hash.update(tenant.as_str());
        hash.update(subject);
        let pseudonym: [u8; 32] = hash.finalize();
        let half = pseudonym.first_chunk().copied().map(u128::from_be_bytes);
        format!("{:032x}", half.unwrap_or_default())
    }

    /// Returns the marks of calls for the customer of `tenant` with this
    /// [pseudonym](Self::pseudonym).
    #[must_use]
    pub fn for_pseudonym(self, tenant: &OrganisationNumber, pseudonym: String) -> Self {
        Self {
            customer: Some(pseudonym),
            ..self.for_tenant(tenant)
        }
    }

    /// Returns whether a call to `address` is marked.
    pub fn cover(&self, address: &Uri) -> bool {
        lists(&self.marking.origins, address)
    }

    /// Adds the credential of a call through `innsyn egress`.
    pub fn authorise(&self, platform: &impl Platform, request: &mut Request) {
        self.marking.egress.authorise(platform, request);
    }

    /// Returns the maximum wait for the budget, for a call that may take `timeout` once it is made,
    /// with the time `left` until the deadline.
    pub fn wait(&self, timeout: Duration, left: Duration) -> Duration {
        let half = left.checked_div(2).unwrap_or_default();
        let wait = left.saturating_sub(timeout).max(half);
        wait.min(self.class.patience())
    }

    /// Adds the marks of a call to `service`.
    pub fn write(
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
        let written = |key: &[u8], tenant: &OrganisationNumber, who: &str| {
            let marks = marking(key).marks(Class::Orders);
            let pseudonym = marks.pseudonym(tenant, who);
            let marks = marks.for_pseudonym(tenant, pseudonym);
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
        let pseudonym = written(b"key", &one, "02829090123");
        assert_eq!(pseudonym.len(), 32);
        assert_eq!(pseudonym, written(b"key", &one, "02829090123"));
        for different in [
            written(b"other", &one, "02829090123"),
            written(b"key", &other, "02829090123"),
            written(b"key", &one, "02829090124"),
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
