//! The reader takes what nginx takes, and nothing else: the same bytes for both.

use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use tlsdiag::disk::Disk;
use tlsdiag::nginx_conf::{is_dump, read, read_dump, read_text};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::require::{load_foreign, nginx_bin, Build};
use tlsdiag_e2e::tempdir::TempDir;

use super::lab::bodies;

/// What is put inside `http`, and whether nginx accepts it.
const FILES: &[(&str, bool)] = &[
    ("add_header X 'a;b{c}';", true),
    ("add_header X a\\;b;", true),
    ("add_header X \"a\\\"b\";", true),
    ("add_header X 'a\\'b';", true),
    ("add_header X \"a\nb\";", true),
    ("add_header\r\n\tX\r\n\tb\r\n;", true),
    ("add_header X a # b;\n;", true),
    ("add_header X a#b;", true),
    ("add_header X a}b;", true),
    ("add_header X a\"b;", true),
    ("add_header X a'b'c;", true),
    ("add_header X ${host}a;", true),
    ("add_header X \"${host}\";", true),
    ("map $host $a { default 1; ~^(?<b>x{2})$ 2; }", false),
    ("map $host $a { default 1; \"~^(?<b>x{2})$\" 2; }", true),
    ("map $host $a { default 1; '' 2; \"\" 3; }", false),
    ("map $host $a { default 1; '' 2; }", true),
    ("map $host $a { default 1; } # }", true),
    ("map $host $a { default 1; # }\n }", true),
    ("map $host $a{default 1;}", true),
    ("types{a/b c;}", true),
    ("server { if ($host = \"a\"){ return 404; } }", true),
    ("server { if ($host = a) { return 404; } }", true),
    ("server { location ~ \\.php$ { return 404; } }", true),
    ("server { location ~ a{2} { return 404; } }", false),
    ("server { location ~ \"a{2}\" { return 404; } }", true),
    ("server { return 200 \"$\"; }", false),
    ("server { return 200 a\\\n; }", true),
    ("add_header X \"a\"b;", false),
    ("add_header X \"a\"#b\n;", false),
    ("add_header X 'a;", false),
    ("add_header X a", false),
    ("add_header X a }", false),
    ("server { ", false),
    ("}", false),
    (";", false),
    ("{ }", false),
    ("server { };", false),
    ("add_header X a;; ", false),
    ("\u{feff}add_header X a;", false),
    ("add_header X \u{feff};", true),
];

/// Long words and comments, around the size of nginx's buffer.
fn long() -> Vec<(String, bool)> {
    let mut files = Vec::new();
    for (length, fits) in [
        (4000, true),
        (4094, true),
        (4095, true),
        (4096, false),
        (9000, false),
    ] {
        files.push((format!("add_header X {};", "a".repeat(length)), fits));
    }
    for (length, fits) in [(4093, true), (4094, true), (4095, false), (9000, false)] {
        files.push((format!("add_header X \"{}\";", "a".repeat(length)), fits));
        files.push((format!("#{}\nadd_header X a;", "a".repeat(length)), fits));
    }
    files
}

/// Lua blocks, inside `location /`.
const LUA: &[(&str, bool)] = &[
    ("content_by_lua_block { ngx.say('}') }", true),
    ("content_by_lua_block { ngx.say(\"}\\\"}\") }", true),
    ("content_by_lua_block { local a = {b = {}} -- }\n }", true),
    (
        "content_by_lua_block { --[[ } ' ]] ngx.say([==[ } ]] ]==]) }",
        true,
    ),
    ("content_by_lua_block { --[=[ }\n ]] } ]=] }", true),
    ("content_by_lua_block { local a = b[c[1]] }", true),
    ("content_by_lua_block{ngx.say(1)}", true),
    ("set_by_lua_block $a { return '{' }", true),
    ("content_by_lua 'ngx.say(\"{\")';", true),
    ("content_by_lua_block { ngx.say({ }", false),
    ("content_by_lua_block { --[[ } ", false),
];

