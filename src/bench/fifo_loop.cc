// common_fifo driven by hand: the yardstick for driving a tiny block from Rust.
//
// fifo_loop STIMULUS SEED: plays a file of input frames (all inputs in the order of the ports, each a 32-bit word),
// reads all outputs in every cycle, prints cycles, seconds and a checksum of the outputs.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "Vmodel.h"
#include "verilated.h"

struct Frame {
  uint32_t rst_ni;
  uint32_t in_valid_i;
  uint32_t in_i;
  uint32_t out_ready_i;
};

static std::vector<Frame> read_frames(const char* path) {
  std::FILE* file = std::fopen(path, "rb");
  if (!file) std::perror(path), std::exit(1);
  std::fseek(file, 0, SEEK_END);
  std::vector<Frame> frames(static_cast<size_t>(std::ftell(file)) / sizeof(Frame));
  std::rewind(file);
  if (std::fread(frames.data(), sizeof(Frame), frames.size(), file) != frames.size()) std::exit(1);
  std::fclose(file);
  return frames;
}

static uint64_t add(uint64_t sum, uint32_t word) { return ((sum << 5) | (sum >> 59)) ^ word; }

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::vector<Frame> stimulus = read_frames(argv[1]);
  const auto context = std::make_unique<VerilatedContext>();
  context->randReset(2);
  context->randSeed(std::atoi(argv[2]));
  const auto top = std::make_unique<Vmodel>(context.get(), "TOP");
  uint64_t sum = 0;
  const auto start = std::chrono::steady_clock::now();
  for (const Frame& in : stimulus) {
    top->rst_ni = in.rst_ni;
    top->in_valid_i = in.in_valid_i;
    top->in_i = in.in_i;
    top->out_ready_i = in.out_ready_i;
    top->clk_i = 0;
    top->eval();
    sum = add(sum, top->in_ready_o);
    sum = add(sum, top->out_valid_o);
    sum = add(sum, top->out_o);
    sum = add(sum, top->occupancy_o);
    context->timeInc(500);
    top->clk_i = 1;
    top->eval();
    context->timeInc(500);
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  std::printf("%zu %.9f %016llx\n", stimulus.size(), time.count(), static_cast<unsigned long long>(sum));
  return 0;
}
