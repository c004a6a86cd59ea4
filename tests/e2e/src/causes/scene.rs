//! A cause, met by the same request without the module and with it.

use std::ops::Deref;

use crate::family::Family;
use crate::fix;
use crate::lab::{Lab, Place};
use crate::nginx::{Config, Module, Nginx};
use crate::peers::{Stack, Version};
use crate::trial::{run_with, Failure, Trial};

use super::{Cause, Setup};

/// The one failure that a cause makes, and what to do about it.
pub struct Scene {
    lab: Lab,
    setup: Setup,
    failure: Failure,
}

impl Deref for Scene {
    type Target = Failure;

    fn deref(&self) -> &Failure {
        &self.failure
    }
}

impl Scene {
    /// Meets a cause of the table.
    pub fn of(
        name: &str,
        words: &str,
        place: impl Into<Place>,
        version: impl Into<Option<Version>>,
    ) -> Scene {
        let (lab, setup) = Cause::find(name, words).set_up(place, version.into());
        Scene::meet(name, lab, setup)
    }

    /// Meets what is set up: one failure of this name, in its family's words. nginx and its client see
    /// what they see without the module.
    pub fn meet(name: &str, lab: Lab, setup: Setup) -> Scene {
        let config = || config(&setup, &[]);
        let ask = |nginx: &Nginx| setup.ask(nginx.port(), "/");
        let trial = match lab.place.stack {
            // It closes with request bytes unread, which resets the connection.
            Stack::GnuTls => {
                let check = |trial: &Trial| trial.diagnosed(1).remove(0).assert_name(name);
                Trial::racing(config, ask, check)
            }
            _ => Trial::with(config, ask),
        };
        let (last, before) = trial.with.responses.split_last().expect("an answer");
        assert!(before.iter().all(|one| one.status == 200), "{before:?}");
        assert_ne!(last.status, 200);
        let family = setup.family();
        // Of its timer nginx says nothing in stream.
        let failures = match family == Family::Stream && name == "handshake_timeout" {
            true => trial.unannounced(1),
            false => trial.failures(1),
        };
        let failure = { failures }.remove(0);
        failure.assert_name(name);
        assert_eq!(failure.text("module"), family.module());
        for directive in &failure.line.fix {
            let own = [family.prefix(), &family.directive("proxy_connect_timeout")];
            let is_own = own.iter().any(|own| directive.starts_with(own));
            assert!(is_own, "{directive:?} is not of {family:?}");
        }
        Scene {
            lab,
            setup,
            failure,
        }
    }

    /// The fix is this: directives of `proxy_pass`, in its family.
    pub fn assert_fix(&self, directives: &[&str]) {
        let family = self.setup.family();
        let wanted: Vec<String> = directives.iter().map(|one| family.directive(one)).collect();
        assert_eq!(self.line.fix, wanted, "{:#?}", self.line);
    }

    /// Nothing in nginx.conf helps: the line says who must do what.
    pub fn assert_manual(&self, words: &str) {
        assert_eq!(self.text("fix_applicability"), "manual");
        assert_eq!(self.line.fix, [""; 0]);
        let action = self.line.action.as_deref().unwrap_or_default();
        assert!(action.contains(words), "{action}");
    }

    /// Pastes the fix, placeholders filled with what the operator knows: then the request is answered
    /// 200 and nobody complains.
    pub fn assert_fix_helps(&self) {
        assert!(!self.line.fix.is_empty(), "{:#?}", self.line);
        let values = [self.setup.values.clone(), self.lab.known_values()].concat();
        let filled = fix::fill(&self.line.fix, &values);
        self.assert_helps(&filled.unwrap_or_else(|why| panic!("{why}")));
    }

    /// The same of any directives.
    pub fn assert_helps(&self, pasted: &[String]) {
        let config = config(&self.setup, pasted).module(Module::Ours);
        let run = run_with(config, &|nginx: &Nginx| self.setup.ask(nginx.port(), "/"));
        run.assert_good(&pasted.join("\n"));
    }
}

/// The settings stand above the location, which inherits them and has nothing but what is pasted; with
/// another location before it, each has its own.
fn config(setup: &Setup, pasted: &[String]) -> Config {
    match setup.first {
        None => setup.configure(Config::new(), "/", &setup.location, pasted),
        Some(_) => {
            let inside = fix::paste(&setup.location, pasted);
            setup.configure(Config::new(), "/", &[], &inside)
        }
    }
}
