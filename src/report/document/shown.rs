//! How much is shown of texts and lists whose length a peer or a client chooses.

use std::borrow::Cow;
use std::cell::Cell;

use serde::{Serialize, Serializer};

use super::json;
use crate::text::{clip, Foreign};

/// Entries shown of a list, bytes of a text in JSON.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) list: usize,
    pub(super) text: usize,
}

/// Shortens, and remembers that something was lost.
#[derive(Debug)]
pub(super) struct Scissors {
    limits: Limits,
    has_cut: Cell<bool>,
}

impl Scissors {
    /// `has_cut`: something is left out already.
    pub(super) fn new(limits: Limits, has_cut: bool) -> Self {
        Self {
            limits,
            has_cut: Cell::new(has_cut),
        }
    }

    /// Something was lost so far.
    pub(super) fn has_cut(&self) -> bool {
        self.has_cut.get()
    }

    /// Texts are shown at all.
    pub(super) fn shows_texts(&self) -> bool {
        self.limits.text > 0
    }

    /// A list of this length is shown whole.
    pub(super) fn takes(&self, length: usize) -> bool {
        length <= self.limits.list
    }

    /// The text; `None` for none and for an empty one.
    pub(super) fn text<'a>(&'a self, text: Option<&'a str>) -> Option<Text<'a>> {
        let text = text.filter(|text| !text.is_empty() && self.shows_texts())?;
        Some(Text {
            text,
            scissors: self,
        })
    }

    /// Somebody else's text, as a value of its own.
    pub(super) fn foreign<'a>(&'a self, text: Option<&'a Foreign>) -> Option<Text<'a>> {
        self.text(text.map(Foreign::raw))
    }

    /// A sentence of ours: as much as takes twice the bytes of a text, cut outside quotes.
    pub(super) fn sentence<'s>(&self, sentence: Option<&'s str>) -> Option<Cow<'s, str>> {
        let max = self.limits.text * 2;
        let sentence = sentence.filter(|_| max > 0)?;
        self.has_cut.set(self.has_cut() || sentence.len() > max);
        Some(clip(sentence, max))
    }

    /// The entries that are not empty (an empty name is no name), cut after so many; `None` without any.
    pub(super) fn list<'a>(
        &'a self,
        entries: impl IntoIterator<Item = &'a str>,
    ) -> Option<List<'a>> {
        let mut entries = entries.into_iter().filter(|entry| !entry.is_empty());
        let shown: List<'a> = entries
            .by_ref()
            .take(self.limits.list)
            .filter_map(|entry| self.text(Some(entry)))
            .collect();
        if entries.next().is_some() {
            self.has_cut.set(true);
        }
        (!shown.is_empty()).then_some(shown)
    }
}

/// What a code point is called.
pub(super) type Label = Cow<'static, str>;

/// A list of texts.
pub(super) type List<'a> = Vec<Text<'a>>;

/// A text, cut between characters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    text: &'a str,
    scissors: &'a Scissors,
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Most texts fit at a glance.
        let max = self.scissors.limits.text;
        if self.text.len() <= max && json::is_plain(self.text) {
            return serializer.serialize_str(self.text);
        }
        let mut length = 0;
        let cut = self.text.char_indices().find(|(_, character)| {
            length += json::length(*character);
            length > max
        });
        let kept = cut.and_then(|(at, _)| self.text.get(..at));
        if kept.is_some() {
            self.scissors.has_cut.set(true);
        }
        serializer.serialize_str(kept.unwrap_or(self.text))
    }
}
