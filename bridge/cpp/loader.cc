#include "gpnpu-bridge/cpp/loader.h"

#include <dlfcn.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "gpnpu-bridge/src/ffi.rs.h"

namespace gpnpu {

// The object stays loaded until the process ends: thread-local state of its runtime may outlive a
// model.
std::unique_ptr<Model> load_model(rust::Str path, uint32_t seed,
                                  rust::Slice<const rust::String> plusargs) {
  const std::string file(path);
  void* object = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (object == nullptr) throw std::runtime_error(dlerror());
  auto create = reinterpret_cast<CreateModel>(dlsym(object, "gpnpu_create_model"));
  if (create == nullptr) throw std::runtime_error(file + ": not a model: " + dlerror());
  const std::vector<std::string> arguments(plusargs.begin(), plusargs.end());
  return std::unique_ptr<Model>(create(seed, arguments));
}

CycleResult run_cycles(Model& model, rust::Slice<const uint32_t> in, size_t in_stride,
                       rust::Slice<uint32_t> out, size_t out_stride, size_t count) {
  size_t done = 0;
  const uint32_t bits = model.cycles(in.data(), in_stride, out.data(), out_stride, count, done);
  return {bits, done};
}

uint64_t digest(const Model& model) { return model.digest(); }
uint64_t cycle_count(const Model& model) { return model.cycle_count(); }

rust::Vec<EventRecord> events(const Model& model) {
  rust::Vec<EventRecord> records;
  for (const Event& event : model.events()) {
    records.push_back({event.bits, event.cycle, rust::String::lossy(event.file), event.line,
                       rust::String::lossy(event.message)});
  }
  return records;
}

rust::String log(const Model& model) { return rust::String::lossy(model.log()); }

bool start_waves(Model& model, uint64_t window) { return model.start_waves(window); }

rust::Vec<uint8_t> take_waves(Model& model) {
  const std::string text = model.take_waves();
  rust::Vec<uint8_t> bytes;
  bytes.reserve(text.size());
  std::copy(text.begin(), text.end(), std::back_inserter(bytes));
  return bytes;
}

bool write_coverage(Model& model, rust::Str path) {
  return model.write_coverage(std::string(path));
}

rust::Vec<uint32_t> marks(const Model& model) {
  rust::Vec<uint32_t> numbers;
  for (const uint32_t number : model.marks()) numbers.push_back(number);
  return numbers;
}

}  // namespace gpnpu
