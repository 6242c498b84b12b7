//! The checked-in kernels and programs of the SIMT processor, on the golden model.

mod device;
mod elfs;
mod kernels;
mod mathematics;
mod programs;
mod reconvergence;
