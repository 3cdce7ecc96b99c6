//! Credentials for calls through `innsyn egress`, which authenticates its callers.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Uri};

use crate::credential::{self, BoundRequest, EGRESS, EGRESS_HEADER, Signer, SigningKey};
use crate::origin::Origin;
use crate::platform::{Platform, Request};

/// Header of the credential. It is sent only to the proxy.
const HEADER: HeaderName = HeaderName::from_static(EGRESS_HEADER);

/// Settings for calls through the proxy: its origins, and the identity of the caller.
#[derive(Clone, Debug, Default)]
pub struct Egress(Option<Arc<Proxies>>);

#[derive(Debug)]
struct Proxies {
    origins: Vec<Origin>,
    signer: Signer,
}

impl Egress {
    /// Creates the settings of the component `component`, whose calls to `origins` carry a
    /// credential signed with `key`.
    pub fn new(origins: Vec<Origin>, component: &str, key: SigningKey) -> Self {
        Self(Some(Arc::new(Proxies {
            origins,
            signer: Signer::new(component, key),
        })))
    }

    /// Adds the credential if the request goes to the proxy.
    pub(super) fn authorise(&self, platform: &impl Platform, request: &mut Request) {
        let proxies = self.0.as_ref();
        let Some(proxies) = proxies.filter(|proxies| lists(&proxies.origins, request.uri())) else {
            return;
        };
        let path = request.uri().path_and_query();
        let path = path.map_or("/", |path| path.as_str());
        let method = request.method().as_str();
        let bound = BoundRequest::new(EGRESS, method, path, request.body());
        // Without a credential, the proxy refuses the call and reports it.
        let credential = credential::sign(platform, &proxies.signer, &bound).ok();
        let value = credential.and_then(|credential| {
            HeaderValue::try_from(format!("Bearer {}", credential.expose())).ok()
        });
        if let Some(mut value) = value {
            value.set_sensitive(true);
            request.headers_mut().insert(HEADER, value);
        }
    }
}

/// Returns whether the origin of `address` is among `origins`.
pub(super) fn lists(origins: &[Origin], address: &Uri) -> bool {
    let (Some(scheme), Some(authority)) = (address.scheme_str(), address.authority()) else {
        return false;
    };
    origins.iter().any(|origin| {
        let origin = origin.as_str().strip_prefix(scheme);
        let host = origin.and_then(|origin| origin.strip_prefix("://"));
        host == Some(authority.as_str())
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Method;

    use super::*;
    use crate::credential::{Verifier, VerifyingKey};
    use crate::fixtures::component_key;
    use crate::platform::memory::Memory;

    fn egress() -> Egress {
        let origin = Origin::parse("https://egress.example:7165").expect("an origin");
        Egress::new(vec![origin], "signature", component_key())
    }

    fn authorised(egress: &Egress, address: &str) -> Request {
        let mut request = Request::new(Bytes::from_static(b"body"));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = address.parse().expect("a URI");
        egress.authorise(&Memory::new(), &mut request);
        request
    }

    #[test]
    fn a_call_through_the_proxy_is_signed_with_its_query_and_body() {
        let request = authorised(&egress(), "https://egress.example:7165/posten/api/1?a=b");
        let value = request.headers()["innsyn-proxy-authorization"].clone();
        assert!(value.is_sensitive());
        let token = value.to_str().expect("text");
        let token = token.strip_prefix("Bearer ").expect("a scheme");
        let keys: [VerifyingKey; 1] = [component_key().verifying_key()];
        let now = Memory::new().now();
        let verify =
            |path| Verifier::new(EGRESS).verify(token, "signature", &keys, "POST", path, now);
        let credential = verify("/posten/api/1?a=b").expect("good");
        assert_eq!(credential.check_body(b"body"), Ok(()));
        assert_eq!(credential.consumer(), None);
        assert!(verify("/posten/api/1").is_err());
    }

    #[test]
    fn no_call_elsewhere_carries_a_credential() {
        for (egress, address) in [
            (egress(), "https://egress.example/posten"),
            (egress(), "http://egress.example:7165/posten"),
            (egress(), "https://api.signering.posten.no/api"),
            (Egress::default(), "https://egress.example:7165/posten"),
        ] {
            assert!(
                authorised(&egress, address).headers().is_empty(),
                "{address}"
            );
        }
    }
}
