//! Key listing of a store.

use futures::{StreamExt as _, TryStreamExt as _};

use super::{Outcome, TestEnvironment, same};
use crate::platform::{Platform, StoreError};

pub(super) async fn all<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    for key in ["one", "two"] {
        same(platform.set(env.store, key, b"x").await, Ok(()))?;
    }
    same(
        listed(platform, env.store).await,
        Ok(vec!["one".to_owned(), "two".to_owned()]),
    )?;
    for key in ["one", "two"] {
        same(platform.delete(env.store, key).await, Ok(()))?;
    }
    same(listed(platform, env.store).await, Ok(Vec::new()))
}

/// Checks that a listing of many keys may be dropped after its first page.
pub(super) async fn some<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    const MANY: usize = 2_500;
    let names: Vec<String> = (0..MANY).map(|number| format!("key-{number:04}")).collect();
    for name in &names {
        same(platform.set(env.store, name, b"x").await, Ok(()))?;
    }
    let mut pages = platform
        .keys(env.store)
        .await
        .map_err(|error| error.to_string())?;
    match pages.next().await {
        Some(Ok(page)) if !page.is_empty() && page.len() < MANY => {}
        other => return Err(format!("{other:?}")),
    }
    drop(pages);
    same(listed(platform, env.store).await, Ok(names.clone()))?;
    for name in &names {
        same(platform.delete(env.store, name).await, Ok(()))?;
    }
    Ok(())
}

async fn listed<P: Platform>(platform: &P, store: &str) -> Result<Vec<String>, StoreError> {
    let pages: Vec<Vec<String>> = platform.keys(store).await?.try_collect().await?;
    let mut keys = pages.concat();
    keys.sort_unstable();
    Ok(keys)
}
