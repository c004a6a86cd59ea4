//! What can be asked for: one struct a command. Help, man pages and completions are made from it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Says why TLS handshakes of nginx with its upstreams fail, and what to write in nginx.conf
#[derive(Debug, Parser)]
#[command(
    name = "tlsdiag",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  tlsdiag explain sni_missing
  tlsdiag list

Exit status: 0 done, 1 nothing found, 2 it could not be done."
)]
pub(super) struct Arguments {
    /// Colours; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub(super) color: Color,

    #[command(subcommand)]
    pub(super) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Explain(Explain),
    Diagnose(Diagnose),
    /// List all diagnoses, one sentence each
    List,
    Generate(Generate),
}

/// Diagnose a recording of a handshake, as the module would
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tlsdiag diagnose tests/fixtures/sni_missing/alert_40.json
  tlsdiag diagnose --json - < recording.json

What the module writes is a diagnosis already: 'tlsdiag explain' is for that.")]
pub(super) struct Diagnose {
    /// Print the whole document instead of the line
    #[arg(long)]
    pub(super) json: bool,

    /// The recording; '-' reads standard input
    pub(super) file: PathBuf,
}

/// Explain diagnoses of the catalogue
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tlsdiag explain sni_missing")]
pub(super) struct Explain {
    /// Names of diagnoses
    #[arg(value_name = "NAME", required = true)]
    pub(super) what: Vec<OsString>,
}

/// Write man pages and shell completions, for packages
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tlsdiag generate ~/.local/share
  tlsdiag generate debian/tlsdiag/usr/share")]
pub(super) struct Generate {
    /// Where man/, bash-completion/, zsh/ and fish/ are to be
    #[arg(value_name = "DIR")]
    pub(super) directory: PathBuf,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Makes it hold for all output from here on.
    pub(super) fn apply(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_are_well_formed() {
        Arguments::command().debug_assert();
    }
}
