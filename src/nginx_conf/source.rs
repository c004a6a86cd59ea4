//! Where the bytes come from: the reader opens nothing itself.

use std::io;

/// Files by their names, absolute or relative to the working directory.
pub trait Files {
    /// The whole file. An error when there is none, or when it is too large to be one of nginx's.
    fn read(&self, path: &[u8]) -> io::Result<Vec<u8>>;

    /// The names in a directory, which may be given with a `/` at its end; the empty one is the
    /// working directory.
    fn list(&self, directory: &[u8]) -> io::Result<Vec<Vec<u8>>>;
}

/// The bytes without the mark that editors on Windows put before UTF-8. nginx takes it for a part of the
/// first directive and refuses that, so whoever sees it may still be writing.
pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The names in a directory, given the paths of all files there are.
pub(super) fn names_in<'p>(
    paths: impl Iterator<Item = &'p Vec<u8>>,
    directory: &[u8],
) -> Vec<Vec<u8>> {
    let directory = match directory {
        [] | [.., b'/'] => directory.to_vec(),
        _ => [directory, b"/"].concat(),
    };
    let name = |path: &Vec<u8>| {
        let rest = path.strip_prefix(directory.as_slice())?;
        rest.split(|byte| *byte == b'/').next().map(<[u8]>::to_vec)
    };
    let mut names: Vec<_> = paths.filter_map(name).collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Files of a test.
    #[derive(Debug, Default)]
    pub(crate) struct Memory(pub(crate) BTreeMap<Vec<u8>, Vec<u8>>);

    impl Memory {
        pub(crate) fn new(files: &[(&str, &str)]) -> Self {
            let pair =
                |(name, text): &(&str, &str)| (name.as_bytes().into(), text.as_bytes().into());
            Self(files.iter().map(pair).collect())
        }
    }

    impl Files for Memory {
        fn read(&self, path: &[u8]) -> io::Result<Vec<u8>> {
            let found = self.0.get(path).cloned();
            found.ok_or_else(|| io::ErrorKind::NotFound.into())
        }

        fn list(&self, directory: &[u8]) -> io::Result<Vec<Vec<u8>>> {
            Ok(names_in(self.0.keys(), directory))
        }
    }
}
