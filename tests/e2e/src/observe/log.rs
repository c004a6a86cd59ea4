//! error.log, line by line.

/// Severity, most severe first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `[emerg]`
    Emerg,
    /// `[alert]`
    Alert,
    /// `[crit]`
    Crit,
    /// `[error]`
    Error,
    /// `[warn]`
    Warn,
    /// `[notice]`
    Notice,
    /// `[info]`
    Info,
    /// `[debug]`
    Debug,
}

impl Level {
    fn parse(word: &str) -> Option<Level> {
        Some(match word {
            "emerg" => Level::Emerg,
            "alert" => Level::Alert,
            "crit" => Level::Crit,
            "error" => Level::Error,
            "warn" => Level::Warn,
            "notice" => Level::Notice,
            "info" => Level::Info,
            "debug" => Level::Debug,
            _ => return None,
        })
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line as written.
    pub raw: String,
    /// Severity.
    pub level: Level,
    /// Process that wrote it.
    pub pid: u32,
    /// nginx's connection number, the `*N`.
    pub connection: Option<u64>,
    /// What follows the connection number: the same in every run of the same thing.
    pub message: String,
}

impl Line {
    /// Reads one line; `None` when it is not one of nginx's.
    pub fn parse(raw: &str) -> Option<Line> {
        // 2026/11/23 08:24:53 [error] 23219#23219: *1 message
        let (_, rest) = raw.split_once(" [")?;
        let (level, rest) = rest.split_once("] ")?;
        let (process, rest) = rest.split_once(": ")?;
        let (pid, _thread) = process.split_once('#')?;
        let numbered = rest.strip_prefix('*').and_then(|r| r.split_once(' '));
        let numbered = numbered.and_then(|(n, message)| Some((n.parse().ok()?, message)));
        Some(Line {
            raw: raw.to_owned(),
            level: Level::parse(level)?,
            pid: pid.parse().ok()?,
            connection: numbered.map(|(n, _)| n),
            message: numbered.map_or(rest, |(_, message)| message).to_owned(),
        })
    }

    /// Whether the module wrote it.
    pub fn is_ours(&self) -> bool {
        self.message.starts_with("upstream_tls[")
    }
}

/// A whole error.log.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// The lines that are nginx's.
    pub lines: Vec<Line>,
    /// Everything as it was.
    pub text: String,
}

/// A diagnosis and nginx's own line it follows.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// nginx's own line: the nearest one before at level error or above.
    pub native: Option<&'a Line>,
    /// Ours.
    pub ours: &'a Line,
}

impl Log {
    /// Reads the text of an error.log.
    pub fn parse(text: &str) -> Log {
        Log {
            lines: text.lines().filter_map(Line::parse).collect(),
            text: text.to_owned(),
        }
    }

    /// The module's lines.
    pub fn ours(&self) -> Vec<&Line> {
        self.lines.iter().filter(|l| l.is_ours()).collect()
    }

    /// nginx's own lines of connections that matter to an operator: warn and above.
    pub fn native(&self) -> Vec<&Line> {
        let matters = |l: &&Line| !l.is_ours() && l.connection.is_some() && l.level <= Level::Warn;
        self.lines.iter().filter(matters).collect()
    }

    /// Every diagnosis with the line before it. Only lines below error may stand between the two
    /// ("upstream server temporarily disabled").
    pub fn pairs(&self) -> Vec<Pair<'_>> {
        let mut before: Option<&Line> = None;
        let mut pairs = Vec::new();
        for line in &self.lines {
            if line.is_ours() {
                pairs.push(Pair {
                    native: before,
                    ours: line,
                });
            }
            if line.level <= Level::Error {
                before = Some(line);
            }
        }
        pairs
    }

    /// What must never appear, whatever a test does. A level is one where a level stands: nginx quotes
    /// clients as they are.
    pub fn troubles(&self) -> Vec<&str> {
        const MARKS: [&str; 7] = [
            "nginx: [emerg]",
            "nginx: [alert]",
            "exited on signal",
            "exited with fatal code",
            "Sanitizer",
            "runtime error:",
            "panicked at",
        ];
        let bad = |l: &&str| {
            let level = Line::parse(l).map(|line| line.level);
            level.is_some_and(|level| level <= Level::Alert) || MARKS.iter().any(|m| l.contains(m))
        };
        self.text.lines().filter(bad).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATIVE: &str = "2026/11/23 08:24:53 [error] 23219#23219: *1 SSL_do_handshake() failed";
    const NOISE: &str = "2026/11/23 08:24:53 [warn] 23219#23219: *1 upstream server temporarily";
    const OURS: &str = "2026/11/23 08:24:53 [error] 23219#23219: *1 upstream_tls[sni_missing] x";

    #[test]
    fn pairs_over_lesser_lines_only() {
        let log = Log::parse(&[NATIVE, NOISE, OURS].join("\n"));
        let pairs = log.pairs();
        assert_eq!(pairs.len(), 1);
        assert_eq!(pairs[0].native.unwrap().raw, NATIVE);
        assert_eq!(pairs[0].ours.connection, Some(1));
        assert_eq!(pairs[0].ours.pid, 23219);
    }

    #[test]
    fn a_level_is_trouble_where_a_level_stands() {
        let quoted = NATIVE.replace("failed", "failed, host: \"a [emerg] b\"");
        let emergency = NATIVE.replace("[error]", "[emerg]");
        let log = Log::parse(&format!("{quoted}\n{emergency}\nnginx: [alert] x"));
        assert_eq!(log.troubles(), [emergency.as_str(), "nginx: [alert] x"]);
    }

    #[test]
    fn two_of_ours_in_a_row_are_no_pair() {
        let log = Log::parse(&[NATIVE, OURS, OURS].join("\n"));
        assert!(log.pairs()[1].native.unwrap().is_ours());
    }
}
