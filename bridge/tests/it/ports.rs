//! Values of every width class and shape, in through generated frames and out again.
//!
//! `GPNPU_UPDATE=1 cargo test -p gpnpu-bridge` writes the generated files anew.

mod generated;

use std::path::Path;

use gpnpu_bridge::BridgeError;
use gpnpu_bridge::builder::{BuiltModel, Flavour};
use gpnpu_bridge::codegen;
use gpnpu_bridge::dut::{Dut, Inputs, Outputs, Ports};
use gpnpu_bridge::manifest::Manifest;
use gpnpu_bridge::model::{Cycle, EventKind};
use gpnpu_bridge::ports::{Layout, Place, Port, Shape, elaborate_all};

use crate::support::{built, built_as, key, rtl, toolchain};
use generated::echo::Echo;
use generated::echo_pkg::{Mixed, state_e};
use generated::reporter::Reporter;

#[test]
fn generated_files_are_up_to_date() {
    let manifest = Manifest::read(&rtl()).unwrap();
    let layouts: Vec<Vec<Layout>> = ["echo", "reporter"]
        .iter()
        .map(|block| elaborate_all(toolchain(), &manifest, manifest.block(block).unwrap()).unwrap())
        .collect();
    let files = codegen::generate(&layouts).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/ports/generated");
    for (name, text) in files {
        let path = folder.join(&name);
        if std::env::var_os("GPNPU_UPDATE").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(&path).unwrap_or_default(),
            text,
            "{name}"
        );
    }
}

#[test]
fn the_layout_is_what_verilator_elaborated() {
    let layout = built("echo", Flavour::Fast).layout;
    let port = |name: &str| layout.port(name).unwrap();
    let widths = [
        ("w1_i", 1),
        ("w8_i", 8),
        ("w16_i", 16),
        ("w32_i", 32),
        ("w33_i", 33),
        ("w64_i", 64),
    ];
    let wide = [
        ("w65_i", 65),
        ("w200_i", 200),
        ("any_i", 8),
        ("mixed_i", 114),
        ("list_i", 35),
        ("mixes_i", 342),
    ];
    let mut word = 1;
    assert_eq!((port("rst_ni").word, port("rst_ni").width), (0, 1));
    for (name, width) in widths.into_iter().chain(wide) {
        assert_eq!((port(name).word, port(name).width), (word, width), "{name}");
        word += width.div_ceil(32);
    }
    assert_eq!(layout.input_words, word.next_multiple_of(4));
    assert!(
        layout.port("clk_i").is_none(),
        "the bridge drives the clock"
    );
    assert_eq!(layout.parameters["Width"], 8);
    let Shape::Struct { fields, .. } = &port("mixed_i").shape else {
        panic!("mixed_i is a structure");
    };
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["flag", "few", "state", "wide", "odd", "list"]);
}

#[test]
fn a_configuration_sets_the_parameters() {
    let layout = built_as(&key("echo", "wide", Flavour::Fast)).layout;
    assert_eq!(layout.parameters["Width"], 130);
    assert_eq!(layout.port("any_i").unwrap().width, 130);
}

/// A stream of pseudo-random numbers.
struct Random(u64);

impl Random {
    fn bits(&mut self, width: u32) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        let mixed = self.0 ^ self.0 >> 29;
        mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> (64 - width)
    }

    fn words<const N: usize>(&mut self, width: usize) -> [u32; N] {
        std::array::from_fn(|word| self.bits((width - 32 * word).min(32) as u32) as u32)
    }

    fn mixed(&mut self) -> Mixed {
        Mixed {
            flag: self.bits(1) != 0,
            few: self.bits(3) as u8,
            state: [state_e::IDLE, state_e::BUSY, state_e::DONE][self.bits(8) as usize % 3],
            wide: self.words(70),
            odd: self.bits(17) as u32,
            list: std::array::from_fn(|_| self.bits(5) as u8),
        }
    }

    fn fill(&mut self, i: &mut generated::echo::In, any_width: usize) {
        i.rst_ni = true;
        i.w1_i = self.bits(1) != 0;
        i.w8_i = self.bits(8) as u8;
        i.w16_i = self.bits(16) as u16;
        i.w32_i = self.bits(32) as u32;
        i.w33_i = self.bits(33);
        i.w64_i = self.bits(64);
        i.w65_i = self.words(65);
        i.w200_i = self.words(200);
        for (index, word) in i.any_i.iter_mut().enumerate() {
            *word = self.bits((any_width - 32 * index).min(32) as u32) as u32;
        }
        i.mixed_i = self.mixed();
        i.list_i = std::array::from_fn(|_| self.bits(7) as u8);
        i.mixes_i = std::array::from_fn(|_| self.mixed());
    }
}

