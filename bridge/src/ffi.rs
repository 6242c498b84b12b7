//! The foreign interface: everything `unsafe` of the project stands here.

#[cxx::bridge(namespace = "gpnpu")]
pub(crate) mod bridge {
    /// One report of a model, as `Event` in `cpp/model.h`.
    struct EventRecord {
        bits: u32,
        cycle: u64,
        file: String,
        line: u32,
        message: String,
    }

    /// What `run_cycles` did.
    struct CycleResult {
        events: u32,
        done: usize,
    }

    // SAFETY: every function below takes references and slices that C++ uses only during the call. `run_cycles`
    // reads and writes `count` frames at the given strides; its only caller, `Model::run`, has checked both slices
    // to hold them. A model is neither `Send` nor `Sync`, so it stays on the thread that loaded it.
    unsafe extern "C++" {
        include!("gpnpu-bridge/cpp/loader.h");

        type Model;

        fn load_model(path: &str, seed: u32, plusargs: &[String]) -> Result<UniquePtr<Model>>;
        fn run_cycles(
            model: Pin<&mut Model>,
            inputs: &[u32],
            in_stride: usize,
            outputs: &mut [u32],
            out_stride: usize,
            count: usize,
        ) -> CycleResult;
        fn digest(model: &Model) -> u64;
        fn cycle_count(model: &Model) -> u64;
        fn events(model: &Model) -> Vec<EventRecord>;
        fn log(model: &Model) -> String;
        fn start_waves(model: Pin<&mut Model>, window: u64) -> bool;
        fn take_waves(model: Pin<&mut Model>) -> Vec<u8>;
        fn write_coverage(model: Pin<&mut Model>, path: &str) -> Result<bool>;
        fn marks(model: &Model) -> Vec<u32>;
    }
}
