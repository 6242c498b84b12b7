//! Compiles the loader, the only C++ of this crate that is not part of a model.

fn main() {
    cxx_build::bridge("src/ffi.rs")
        .file("cpp/loader.cc")
        .std("c++17")
        .compile("gpnpu-bridge-loader");
    println!("cargo:rerun-if-changed=src/ffi.rs");
    println!("cargo:rerun-if-changed=cpp/loader.cc");
    println!("cargo:rerun-if-changed=cpp/loader.h");
    println!("cargo:rerun-if-changed=cpp/model.h");
}
