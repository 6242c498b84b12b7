// npu_mac_array driven by hand: the yardstick for driving it from Rust.
//
// array_loop STIMULUS SEED: plays a file of input frames (all inputs in the order of the ports, each from a 32-bit
// word of its own), reads all outputs in every cycle, prints cycles, seconds and a checksum of the outputs.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "Vmodel.h"
#include "verilated.h"

static std::vector<uint32_t> read_words(const char* path) {
  std::FILE* file = std::fopen(path, "rb");
  if (!file) std::perror(path), std::exit(1);
  std::fseek(file, 0, SEEK_END);
  std::vector<uint32_t> words(static_cast<size_t>(std::ftell(file)) / 4);
  std::rewind(file);
  if (std::fread(words.data(), 4, words.size(), file) != words.size()) std::exit(1);
  std::fclose(file);
  return words;
}

template <typename Wide>
static const uint32_t* assign(Wide& port, const uint32_t* words) {
  std::memcpy(&port[0], words, sizeof port);
  return words + sizeof port / 4;
}

static uint64_t add(uint64_t sum, uint32_t word) { return ((sum << 5) | (sum >> 59)) ^ word; }

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::vector<uint32_t> stimulus = read_words(argv[1]);
  const auto context = std::make_unique<VerilatedContext>();
  context->randReset(2);
  context->randSeed(std::atoi(argv[2]));
  const auto top = std::make_unique<Vmodel>(context.get(), "TOP");
  // Seven narrow ports, three wide ones; frames are padded to four words.
  const size_t used = 7 + (sizeof top->a_i + sizeof top->b_i + sizeof top->c_i) / 4;
  const size_t frame = (used + 3) / 4 * 4;
  const size_t cycles = stimulus.size() / frame;
  const uint32_t* next = stimulus.data();
  uint64_t sum = 0;
  const auto start = std::chrono::steady_clock::now();
  for (size_t cycle = 0; cycle < cycles; ++cycle, next += frame) {
    const uint32_t* in = next;
    top->rst_ni = *in++;
    top->cmd_valid_i = *in++;
    top->cmd_i = *in++;
    top->a_valid_i = *in++;
    in = assign(top->a_i, in);
    top->b_valid_i = *in++;
    in = assign(top->b_i, in);
    top->c_valid_i = *in++;
    in = assign(top->c_i, in);
    top->d_ready_i = *in++;
    top->clk_i = 0;
    top->eval();
    sum = add(sum, top->cmd_ready_o);
    sum = add(sum, top->a_ready_o);
    sum = add(sum, top->b_ready_o);
    sum = add(sum, top->c_ready_o);
    sum = add(sum, top->d_valid_o);
    for (size_t word = 0; word < sizeof top->d_o / 4; ++word) sum = add(sum, top->d_o[word]);
    context->timeInc(500);
    top->clk_i = 1;
    top->eval();
    context->timeInc(500);
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  std::printf("%zu %.9f %016llx\n", cycles, time.count(), static_cast<unsigned long long>(sum));
  return 0;
}
