//! `gpnpu vectors` from outside.

use std::io::Write;
use std::process::{Command, Stdio};

use assert_cmd::Command as Checked;
use tempfile::NamedTempFile;

const DOC: &str = include_str!("../docs/vectors.md");

fn gpnpu() -> Checked {
    let mut command = Checked::new(env!("CARGO_BIN_EXE_gpnpu"));
    command.env("GPNPU_ROOT", env!("CARGO_MANIFEST_DIR"));
    command
}

/// Exit status, standard output and standard error of `gpnpu vectors npu_dot -`.
fn vectors(text: &str) -> (i32, String, String) {
    outcome(gpnpu().args(["vectors", "npu_dot", "-"]).write_stdin(text))
}

fn outcome(command: &mut Checked) -> (i32, String, String) {
    let output = command.output().expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("the command writes UTF-8");
    let status = output.status.code().expect("the command exits by itself");
    (status, text(output.stdout), text(output.stderr))
}

fn line(format: &str, a: &str, b: &str, c: &str, more: &str) -> String {
    format!(
        "{{\"format\":\"{format}\",\"a\":\"{a:0>64}\",\"b\":\"{b:0>64}\",\"c\":\"{c}\"{more}}}\n"
    )
}

/// The code blocks of the document that are marked with `language`.
fn blocks(language: &str) -> Vec<&'static str> {
    DOC.split("```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.strip_prefix(language))
        .map(str::trim_start)
        .collect()
}

/// The document's example gives what the document says.
#[test]
fn the_example_of_the_document_holds() {
    let [input, output] = blocks("json")[..] else {
        panic!("docs/vectors.md has an input and an output block")
    };
    let (status, stdout, stderr) = vectors(input);
    assert_eq!((status, stdout.as_str()), (0, output), "{stderr}");
}

/// Results known by hand, one per family of formats; element and block 0 are in the lowest bits.
#[test]
fn expected_results_are_compared() {
    let text = [
        // 3 * 5 + 7
        line("int8", "03", "05", "00000007", ",\"d\":\"00000016\""),
        // -1 * 2 - 1, and lane 1: 7 * 7
        line("int4", "7f", "72", "ffffffff", ",\"d\":\"0000002e\""),
        // The sum clamps: 127 * 127 beyond the largest number.
        line(
            "int8",
            "7f",
            "7f",
            "7fffffff",
            ",\"satfinite\":true,\"d\":\"7fffffff\"",
        ),
        // The same wraps without it.
        line("int8", "01", "01", "7fffffff", ",\"d\":\"80000000\""),
        // 2 * 3 + 1
        line("fp16", "4000", "4200", "3f800000", ",\"d\":\"40e00000\""),
        line("bf16", "4000", "4040", "3f800000", ",\"d\":\"40e00000\""),
        // 1 * 1 with scales 2 and 4
        line(
            "mxfp8e4m3",
            "38",
            "38",
            "00000000",
            ",\"scale_a\":\"80\",\"scale_b\":\"81\",\"d\":\"41000000\"",
        ),
        // Element 32 belongs to block 1: its scale is 2.
        line(
            "mxfp4",
            &format!("2{}", "0".repeat(32)),
            &format!("2{}", "0".repeat(32)),
            "00000000",
            ",\"scale_a\":\"807f\",\"scale_b\":\"7F7F\",\"d\":\"40000000\"",
        ),
        // Element 16 belongs to block 1 of four.
        line(
            "nvfp4",
            &format!("2{}", "0".repeat(16)),
            &format!("2{}", "0".repeat(16)),
            "00000000",
            ",\"scale_a\":\"38384038\",\"scale_b\":\"38383838\",\"d\":\"40000000\"",
        ),
    ]
    .join("\n");
    let (status, stdout, stderr) = vectors(&text);
    assert_eq!(status, 0, "{stdout}{stderr}");
    let lines: Vec<serde_json::Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("one JSON value per line"))
        .collect();
    assert_eq!(lines.len(), 9);
    for (index, value) in lines.iter().enumerate() {
        assert_eq!(value["line"], 2 * index + 1);
        assert_eq!(value["match"], true);
        assert_eq!(value["d_match"], true);
    }
}

