//! What a leaf certificate says of itself.

use std::net::IpAddr;

use super::Key;

/// Extended key usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Usage {
    /// `serverAuth` and `clientAuth`.
    #[default]
    Both,
    /// `clientAuth` only.
    Client,
    /// `serverAuth` only.
    Server,
}

/// What a leaf says of itself.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Common name; empty, the whole subject is.
    pub common_name: String,
    /// DNS names of subjectAltName.
    pub dns: Vec<String>,
    /// IP addresses of subjectAltName.
    pub ips: Vec<IpAddr>,
    /// Start of validity, in days from now.
    pub from_day: i64,
    /// End of validity, in days from now.
    pub to_day: i64,
    /// Its key.
    pub key: Key,
    /// Extended key usage.
    pub usage: Usage,
    /// Signed with SHA-1 where the default is SHA-256.
    pub sha1: bool,
    /// Has a critical extension that no library knows.
    pub critical_extension: bool,
    /// Where its issuer's certificate is said to be (authorityInfoAccess).
    pub issuer_url: Option<String>,
}

impl Leaf {
    /// A valid leaf with one DNS name.
    pub fn named(name: &str) -> Leaf {
        Leaf {
            common_name: name.to_owned(),
            dns: vec![name.to_owned()],
            ips: Vec::new(),
            from_day: -1,
            to_day: 30,
            key: Key::Ec,
            usage: Usage::Both,
            sha1: false,
            critical_extension: false,
            issuer_url: None,
        }
    }

    /// The same with an RSA key.
    pub fn rsa(mut self) -> Leaf {
        self.key = Key::Rsa;
        self
    }

    /// The same with an RSA key of 1024 bits.
    pub fn short_rsa(mut self) -> Leaf {
        self.key = Key::ShortRsa;
        self
    }

    /// The same with another validity, in days from now.
    pub fn valid(mut self, from_day: i64, to_day: i64) -> Leaf {
        (self.from_day, self.to_day) = (from_day, to_day);
        self
    }

    /// The same with an IP address besides its names.
    pub fn ip(mut self, ip: &str) -> Leaf {
        self.ips.push(ip.parse().expect("an IP address"));
        self
    }

    /// The same with another extended key usage.
    pub fn usage(mut self, usage: Usage) -> Leaf {
        self.usage = usage;
        self
    }

    /// The same with a signature over SHA-1.
    pub fn sha1(mut self) -> Leaf {
        self.sha1 = true;
        self
    }

    /// The same with an address for its issuer's certificate.
    pub fn issuer_url(mut self, url: &str) -> Leaf {
        self.issuer_url = Some(url.to_owned());
        self
    }

    /// The same with a critical extension that no library knows.
    pub fn critical_extension(mut self) -> Leaf {
        self.critical_extension = true;
        self
    }
}
