//! `tlsdiag generate`: man pages and completions, made from the arguments themselves, so that they
//! cannot say anything else. The folders below `DIR` are those that `man` and the shells look into.

use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use clap::CommandFactory;
use clap_complete::Shell;

use super::arguments::{Arguments, Generate};
use super::output::about;

const PAGES: &str = "man/man1";
const COMPLETIONS: &[(Shell, &str)] = &[
    (Shell::Bash, "bash-completion/completions"),
    (Shell::Zsh, "zsh/site-functions"),
    (Shell::Fish, "fish/vendor_completions.d"),
];

pub(super) fn run(what: &Generate) -> io::Result<ExitCode> {
    let command = Arguments::command().disable_help_subcommand(true);
    write(&what.directory.join(PAGES), |folder| {
        clap_mangen::generate_to(command, folder)
    })?;
    for (shell, folder) in COMPLETIONS {
        let mut command = Arguments::command();
        write(&what.directory.join(folder), |folder| {
            clap_complete::generate_to(*shell, &mut command, "tlsdiag", folder).map(|_| ())
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(folder: &Path, files: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    fs::create_dir_all(folder)
        .and_then(|()| files(folder))
        .map_err(|error| about(&folder.to_string_lossy(), error))
}
