//! Files of this machine: configurations, and the certificates they name.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::nginx_conf::Files;

/// Bytes of a file at most.
pub const MAX_FILE: usize = 64 << 20;
/// Names in a directory at most.
const MAX_NAMES: usize = 100_000;

/// The file system, from the working directory. Only regular files are opened: a pipe or a device would wait for ever.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        let path = OsStr::from_bytes(path);
        let length = match fs::metadata(path)? {
            file if file.is_file() => file.len(),
            file if file.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            _ => return Err(io::Error::other("no regular file")),
        };
        if usize::try_from(length).map_or(true, |length| length > MAX_FILE) {
            return Err(io::Error::other("larger than 64 MiB"));
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn list(&self, directory: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        let directory = match directory {
            [] => OsStr::new("."),
            _ => OsStr::from_bytes(directory),
        };
        let entries = fs::read_dir(directory)?.take(MAX_NAMES);
        entries
            .map(|entry| Ok(entry?.file_name().into_vec()))
            .collect()
    }
}
