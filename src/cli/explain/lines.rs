//! Lines of a log, in a buffer that does not grow with the log or with a line.

use std::io::{self, Read};

use memchr::memchr_iter;

/// Bytes read at once, and of one line at most; what a line has beyond is passed over.
const BUFFER: usize = 128 << 10;

/// Cuts what is read into lines.
pub(super) struct Lines {
    buffer: Vec<u8>,
    filled: usize,
    /// Inside a line whose beginning was handed over already.
    passing_over: bool,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self {
            buffer: vec![0; BUFFER],
            filled: 0,
            passing_over: false,
        }
    }

    /// Hands over every whole line, until the source has no more for now.
    pub(super) fn read(
        &mut self,
        source: &mut dyn Read,
        line: &mut dyn FnMut(&[u8]),
    ) -> io::Result<()> {
        while self.read_once(source, line)? {}
        Ok(())
    }

    /// The same of what one reading gives; false where it gives nothing.
    pub(super) fn read_once(
        &mut self,
        source: &mut dyn Read,
        line: &mut dyn FnMut(&[u8]),
    ) -> io::Result<bool> {
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        match source.read(room) {
            Ok(0) => return Ok(false),
            Ok(more) => self.filled += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        self.hand_over(line);
        Ok(true)
    }

    fn hand_over(&mut self, line: &mut dyn FnMut(&[u8])) {
        let filled = self.buffer.get(..self.filled).unwrap_or_default();
        let mut start = 0;
        for end in memchr_iter(b'\n', filled) {
            if !std::mem::take(&mut self.passing_over) {
                line(filled.get(start..end).unwrap_or_default());
            }
            start = end + 1;
        }
        if start == 0 && self.filled == self.buffer.len() {
            if !std::mem::replace(&mut self.passing_over, true) {
                line(filled);
            }
            start = self.filled;
        }
        self.buffer.copy_within(start..self.filled, 0);
        self.filled -= start;
    }

    /// What follows the last line feed.
    pub(super) fn finish(&mut self, line: &mut dyn FnMut(&[u8])) {
        let rest = self.buffer.get(..self.filled).unwrap_or_default();
        if !rest.is_empty() && !self.passing_over {
            line(rest);
        }
        self.filled = 0;
        self.passing_over = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives `step` bytes at a time.
    struct Slow<'b>(&'b [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let end = self.1.min(self.0.len());
            let (mut now, later) = self.0.split_at(end);
            self.0 = later;
            now.read(into)
        }
    }

    fn lines(bytes: &[u8], step: usize) -> Vec<Vec<u8>> {
        let (mut lines, mut found) = (Lines::new(), Vec::new());
        let mut put = |line: &[u8]| found.push(line.to_vec());
        lines.read(&mut Slow(bytes, step), &mut put).unwrap();
        lines.finish(&mut put);
        found
    }

    #[test]
    fn lines_come_whole_however_they_arrive() {
        for step in 1..7 {
            assert_eq!(
                lines(b"one\n\ntwo\r\nthree", step),
                [b"one" as &[u8], b"", b"two\r", b"three"]
            );
            assert!(lines(b"", step).is_empty());
        }
    }

    #[test]
    fn of_a_line_without_end_the_beginning_comes() {
        let long = [b"first\n", vec![b'x'; 10 << 20].as_slice(), b"\nlast"].concat();
        let found = lines(&long, BUFFER);
        assert_eq!(found.len(), 3);
        assert!(found[1].len() <= BUFFER && found[1].iter().all(|one| *one == b'x'));
        assert_eq!(
            (found[0].as_slice(), found[2].as_slice()),
            (b"first" as &[u8], b"last" as &[u8])
        );
        assert_eq!(lines(&vec![b'x'; 10 << 20], BUFFER).len(), 1);
    }
}
