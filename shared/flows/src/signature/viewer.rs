//! Callers who may see jobs.

use innsyn_core::party::OrganisationNumber;
use innsyn_core::secret::Secret;
use innsyn_runtime::caller::Customer;

use super::placement::{OrderedBy, Placement};
use super::record::Record;

/// Caller who may see jobs of a consumer: a customer their own, a back end all of them.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    pub(super) consumer: &'a OrganisationNumber,
    /// Login service's `sub` of a customer; `None` for a back end.
    customer: Option<&'a Secret<String>>,
}

impl<'a> Viewer<'a> {
    /// Returns a back end of `consumer`.
    pub(super) const fn back_end(consumer: &'a OrganisationNumber) -> Self {
        Self {
            consumer,
            customer: None,
        }
    }

    pub(super) fn may_see(&self, record: &Record) -> bool {
        self.customer.is_none_or(|customer| record.is_of(customer))
    }

    pub(super) const fn is_customer(&self) -> bool {
        self.customer.is_some()
    }
}

impl<'a> From<&'a Customer> for Viewer<'a> {
    fn from(customer: &'a Customer) -> Self {
        Self {
            consumer: &customer.consumer,
            customer: Some(&customer.subject),
        }
    }
}

impl<'a> From<&'a Placement<'_>> for Viewer<'a> {
    fn from(placement: &'a Placement<'_>) -> Self {
        let is_customer = placement.ordered_by == OrderedBy::Customer;
        Self {
            consumer: placement.consumer,
            customer: is_customer.then_some(placement.subject),
        }
    }
}
