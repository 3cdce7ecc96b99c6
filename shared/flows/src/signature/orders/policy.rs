//! Policy of orders: who may order, and the minimum level and type of signatures.

use innsyn_core::problem::Problem;
use innsyn_protocols::posten::job::{AuthenticationLevel, SignatureType, Signer};
use innsyn_runtime::config::{Resolver, Setting};
use innsyn_runtime::settings;

use crate::signature::order_request::invalid;

settings! {
    /// Settings of the policy.
    pub(in crate::signature) POLICY {
        SIGNATURE_ORDERS = Setting::with_default("signature_orders", "back-end");
        SIGNATURE_MINIMUM_LEVEL = Setting::with_default("signature_minimum_level", "4");
        SIGNATURE_MINIMUM_KIND = Setting::with_default("signature_minimum_kind", "advanced");
    }
}

/// Orders that customers' apps may place. Back ends may place any.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CustomerOrders {
    /// None: the back end orders.
    Refused,
    /// Orders from templates that the back end has registered.
    Templates,
    /// Any order.
    Free,
}

/// Policy of orders.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OrderPolicy {
    /// Orders that customers' apps may place.
    pub customers: CustomerOrders,
    /// Minimum authentication level of signers.
    pub minimum_level: AuthenticationLevel,
    /// Minimum type of signatures.
    pub minimum_kind: SignatureType,
}

impl OrderPolicy {
    /// Reads `signature_orders`, `signature_minimum_level` and `signature_minimum_kind`.
    pub(in crate::signature) fn resolve(resolver: &mut Resolver<'_>) -> Option<Self> {
        let customers = resolver.parsed(
            SIGNATURE_ORDERS.name,
            "is unknown",
            "set it to back-end, templates or free",
            |text| match text {
                "back-end" => Some(CustomerOrders::Refused),
                "templates" => Some(CustomerOrders::Templates),
                "free" => Some(CustomerOrders::Free),
                _ => None,
            },
        );
        let minimum_level = resolver.parsed(
            SIGNATURE_MINIMUM_LEVEL.name,
            "is no level",
            "set it to 3 or 4",
            |text| match text {
                "3" => Some(AuthenticationLevel::Three),
                "4" => Some(AuthenticationLevel::Four),
                _ => None,
            },
        );
        let minimum_kind = resolver.parsed(
            SIGNATURE_MINIMUM_KIND.name,
            "is no type of signature",
            "set it to advanced or authenticated",
            |text| match text {
                "advanced" => Some(SignatureType::Advanced),
                "authenticated" => Some(SignatureType::Authenticated),
                _ => None,
            },
        );
        Some(Self {
            customers: customers?,
            minimum_level: minimum_level?,
            minimum_kind: minimum_kind?,
        })
    }

    /// Sets the level and the types that an order leaves open to the minimum, and refuses those
    /// below it.
    ///
    /// # Errors
    ///
    /// `Kind::RequestInvalid` with the field that is below the minimum.
    pub(in crate::signature) fn apply(
        self,
        level: &mut Option<AuthenticationLevel>,
        signers: &mut [Signer],
    ) -> Result<(), Problem> {
        let level = *level.get_or_insert(self.minimum_level);
        if level == AuthenticationLevel::Three && self.minimum_level != level {
            return Err(invalid("authentication must be 4, the minimum here"));
        }
        for (place, signer) in signers.iter_mut().enumerate() {
            let kind = *signer.signature_type.get_or_insert(self.minimum_kind);
            if kind == SignatureType::Authenticated && self.minimum_kind != kind {
                return Err(invalid(&format!(
                    "signers[{place}].signature_type must be advanced, the minimum here"
                )));
            }
        }
        Ok(())
    }
}
