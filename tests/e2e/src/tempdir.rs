//! Temporary directories that a worker running as another user can enter.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory below the system's temporary one, removed on drop. With `TLSDIAG_KEEP` set it stays.
#[derive(Debug)]
pub struct TempDir {
    path: PathBuf,
}

impl TempDir {
    /// Creates one; `label` shows in its name.
    pub fn new(label: &str) -> TempDir {
        TempDir::new_in(&std::env::temp_dir(), label)
    }

    /// Creates one in another place.
    pub fn new_in(place: &Path, label: &str) -> TempDir {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tlsdiag-{}-{count}-{label}", std::process::id());
        let path = place.join(name);
        // A process id may come round again after a run that was killed.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("cannot create a temporary directory");
        // nginx's worker drops privileges when the tests run as root.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("cannot chmod");
        TempDir { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file into it and returns its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        fs::write(&path, content).unwrap_or_else(|e| panic!("cannot write {path:?}: {e}"));
        path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        if std::env::var_os("TLSDIAG_KEEP").is_none() {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