fn agrees(text: &str, wanted: bool) {
    compare(Config::new().http(text), text, wanted);
}

fn compare(config: Config, text: &str, wanted: bool) {
    let (accepted, said) = Nginx::check(&config);
    let shown: String = text.chars().take(60).collect();
    assert_eq!(accepted, wanted, "nginx: {shown:?}: {said}");
    let rendered = config.render(std::path::Path::new("/nonexistent"));
    let read = read_text(&Disk, b"/nonexistent/nginx.conf", rendered.as_bytes());
    // What is wrong beyond the syntax only nginx knows.
    let syntax = ["unexpected", "too long parameter", "long bracket"]
        .iter()
        .any(|word| said.contains(word));
    match read {
        Ok(_) => assert!(accepted || !syntax, "{shown:?}: nginx says {said}"),
        Err(error) => assert!(!accepted, "{shown:?}: {error}"),
    }
    if syntax {
        let error = read_text(&Disk, b"/nonexistent/nginx.conf", rendered.as_bytes()).unwrap_err();
        let what = error.what.split(" \"a").next().unwrap_or_default();
        assert!(said.contains(what), "{shown:?}: {what} against {said}");
    }
}

#[test]
fn tricky_files() {
    for (text, accepted) in FILES {
        agrees(text, *accepted);
    }
}

#[test]
fn lua_blocks() {
    let Some(lua) = load_foreign(&["ndk_http_module.so", "ngx_http_lua_module.so"]) else {
        return;
    };
    for (text, accepted) in LUA {
        let mut config = Config::new().location("/", text);
        config.main = lua.clone();
        compare(config, text, *accepted);
    }
}

#[test]
fn long_words() {
    for (text, accepted) in long() {
        agrees(&text, accepted);
    }
}

/// A location runs the server's `set` and its own, not that of a location around it: what the reader puts in
/// place of variables.
#[test]
fn variables_are_set_by_the_server_and_the_location() {
    let inner = "location /a/in { return 200 \"$a$b$c\"; }";
    let config = Config::new()
        .server("set $a 1; set $b 2;")
        .location(
            "/a",
            &format!("set $b 3; set $c 4; {inner} return 200 \"$a$b$c\";"),
        )
        .location(
            "/b",
            "set $c 5; if ($a) { set $c 6; } return 200 \"$a$b$c\";",
        );
    assert_eq!(bodies(config, &["/a", "/a/in", "/b"]), ["134", "12", "126"]);
}

/// What `nginx -T` prints is read as the files are, headers in files notwithstanding.
#[test]
fn a_dump_is_read_as_its_files_are() {
    let directory = TempDir::new("dump");
    std::fs::create_dir(directory.file("conf.d")).unwrap();
    let b = directory.file("conf.d/b.conf");
    let forged = format!("# configuration file {}:", b.display());
    let server = |port: u16| format!("listen 127.0.0.1:{port};\nserver_name s{port};");
    directory.write(
        "conf.d/a.conf",
        format!("server {{\n{forged}\n{}\n}}", server(8001)),
    );
    directory.write(
        "conf.d/b.conf",
        format!("# no line feed\nserver {{\n{}\n}}", server(8002)),
    );
    let main = format!(
        "# configuration file /etc/passwd:\npid {}/pid;\nevents {{}}\nhttp {{ include conf.d/*.conf; }}\n\
         # the end",
        directory.path().display()
    );
    let main = directory.write("nginx.conf", main);
    let mut command = Command::new(nginx_bin());
    command.arg("-T").arg("-p").arg(directory.path());
    command.arg("-c").arg(&main);
    if Build::get().version >= (1, 19, 5) {
        command.args(["-e", "stderr"]);
    }
    let output = command.output().expect("nginx -T does not run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let both = [output.stderr, output.stdout].concat();
    assert!(is_dump(&both));
    let dumped = read_dump(&both).unwrap();
    let read = read(&Disk, main.as_os_str().as_bytes()).unwrap();
    assert_eq!(dumped, read);
    assert_eq!(read.files.len(), 3);
}
