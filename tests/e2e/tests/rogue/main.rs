//! Rogue peers and clients: nobody unauthenticated speaks through us. A rogue stands where nginx
//! expects its upstream, says what it likes, and an operator pastes every fix that is printed for it,
//! placeholders filled with what the operator knows. Then the rogue must not get a request, and no
//! word of the rogue's or the client's is in a fix, or anywhere outside quotes.

mod answers;
mod certificates;
mod clients;
mod hellos;
mod lab;
mod names;
mod offer;
mod trust;

tlsdiag_e2e::each_family!(lab: without_verification, pasted_name_of_the_rogue);
tlsdiag_e2e::each_family!(
    certificates: own_name_by_address, own_name_by_block, own_name_with_server_name, self_signed,
    self_signed_without_server_name, self_signed_with_a_name_unsent, own_root, issuer_url, no_names, no_subject,
    demanded_client_certificate,
);
tlsdiag_e2e::each_family!(
    hellos: version_that_nobody_has, chosen_version_that_nobody_has, version_not_offered, short_group,
);
tlsdiag_e2e::each_family!(
    answers: five_bytes_of_http, http, nothing, alert_40, alert_40_from_an_address, alert_40_to_a_short_list, alert_71,
    alert_71_to_a_short_list, alert_112, alert_112_to_a_name, any_alert,
);
tlsdiag_e2e::each_family!(
    clients: chosen_host, chosen_host_compared, chosen_name, chosen_name_compared,
    chosen_name_unverified,
);
