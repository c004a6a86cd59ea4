//! The C ABI from both sides: a compiled C program, and the header's bindings.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::multiple_unsafe_ops_per_block,
    reason = "a test that fails should stop"
)]

use std::ffi::{c_char, c_int, CStr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::ptr;

use tlsdiag_capi_tests as header;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn fixture() -> PathBuf {
    root().join("tests/fixtures/sni_missing/alert_40.json")
}

/// Calls a function of the header; `Err` is its result.
fn call(
    function: unsafe extern "C" fn(*const c_char, usize, *mut *mut c_char, *mut usize) -> c_int,
    recording: &[u8],
) -> Result<String, c_int> {
    let (mut text, mut length) = (ptr::null_mut(), usize::MAX);
    // SAFETY: all pointers are valid; the string is read before it is freed, and freed once.
    unsafe {
        let result = function(
            recording.as_ptr().cast(),
            recording.len(),
            &mut text,
            &mut length,
        );
        if result != 0 {
            assert!(
                text.is_null() && length == usize::MAX,
                "written in spite of {result}"
            );
            return Err(result);
        }
        let copy = CStr::from_ptr(text).to_str().unwrap().to_owned();
        assert_eq!(copy.len(), length);
        header::tlsdiag_string_free(text);
        Ok(copy)
    }
}

type Function = unsafe extern "C" fn(*const c_char, usize, *mut *mut c_char, *mut usize) -> c_int;

#[test]
fn header_and_library_agree() {
    // The same types on both sides, checked by the compiler.
    let _: [Function; 4] = [
        header::tlsdiag_line,
        tlsdiag::capi::tlsdiag_line,
        header::tlsdiag_document,
        tlsdiag::capi::tlsdiag_document,
    ];
    let _: [unsafe extern "C" fn(*mut c_char); 2] = [
        header::tlsdiag_string_free,
        tlsdiag::capi::tlsdiag_string_free,
    ];
    let results = [
        (header::TLSDIAG_OK, tlsdiag::capi::TLSDIAG_OK, 0),
        (
            header::TLSDIAG_NULL_POINTER,
            tlsdiag::capi::TLSDIAG_NULL_POINTER,
            1,
        ),
        (
            header::TLSDIAG_INVALID_UTF8,
            tlsdiag::capi::TLSDIAG_INVALID_UTF8,
            2,
        ),
        (
            header::TLSDIAG_INVALID_RECORDING,
            tlsdiag::capi::TLSDIAG_INVALID_RECORDING,
            3,
        ),
        (header::TLSDIAG_INTERNAL, tlsdiag::capi::TLSDIAG_INTERNAL, 4),
    ];
    for (of_header, of_library, frozen) in results {
        assert_eq!(
            (of_header, of_library),
            (frozen, frozen.try_into().unwrap())
        );
    }
}

#[test]
fn a_recording_gives_line_and_document() {
    let recording = std::fs::read(fixture()).unwrap();
    let line = call(header::tlsdiag_line, &recording).unwrap();
    assert!(line.starts_with("upstream_tls[sni_missing] "), "{line}");
    let document = call(header::tlsdiag_document, &recording).unwrap();
    assert!(document.contains("\"code\":\"sni_missing\"") && !document.contains('\n'));
}

#[test]
fn bad_input_is_refused_by_number() {
    assert_eq!(call(header::tlsdiag_line, b"\xff{}"), Err(2));
    assert_eq!(call(header::tlsdiag_line, b""), Err(3));
    assert_eq!(call(header::tlsdiag_document, b"{\"format\":2}"), Err(3));
    let (mut text, mut length) = (ptr::null_mut(), 0);
    // SAFETY: NULL is what is tested; the others are valid.
    let results = unsafe {
        [
            header::tlsdiag_line(ptr::null(), 0, &mut text, &mut length),
            header::tlsdiag_line(c"{}".as_ptr(), 2, ptr::null_mut(), &mut length),
            header::tlsdiag_document(c"{}".as_ptr(), 2, &mut text, ptr::null_mut()),
        ]
    };
    assert_eq!(results, [1, 1, 1]);
    // SAFETY: NULL is allowed.
    unsafe { header::tlsdiag_string_free(ptr::null_mut()) };
}

#[test]
fn a_c_program_links_and_works() {
    let (root, scratch) = (root(), PathBuf::from(env!("CARGO_TARGET_TMPDIR")));
    let target = scratch.join("staticlib");
    let built = Command::new(env!("CARGO"))
        .args(["rustc", "--quiet", "--locked", "-p", "tlsdiag", "--lib"])
        .args([
            "--no-default-features",
            "--features",
            "capi",
            "--crate-type",
            "staticlib",
        ])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(&root)
        .status()
        .unwrap();
    assert!(built.success());
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let compiler = cc::Build::new()
        .target(&triple)
        .host(&triple)
        .opt_level(1)
        .warnings(true)
        .cargo_metadata(false)
        .get_compiler();
    let program = scratch.join("client");
    let compiled = compiler
        .to_command()
        .args(["-Werror", "-pedantic", "-std=c99", "-I"])
        .arg(root.join("include"))
        .arg(root.join("tests/capi/tests/client.c"))
        .arg(target.join("debug/libtlsdiag.a"))
        .args(["-lpthread", "-ldl", "-lm", "-o"])
        .arg(&program)
        .status()
        .unwrap();
    assert!(compiled.success());
    let output = Command::new(&program).arg(fixture()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], env!("CARGO_PKG_VERSION"));
    assert!(lines[1].starts_with("upstream_tls[sni_missing] "));
    assert!(lines[2].starts_with("{\"@timestamp\":"));
}
