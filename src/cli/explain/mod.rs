//! `tlsdiag explain`: what nginx's error log says of failed handshakes, or what a name of the catalogue
//! means. A name wins over a file of that name.

mod follow;
mod human;
mod input;
mod json;
mod lines;
mod name;
mod short;

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use tlsdiag::error_log::settings::Settings;
use tlsdiag::error_log::{Explanation, Group, Reader, Totals};
use tlsdiag::nginx_conf::Model;

use super::arguments::{Explain, Format};
use super::output::{about, Output};
use super::{check, complain, help, FAILED};
use lines::Lines;
pub(super) use name::sentence;

pub(super) fn run(what: &Explain, output: &mut Output) -> io::Result<ExitCode> {
    if what.what.is_empty() && io::stdin().is_terminal() {
        return help("explain", output);
    }
    let (names, mut files): (Vec<&OsString>, Vec<&OsString>) =
        what.what.iter().partition(|one| name::is_known(one));
    for one in &names {
        let text = name::explanation(&one.to_string_lossy()).unwrap_or_default();
        writeln!(output, "{text}")?;
    }
    let stdin = OsString::from("-");
    if what.what.is_empty() {
        files.push(&stdin);
    }
    match files.is_empty() {
        true => Ok(ExitCode::SUCCESS),
        false => in_light_of(what, |says| match what.follow {
            true => follow::run(&files, says, output),
            false => logs(&files, says, output),
        }),
    }
}

/// How to say things, and what else is known.
struct Says<'c> {
    format: Format,
    /// nginx.conf, where it was given.
    conf: Option<&'c Model<'c>>,
}

impl Says<'_> {
    fn explanation(&self, group: &Group) -> Explanation {
        let settings = self.conf.and_then(|model| Settings::of(model, group));
        Explanation::of(group, settings.as_ref())
    }

    /// Tells how many groups the configuration says nothing of, such as another host's.
    fn complain_of_strangers<'g>(&self, groups: impl Iterator<Item = &'g Group>) {
        let Some(model) = self.conf else {
            return;
        };
        let (mut all, mut strange) = (0_usize, 0_usize);
        for group in groups.filter(|group| group.own.is_none()) {
            all += 1;
            strange += usize::from(Settings::of(model, group).is_none());
        }
        if strange > 0 {
            complain(&format!(
                "the configuration has nothing that fits {strange} of {all} kinds of failures"
            ));
        }
    }

    fn write(&self, output: &mut Output, group: &Group) -> io::Result<()> {
        let said = self.explanation(group);
        match self.format {
            Format::Human => human::write(output, group, &said),
            Format::Short => short::write(output, group, &said),
            Format::Json => json::write(output, group, &said),
        }
    }
}

/// Does it with the configuration read.
fn in_light_of<T>(what: &Explain, act: impl FnOnce(&Says<'_>) -> io::Result<T>) -> io::Result<T> {
    let format = what.format;
    let Some(file) = &what.conf else {
        return act(&Says { format, conf: None });
    };
    let tree = check::read(file)?;
    let model = Model::new(&tree);
    let conf = Some(&model);
    act(&Says { format, conf })
}

/// Reads everything, then says what is in it. A file that cannot be read is reported, and the rest is read.
fn logs(files: &[&OsString], says: &Says<'_>, output: &mut Output) -> io::Result<ExitCode> {
    let (mut reader, mut failed) = (Reader::new(), false);
    for file in files {
        if let Err(error) = read(file, &mut reader) {
            complain(&error);
            failed = true;
        }
    }
    reader.flush();
    let mut groups: Vec<&Group> = reader.groups().map(|(_, group)| group).collect();
    groups.sort_by(|one, other| {
        let count = other.count.cmp(&one.count);
        count
            .then_with(|| one.times.cmp(&other.times))
            .then_with(|| (&one.upstream, one.kind).cmp(&(&other.upstream, other.kind)))
    });
    for group in groups {
        says.write(output, group)?;
    }
    says.complain_of_strangers(reader.groups().map(|(_, group)| group));
    let seen = reader.seen;
    if says.format == Format::Human {
        human::finish(output, &seen)?;
    }
    output.flush()?;
    Ok(match (failed, seen.failures) {
        (true, _) => ExitCode::from(FAILED),
        (false, 0) => {
            if says.format == Format::Human {
                nothing(&seen);
            }
            ExitCode::FAILURE
        }
        (false, _) => ExitCode::SUCCESS,
    })
}

fn read(file: &OsStr, reader: &mut Reader) -> io::Result<()> {
    let mut source = input::open(file).map_err(|error| cannot_open(file, error))?;
    let mut lines = Lines::new();
    let mut line = |line: &[u8]| reader.line(line);
    let read = lines.read(&mut source, &mut line);
    lines.finish(&mut line);
    read.map_err(|error| about(&input::name(file), error))
}

/// A mistyped name of the catalogue is not taken for a file.
fn cannot_open(file: &OsStr, error: io::Error) -> io::Error {
    let text = file.to_string_lossy();
    let is_path = Path::new(file).components().count() > 1 || text.contains('.');
    match error.kind() {
        io::ErrorKind::NotFound if !is_path => io::Error::other(name::unknown(&text)),
        _ => about(&input::name(file), error),
    }
}

/// Says on standard error that nothing was found, and why that may be.
fn nothing(seen: &Totals) {
    let lines = seen.lines;
    let said = match (seen.of_nginx, seen.consequences) {
        (0, 0) if lines > 0 => format!("none of {lines} lines is of nginx's error log"),
        (_, 0) => format!("no failed handshake with an upstream in {lines} lines"),
        _ => "only lines of what follows from failures (no live upstreams, temporarily disabled): \
              what failed stands before them, at level error or crit"
            .to_owned(),
    };
    complain(&said);
}
