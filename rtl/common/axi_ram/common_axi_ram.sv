// common_axi_ram: memory of SizeBytes behind an AXI4 port, mem[addr] <- w, r <- mem[addr].
//
// FIXED, INCR and WRAP bursts of any size, alignment and strobes. Requests of a kind are served in
// the order in which they came, whatever their IDs; a read beat sees all writes whose response was
// accepted. Beats at or above SizeBytes are answered with DECERR and touch nothing. No exclusive
// access: AxLOCK is not there.
//
// Latency    Latency + 3 cycles from an accepted read address to its first data;
//            1 cycle from the last data of a write to its response.
// Throughput 1 beat/cycle of reads and 1 of writes, also from one burst to the next.
// Reset      of the control state alone: the content stays.
// Golden     golden/src/common/axi_ram.rs     Plan  rtl/common/axi_ram/testplan.hjson
`include "assert.svh"

module common_axi_ram
  import common_axi_ram_pkg::*;
#(
  parameter int unsigned DataBits  = 64,
  parameter int unsigned SizeBytes = 8192,
  parameter int unsigned Latency   = 1,
  localparam int unsigned DataBytes = DataBits / 8
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic                 aw_valid_i,
  output logic                 aw_ready_o,
  input  ram_ax_t              aw_i,

  input  logic                 w_valid_i,
  output logic                 w_ready_o,
  input  logic [DataBits-1:0]  w_data_i,
  input  logic [DataBytes-1:0] w_strb_i,
  input  logic                 w_last_i,

  output logic                 b_valid_o,
  input  logic                 b_ready_i,
  output ram_b_t               b_o,

  input  logic                 ar_valid_i,
  output logic                 ar_ready_o,
  input  ram_ax_t              ar_i,

  output logic                 r_valid_o,
  input  logic                 r_ready_i,
  output logic [DataBits-1:0]  r_data_o,
  output ram_r_t               r_o
);

  if (DataBits < 64 || DataBits > 512 || 2 ** $clog2(DataBits) != DataBits) begin : gen_width_check
    $error("common_axi_ram: DataBits is %0d, needs to be 64, 128, 256 or 512", DataBits);
  end
  // The block of a wrapping burst, of 16 beats at most, lies within the memory or outside of it.
  if (SizeBytes < 16 * DataBytes || 2 ** $clog2(SizeBytes) != SizeBytes) begin : gen_size_check
    $error("common_axi_ram: SizeBytes is %0d, needs to be a power of two of at least %0d",
           SizeBytes, 16 * DataBytes);
  end
  if (Latency < 1) begin : gen_latency_check
    $error("common_axi_ram: Latency is %0d, needs to be at least 1", Latency);
  end

  localparam int unsigned LANE_W  = $clog2(DataBytes);
  localparam int unsigned SIZE_W  = $clog2(SizeBytes);
  localparam int unsigned WORDS   = SizeBytes / DataBytes;
  localparam int unsigned INDEX_W = SIZE_W - LANE_W;
  // Two entries keep ready independent of what follows, at one request a cycle.
  localparam int unsigned REQUESTS = 2;
  // Responses of single-beat writes come one a cycle; two entries for the same reason.
  localparam int unsigned RESPONSES = 2;
  // Beats between their read of the memory and their acceptance: Latency on their way, one in the
  // queue's first place, one whose place is given back while it is taken.
  localparam int unsigned BEATS  = Latency + 2;
  localparam int unsigned BEAT_W = $clog2(BEATS + 1);

  logic [DataBits-1:0] mem_q [WORDS];

  // ---- writes ----

  ram_ax_t   aw;
  ram_beat_t wr_beat;
  ram_b_t    b_in;
  logic      aw_valid, aw_ready, wr_valid, wr_move, b_has_place, b_push;
  logic      wr_outside;
  logic [INDEX_W-1:0] wr_index;
  logic [$clog2(REQUESTS+1)-1:0]  unused_aw_count, unused_ar_count;
  logic [$clog2(RESPONSES+1)-1:0] unused_b_count;

  common_fifo #(
    .Width($bits(ram_ax_t)),
    .Depth(REQUESTS)
  ) u_aw (
    .clk_i,
    .rst_ni,
    .in_valid_i (aw_valid_i),
    .in_ready_o (aw_ready_o),
    .in_i       (aw_i),
    .out_valid_o(aw_valid),
    .out_ready_i(aw_ready),
    .out_o      (aw),
    .occupancy_o(unused_aw_count)
  );

  common_axi_beats u_wr_beats (
    .clk_i,
    .rst_ni,
    .req_valid_i (aw_valid),
    .req_ready_o (aw_ready),
    .req_i       (aw),
    .beat_valid_o(wr_valid),
    .beat_ready_i(wr_move),
    .beat_o      (wr_beat)
  );

  // Every beat waits for a place for the response, so that ready does not depend on the last one.
  assign w_ready_o  = wr_valid && b_has_place;
  assign wr_move    = w_valid_i && w_ready_o;
  assign wr_outside = wr_beat.addr[63:SIZE_W] != '0;
  assign wr_index   = wr_beat.addr[SIZE_W-1:LANE_W];
  assign b_push     = wr_move && wr_beat.last;
  // If any beat is outside, the last one is.
  assign b_in       = '{id: wr_beat.id, resp: wr_outside ? RespDecErr : RespOkay};

  always_ff @(posedge clk_i) begin
    for (int unsigned lane = 0; lane < DataBytes; lane++) begin
      if (wr_move && !wr_outside && w_strb_i[lane]) begin
        mem_q[wr_index][8*lane+:8] <= w_data_i[8*lane+:8];
      end
    end
  end

  common_fifo #(
    .Width($bits(ram_b_t)),
    .Depth(RESPONSES)
  ) u_b (
    .clk_i,
    .rst_ni,
    .in_valid_i (b_push),
    .in_ready_o (b_has_place),
    .in_i       (b_in),
    .out_valid_o(b_valid_o),
    .out_ready_i(b_ready_i),
    .out_o      (b_o),
    .occupancy_o(unused_b_count)
  );

  // ---- reads ----

  ram_ax_t   ar;
  ram_beat_t rd_beat;
  logic      ar_valid, ar_ready, rd_valid, rd_move, rd_outside;
  logic [BEAT_W-1:0]   held_q;
  logic [Latency-1:0]  pipe_valid_q;
  ram_r_t              pipe_q [Latency];
  logic [DataBits-1:0] data_q [Latency];
  logic      unused_r_ready;
  logic [BEAT_W-1:0]   unused_r_count;

  common_fifo #(
    .Width($bits(ram_ax_t)),
    .Depth(REQUESTS)
  ) u_ar (
    .clk_i,
    .rst_ni,
    .in_valid_i (ar_valid_i),
    .in_ready_o (ar_ready_o),
    .in_i       (ar_i),
    .out_valid_o(ar_valid),
    .out_ready_i(ar_ready),
    .out_o      (ar),
    .occupancy_o(unused_ar_count)
  );

  common_axi_beats u_rd_beats (
    .clk_i,
    .rst_ni,
    .req_valid_i (ar_valid),
    .req_ready_o (ar_ready),
    .req_i       (ar),
    .beat_valid_o(rd_valid),
    .beat_ready_i(held_q != BEAT_W'(BEATS)),
    .beat_o      (rd_beat)
  );

  assign rd_move    = rd_valid && held_q != BEAT_W'(BEATS);
  assign rd_outside = rd_beat.addr[63:SIZE_W] != '0;

  // The memory's output register, then Latency - 1 more.
  always_ff @(posedge clk_i) begin
    data_q[0] <= mem_q[rd_beat.addr[SIZE_W-1:LANE_W]];
    pipe_q[0] <= '{id: rd_beat.id, resp: rd_outside ? RespDecErr : RespOkay, last: rd_beat.last};
    for (int unsigned stage = 1; stage < Latency; stage++) begin
      data_q[stage] <= data_q[stage-1];
      pipe_q[stage] <= pipe_q[stage-1];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      held_q       <= '0;
      pipe_valid_q <= '0;
    end else begin
      pipe_valid_q <= Latency'({pipe_valid_q, rd_move});
      if (rd_move && !(r_valid_o && r_ready_i))      held_q <= held_q + 1'b1;
      else if (!rd_move && (r_valid_o && r_ready_i)) held_q <= held_q - 1'b1;
    end
  end

  common_fifo #(
    .Width(DataBits + $bits(ram_r_t)),
    .Depth(BEATS)
  ) u_r (
    .clk_i,
    .rst_ni,
    .in_valid_i (pipe_valid_q[Latency-1]),
    .in_ready_o (unused_r_ready),
    .in_i       ({data_q[Latency-1], pipe_q[Latency-1]}),
    .out_valid_o(r_valid_o),
    .out_ready_i(r_ready_i),
    .out_o      ({r_data_o, r_o}),
    .occupancy_o(unused_r_count)
  );

  // What is offered stays until it is taken.
  `ASSERT(ResponseHolds_A, b_valid_o && !b_ready_i |=> b_valid_o && $stable(b_o))
  `ASSERT(DataHolds_A, r_valid_o && !r_ready_i |=> r_valid_o && $stable(r_o) && $stable(r_data_o))
  // Every beat on its way has a place in the queue.
  `ASSERT(HasPlace_A, pipe_valid_q[Latency-1] |-> unused_r_ready)
  `ASSERT(HeldInRange_A, held_q <= BEAT_W'(BEATS))
  // The manager ends a burst where its length says.
  `ASSUME(Last_M, wr_move |-> w_last_i == wr_beat.last)

  `COVER(ReadStalls_C, rd_valid && held_q == BEAT_W'(BEATS))
  `COVER(ResponseStalls_C, wr_valid && !b_has_place)
  `COVER(DataEarly_C, w_valid_i && !wr_valid)
  `COVER(SameWord_C, rd_move && wr_move && rd_beat.addr[SIZE_W-1:LANE_W] == wr_index)
  `COVER(Outside_C, wr_move && wr_outside)

endmodule
