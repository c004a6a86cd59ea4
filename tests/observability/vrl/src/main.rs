//! `run-vrl PROGRAM < lines`: each line is an event as Vector's file source makes it, the text in
//! `.message`; what the program leaves of it is written as a line of JSON.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{stdin, stdout, BufRead, Write};

use vrl::compiler::state::RuntimeState;
use vrl::compiler::{Context, TargetValue, TimeZone};
use vrl::value::{KeyString, Secrets, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: run-vrl PROGRAM < lines")?;
    let source = std::fs::read_to_string(&path)?;
    let compiled = vrl::compiler::compile(&source, &vrl::stdlib::all())
        .map_err(|problems| format!("{path}: {problems:?}"))?;
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        let event = BTreeMap::from([(KeyString::from("message"), Value::from(line?))]);
        let mut target = TargetValue {
            value: Value::Object(event),
            metadata: Value::Object(BTreeMap::new()),
            secrets: Secrets::default(),
        };
        let mut state = RuntimeState::default();
        let timezone = TimeZone::default();
        let mut context = Context::new(&mut target, &mut state, &timezone);
        match compiled.program.resolve(&mut context) {
            Ok(_) => {}
            // The event is dropped, as Vector does with `abort`.
            Err(vrl::compiler::ExpressionError::Abort { .. }) => continue,
            Err(problem) => return Err(format!("{path}: {problem}").into()),
        }
        serde_json::to_writer(&mut out, &target.value)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
