//! Key by which a vendor knows a system user, or a request for one.

use crate::interfaces::SystemUser;

/// System, customer and reference of a system user.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::altinn) struct UserKey<'a> {
    pub(in crate::altinn) system: &'a str,
    /// Organisation number of the customer.
    pub(in crate::altinn) owner: &'a str,
    pub(in crate::altinn) external_ref: &'a str,
}

impl<'a> From<&'a SystemUser> for UserKey<'a> {
    fn from(user: &'a SystemUser) -> Self {
        Self {
            system: &user.system_id,
            owner: &user.owner_org,
            external_ref: &user.external_ref,
        }
    }
}
