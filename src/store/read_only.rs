//! Opening a data directory to read it, beside the daemon that writes it or
//! without one.
//!
//! What is opened is one moment: commits that follow are not seen. It is
//! verified as an ordinary open verifies it, and changes nothing: an import
//! that has not finished is looked past, not taken out, and the floor file is
//! left as it is. A daemon may replace files of the database while they are
//! being opened, so an attempt that fails is made again a few times.

use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::address::AddressKey;

use super::floor::Floor;
use super::open::{OpenError, refused};
use super::{Database, Store, schema};

/// How often a directory that a daemon may be writing is tried.
const ATTEMPTS_MAX: u32 = 5;

/// How long to wait between two attempts.
const PAUSE: Duration = Duration::from_millis(200);

impl Store {
    /// Opens a data directory for reading only, verifies the whole set, and
    /// shows every key of it on the way, from several threads.
    ///
    /// # Errors
    ///
    /// As [`Self::open`], except that a daemon may have it open.
    pub fn open_read_only(
        data_dir: &Path,
        visit: impl Fn(&AddressKey) + Sync,
    ) -> Result<Self, OpenError> {
        if !schema::database_path(data_dir).is_dir() {
            return Err(OpenError::Missing {
                path: data_dir.to_owned(),
            });
        }
        let mut attempt = 1;
        loop {
            match Self::open_once(data_dir, &visit) {
                // These may be the traces of a writer at work.
                Err(OpenError::Database { .. } | OpenError::Read(_)) if attempt < ATTEMPTS_MAX => {
                    attempt += 1;
                    thread::sleep(PAUSE);
                }
                other => return other,
            }
        }
    }

    fn open_once(
        data_dir: &Path,
        visit: &(impl Fn(&AddressKey) + Sync),
    ) -> Result<Self, OpenError> {
        let path = data_dir.to_owned();
        // Before the database, which may go on in between and never back.
        let floor = Floor::read(data_dir)?;
        let cache = schema::block_cache();
        let database = Database::open_cf_descriptors_read_only(
            &schema::database_options(false),
            schema::database_path(data_dir),
            schema::families(&cache),
            false,
        )
        .map_err(|source| refused(path.clone(), source))?;
        let (store, head) = Self::checked(path, database, cache, floor)?;
        store.verify(&head, visit)?;
        Ok(store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_database_is_missing_and_is_not_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("none");
        let refused = Store::open_read_only(&path, |_| {});
        assert!(matches!(refused, Err(OpenError::Missing { .. })));
        assert!(!path.exists());
    }

    #[test]
    fn it_opens_beside_its_writer_and_cannot_write() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data");
        let writer = Store::create(&path).expect("created");
        let reader = Store::open_read_only(&path, |_| {}).expect("opened");
        assert_eq!(reader.head_generation(), writer.head_generation());
        assert!(reader.database.put(b"key", b"value").is_err());
        drop(writer);
        Store::open_read_only(&path, |_| {}).expect("opened without a writer");
        Store::open(&path).expect("and it is left as it was");
    }
}
