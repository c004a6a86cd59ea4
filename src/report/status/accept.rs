//! Which report a client wants (RFC 9110 section 12.5.1).

/// A format of the status report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object.
    Json,
    /// Prometheus' text format 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// A page for people.
    Html,
}

impl Format {
    /// The value of Content-Type. Prometheus 3 fails a scrape without a proper one.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => {
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
            }
            Self::Html => "text/html; charset=utf-8",
        }
    }

    /// What an Accept header prefers: JSON unless it names another format. Ranges such as `*/*` name
    /// none.
    pub fn preferred(accept: &str) -> Self {
        let order = [Self::OpenMetrics, Self::Prometheus, Self::Html, Self::Json];
        Self::best(&order, accept).unwrap_or(Self::Json)
    }

    /// As [`Format::preferred`], where metrics are wanted in any case.
    pub fn preferred_metrics(accept: &str) -> Self {
        let order = [Self::OpenMetrics, Self::Prometheus];
        Self::best(&order, accept).unwrap_or(Self::Prometheus)
    }

    /// The one with the highest weight; of several the first.
    fn best(order: &[Self], accept: &str) -> Option<Self> {
        let weighed = order.iter().map(|format| (*format, format.weight(accept)));
        let acceptable = weighed.filter(|(_, weight)| *weight > 0);
        // The last maximum wins in `max_by_key`.
        let best = acceptable.rev().max_by_key(|(_, weight)| *weight);
        best.map(|(format, _)| format)
    }

    /// The weight that the header gives to this format, in thousandths.
    fn weight(self, accept: &str) -> u16 {
        let (media_type, version) = match self {
            Self::Json => ("application/json", None),
            Self::Prometheus => ("text/plain", Some("0.0.4")),
            Self::OpenMetrics => ("application/openmetrics-text", Some("1.0.0")),
            Self::Html => ("text/html", None),
        };
        let ranges = accept.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let is_ours = parts.next()?.eq_ignore_ascii_case(media_type);
            let mut weight = 1000;
            for part in parts {
                let (key, value) = part.split_once('=').unwrap_or((part, ""));
                let value = value.trim().trim_matches('"');
                match key.trim() {
                    "q" | "Q" => weight = thousandths(value),
                    "version" if Some(value) != version => return None,
                    _ => {}
                }
            }
            is_ours.then_some(weight)
        });
        ranges.max().unwrap_or(0)
    }
}

/// `0`, `1`, `0.5`, `1.000`; what is none of these weighs nothing.
fn thousandths(value: &str) -> u16 {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "1" => 1000,
        "0" if digits => {
            let scale = [1000, 100, 10, 1].get(fraction.len()).copied().unwrap_or(0);
            fraction.parse::<u16>().unwrap_or(0) * scale
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_get_what_they_ask_for() {
        let chrome = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        let prometheus2 = "application/openmetrics-text;version=1.0.0,\
             application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let prometheus3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        for (accept, format) in [
            (chrome, Format::Html),
            (prometheus2, Format::OpenMetrics),
            (prometheus3, Format::OpenMetrics),
            ("", Format::Json),
            ("*/*", Format::Json),
            ("image/png", Format::Json),
            ("application/json", Format::Json),
            ("application/json, text/html;q=0.9", Format::Json),
            ("text/plain", Format::Prometheus),
            ("text/plain; version=0.0.4", Format::Prometheus),
            ("text/plain; version=1.0.0", Format::Json),
            ("application/openmetrics-text; version=0.0.1", Format::Json),
            (
                "APPLICATION/OpenMetrics-Text; version=\"1.0.0\"",
                Format::OpenMetrics,
            ),
            ("text/html;q=0", Format::Json),
            ("text/html;q=0.5,text/plain;q=0.501", Format::Prometheus),
            ("text/plain,text/html", Format::Prometheus),
            ("text/html;q=2,text/plain;q=0.0001", Format::Json),
        ] {
            assert_eq!(Format::preferred(accept), format, "{accept}");
        }
    }

    #[test]
    fn metrics_are_metrics_whatever_is_asked_for() {
        let format = Format::preferred_metrics;
        assert_eq!(format("text/html"), Format::Prometheus);
        assert_eq!(format(""), Format::Prometheus);
        let both = "application/openmetrics-text;version=1.0.0;q=0.2,text/plain;q=0.3";
        assert_eq!(format(both), Format::Prometheus);
        assert_eq!(format("application/openmetrics-text"), Format::OpenMetrics);
    }
}