fn echoes(built: &BuiltModel, any_width: usize) {
    let mut dut = Dut::<Echo>::load(built, 1).unwrap();
    dut.cycles(2).unwrap();
    let mut random = Random(1);
    let mut last = 0;
    for cycle in 0..500 {
        match cycle {
            0 => {}
            // All ones: a bit that spills into a neighbour is seen on the next, mixed round.
            1 => {
                let mut frame = vec![0; built.layout.input_words];
                for port in &built.layout.inputs {
                    for bit in port.bit()..port.bit() + port.width {
                        frame[bit / 32] |= 1 << (bit % 32);
                    }
                }
                let mut o = generated::echo::Out::new(&built.layout).unwrap();
                o.unpack(
                    &Place::of(&built.layout.outputs),
                    &vec![u32::MAX; built.layout.output_words],
                );
                dut.i.w64_i = o.w64_o;
                dut.i.w65_i = o.w65_o;
                dut.i.mixed_i = o.mixed_o;
                dut.i.mixes_i = o.mixes_o;
            }
            _ => random.fill(&mut dut.i, any_width),
        }
        dut.i.rst_ni = true;
        dut.cycle().unwrap();
        let (i, o) = (&dut.i, &dut.o);
        assert_eq!(
            (i.w1_i, i.w8_i, i.w16_i, i.w32_i),
            (o.w1_o, o.w8_o, o.w16_o, o.w32_o)
        );
        assert_eq!(
            (i.w33_i, i.w64_i, i.w65_i, i.w200_i),
            (o.w33_o, o.w64_o, o.w65_o, o.w200_o)
        );
        assert_eq!(i.any_i, o.any_o);
        assert_eq!(
            (i.mixed_i, i.list_i, i.mixes_i),
            (o.mixed_o, o.list_o, o.mixes_o)
        );
        // Taken apart by the RTL.
        let mixed = i.mixed_i;
        assert_eq!(
            (mixed.flag, mixed.few, mixed.state),
            (o.flag_o, o.few_o, o.state_o)
        );
        assert_eq!(
            (mixed.wide, mixed.odd, mixed.list[2]),
            (o.wide_o, o.odd_o, o.list2_o)
        );
        assert_eq!((i.list_i[1], i.mixes_i[1].odd), (o.element1_o, o.odd1_o));
        // As the rising edge sees it: what the edges before have counted.
        assert_eq!((o.count_o, o.last_w64_o), (cycle, last));
        last = i.w64_i;
    }
    assert_eq!(dut.now(), Cycle(502));
}

#[test]
fn values_go_in_and_come_out_bit_by_bit() {
    echoes(&built("echo", Flavour::Fast), 8);
    echoes(&built_as(&key("echo", "wide", Flavour::Fast)), 130);
}

#[test]
fn a_value_stands_where_the_layout_says() {
    let layout = built("echo", Flavour::Fast).layout;
    let mut i = generated::echo::In::new(&layout).unwrap();
    i.mixes_i[2].odd = 0x1_2345;
    i.w64_i = 0x0123_4567_89ab_cdef;
    let mut frame = vec![0; layout.input_words];
    i.pack(&Place::of(&layout.inputs), &mut frame);
    let word = layout.port("w64_i").unwrap().word;
    assert_eq!(frame[word..word + 2], [0x89ab_cdef, 0x0123_4567]);
    // odd is 20 bits up in each 114-bit element.
    let first = layout.port("mixes_i").unwrap().bit() + 2 * 114 + 20;
    let set: Vec<usize> = (0..32 * frame.len())
        .filter(|bit| frame[bit / 32] >> (bit % 32) & 1 != 0)
        .filter(|bit| bit / 32 != word && bit / 32 != word + 1)
        .collect();
    let expected: Vec<usize> = (0..17)
        .filter(|bit| 0x1_2345 >> bit & 1 != 0)
        .map(|bit| first + bit)
        .collect();
    assert_eq!(set, expected);
}

#[test]
#[should_panic(expected = "value 0x8 does not fit in a field of 3 bits")]
fn a_field_that_overflows_is_refused() {
    let layout = built("echo", Flavour::Fast).layout;
    let mut i = generated::echo::In::new(&layout).unwrap();
    i.mixed_i.few = 8;
    i.pack(&Place::of(&layout.inputs), &mut vec![0; layout.input_words]);
}

/// Generated code that does not fit the model is refused, and says what differs and what to run.
#[test]
fn ports_of_another_shape_are_refused() {
    let good = built("echo", Flavour::Fast);
    let refused = |change: &dyn Fn(&mut Layout)| {
        let mut built = good.clone();
        change(&mut built.layout);
        match Dut::<Echo>::load(&built, 1) {
            Err(error @ BridgeError::Ports { .. }) => error.to_string(),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("the model was loaded"),
        }
    };
    let message = refused(&|layout| layout.inputs[2].width = 9);
    assert!(
        message
            .starts_with("ports of `echo`: `w8_i` is 9 bits wide, 8 expected; run `gpnpu ports`"),
        "{message}"
    );
    let message = refused(&|layout| layout.outputs[0].name = "other_o".to_owned());
    assert!(
        message.contains("the model has `other_o` where `w1_o` is expected"),
        "{message}"
    );
    let message = refused(&|layout| drop(layout.inputs.pop()));
    assert!(
        message.contains("the model has 12 ports, 13 expected"),
        "{message}"
    );
    let message = match Dut::<Reporter>::load(&good, 1) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("the model was loaded"),
    };
    assert!(
        message.contains("the typed ports are those of `reporter`"),
        "{message}"
    );
    assert_eq!(Echo::BLOCK, "echo");
}

