//! Functional and code coverage, testplans, reports.
//!
//! * [`functional`]: covergroups, sampled by the testbenches from checked transactions.
//! * [`code`]: line, branch, expression, toggle, FSM and user coverage of the Verilated RTL.
//! * [`testplan`]: what has to be shown, and whether it exists.
//! * [`report`]: tables, JSON and gates over all of it.
//! * [`npu`], [`mem3d`], [`simt`], [`common`]: the blocks' coverage models, one module per stem, with a typed sampler each.

#![forbid(unsafe_code)]

pub mod code;
pub mod common;
pub mod functional;
pub mod mem3d;
pub mod npu;
pub mod report;
pub mod simt;
pub mod testplan;

use functional::Block;

/// Every block that has a coverage model, by stem.
#[must_use]
pub fn blocks() -> &'static [Block] {
    &[
        Block {
            stem: "common_fifo",
            model: common::fifo::model,
        },
        Block {
            stem: "common_axi_ram",
            model: common::axi_ram::model,
        },
        Block {
            stem: "mem3d",
            model: mem3d::top::model,
        },
        Block {
            stem: "mem3d_vault",
            model: mem3d::vault::model,
        },
        Block {
            stem: "npu_dot",
            model: npu::dot::model,
        },
        Block {
            stem: "npu_mac_array",
            model: npu::mac_array::model,
        },
        Block {
            stem: "simt",
            model: simt::top::model,
        },
        Block {
            stem: "simt_core",
            model: simt::core::model,
        },
        Block {
            stem: "simt_fpu",
            model: simt::fpu::model,
        },
        Block {
            stem: "simt_mem",
            model: simt::mem::model,
        },
    ]
}

/// The block of this stem, `None` where it has no coverage model.
#[must_use]
pub fn block(stem: &str) -> Option<&'static Block> {
    blocks().iter().find(|block| block.stem == stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_names_each_model_by_its_stem() {
        for listed in blocks() {
            assert_eq!((listed.model)().block(), listed.stem);
            assert_eq!(
                block(listed.stem).map(|found| found.stem),
                Some(listed.stem)
            );
        }
        assert!(block("npu").is_none());
    }
}
