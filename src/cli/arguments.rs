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
  tlsdiag explain /var/log/nginx/error.log
  tlsdiag check /etc/nginx/nginx.conf
  tlsdiag explain sni_missing

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
    #[cfg(feature = "probe")]
    Probe(Probe),
    Check(Check),
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

/// Explain the failed handshakes in nginx's error logs, or a diagnosis by its name
#[derive(Debug, Args)]
#[command(
    long_about = "\
Explain the failed handshakes in nginx's error logs, or a diagnosis by its name.

Reads logs of any nginx, with what containers, syslog and the journal put around the lines, packed by \
gzip or not; a line that somebody pasted will do. Says for each upstream what happened how often, the \
causes with the likeliest first, and what to write. Where the log has lines of the module, those are used.",
    after_help = "\
Examples:
  tlsdiag explain /var/log/nginx/error.log*
  tlsdiag explain --conf /etc/nginx/nginx.conf /var/log/nginx/error.log
  kubectl logs -n ingress deploy/nginx | tlsdiag explain
  tlsdiag explain --format json error.log.2.gz | jq -r .causes[0]
  tlsdiag explain -f --format json /var/log/nginx/error.log
  tlsdiag explain sni_missing
  tlsdiag explain ./sni_missing          a file of that name

Exit status: 0 something was explained, 1 nothing was found, 2 it could not be done."
)]
pub(super) struct Explain {
    /// nginx.conf, or what 'nginx -T' printed: decides much of what a line leaves open
    #[arg(long, value_name = "FILE")]
    pub(super) conf: Option<PathBuf>,

    /// How to say it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    pub(super) format: Format,

    /// Go on as the logs grow, through rotations; a group is said again when it has grown
    #[arg(short, long)]
    pub(super) follow: bool,

    /// Logs, or names of diagnoses; '-', and none where standard input is no terminal: read that
    #[arg(value_name = "LOG|NAME")]
    pub(super) what: Vec<OsString>,
}

/// How to say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Some lines for each
    Human,
    /// One line for each
    Short,
    /// One JSON object for each
    Json,
}

/// Shake hands with an upstream as nginx would, and find the directives with which it works
#[cfg(feature = "probe")]
#[derive(Debug, Args)]
#[command(
    long_about = "\
Shake hands with an upstream as nginx would, and find the directives with which it works.

The first handshake is the one that nginx would make: with the settings of a location of nginx.conf, or \
with none but proxy_pass https://HOST:PORT. If it fails, what most likely helps is tried and then what is \
not needed left out; the directives printed were seen to work. Nothing that weakens security is tried \
unless --try-weakening says so. At most 12 connections, one after another, 30 seconds in all; no request \
is sent but with --request.",
    after_help = "\
Examples:
  tlsdiag probe api.example.com:443
  tlsdiag probe --nginx-conf /etc/nginx/nginx.conf --location /api api.example.com:443
  tlsdiag probe --name api.example.com 192.0.2.7:443
  tlsdiag probe --try 'proxy_ssl_certificate c.pem; proxy_ssl_certificate_key c.key;' api.example.com:443
  tlsdiag probe --format json api.example.com:443 | jq -r '.proved[]?'

Exit status: 0 it works as configured, 1 it does not, 2 it could not be tried."
)]
pub(super) struct Probe {
    /// nginx.conf, or what 'nginx -T' printed: the settings are those of what passes on to the upstream
    #[arg(long, visible_alias = "conf", value_name = "FILE")]
    pub(super) nginx_conf: Option<PathBuf>,

    /// A name of the server in nginx.conf, where several pass on to the upstream
    #[arg(long, value_name = "NAME", requires = "nginx_conf")]
    pub(super) server: Option<String>,

    /// The location in nginx.conf, or a path that it serves
    #[arg(long, value_name = "PATH", requires = "nginx_conf")]
    pub(super) location: Option<String>,

    /// Whose directives: proxy without --nginx-conf
    #[arg(long, value_enum, value_name = "MODULE")]
    pub(super) module: Option<Module>,

    /// A host name that the upstream may go by; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(super) name: Vec<String>,

    /// Directives to try, or the values of what a fix leaves open; may be repeated
    #[arg(long = "try", value_name = "DIRECTIVES")]
    pub(super) tries: Vec<String>,

    /// Try what weakens security, too
    #[arg(long)]
    pub(super) try_weakening: bool,

    /// Send 'GET /' over a handshake that stands: some refuse only then (proxy_pass)
    #[arg(long)]
    pub(super) request: bool,

    /// The address to connect to, in place of the first one that HOST has
    #[arg(long, value_name = "IP", conflicts_with = "all")]
    pub(super) address: Option<std::net::IpAddr>,

    /// All addresses that HOST has, one after another
    #[arg(long)]
    pub(super) all: bool,

    /// The nginx whose defaults hold; the first one in PATH unless given
    #[arg(long, value_name = "BINARY")]
    pub(super) nginx: Option<PathBuf>,

    /// How to say it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    pub(super) format: Format,

    /// The upstream; with --nginx-conf also the name of an upstream block
    #[arg(value_name = "HOST:PORT")]
    pub(super) target: String,
}

/// The modules that speak TLS with upstreams.
#[cfg(feature = "probe")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Module {
    /// proxy_pass https://
    Proxy,
    /// grpc_pass grpcs://
    Grpc,
    /// uwsgi_pass suwsgi://
    Uwsgi,
    /// proxy_pass in stream
    Stream,
}

/// Find traps in an nginx configuration that 'nginx -t' accepts and TLS to upstreams falls into
#[derive(Debug, Args)]
#[command(
    long_about = "\
Find traps in an nginx configuration that 'nginx -t' accepts and TLS to upstreams falls into.

Reads the main file with everything it includes, a part of a configuration, or what 'nginx -T' prints, \
and the certificates that are named there. A comment '# tlsdiag: allow ID' on a directive's line, or \
above it, silences ID for the directive and what is in its block. What is shown of a configuration is \
the directive at fault and nothing else.",
    after_help = "\
Examples:
  tlsdiag check /etc/nginx/nginx.conf
  nginx -T 2>/dev/null | tlsdiag check --format short
  tlsdiag check --format json --fail-on never conf.d/app.conf | jq -r .id
  tlsdiag explain name_is_block
  tlsdiag check --format github --fail-on warning nginx.conf

Exit status: 0 nothing as grave as --fail-on says, 1 something is, 2 it could not be done."
)]
pub(super) struct Check {
    /// How to say it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = CheckFormat::Human)]
    pub(super) format: CheckFormat,

    /// From which severity on to end with 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = FailOn::Error)]
    pub(super) fail_on: FailOn,

    /// The configuration; '-', and none where standard input is no terminal: read that
    pub(super) file: Option<PathBuf>,
}

/// How to say what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// Some lines a finding
    Human,
    /// One line a finding
    Short,
    /// One JSON object a finding
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations of GitHub workflows
    Github,
}

/// From which severity on a finding is a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Error,
    Warning,
    Note,
    Never,
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
