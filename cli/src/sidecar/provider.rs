//! Identity providers, and the reading of requests that name one.

use std::fmt;

use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::{Form, Json};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer::Refused;

/// Identity providers that texas knows. The sidecar serves Maskinporten alone.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum IdentityProvider {
    #[serde(rename = "entra_id", alias = "azuread")]
    EntraId,
    TokenX,
    Maskinporten,
    IdPorten,
    Ansattporten,
}

impl IdentityProvider {
    /// Checks that the provider is Maskinporten.
    ///
    /// # Errors
    /// Fails with the text for the caller.
    pub(super) fn expect_maskinporten(self) -> Result<(), String> {
        match self {
            Self::Maskinporten => Ok(()),
            other => Err(format!(
                "identity provider '{other}' is not enabled here: only 'maskinporten' is"
            )),
        }
    }
}

impl fmt::Display for IdentityProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::EntraId => "entra_id",
            Self::TokenX => "tokenx",
            Self::Maskinporten => "maskinporten",
            Self::IdPorten => "idporten",
            Self::Ansattporten => "ansattporten",
        })
    }
}

/// Reads a body of JSON or a form. Members that `T` does not have are ignored, as texas does.
///
/// # Errors
/// [`Refused`] with status 400, for another media type too.
pub(super) async fn read<T: DeserializeOwned + 'static>(request: Request) -> Result<T, Refused> {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let media_type = content_type.unwrap_or_default().split(';').next();
    match media_type.unwrap_or_default().trim() {
        "application/json" => Json::<T>::from_request(request, &())
            .await
            .map(|Json(read)| read)
            .map_err(|rejection| Refused::invalid(rejection.body_text())),
        "application/x-www-form-urlencoded" => Form::<T>::from_request(request, &())
            .await
            .map(|Form(read)| read)
            .map_err(|rejection| Refused::invalid(rejection.body_text())),
        other => Err(Refused::invalid(format!(
            "unsupported media type '{other}': send application/json or application/x-www-form-urlencoded"
        ))),
    }
}
