//! `BackupService`: a backup, on the daemon's own disk.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use crate::backup;
use crate::store::Store;

use super::convert;
use super::status::status;
use super::upload::blocking;
use super::v1;
use super::v1::backup_service_server::BackupService;

/// The service.
#[derive(Clone)]
pub struct Backups {
    store: Arc<Store>,
    /// Where backups are made. No caller names a path.
    into: Arc<PathBuf>,
    /// One at a time reads the whole set from the disk.
    one: Arc<Semaphore>,
}

impl Backups {
    /// Serves a store, and makes its backups in a folder.
    pub fn new(store: Arc<Store>, into: PathBuf) -> Self {
        Self {
            store,
            into: Arc::new(into),
            one: Arc::new(Semaphore::new(1)),
        }
    }
}

#[tonic::async_trait]
impl BackupService for Backups {
    async fn create_backup(
        &self,
        request: Request<v1::CreateBackupRequest>,
    ) -> Result<Response<v1::CreateBackupResponse>, Status> {
        let permit = self.one.clone().try_acquire_owned().map_err(|_| {
            Status::resource_exhausted("another backup is being made: try again when it has ended")
        })?;
        let name = request.into_inner().name;
        let (store, into) = (self.store.clone(), self.into.clone());
        let (path, manifest) = blocking(move || {
            let _permit = permit;
            let name = (!name.is_empty()).then_some(name.as_str());
            backup::create(&store, &into, name).map_err(|error| status(&error))
        })
        .await?;
        Ok(Response::new(v1::CreateBackupResponse {
            path: path.to_string_lossy().into_owned(),
            created_at: convert::instant(manifest.created_at),
            generation: manifest.generation,
            generation_digest: const_hex::decode(&manifest.generation_digest).unwrap_or_default(),
            entries: manifest.entries,
            files: manifest.files.len() as u64,
            bytes: manifest.bytes(),
        }))
    }
}
