//! Evidence: codes for what speaks for a finding. They are a contract and listed in the schema.

macro_rules! evidence {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)+) => {
        /// What speaks for a finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Evidence {
            $($(#[$doc])* $name,)+
        }

        impl Evidence {
            /// All of them, for the schema.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code in documents.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }
        }
    };
}

evidence! {
    /// No server_name extension was sent.
    NoServerNameSent = "no_server_name_sent",
    /// nginx had a DNS name it could have sent.
    DnsNameToHand = "dns_name_to_hand",
    /// The configured host is the name of an upstream block.
    NameIsUpstreamBlock = "name_is_upstream_block",
    /// The name sent carries a port or a scheme.
    NameIsNoHost = "name_is_no_host",
    /// The name sent differs from the configured host.
    NameDiffersFromHost = "name_differs_from_host",
    /// A server_name was sent and nothing is odd about it.
    ServerNameRuledOut = "server_name_settled",
    /// Nothing of the peer's hello came.
    NoServerHello = "no_server_hello",
    /// An alert of the peer decided.
    AlertReceived = "alert_received",
    /// An alert of ours decided.
    AlertSent = "alert_sent",
    /// The alert has only this meaning.
    AlertIsSpecific = "alert_is_specific",
    /// The peer closed the connection.
    PeerClosed = "peer_closed",
    /// The connection was reset.
    PeerReset = "peer_reset",
    /// The peer stayed silent.
    PeerSilent = "peer_silent",
    /// The versions offered do not include the one chosen or needed.
    VersionNotOffered = "version_not_offered",
    /// Only part of the versions this library has was offered.
    VersionsLimited = "versions_limited",
    /// The version chosen does not exist.
    VersionDoesNotExist = "version_does_not_exist",
    /// The suite chosen is none of those offered.
    CipherNotOffered = "cipher_not_offered",
    /// Whole cipher families are missing from the offer.
    CipherListNarrow = "cipher_list_narrow",
    /// Our hello carries TLS_FALLBACK_SCSV.
    FallbackSignalled = "fallback_signalled",
    /// Groups that most servers rely on are missing from the offer.
    GroupListNarrow = "group_list_narrow",
    /// The group the peer chose was not offered.
    GroupNotOffered = "group_not_offered",
    /// The peer gave up after its HelloRetryRequest.
    HelloRetryFailed = "hello_retry_failed",
    /// Signature algorithms that most servers rely on are missing from the offer.
    SignatureListNarrow = "signature_list_narrow",
    /// The peer signed with an algorithm that was not offered.
    SignatureNotOffered = "signature_not_offered",
    /// Application protocols were offered.
    AlpnOffered = "alpn_offered",
    /// No application protocol was offered.
    NoAlpnOffered = "no_alpn_offered",
    /// The library's own reason has only this meaning.
    LibraryReasonIsSpecific = "library_reason_is_specific",
    /// The peer asked for a client certificate.
    CertificateRequested = "certificate_requested",
    /// nginx answered with an empty Certificate.
    NoCertificateSent = "no_certificate_sent",
    /// nginx sent its client certificate.
    CertificateSent = "certificate_sent",
    /// Our certificate's own dates exclude today.
    OwnCertificateOutOfDate = "own_certificate_out_of_date",
    /// Our issuer is not among the names the peer listed.
    IssuerNotListed = "issuer_not_listed",
    /// Our issuer is among the names the peer listed.
    IssuerListed = "issuer_listed",
    /// It came after our side had finished.
    AfterHandshake = "after_handshake",
    /// The first bytes are no TLS record.
    NotATlsRecord = "not_a_tls_record",
    /// nginx's verification failed.
    VerificationFailed = "verification_failed",
    /// The same chain was verified again and fails the same way.
    VerifiedAgain = "verified_again",
    /// The same chain verifies freshly.
    FreshVerificationSucceeds = "fresh_verification_succeeds",
    /// The session was resumed.
    SessionResumed = "session_resumed",
    /// The same chain verifies with a larger depth.
    LargerDepthVerifies = "larger_depth_verifies",
    /// The issuer was not sent.
    IssuerNotSent = "issuer_not_sent",
    /// The issuer is not in the trusted file.
    IssuerNotTrusted = "issuer_not_trusted",
    /// The certificate says where its issuer's certificate is.
    IssuerUrlPresent = "issuer_url_present",
    /// The chain ends in a root that was sent and is not trusted.
    RootNotTrusted = "root_not_trusted",
    /// None of the names presented matches.
    NameNotPresented = "name_not_presented",
    /// The address is presented as an IP SAN, which nginx does not compare.
    IpSanNotCompared = "ip_san_not_compared",
    /// A session of an earlier handshake was offered.
    SessionOffered = "session_offered",
    /// The ClientHello takes more than one TCP segment.
    ClientHelloLarge = "client_hello_large",
    /// The library stopped at the peer's bytes.
    NotReadable = "not_readable",
    /// nginx's own library failed.
    LibraryFailed = "library_failed",
    /// The trust store holds no certificate.
    StoreEmpty = "store_empty",
    /// nginx holds a client certificate and sent none.
    CertificateConfigured = "certificate_configured",
    /// The session was made under another name, or under other settings.
    SessionOfAnother = "session_of_another",
    /// The upstream refused the request in HTTP.
    StatusReceived = "status_received",
    /// The Host sent and the name sent are not the same.
    HostDiffersFromName = "host_differs_from_name",
    /// The upstream's page says what its TLS missed.
    PageSaysSo = "page_says_so",
    /// The first bytes of the answer are HTTP/2's.
    AnswerIsHttp2 = "answer_is_http2",
    /// The peer has chosen HTTP/2 whenever it was offered.
    PeerChoseHttp2 = "peer_chose_http2",
    /// Nothing seen decides between several causes.
    NothingDecides = "nothing_decides",
}
