//! The testbench kit, the blocks' testbenches, the runner's library half.
//!
//! | module | holds |
//! |---|---|
//! | [`kit`] | what every testbench is made of: streams, agents, scoreboard, tests, shrinking, waves |
//! | [`runner`] | cases on several threads, failures to bundles, planted faults |
//! | [`ports`] | typed ports of the blocks, generated |
//! | [`common`], [`npu`], [`mem3d`], [`simt`] | the blocks' testbenches |
#![forbid(unsafe_code)]

pub mod common;
pub mod kit;
pub mod mem3d;
pub mod npu;
pub mod ports;
pub mod runner;
pub mod simt;

/// All tests of all blocks, in the order of the blocks.
pub fn tests() -> Vec<Box<dyn kit::AnyTest>> {
    let mut tests = common::fifo::tests();
    tests.extend(common::axi_ram::tests());
    tests.extend(mem3d::top::tests());
    tests.extend(mem3d::vault::tests());
    tests.extend(npu::dot::tests());
    tests.extend(npu::mac_array::tests());
    tests.extend(npu::products::tests());
    tests.extend(npu::workload::tests());
    tests.extend(simt::fpu::tests());
    tests.extend(simt::mem::tests());
    tests.extend(simt::core::tests());
    tests.extend(simt::top::tests());
    tests
}
