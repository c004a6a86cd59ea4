//! The catalogue: one diagnosis a file, one static ordered slice.

use crate::facts::Facts;

/// Which part of the handshake a diagnosis is about; the folder of its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Server name indication.
    ServerName,
    /// Protocol versions.
    Version,
    /// Ciphers, groups, signatures and other negotiated parameters.
    Parameters,
    /// The certificate nginx presents.
    ClientCertificate,
    /// The upstream's certificate.
    Certificate,
    /// What carries the handshake.
    Transport,
    /// The upstream gave up for reasons of its own.
    Peer,
    /// nginx or its library gave up.
    Local,
    /// Nothing decides.
    Unknown,
}

/// How sure a finding is. Order matters: the strongest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// The evidence excludes every other diagnosis.
    Certain,
    /// The evidence points here; another cause could look the same.
    Likely,
    /// The evidence allows it.
    Possible,
}

/// Whether a fix can be pasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applicability {
    /// As it stands.
    Machine,
    /// After one value, written `<like-this>`, is filled in.
    Placeholder,
    /// Not on nginx's side; the action says what and whose.
    Manual,
}

/// What a fix does to security.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Nothing.
    Neutral,
    /// Better than before.
    Hardens,
    /// Worse than before: only where nothing else helps.
    Weakens,
}

/// What to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// Complete directives, in the right family, that exist in this nginx; empty when manual.
    pub fix: Vec<String>,
    /// Whether `fix` can be pasted.
    pub applicability: Applicability,
    /// What `fix` does to security.
    pub security: Security,
    /// What must be done outside nginx.conf, and by whom; one phrase.
    pub action: Option<String>,
}

/// A rule's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How sure.
    pub confidence: Confidence,
    /// The rule only offers itself as an alternative; it never comes first.
    pub alternative_only: bool,
    /// One sentence that stands alone, without a full stop. May quote peer text; the report escapes.
    pub sentence: String,
    /// Evidence, as stable lower_snake_case codes from [`because`].
    pub because: Vec<&'static str>,
    /// What to do.
    pub remedy: Remedy,
}

/// One diagnosis of the catalogue.
#[derive(Debug)]
pub struct Rule {
    /// Its name: a public contract, never renamed or reused.
    pub name: &'static str,
    /// Its family.
    pub family: Family,
    /// The explanation (the module's own doc text, in Markdown).
    pub explanation: &'static str,
    /// What people try for this one and what does not help, as complete directives or short phrases.
    pub dead_ends: &'static [&'static str],
    /// Looks at the facts.
    pub evaluate: fn(&Facts<'_>) -> Option<Finding>,
}
