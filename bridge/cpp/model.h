// The one interface between Rust and every Verilated model.
//
// Each model is a shared object with its own hidden copy of the Verilator runtime; it exports
// `gpnpu_create_model` and nothing else. A frame is an array of 32-bit words: each port starts at a
// word of its own, least significant word first, in the order of the port list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gpnpu {

// What a model reported besides its outputs; bits of the value that `cycles` returns.
enum EventBits : uint32_t {
  kFinish = 1,  // $finish
  kStop = 2,    // $stop, $error or a failed assertion
  kFatal = 4,   // $fatal or an error of the runtime; the model cannot go on
};

// One such report.
struct Event {
  uint32_t bits;
  uint64_t cycle;
  std::string file;
  uint32_t line;
  std::string message;
};

class Model {
 public:
  virtual ~Model() = default;

  // Runs `count` clock cycles: drive all inputs with the clock low, evaluate, sample all outputs as
  // the rising edge sees them, raise the clock, evaluate. Frame k is read at in + k * in_stride and
  // written at out + k * out_stride. Stops after a cycle with an event. Sets `done` to the number
  // of cycles that ran and returns the events' bits.
  virtual uint32_t cycles(const uint32_t* in, size_t in_stride, uint32_t* out, size_t out_stride,
                          size_t count, size_t& done) = 0;

  // Hash over all input and output frames of all cycles so far.
  virtual uint64_t digest() const = 0;
  virtual uint64_t cycle_count() const = 0;

  // Reports so far, oldest first; a bounded number is kept.
  virtual const std::vector<Event>& events() const = 0;
  // What the RTL printed ($display and messages of the runtime); a bounded amount is kept.
  virtual const std::string& log() const = 0;

  // Starts dumping waves into memory. At least the last `window` cycles are kept (0: all). False if
  // the model was built without tracing.
  virtual bool start_waves(uint64_t window) = 0;
  // The VCD text of what was kept; ends the dump.
  virtual std::string take_waves() = 0;

  // Writes Verilator's coverage.dat; throws if it cannot. False if the model was built without
  // coverage.
  virtual bool write_coverage(const std::string& path) = 0;

  // Numbers that the RTL marked by calling the DPI function `gpnpu_mark`, in ascending order.
  virtual std::vector<uint32_t> marks() const = 0;
};

// Signature of the exported symbol `gpnpu_create_model`. `seed` fixes the uninitialised state,
// `plusargs` is what $value$plusargs and $test$plusargs read.
using CreateModel = Model* (*)(uint32_t seed, const std::vector<std::string>& plusargs);

}  // namespace gpnpu
