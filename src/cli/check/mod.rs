//! `tlsdiag check`: traps in a configuration, before anybody falls into them.

mod github;
mod human;
mod sarif;

use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use tlsdiag::check::{check, Finding, Severity};
use tlsdiag::disk::{Disk, MAX_FILE};
use tlsdiag::nginx_conf::{is_dump, read_dump, read_text, Files, Model, Tree};

use super::arguments::{Check, CheckFormat, FailOn};
use super::output::{about, printable, Output};
use super::{complain, help};

pub(super) fn run(what: &Check, output: &mut Output) -> io::Result<ExitCode> {
    let file = match &what.file {
        Some(file) => file.as_path(),
        None if io::stdin().is_terminal() => return help("check", output),
        None => Path::new("-"),
    };
    let tree = read(file)?;
    for unread in &tree.unread {
        let file = tree.file_name(unread.at.file);
        let name = String::from_utf8_lossy(&unread.name);
        let (line, why) = (unread.at.line, &unread.why);
        complain(&format!("{file}:{line}: {name} was not read: {why}"));
    }
    if Model::new(&tree).is_part_of_server() && !tree.directives.is_empty() {
        complain(&"this is a part of a server, and what is around it is not known");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
    let findings: Vec<_> = check(&tree, &Disk, now).into_iter().map(shown).collect();
    match what.format {
        CheckFormat::Human => human::write(output, &findings)?,
        CheckFormat::Short => short(output, &findings)?,
        CheckFormat::Json => json(output, &findings)?,
        CheckFormat::Sarif => sarif::write(output, &findings)?,
        CheckFormat::Github => github::write(output, &findings)?,
    }
    let limit = match what.fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Note => Severity::Note,
        FailOn::Never => return Ok(ExitCode::SUCCESS),
    };
    match findings.iter().any(|finding| finding.severity >= limit) {
        true => Ok(ExitCode::FAILURE),
        false => Ok(ExitCode::SUCCESS),
    }
}

/// The configuration: a main file, a part of one, or what `nginx -T` printed.
pub(super) fn read(file: &Path) -> io::Result<Tree> {
    let (name, bytes) = match file.to_str() {
        Some("-") => {
            let mut bytes = Vec::new();
            let limit = u64::try_from(MAX_FILE).unwrap_or(u64::MAX);
            io::stdin().take(limit).read_to_end(&mut bytes)?;
            (b"standard input".as_slice(), bytes)
        }
        _ => {
            let name = file.as_os_str().as_bytes();
            let bytes = Disk.read(name);
            (
                name,
                bytes.map_err(|error| about(&file.to_string_lossy(), error))?,
            )
        }
    };
    let tree = match is_dump(&bytes) {
        true => read_dump(&bytes),
        false => read_text(&Disk, name, &bytes),
    };
    tree.map_err(|error| {
        let hint = match is_template(&bytes) {
            true => "; this looks like a template: check what is made of it",
            false => "",
        };
        io::Error::other(format!("{error}{hint}"))
    })
}

/// Whether something is to be put in place of `{{ a }}`, `{% a %}` or `<% a %>`.
fn is_template(bytes: &[u8]) -> bool {
    let marks = [b"{{", b"{%", b"<%"];
    bytes
        .windows(2)
        .any(|pair| marks.iter().any(|mark| pair == *mark))
}

/// A finding whose texts do not act on a terminal, whatever is in the files.
fn shown(finding: Finding) -> Finding {
    let all = |list: Vec<String>| list.iter().map(|one| printable(one)).collect();
    Finding {
        file: printable(&finding.file),
        directive: printable(&finding.directive),
        message: printable(&finding.message),
        help: all(finding.help),
        used_by: all(finding.used_by),
        ..finding
    }
}

/// `--format short`: a line a finding, as compilers have it.
fn short(output: &mut dyn Write, findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        writeln!(
            output,
            "{}:{}:{}: {}: {} [{}]",
            finding.file,
            finding.line,
            finding.column,
            finding.severity.name(),
            finding.message,
            finding.id
        )?;
    }
    Ok(())
}

/// `--format json`: an object a line.
fn json(output: &mut dyn Write, findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        serde_json::to_writer(&mut *output, finding)?;
        output.write_all(b"\n")?;
    }
    Ok(())
}
