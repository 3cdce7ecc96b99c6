//! Idempotency keys of actions that may be repeated: their results are not stored.

use innsyn_core::context::Context;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_core::secret::Secret;
use innsyn_runtime::idempotency::{self, Entry, Fingerprint, Key};
use innsyn_runtime::inbound::RoutedRequest;

use super::Signatures;

/// Caller to whom an idempotency key belongs.
#[derive(Clone, Copy)]
pub(super) struct KeyOwner<'a> {
    pub(super) consumer: &'a OrganisationNumber,
    pub(super) subject: &'a Secret<String>,
}

impl Signatures {
    /// Carries out an action under the key of its request, if it has one: the key cannot be used for
    /// another path or `body`, and one request at a time has it. A repeat carries the action out
    /// again.
    ///
    /// # Errors
    ///
    /// The problems of the key and of the action.
    pub(super) async fn once<P: Platform, T>(
        &self,
        context: &Context<'_, P>,
        owner: KeyOwner<'_>,
        request: &RoutedRequest,
        body: &[u8],
        action: impl AsyncFnOnce() -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let Some(key) = Key::read(request.header(idempotency::HEADER)?)? else {
            return action().await;
        };
        let route = request.route;
        let entry = Entry::new(&self.store, owner.consumer, owner.subject, route, &key);
        let fingerprint = Fingerprint::from_parts(&[request.target().as_bytes(), body]);
        let running = entry.begin(context, &fingerprint).await?;
        let done = action().await;
        running.end(context, done.is_ok()).await;
        done
    }
}
