// Implements gpnpu::Model around one Verilated class. Included once by each model's generated
// source, which defines the class `Ports` (drive, sample, raise and lower the clock) before
// instantiating it.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <stdexcept>

#include "gpnpu/model.h"
#include "verilated.h"
#if VM_COVERAGE
#include "verilated_cov.h"
#endif
#if VM_TRACE
#include "verilated_vcd_c.h"
#endif

namespace gpnpu {

constexpr size_t kMaxEvents = 64;
constexpr size_t kMaxLog = 64 * 1024;
constexpr uint32_t kMaxMarks = 1u << 20;
// One clock cycle in time steps of the model (1 ps): cycle k lasts from 1000 k to 1000 k + 999, its
// rising edge is at 1000 k + 500.
constexpr uint64_t kCyclePs = 1000;

// Thrown out of the Verilated code by vl_fatal, which must not return.
struct FatalError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What the runtime's hooks report to: the model that this thread is evaluating.
class Reports {
 public:
  void add(uint32_t bits, const char* file, int line, const std::string& message) {
    pending_ |= bits;
    if (events_.size() < kMaxEvents) {
      events_.push_back(
          {bits, cycle_, file ? file : "", line < 0 ? 0u : static_cast<uint32_t>(line), message});
    }
  }
  void print(const std::string& text) {
    if (log_.size() + text.size() <= kMaxLog) log_ += text;
    last_line_ = text;
  }
  uint32_t take_pending() {
    const uint32_t bits = pending_;
    pending_ = 0;
    return bits;
  }
  const std::vector<Event>& events() const { return events_; }
  const std::string& log() const { return log_; }
  // What was printed last, once: a later report must not take it for its own.
  std::string take_last_line() {
    std::string line;
    line.swap(last_line_);
    return line;
  }
  void set_cycle(uint64_t cycle) { cycle_ = cycle; }
  void mark(uint32_t number) {
    if (number >= kMaxMarks) return;
    if (number >= marks_.size()) marks_.resize(number + 1);
    marks_[number] = true;
  }
  std::vector<uint32_t> marks() const {
    std::vector<uint32_t> numbers;
    for (uint32_t number = 0; number < marks_.size(); ++number) {
      if (marks_[number]) numbers.push_back(number);
    }
    return numbers;
  }

 private:
  uint32_t pending_ = 0;
  uint64_t cycle_ = 0;
  std::vector<Event> events_;
  std::string log_;
  std::string last_line_;
  std::vector<bool> marks_;
};

inline Reports*& current_reports() {
  static thread_local Reports* reports = nullptr;
  return reports;
}

#if VM_TRACE
// Keeps a VCD in memory as a header and the last chunks; every chunk begins with all values.
class WaveRing : public VerilatedVcdFile {
 public:
  bool open(const std::string&) override {
    chunks_.emplace_back();
    if (bounded_ && chunks_.size() > 3) chunks_.erase(chunks_.begin() + 1);
    return true;
  }
  void close() override {}
  ssize_t write(const char* data, ssize_t size) override {
    chunks_.back().append(data, static_cast<size_t>(size));
    return size;
  }
  void set_bounded(bool bounded) { bounded_ = bounded; }
  void clear() { chunks_.clear(); }
  std::string text() const {
    std::string all;
    for (const auto& chunk : chunks_) all += chunk;
    return all;
  }

 private:
  bool bounded_ = false;
  std::deque<std::string> chunks_;  // chunk 0 is the header
};
#endif

// Mixes two words: the folded 128-bit product. Feeds the digest.
inline uint64_t mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t load64(const uint32_t* words) {
  uint64_t value;
  std::memcpy(&value, words, sizeof value);
  return value;
}

// Hash of one frame of `size` words, a multiple of 4. The positions are keyed, so the products are
// independent of each other and run in parallel.
inline uint64_t hash_frame(const uint32_t* words, size_t size) {
  uint64_t sum = 0;
  uint64_t key = 0x9e3779b97f4a7c15u;
  for (size_t i = 0; i < size; i += 4) {
    sum += mix(load64(words + i) ^ key, load64(words + i + 2) ^ (key * 3));
    key += 0x9e3779b97f4a7c16u;
  }
  return sum;
}

template <typename Top, typename Ports>
class VerilatedModelOf final : public Model {
 public:
  VerilatedModelOf(uint32_t seed, const std::vector<std::string>& plusargs) {
    context_->fatalOnError(false);
    context_->randReset(2);
    context_->randSeed(static_cast<int>(seed));
    std::vector<const char*> arguments{"model"};
    for (const auto& plusarg : plusargs) arguments.push_back(plusarg.c_str());
    context_->commandArgs(static_cast<int>(arguments.size()), arguments.data());
#if VM_TRACE
    context_->traceEverOn(true);
#endif
    enter();
    top_ = std::make_unique<Top>(context_.get(), "TOP");
  }

