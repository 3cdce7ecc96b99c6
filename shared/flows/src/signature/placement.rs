//! Placement of an order: the party that places it, the customer whose job it becomes, and the names
//! that the bank gives it.

use std::fmt;

use serde::{Deserialize, Serialize};

use innsyn_core::party::OrganisationNumber;
use innsyn_core::reference::Reference;
use innsyn_core::secret::Secret;
use innsyn_runtime::caller::Customer;

/// Route of customers' orders, as part of idempotency keys.
const CUSTOMERS_ROUTE: &str = "POST /signatures";

/// Party that placed an order.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OrderedBy {
    /// Customer whose job it is.
    #[default]
    Customer,
    /// Back end with this name.
    BackEnd(String),
}

/// Name and version of a template.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateId {
    pub(super) name: Reference,
    pub(super) version: Reference,
}

impl fmt::Display for TemplateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name.as_str(), self.version.as_str())
    }
}

/// Placement of an order, apart from the job itself.
pub(super) struct Placement<'a> {
    pub(super) consumer: &'a OrganisationNumber,
    /// Login service's `sub` of the customer whose job it becomes.
    pub(super) subject: &'a Secret<String>,
    pub(super) ordered_by: OrderedBy,
    pub(super) reference: Option<Reference>,
    pub(super) template: Option<TemplateId>,
    /// Caller to whom an idempotency key belongs.
    pub(super) key_owner: &'a Secret<String>,
    /// Route to which an idempotency key belongs.
    pub(super) route: &'static str,
    /// True if the sealed package is returned with the answer.
    pub(super) return_package: bool,
}

impl<'a> Placement<'a> {
    /// Returns the placement of a customer's own order.
    pub(super) const fn by_customer(customer: &'a Customer, template: Option<TemplateId>) -> Self {
        Self {
            consumer: &customer.consumer,
            subject: &customer.subject,
            ordered_by: OrderedBy::Customer,
            reference: None,
            template,
            key_owner: &customer.subject,
            route: CUSTOMERS_ROUTE,
            return_package: false,
        }
    }
}