#[test]
fn a_report_comes_back_as_an_error_of_its_cycle() {
    let mut dut = Dut::<Reporter>::load(&built("reporter", Flavour::Fast), 1).unwrap();
    dut.cycles(2).unwrap();
    dut.i.rst_ni = true;
    dut.cycles(3).unwrap();
    dut.i.what_i = 4;
    let event = dut.cycles(10).unwrap_err();
    assert_eq!((event.kind, event.cycle), (EventKind::Fatal, Cycle(5)));
    assert_eq!(dut.now(), Cycle(6), "the rest is not run");
    dut.i.what_i = 0;
    assert_eq!(dut.cycle().unwrap_err().kind, EventKind::Fatal);
    assert_eq!(dut.now(), Cycle(6));
}

#[test]
fn a_batch_equals_single_cycles() {
    let built = built("echo", Flavour::Fast);
    let mut single = Dut::<Echo>::load(&built, 1).unwrap();
    let mut batch = Dut::<Echo>::load(&built, 1).unwrap();
    let mut random = Random(7);
    let (mut frames, mut expected) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        random.fill(&mut single.i, 8);
        single.push_frame(&mut frames);
        single.cycle().unwrap();
        expected.push(single.o.clone());
    }
    let mut seen = Vec::new();
    batch
        .run_batch(&frames, |cycle, o| {
            assert_eq!(cycle.0, seen.len() as u64);
            seen.push(o.clone());
        })
        .unwrap();
    assert!(seen == expected);
    assert_eq!(batch.digest(), single.digest());
    assert_eq!(batch.now(), Cycle(20));
    // And goes on cycle by cycle.
    batch.i = single.i.clone();
    batch.cycle().unwrap();
    single.cycle().unwrap();
    assert!(batch.o == single.o);
}

/// Ports of nets (`input wire`, ports declared in the body) once were not seen at all.
#[test]
fn ports_of_every_style_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[nets]\nsources = ['nets.sv']\n[nets.config]\na = {}\n";
    std::fs::write(folder.path().join("configs.toml"), text).unwrap();
    let source = "module nets (clk_i, a, b, c, unused);\n\
        input wire clk_i; input wire [3:0] a; output wire [3:0] b; output [2:0] c; input unused;\n\
        wire [3:0] inner; assign inner = ~a; assign b = inner; assign c = a[2:0];\nendmodule\n";
    std::fs::write(folder.path().join("nets.sv"), source).unwrap();
    let manifest = Manifest::read(folder.path()).unwrap();
    let layouts = elaborate_all(toolchain(), &manifest, manifest.block("nets").unwrap()).unwrap();
    let names = |ports: &[Port]| -> Vec<(String, usize)> {
        ports
            .iter()
            .map(|port| (port.name.clone(), port.width))
            .collect()
    };
    assert_eq!(
        names(&layouts[0].inputs),
        [("a".to_owned(), 4), ("unused".to_owned(), 1)]
    );
    assert_eq!(
        names(&layouts[0].outputs),
        [("b".to_owned(), 4), ("c".to_owned(), 3)]
    );
}

/// A port that cannot be driven is refused by name.
#[test]
fn ports_that_cannot_be_driven_are_named() {
    let refused = |ports: &str| {
        let folder = tempfile::tempdir().unwrap();
        let text = "[odd]\nsources = ['odd.sv']\n[odd.config]\na = {}\n";
        std::fs::write(folder.path().join("configs.toml"), text).unwrap();
        let source = format!("module odd ({ports});\nendmodule\n");
        std::fs::write(folder.path().join("odd.sv"), source).unwrap();
        let manifest = Manifest::read(folder.path()).unwrap();
        elaborate_all(toolchain(), &manifest, manifest.block("odd").unwrap())
            .unwrap_err()
            .to_string()
    };
    let message = refused("input logic clk_i, input logic [7:0] list_i [3]");
    assert!(
        message.starts_with("ports of `odd`: `list_i`: ") && message.contains("packed"),
        "{message}"
    );
    let message = refused("input logic clk_i, inout wire pad_io");
    assert!(
        message.contains("`pad_io`") && message.contains("an input or an output"),
        "{message}"
    );
    let message = refused("input logic clk_i, input real level_i");
    assert!(message.contains("`level_i`"), "{message}");
    let message = refused("input logic clock");
    assert!(
        message.contains("no input `clk_i`") && message.contains("configs.toml"),
        "{message}"
    );
}