#[test]
fn a_wrong_expectation_fails_and_is_explained() {
    let text = line("fp16", "4000", "4200", "3f800000", ",\"d\":\"40e00001\"");
    let (status, stdout, stderr) = vectors(&text);
    assert_eq!(status, 100, "{stderr}");
    let expected = "{\"line\":1,\"format\":\"fp16\",\"rtl\":\"40e00000\",\"golden\":\"40e00000\",\"match\":true,\
                    \"d\":\"40e00001\",\"d_match\":false}\n";
    assert_eq!(stdout, expected);
    assert!(stderr.contains("the file says 0x40e00001"), "{stderr}");
    assert!(stderr.contains("1 cases, 1 differ"), "{stderr}");
}

/// Nothing is run if anything is malformed, and every malformed line is reported.
#[test]
fn malformed_files_are_refused_as_a_whole() {
    let good = line("fp16", "1", "1", "00000000", "");
    let mut file = NamedTempFile::new().expect("a temporary file");
    let text = [
        good.clone(),
        good.replace("\"c\"", "\"addend\""),
        good.replace("00000000\"}", "0\"}"),
        "{\"format\":\n".to_owned(),
    ];
    file.write_all(text.concat().as_bytes()).expect("written");
    let name = file.path().to_str().expect("a plain name");
    let (status, stdout, stderr) = outcome(gpnpu().args(["vectors", "npu_dot", name]));
    assert_eq!((status, stdout.as_str()), (2, ""), "{stderr}");
    for expected in [
        format!(
            "{name}:2:160: key `addend` not found (known: format, a, b, c, scale_a, scale_b, satfinite, d)"
        ),
        format!("{name}:3:164: `c` has "),
        format!("{name}:4:10: EOF"),
        format!("3 malformed lines in `{name}`; nothing was run"),
    ] {
        assert!(stderr.contains(&expected), "{stderr}\n{expected}");
    }
}

#[test]
fn wrong_usage_says_what_is_known() {
    for (args, status, words) in [
        (
            ["common_fifo", "-"],
            2,
            "block `common_fifo` takes no vectors (known: npu_dot)",
        ),
        (
            ["npu_dott", "-"],
            2,
            "block `npu_dott` not found (known: common_fifo, common_axi_ram, mem3d_vault, npu_dot",
        ),
        (
            ["npu_dot", "/no/such/file"],
            2,
            "cannot read `/no/such/file`",
        ),
        (["npu_dot", "/dev/null"], 4, "nothing to run"),
    ] {
        let (code, stdout, stderr) = outcome(gpnpu().arg("vectors").args(args));
        assert_eq!((code, stdout.as_str()), (status, ""), "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
    }
    let config = ["vectors", "npu_dot", "-", "--config", "deep"];
    let (code, _, stderr) = outcome(gpnpu().args(config));
    assert_eq!(code, 2);
    assert!(
        stderr.contains(
            "configuration `deep` of block `npu_dot` not found (known: full_rate, shallow)"
        ),
        "{stderr}"
    );
}

/// A configuration that cannot run at full rate gives the same results.
#[test]
fn every_configuration_takes_all_cases() {
    let text: String = (0..100u32)
        .map(|n| {
            line(
                "int8",
                &format!("{n:x}"),
                "1",
                "00000000",
                &format!(",\"d\":\"{n:08x}\""),
            )
        })
        .collect();
    for config in ["full_rate", "shallow"] {
        let args = ["vectors", "npu_dot", "-", "--config", config];
        let (status, stdout, stderr) = outcome(gpnpu().args(args).write_stdin(text.as_str()));
        assert_eq!(
            (status, stdout.lines().count()),
            (0, 100),
            "{config}: {stderr}"
        );
    }
}

/// Whoever reads the results may stop early; the cases are judged all the same.
#[test]
fn a_reader_that_leaves_does_no_harm() {
    let mut text = line("fp16", "4000", "4200", "3f800000", "").repeat(20_000);
    text += &line("fp16", "4000", "4200", "3f800000", ",\"d\":\"00000000\"");
    let mut child = Command::new(env!("CARGO_BIN_EXE_gpnpu"))
        .args(["vectors", "npu_dot", "-"])
        .env("GPNPU_ROOT", env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    drop(child.stdout.take());
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(text.as_bytes()).expect("all is read");
    drop(input);
    let output = child.wait_with_output().expect("the command ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(100), "{stderr}");
    assert!(stderr.contains("20001 cases, 1 differ"), "{stderr}");
}
