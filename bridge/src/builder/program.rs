//! Programs around a model, for measuring what the bridge costs.

use std::fs;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::{
    Builder, ModelKey, Unit, compilation_units, create_dir, install, run_tool, write, write_support,
};
use crate::BridgeError;
use crate::toolchain::hex;

const PROGRAM: &str = "program";
const CHECKSUM: &str = "program.sha256";

impl Builder {
    /// Links `main_source`, a C++ program that includes `Vmodel.h`, with the same Verilated model, the same runtime and
    /// the same compiler flags as [`Builder::build`], or takes it from the cache.
    ///
    /// # Errors
    ///
    /// As [`Builder::build`].
    pub fn build_program(&self, key: &ModelKey, main_source: &str) -> Result<PathBuf, BridgeError> {
        let block = self.manifest.block(&key.block)?;
        let config = block.config(&key.config)?;
        let mut hash = Sha256::new();
        hash.update(self.hash(block, config, key.flavour)?);
        hash.update(main_source);
        let hash = hex(&hash.finalize());
        let entry = self.cache.join("models").join(format!(
            "{}-{}-{}-program-{}",
            key.block,
            key.config,
            key.flavour,
            &hash[..16]
        ));
        let _lock = self.lock(&entry)?;
        let program = entry.join(PROGRAM);
        let known = fs::read_to_string(entry.join(CHECKSUM)).unwrap_or_default();
        if fs::read(&program).is_ok_and(|bytes| hex(&Sha256::digest(bytes)) == known) {
            return Ok(program);
        }
        let scratch = self.scratch()?;
        let dir = scratch.path();
        self.verilate(key, block, config, dir)?;
        write_support(dir)?;
        let mut units = compilation_units(dir)?;
        let source = dir.join("main.cc");
        write(&source, main_source.as_bytes())?;
        units.push(Unit {
            source,
            runs_once: false,
        });
        let objects = self.compile_all(key, dir, &units)?;
        let result = dir.join("result");
        create_dir(&result)?;
        let mut command = self.toolchain.compiler_command();
        command
            .arg("-o")
            .arg(result.join(PROGRAM))
            .args(&objects)
            .args(self.runtime(key)?)
            .arg("-pthread");
        run_tool(&mut command, "link", &key.to_string(), &self.manifest.root)?;
        let bytes = fs::read(result.join(PROGRAM))
            .map_err(|e| BridgeError::io("read", &result.join(PROGRAM), e))?;
        write(
            &result.join(CHECKSUM),
            hex(&Sha256::digest(&bytes)).as_bytes(),
        )?;
        install(&result, &entry)?;
        Ok(program)
    }
}
