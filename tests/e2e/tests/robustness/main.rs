//! How the module behaves beside its diagnoses: bad configuration, silence where nothing of TLS
//! failed, hostile peers, faults of its own, reloads, logs.

mod configuration;
mod faults;
mod hostile;
mod lab;
mod lifecycle;
mod logs;
mod neighbours;
mod processes;
mod silence;
mod sinks;
mod snippets;
mod spoofed;
mod stream;
mod upgrade;
mod variables;
