//! C code that a test loads into nginx.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes a shared object of C code.
pub fn compile(source: &Path, library: &Path, include: &[PathBuf]) {
    let mut cc = Command::new("cc");
    for directory in include {
        cc.arg("-I").arg(directory);
    }
    let cc = cc.args(["-shared", "-fPIC", "-pthread", "-o"]);
    let status = cc.arg(library).arg(source).status();
    let status = status.expect("cc is needed (Debian package gcc)");
    assert!(status.success());
}
