//! Names that resolve, and ports below 1024 that lead somewhere, for one nginx.

use tlsdiag_e2e::native::compile;
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::tempdir::TempDir;

/// What is loaded before nginx.
pub(crate) struct Names {
    directory: TempDir,
    ports: String,
}

impl Names {
    /// Hosts below `.example.test` are 127.0.0.1.
    pub(crate) fn new() -> Names {
        Names::with_ports(0, 0)
    }

    /// Ports 80 and 443 of hosts below `.field.test` lead to these.
    pub(crate) fn with_ports(port_80: u16, port_443: u16) -> Names {
        let directory = TempDir::new("names");
        let source = directory.write("names.c", include_str!("names.c"));
        compile(&source, &directory.file("names.so"), &[]);
        Names {
            directory,
            ports: format!("{port_80} {port_443}"),
        }
    }

    /// nginx knows them.
    pub(crate) fn known_to(&self, mut config: Config) -> Config {
        let library = self.directory.file("names.so").display().to_string();
        config.environment = vec![
            ("LD_PRELOAD".to_owned(), library),
            ("FIELD_PORTS".to_owned(), self.ports.clone()),
        ];
        config
    }
}
