//! Stores that guests have opened.

use super::store::Backend;

/// Store that a guest has opened.
#[expect(
    unreachable_pub,
    reason = "the generated bindings re-export it, and this module is private"
)]
pub struct OpenStore(pub(super) Backend);
