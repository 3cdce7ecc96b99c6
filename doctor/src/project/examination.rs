//! Checks of all settings of a project.

use std::path::PathBuf;

use super::app::{CHECKED_VARIABLES, refused_settings};
use super::arguments::Arguments;
use super::context::{ProjectContext, ProjectOptions};
use super::{client_tls, clients, maskinporten_origin};
use crate::report::ProjectReport;

/// Checks every setting that names a certificate or a key.
///
/// # Errors
///
/// If the configuration or the file of authorities cannot be read.
pub(crate) async fn examine(
    arguments: &Arguments,
    manifest: PathBuf,
    options: &ProjectOptions<'_>,
) -> anyhow::Result<ProjectReport> {
    let configuration = arguments.configuration(manifest).await?;
    let project = ProjectContext::new(&configuration, options)?;
    let mut settings = client_tls::settings(&configuration, &project);
    settings.extend(clients::client_settings(&configuration));
    settings.extend(clients::seal_setting(&configuration, &project));
    settings.extend(clients::service_settings(&configuration, &project));
    settings.extend(maskinporten_origin::setting(&configuration, &project));
    let refused = refused_settings(&configuration, &settings);
    settings.extend(refused);
    let mut reports = Vec::new();
    for setting in settings {
        reports.push(setting.check(&project, options).await);
    }
    Ok(ProjectReport::new(
        reports,
        configuration.unset,
        &CHECKED_VARIABLES,
        options.language,
    ))
}
