//! The programs that are checked in: `simt/elf/`.

macro_rules! elfs {
    ($($name:literal),* $(,)?) => {
        /// The ELF of a program, by the name of its source.
        pub fn elf(name: &str) -> Option<&'static [u8]> {
            match name {
                $($name => Some(include_bytes!(concat!("../../../simt/elf/", $name, ".elf"))),)*
                _ => None,
            }
        }

        /// The names of all programs.
        pub const NAMES: &[&str] = &[$($name),*];
    };
}

elfs!(
    "arguments",
    "atomic",
    "atomics",
    "bfs",
    "bitonic_sort",
    "divergence",
    "fails",
    "float",
    "forever",
    "histogram",
    "integer",
    "math",
    "multiply",
    "nbody",
    "recursive",
    "reduce_shared",
    "reduce_shuffle",
    "rmsnorm",
    "rope",
    "saxpy",
    "scan",
    "sgemm",
    "sgemm_blocked",
    "softmax",
    "spin_lock_list",
    "spmv",
    "transpose",
    "vector_add",
    "warp_functions",
);
