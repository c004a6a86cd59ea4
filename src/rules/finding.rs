//! A rule's answer.

use super::directive::{Directive, Setting};
use super::evidence::Evidence;
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
    /// It changes whom nginx trusts, or which name it accepts: right only under
    /// [`Remedy::condition`].
    ChangesTrust,
}

impl Security {
    /// The name in reports; a contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Hardens => "hardens",
            Self::Weakens => "weakens",
            Self::ChangesTrust => "changes_trust",
        }
    }
}

/// What to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// Complete directives, in the right family, that exist in this nginx; empty when manual.
    pub fix: Vec<Directive>,
    /// Whether `fix` can be pasted.
    pub applicability: Applicability,
    /// What `fix`, or without one `action`, does to security.
    pub security: Security,
    /// Under which condition `fix` is right, as the rest of a sentence that begins with "only if".
    /// There is one wherever it changes trust.
    pub condition: Option<String>,
    /// What must be done outside nginx.conf, and by whom; one phrase without `;`, which would end it.
    pub action: Option<String>,
}

impl Remedy {
    /// Nothing nginx.conf could change: the phrase says what to do, and whose task it is.
    pub fn manual(action: impl Into<String>) -> Self {
        Self {
            fix: Vec::new(),
            applicability: Applicability::Manual,
            security: Security::Neutral,
            condition: None,
            action: Some(action.into()),
        }
    }

    /// The settings that are not in force yet, as directives. A `<value>` in one makes it a
    /// placeholder. Where no directives are known, or all are in force, it becomes an action.
    pub(crate) fn paste(
        facts: &Facts<'_>,
        settings: impl IntoIterator<Item = impl Into<Setting>>,
    ) -> Self {
        let wanted: Vec<Setting> = settings
            .into_iter()
            .map(Into::into)
            .filter(|setting| !setting.is_in_force(facts))
            .collect();
        if wanted.is_empty() {
            return Self::manual(IN_FORCE);
        }
        let fix: Option<Vec<_>> = wanted.iter().map(|one| one.directive(facts)).collect();
        let condition = wanted.iter().find_map(|one| one.condition(facts));
        let remedy = match fix {
            Some(fix) => Self {
                applicability: match fix.iter().any(Directive::has_placeholder) {
                    true => Applicability::Placeholder,
                    false => Applicability::Machine,
                },
                fix,
                security: Security::Neutral,
                condition: None,
                action: None,
            },
            None => {
                let texts: Vec<_> = wanted.iter().map(Setting::text).collect();
                Self::manual(format!(
                    "set what corresponds to *_ssl_{} for this connection",
                    texts.join(" and *_ssl_")
                ))
            }
        };
        match condition {
            Some(condition) => remedy
                .with_security(Security::ChangesTrust)
                .only_if(condition),
            None => remedy,
        }
    }

    /// The condition under which a change of trust is right: the rest of "only if ...". A remedy that
    /// changes no trust needs none.
    pub fn only_if(self, condition: impl Into<String>) -> Self {
        match self.security {
            Security::ChangesTrust => Self {
                condition: Some(condition.into()),
                ..self
            },
            _ => self,
        }
    }

    /// Adds another remedy's directives, except those that are set here already.
    pub(crate) fn add(&mut self, other: &Self) {
        if self.fix.is_empty() || other.applicability == Applicability::Placeholder {
            self.applicability = other.applicability;
        }
        if other.security == Security::ChangesTrust {
            self.security = other.security;
            self.condition.clone_from(&other.condition);
        }
        for directive in &other.fix {
            if !self.fix.iter().any(|one| one.sets_the_same(directive)) {
                self.fix.push(directive.clone());
            }
        }
    }

    /// Another remedy's directives, and this one's action where they do not help.
    pub(crate) fn replace_with(&mut self, other: &Self) {
        let action = self.action.take();
        *self = Self {
            action: action.map(|action| format!("if that does not help, {action}")),
            ..other.clone()
        };
    }

    /// A dead end, or one of its kind (`proxy_ssl_ciphers ...;`), is among its directives.
    pub(crate) fn says(&self, dead_end: &str) -> bool {
        let is_it = |directive: &Directive| match dead_end.strip_suffix("...;") {
            Some(begin) => directive.starts_with(begin),
            None => *directive == dead_end,
        };
        self.fix.iter().any(is_it)
    }

    /// All of it in words, for an action.
    pub(crate) fn to_text(&self) -> String {
        let directives = self.fix.iter().map(Directive::without_semicolon);
        let mut text = directives.collect::<Vec<_>>().join(" and ");
        if let Some(condition) = &self.condition {
            text.push_str(&format!(" only if {condition}"));
        }
        match &self.action {
            Some(action) if text.is_empty() => action.clone(),
            Some(action) => format!("{text}, {action}"),
            None => text,
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

/// What is left to do where every setting that could help is in force.
const IN_FORCE: &str =
    "nginx.conf does already what could help on nginx's side: look at the upstream's log";

/// A sentence that is put into words when it is read: of all rules that hold, one is.
pub type Sentence<'f> = Box<dyn FnOnce() -> String + 'f>;

/// A rule's answer; its sentence is a text once it comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding<S = String> {
    /// How sure.
    pub confidence: Confidence,
    /// The rule only offers itself as an alternative; it never comes first.
    pub alternative_only: bool,
    /// One sentence that stands alone, without a full stop. Text of a peer or a client is quoted in it.
    pub sentence: S,
    /// What speaks for it.
    pub because: Vec<Evidence>,
    /// What to do.
    pub remedy: Remedy,
}

/// What a rule answers with.
pub type Draft<'f> = Finding<Sentence<'f>>;

impl<'f> Draft<'f> {
    /// A finding that may come first.
    pub fn new(
        confidence: Confidence,
        sentence: impl FnOnce() -> String + 'f,
        because: &[Evidence],
        remedy: Remedy,
    ) -> Self {
        Self {
            confidence,
            alternative_only: false,
            sentence: Box::new(sentence),
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

    /// The same, in words.
    pub fn in_words(self) -> Finding {
        Finding {
            confidence: self.confidence,
            alternative_only: self.alternative_only,
            sentence: (self.sentence)(),
            because: self.because,
            remedy: self.remedy,
        }
    }
}