  ~VerilatedModelOf() override {
    enter();
    current_reports() = &reports_;
    top_.reset();
    current_reports() = nullptr;
  }

  uint32_t cycles(const uint32_t* in, size_t in_stride, uint32_t* out, size_t out_stride,
                  size_t count, size_t& done) override {
    enter();
    uint32_t bits = dead_ ? uint32_t{kFatal} : 0;
    done = 0;
    try {
      while (bits == 0 && done < count) {
        one_cycle(in, out);
        bits = end_cycle(in, out);
        in += in_stride;
        out += out_stride;
        ++done;
      }
    } catch (const FatalError&) {
      dead_ = true;
      bits = end_cycle(in, out);
      ++done;
    }
    return bits;
  }

  uint64_t digest() const override { return digest_; }
  uint64_t cycle_count() const override { return cycle_; }
  const std::vector<Event>& events() const override { return reports_.events(); }
  const std::string& log() const override { return reports_.log(); }
  std::vector<uint32_t> marks() const override { return reports_.marks(); }

  bool start_waves(uint64_t window) override {
#if VM_TRACE
    enter();
    window_ = window;
    trace_.reset();
    ring_.clear();
    trace_ = std::make_unique<VerilatedVcdC>(&ring_);
    ring_.set_bounded(window != 0);
    top_->trace(trace_.get(), 99);
    trace_->open("ring");
    trace_->openNext(false);
    return true;
#else
    (void)window;
    return false;
#endif
  }

  std::string take_waves() override {
#if VM_TRACE
    if (!trace_) return {};
    trace_->close();
    trace_.reset();
    return ring_.text();
#else
    return {};
#endif
  }

  bool write_coverage(const std::string& path) override {
#if VM_COVERAGE
    enter();
    try {
      context_->coveragep()->write(path.c_str());
    } catch (const FatalError&) {
      reports_.take_pending();
      throw;
    }
    return true;
#else
    (void)path;
    return false;
#endif
  }

 private:
  void enter() {
    Verilated::threadContextp(context_.get());
    current_reports() = &reports_;
  }

  void one_cycle(const uint32_t* in, uint32_t* out) {
    reports_.set_cycle(cycle_);
    Ports::drive(*top_, in);
    Ports::lower_clock(*top_);
    top_->eval();
    dump(0);
    Ports::sample(*top_, out);
    context_->timeInc(kCyclePs / 2);
    Ports::raise_clock(*top_);
    top_->eval();
    dump(kCyclePs / 2);
    context_->timeInc(kCyclePs / 2);
  }

  uint32_t end_cycle(const uint32_t* in, const uint32_t* out) {
    digest_ = mix(digest_ ^ hash_frame(in, Ports::kInputWords),
                  0xd6e8feb86659fd93u ^ hash_frame(out, Ports::kOutputWords));
    ++cycle_;
    return reports_.take_pending();
  }

  void dump(uint64_t offset) {
#if VM_TRACE
    if (!trace_) return;
    if (window_ != 0 && offset == 0 && cycle_ % window_ == 0) trace_->openNext(false);
    trace_->dump(cycle_ * kCyclePs + offset);
#else
    (void)offset;
#endif
  }

  Reports reports_;
  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
#if VM_TRACE
  WaveRing ring_;
  std::unique_ptr<VerilatedVcdC> trace_;
  uint64_t window_ = 0;
#endif
  std::unique_ptr<Top> top_;
  uint64_t cycle_ = 0;
  uint64_t digest_ = 0x2545f4914f6cdd1du;
  bool dead_ = false;
};

}  // namespace gpnpu
