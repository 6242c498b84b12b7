// Loads models and hands them to Rust; see src/ffi.rs.
#pragma once

#include <memory>

#include "gpnpu-bridge/cpp/model.h"
#include "rust/cxx.h"

namespace gpnpu {

struct EventRecord;
struct CycleResult;

std::unique_ptr<Model> load_model(rust::Str path, uint32_t seed,
                                  rust::Slice<const rust::String> plusargs);
CycleResult run_cycles(Model& model, rust::Slice<const uint32_t> in, size_t in_stride,
                       rust::Slice<uint32_t> out, size_t out_stride, size_t count);
uint64_t digest(const Model& model);
uint64_t cycle_count(const Model& model);
rust::Vec<EventRecord> events(const Model& model);
rust::String log(const Model& model);
bool start_waves(Model& model, uint64_t window);
rust::Vec<uint8_t> take_waves(Model& model);
bool write_coverage(Model& model, rust::Str path);
rust::Vec<uint32_t> marks(const Model& model);

}  // namespace gpnpu
