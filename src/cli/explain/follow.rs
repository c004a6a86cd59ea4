//! `--follow`: logs that grow, are rotated and are cut short.
//!
//! A file is known by device and inode, and is replaced when another one has its name. nginx writes into the
//! old file until it opens its logs again (USR1), so the old one is read for a while longer.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use tlsdiag::error_log::Reader;

use super::lines::Lines;
use super::{cannot_open, short, Format, Says};
use crate::cli::output::{about, Output};

/// Between two looks at the files.
const PAUSE: Duration = Duration::from_millis(250);
/// How many looks a rotated file is still read for.
const LOOKS_AFTER_ROTATION: u32 = 40;

/// Runs until it is stopped, or until standard input ends.
pub(super) fn run(
    files: &[&OsString],
    says: &Says<'_>,
    output: &mut Output,
) -> io::Result<ExitCode> {
    let mut said = Said {
        reader: Reader::new(),
        counts: HashMap::new(),
        says,
    };
    if let [only] = files {
        if only.to_str() == Some("-") {
            return standard_input(&mut said, output);
        }
    }
    let mut logs = files
        .iter()
        .map(|file| Log::open(file))
        .collect::<io::Result<Vec<_>>>()?;
    loop {
        let mut grown = false;
        for log in &mut logs {
            grown |= log.read(&mut said.reader)?;
        }
        if !grown {
            said.reader.flush();
        }
        said.changes(output)?;
        sleep(PAUSE);
    }
}

/// A pipe: what has arrived is said before it waits for more.
fn standard_input(said: &mut Said<'_>, output: &mut Output) -> io::Result<ExitCode> {
    let mut input = io::stdin().lock();
    let mut lines = Lines::new();
    while lines.read_once(&mut input, &mut |line| said.reader.line(line))? {
        said.reader.flush();
        said.changes(output)?;
    }
    lines.finish(&mut |line| said.reader.line(line));
    said.reader.flush();
    said.changes(output)?;
    Ok(match said.reader.seen.failures {
        0 => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    })
}

/// What was read, and what of it was said.
struct Said<'s> {
    reader: Reader,
    /// The count that was said of each group.
    counts: HashMap<usize, u64>,
    says: &'s Says<'s>,
}

impl Said<'_> {
    /// Says the groups that have grown: a new one as ever, a known one to people in a line.
    fn changes(&mut self, output: &mut Output) -> io::Result<()> {
        for (number, group) in self.reader.groups() {
            match self.counts.insert(number, group.count) {
                Some(count) if count == group.count => {}
                Some(_) if self.says.format == Format::Human => {
                    short::write(output, group, &self.says.explanation(group))?;
                }
                _ => self.says.write(output, group)?,
            }
        }
        output.flush()
    }
}

/// A log by its name.
struct Log {
    name: OsString,
    now: Opened,
    /// The one that had the name before, and for how many looks it is still read.
    before: Option<(Opened, u32)>,
}

struct Opened {
    file: File,
    lines: Lines,
    /// Device and inode.
    identity: (u64, u64),
}

impl Opened {
    fn new(name: &OsStr) -> io::Result<Self> {
        let file = File::open(name)?;
        let is = file.metadata()?;
        if is.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Self {
            file,
            lines: Lines::new(),
            identity: (is.dev(), is.ino()),
        })
    }

    /// What has been added. A file shorter than what was read of it begins again.
    fn read(&mut self, reader: &mut Reader) -> io::Result<bool> {
        let position = self.file.stream_position()?;
        if self.file.metadata()?.len() < position {
            self.file.rewind()?;
            self.lines = Lines::new();
        }
        let mut grown = false;
        while self
            .lines
            .read_once(&mut self.file, &mut |line| reader.line(line))?
        {
            grown = true;
        }
        Ok(grown)
    }
}

impl Log {
    fn open(name: &OsStr) -> io::Result<Self> {
        let mut now = Opened::new(name).map_err(|error| cannot_open(name, error))?;
        let mut start = [0; 2];
        let is_gzip = now.file.read_exact(&mut start).is_ok() && start == *b"\x1f\x8b";
        if is_gzip {
            return Err(about(&name.to_string_lossy(), "a packed log does not grow"));
        }
        now.file.rewind()?;
        Ok(Self {
            name: name.to_owned(),
            now,
            before: None,
        })
    }

    /// Reads what is new; true if there was something.
    fn read(&mut self, reader: &mut Reader) -> io::Result<bool> {
        let mut grown = false;
        if let Some((old, looks)) = &mut self.before {
            grown |= old.read(reader)?;
            *looks -= 1;
            if *looks == 0 {
                self.before = None;
            }
        }
        grown |= self.now.read(reader)?;
        // Between two names there may be no file: then the old one is all there is.
        let other = fs::metadata(&self.name)
            .ok()
            .filter(|now| (now.dev(), now.ino()) != self.now.identity);
        if other.is_some() {
            if let Ok(new) = Opened::new(&self.name) {
                let old = std::mem::replace(&mut self.now, new);
                self.before = Some((old, LOOKS_AFTER_ROTATION));
                grown |= self.now.read(reader)?;
            }
        }
        Ok(grown)
    }
}
