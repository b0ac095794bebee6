//! `ConfigService`: the configuration is read anew, for whom the gate lets.

use tonic::{Request, Response, Status};

use crate::config::{Reload, Reloaded};

use super::recorded::caller;
use super::status::status;
use super::upload::blocking;
use super::v1;
use super::v1::config_service_server::ConfigService;

/// The service.
#[derive(Clone)]
pub struct Configuration {
    reload: Reload,
}

impl Configuration {
    /// Serves a way to read the configuration anew.
    pub fn new(reload: Reload) -> Self {
        Self { reload }
    }
}

#[tonic::async_trait]
impl ConfigService for Configuration {
    async fn reload_configuration(
        &self,
        request: Request<v1::ReloadConfigurationRequest>,
    ) -> Result<Response<v1::ReloadConfigurationResponse>, Status> {
        let (reload, caller) = (self.reload.clone(), caller(&request));
        let reloaded = blocking(move || reload(&caller).map_err(|error| status(&error))).await?;
        Ok(Response::new(to_wire(reloaded)))
    }
}

fn to_wire(reloaded: Reloaded) -> v1::ReloadConfigurationResponse {
    let digest = |digest: Option<[u8; 32]>| digest.map(Vec::from).unwrap_or_default();
    v1::ReloadConfigurationResponse {
        changed: reloaded.changes.live,
        needs_restart: reloaded.changes.needs_restart,
        file_digest_before: digest(reloaded.before),
        file_digest: digest(reloaded.after),
        policy_version: reloaded.policy_version.to_vec(),
    }
}
