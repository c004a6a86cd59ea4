//! A rule's answer.

use crate::facts::Facts;

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

impl Confidence {
    /// The name in reports; a contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
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

impl Applicability {
    /// The name in reports; a contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Placeholder => "placeholder",
            Self::Manual => "manual",
        }
    }
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

impl Security {
    /// The name in reports; a contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Hardens => "hardens",
            Self::Weakens => "weakens",
        }
    }
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

impl Remedy {
    /// Nothing nginx.conf could change: the phrase says what to do, and whose task it is.
    pub fn manual(action: impl Into<String>) -> Self {
        Self {
            fix: Vec::new(),
            applicability: Applicability::Manual,
            security: Security::Neutral,
            action: Some(action.into()),
        }
    }

    /// Directives given without their family's prefix and semicolon: `["server_name on"]`. A
    /// `<value>` in one makes it a placeholder. Where the family is unknown it becomes an action.
    pub fn paste<S: AsRef<str>>(facts: &Facts<'_>, directives: &[S]) -> Self {
        let rest = directives.iter().map(AsRef::as_ref);
        match rest
            .clone()
            .map(|one| facts.directive(one))
            .collect::<Option<Vec<_>>>()
        {
            Some(fix) => {
                let placeholder = fix.iter().any(|one| one.contains('<'));
                Self {
                    applicability: match placeholder {
                        true => Applicability::Placeholder,
                        false => Applicability::Machine,
                    },
                    fix,
                    security: Security::Neutral,
                    action: None,
                }
            }
            None => Self::manual(format!(
                "set what corresponds to *_ssl_{} for this connection",
                rest.collect::<Vec<_>>().join(" and *_ssl_")
            )),
        }
    }

    /// Says what else must be done. Directives without a family are an action already: they stay,
    /// and stay first.
    pub fn with_action(self, action: impl Into<String>) -> Self {
        let action = action.into();
        let action = match self.action {
            Some(first) if self.fix.is_empty() => format!("{first}, or: {action}"),
            _ => action,
        };
        Self {
            action: Some(action),
            ..self
        }
    }

    /// Marks what the fix does to security.
    pub fn with_security(self, security: Security) -> Self {
        Self { security, ..self }
    }
}

/// A rule's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How sure.
    pub confidence: Confidence,
    /// The rule only offers itself as an alternative; it never comes first.
    pub alternative_only: bool,
    /// One sentence that stands alone, without a full stop. May quote peer text: reports escape it.
    pub sentence: String,
    /// Evidence, as codes of [`super::because`].
    pub because: Vec<&'static str>,
    /// What to do.
    pub remedy: Remedy,
}

impl Finding {
    /// A finding that may come first.
    pub fn new(
        confidence: Confidence,
        sentence: impl Into<String>,
        because: &[&'static str],
        remedy: Remedy,
    ) -> Self {
        Self {
            confidence,
            alternative_only: false,
            sentence: sentence.into(),
            because: because.to_vec(),
            remedy,
        }
    }

    /// The same, but never first.
    pub fn as_alternative(self) -> Self {
        Self {
            alternative_only: true,
            ..self
        }
    }
}
