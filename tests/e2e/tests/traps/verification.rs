//! Verification, and the files it needs.

use tlsdiag_e2e::causes::{Cause, Setup};
use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::lab::{verify_against, Lab, API};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::Stack;
use tlsdiag_e2e::trial::run;

use super::lab::{only, Trap};

const NAME: &str = "proxy_ssl_name api.example.test;";

fn leaf() -> Leaf {
    Leaf::named(API).rsa()
}

#[test]
fn verify_without_ca() {
    let lab = Lab::new();
    let setup = Setup::to(lab.good()).set(NAME).set("proxy_ssl_verify on;");
    let config = setup.configure(Config::new(), "/", &[], &setup.location);
    let (accepted, said) = Nginx::check(&config);
    let words = "no proxy_ssl_trusted_certificate for proxy_ssl_verify";
    assert!(!accepted && said.contains(words), "{said}");
    let finding = only(&config, "verify_without_ca");
    Trap::new("verify_without_ca", lab, setup).mend(&finding);
}

#[test]
fn verify_address() {
    let words = "address compared, IP SAN there";
    let cause = Cause::find("certificate_hostname_mismatch", words);
    let (lab, setup) = cause.set_up(Stack::OpenSsl, None);
    let native = "upstream SSL certificate does not match \"127.0.0.1\"";
    Trap::new("verify_address", lab, setup).prove(native);
}

#[test]
fn verify_depth_small() {
    let lab = Lab::new();
    let first = lab.root.intermediate("First");
    let second = first.intermediate("Second");
    let chain = [lab.root.pem(), first.pem(), second.pem()].concat();
    let trusted = verify_against(&lab.file("chain.pem", chain));
    let setup = Setup::to(lab.with(second.issue(&leaf())))
        .set(NAME)
        .set(&trusted);
    let native = "upstream SSL certificate verify error: (2";
    Trap::new("verify_depth_small", lab, setup).prove(native);
}

/// What the file must hold cannot be pasted: the file is changed.
#[test]
fn trust_file_unfit() {
    for name in [
        "an intermediate",
        "the certificate itself",
        "another's list",
    ] {
        let lab = Lab::new();
        let intermediate = lab.root.intermediate("Intermediate");
        let identity = intermediate.issue(&leaf());
        let unfit = match name {
            "an intermediate" => intermediate.pem(),
            "the certificate itself" => identity.certificate.to_pem().unwrap(),
            _ => Authority::root("Expired").crl(&[], 30),
        };
        let trusted = verify_against(&lab.file("trusted.pem", &unfit));
        let setup = Setup::to(lab.with(identity)).set(NAME).set(&trusted);
        let trap = Trap::new("trust_file_unfit", lab, setup);
        assert!(trap.find().help[0].contains("root"), "{name}");
        trap.falls("upstream SSL certificate verify error: (2");
        let lab = &trap.lab;
        lab.file("trusted.pem", [lab.root.pem(), unfit].concat());
        trap.is_mended();
    }
}

#[test]
fn crl_incomplete() {
    for name in [
        "none of the root",
        "none that is theirs",
        "one that has ended",
    ] {
        let lab = Lab::new();
        let intermediate = lab.root.intermediate("Intermediate");
        let lower = intermediate.crl(&[], 30);
        let (incomplete, native) = match name {
            "none of the root" => (lower.clone(), "(3:"),
            "none that is theirs" => (Authority::root("Other").crl(&[], 30), "(3:"),
            _ => ([lab.root.crl(&[], -1), lower.clone()].concat(), "(12:"),
        };
        let chain = [lab.root.pem(), intermediate.pem()].concat();
        let trusted = verify_against(&lab.file("chain.pem", chain));
        let crl = lab.file("lists.crl", incomplete);
        let setup = Setup::to(lab.with(intermediate.issue(&leaf())))
            .set(&trusted)
            .set(&format!("{NAME} proxy_ssl_crl {crl};"));
        let trap = Trap::new("crl_incomplete", lab, setup);
        trap.find();
        trap.falls(&format!("upstream SSL certificate verify error: {native}"));
        let lab = &trap.lab;
        lab.file("lists.crl", [lab.root.crl(&[], 30), lower].concat());
        trap.is_mended();
    }
}

/// Whoever answers is believed, until nginx verifies.
#[test]
fn verify_off() {
    let lab = Lab::new();
    let rogue = Authority::root("Rogue").issue(&leaf());
    let [rogue, good] = [rogue, lab.identity()].map(|one| lab.with(one).start());
    let config = |pass: String, verify: &str| {
        let location = format!("{pass}{NAME}\n{verify}");
        Config::new().location("/", &location)
    };
    let off = "proxy_ssl_verify off;";
    let finding = only(&config(rogue.pass(), off), "verify_off");
    assert_eq!(run(config(rogue.pass(), off), &["/"]).statuses(), [200]);
    let help = finding.help.join("\n");
    let help = help.replace("<file-with-the-root-of-the-upstream>", &lab.trusted());
    let verified = |pass| run(config(pass, &help), &["/"]).statuses();
    assert_eq!(verified(rogue.pass()), [502], "{help}");
    assert_eq!(verified(good.pass()), [200], "{help}");
    // Without a name the address is compared.
    let unnamed = |more: &str| Config::new().location("/", &format!("{}{more}", good.pass()));
    let asked = only(&unnamed(off), "verify_off").help;
    let name = "proxy_ssl_name <name-in-the-certificate>;";
    assert_eq!(asked.last().map(String::as_str), Some(name), "{asked:?}");
    for (name, status) in [("", 502), (NAME, 200)] {
        let statuses = run(unnamed(&format!("{help}\n{name}")), &["/"]).statuses();
        assert_eq!(statuses, [status], "{help} {name}");
    }
}
