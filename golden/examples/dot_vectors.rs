//! Prints random dot products and their results, one JSON object a line.
//!
//! `cargo run --release -p gpnpu-golden --example dot_vectors -- CASES [SEED] [FORMAT]`
//!
//! Vectors are 256-bit and scales 32-bit hexadecimal numbers, element and block 0 in the low bits.
//! `CASES` counts per format; without `FORMAT` every format is printed.

#[path = "../tests/common/stimulus.rs"]
mod stimulus;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use gpnpu_golden::npu::dot::{Vector, dot};
use gpnpu_golden::npu::format::Format;
use stimulus::Stimulus;

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dot_vectors: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let (cases, seed, formats) = match arguments {
        [cases] => (cases.parse()?, 1, Format::ALL.to_vec()),
        [cases, seed] => (cases.parse()?, seed.parse()?, Format::ALL.to_vec()),
        [cases, seed, format] => (cases.parse()?, seed.parse()?, vec![format.parse()?]),
        _ => return Err("usage: dot_vectors CASES [SEED] [FORMAT]".into()),
    };
    print(cases, seed, &formats)?;
    Ok(())
}

fn print(cases: u64, seed: u64, formats: &[Format]) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for &format in formats {
        let mut stimulus = Stimulus::new(format, seed);
        for _ in 0..cases {
            let input = stimulus.next();
            writeln!(
                out,
                "{{\"format\":\"{format}\",\"satfinite\":{},\"a\":\"{}\",\"b\":\"{}\",\
                 \"scale_a\":\"{:#010x}\",\"scale_b\":\"{:#010x}\",\"c\":\"{:#010x}\",\
                 \"d\":\"{:#010x}\"}}",
                input.satfinite,
                hexadecimal(&input.a),
                hexadecimal(&input.b),
                input.scale_a,
                input.scale_b,
                input.c,
                dot(&input),
            )?;
        }
    }
    out.flush()
}

fn hexadecimal(vector: &Vector) -> String {
    let digits = vector.iter().rev().map(|word| format!("{word:08x}"));
    format!("0x{}", digits.collect::<String>())
}
