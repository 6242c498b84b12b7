// simt_icache: instruction cache of a core, direct-mapped, lines of 64 bytes; read-only.
//
// A look-up that misses is answered as a miss, and asks for its line; who wanted it tries again.
// One line is under way at a time. Lines stay for some clocks after one was written, so that all
// who try in turn have found theirs before it goes; so does the error of a line that cannot be
// read.
// Latency    a look-up is answered in the next clock.
// Throughput one a clock, also while a line is under way; the four clocks in which it is written
//            answer as misses.
// Stage      RAM; tag against tag, and the choice of a word of four.
`include "assert.svh"

module simt_icache #(
  parameter int unsigned Bytes = 16384,
  parameter int unsigned PcW   = 30,
  parameter int unsigned Stay  = 16     // clocks in which all who look up have had their turn
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic           empty_i,

  // A look-up: word number of the instruction, which is in memory.
  input  logic           valid_i,
  input  logic [PcW-2:0] word_i,
  output logic           hit_o,       // in the next clock
  output logic [31:0]    code_o,

  // Lines from memory.
  output logic           line_valid_o,
  input  logic           line_ready_i,
  output logic [PcW-6:0] line_o,      // number of the line
  input  logic           rsp_valid_i,
  input  logic [511:0]   rsp_data_i,
  input  logic           rsp_error_i,
  output logic           error_o      // instead of a hit: the line cannot be read
);

  localparam int unsigned LINES      = Bytes / 64;
  localparam int unsigned INDEX_W    = $clog2(LINES);
  localparam int unsigned LINE_TAG_W = PcW - 1 - 4 - INDEX_W;
  localparam int unsigned STAY_W     = $clog2(Stay + 1);

  logic [127:0]       data_mem [4*LINES];
  logic [LINE_TAG_W-1:0] tag_mem [LINES];
  logic [LINES-1:0]   present_q;
  logic [127:0]       data_q;
  logic [LINE_TAG_W-1:0] tag_q;
  logic [PcW-2:0]     word_q;
  logic               looked_q, present_one_q;

  // Line under way: asked for, awaited, kept back, written in four parts.
  typedef enum logic [2:0] {
    StIdle,
    StAsk,
    StWait,
    StHold,
    StWrite
  } state_e;
  state_e           state_q;
  logic [PcW-6:0]   line_q;
  logic [511:0]     fill_q;
  logic [1:0]       part_q;
  logic             stale_q, error_q, blind_q;
  logic [STAY_W-1:0] stay_q;
  logic             writing, miss;
  logic [INDEX_W-1:0] index, fill_index;

  assign index      = word_i[4+:INDEX_W];
  assign fill_index = line_q[INDEX_W-1:0];
  assign writing    = state_q == StWrite;
  assign hit_o      = looked_q && present_one_q && tag_q == word_q[PcW-2-:LINE_TAG_W];
  assign miss       = looked_q && !hit_o;
  assign code_o     = data_q[32*word_q[1:0]+:32];
  assign error_o    = error_q && miss && word_q[PcW-2:4] == line_q;

  assign line_valid_o = state_q == StAsk;
  assign line_o       = line_q;

  always_ff @(posedge clk_i) begin
    if (writing)      data_mem[{fill_index, part_q}] <= fill_q[127:0];
    else if (valid_i) data_q <= data_mem[{index, word_i[3:2]}];
    if (writing)      tag_mem[fill_index] <= line_q[PcW-6-:LINE_TAG_W];
    else if (valid_i) tag_q <= tag_mem[index];
    if (valid_i)      word_q <= word_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      present_q     <= '0;
      present_one_q <= 1'b0;
      looked_q      <= 1'b0;
      state_q       <= StIdle;
      line_q        <= '0;
      fill_q        <= '0;
      part_q        <= '0;
      stale_q       <= 1'b0;
      error_q       <= 1'b0;
      blind_q       <= 1'b0;
      stay_q        <= '0;
    end else begin
      looked_q      <= valid_i;
      // What is looked up beside a write may be what is written.
      blind_q       <= writing;
      if (writing || (rsp_valid_i && rsp_error_i)) stay_q <= STAY_W'(Stay);
      else if (stay_q != '0)                       stay_q <= stay_q - 1'b1;
      present_one_q <= valid_i && !writing && present_q[index];
      unique case (state_q)
        StIdle: begin
          if (miss && !blind_q && !(error_q && stay_q != '0)) begin
            state_q <= StAsk;
            error_q <= 1'b0;
            line_q  <= word_q[PcW-2:4];
            stale_q <= 1'b0;
          end
        end
        StAsk: if (line_ready_i) state_q <= StWait;
        StWait: begin
          if (rsp_valid_i) begin
            fill_q  <= rsp_data_i;
            part_q  <= '0;
            error_q <= rsp_error_i && !stale_q && !empty_i;
            state_q <= (rsp_error_i || stale_q || empty_i) ? StIdle : StHold;
          end
        end
        StHold: if (stay_q == '0) state_q <= StWrite;
        StWrite: begin
          fill_q <= {128'h0, fill_q[511:128]};
          part_q <= part_q + 1'b1;
          if (part_q == 2'd3) begin
            present_q[fill_index] <= 1'b1;
            state_q               <= StIdle;
          end else begin
            present_q[fill_index] <= 1'b0;
          end
        end
        default: state_q <= StIdle;
      endcase
      // What was asked for before is not kept.
      if (empty_i) begin
        present_q <= '0;
        stale_q   <= 1'b1;
        error_q   <= 1'b0;
        if (state_q inside {StHold, StWrite}) state_q <= StIdle;
      end
    end
  end

  `ASSERT(ResponseExpected_A, rsp_valid_i |-> state_q == StWait)

endmodule
