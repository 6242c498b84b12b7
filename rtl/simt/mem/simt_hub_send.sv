// simt_hub_send: one write of a line to AW and W: the beats from the first with a strobe to the
// last.
//
// Latency    1 cycle to AW, 2 to W.
// Throughput 1 beat a cycle.
`include "assert.svh"

module simt_hub_send
  import simt_pkg::*;
  import mem3d_pkg::axi_ax_t;
  import mem3d_pkg::axi_w_t;
  import mem3d_pkg::AXI_ID_W;
#(
  parameter int unsigned AxiBytes = 64
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // A line to send; its data follow in the next cycle.
  output logic                  room_o,
  input  logic                  valid_i,
  input  logic [AXI_ID_W-1:0]   id_i,
  input  logic [MEM_LINE_W-1:0] line_i,
  input  logic [MEM_LINE_BYTES-1:0] strb_i,
  input  logic [MEM_LINE_BITS-1:0]  data_i,

  output logic                  aw_valid_o,
  input  logic                  aw_ready_i,
  output axi_ax_t               aw_o,

  output logic                  w_valid_o,
  input  logic                  w_ready_i,
  output axi_w_t                w_o
);

  localparam int unsigned BEATS  = MEM_LINE_BYTES / AxiBytes;
  localparam int unsigned BEAT_W = (BEATS > 1) ? $clog2(BEATS) : 1;
  localparam int unsigned SIZE   = $clog2(AxiBytes);
  // Addresses and lines: one on its way in, one going out, one between.
  localparam int unsigned DEPTH   = 4;
  localparam int unsigned COUNT_W = $clog2(DEPTH + 1);

  typedef struct packed {
    logic [BEAT_W-1:0]         first;
    logic [BEAT_W-1:0]         last;
    logic [MEM_LINE_BYTES-1:0] strb;
    logic [MEM_LINE_BITS-1:0]  data;
  } burst_t;

  logic [BEATS-1:0]          touched;
  logic [BEAT_W-1:0]         first, last, first_q, last_q, beat, beat_q;
  logic                      valid_q, going_q, has_address, has_line, line_valid, w_done;
  logic [MEM_LINE_BYTES-1:0] strb_q;
  axi_ax_t                   address;
  burst_t                    burst;
  logic [COUNT_W-1:0]        addresses, lines;

  for (genvar at = 0; at < int'(BEATS); at++) begin : gen_touched
    assign touched[at] = strb_i[AxiBytes*at+:AxiBytes] != '0;
  end

  always_comb begin
    first = '0;
    last  = '0;
    for (int unsigned at = BEATS; at > 0; at--) if (touched[at-1]) first = BEAT_W'(at - 1);
    for (int unsigned at = 0; at < BEATS; at++) if (touched[at]) last = BEAT_W'(at);
  end

  always_comb begin
    address       = '0;
    address.id    = id_i;
    address.addr  = 64'({line_i, MEM_OFFSET_W'(0)}) | (64'(first) << SIZE);
    address.len   = 8'(last - first);
    address.size  = 3'(SIZE);
    address.burst = 2'(mem3d_pkg::BurstIncr);
  end

  common_fifo #(
    .Width($bits(axi_ax_t)),
    .Depth(DEPTH)
  ) u_addresses (
    .clk_i,
    .rst_ni,
    .in_valid_i (valid_i),
    .in_ready_o (has_address),
    .in_i       (address),
    .out_valid_o(aw_valid_o),
    .out_ready_i(aw_ready_i),
    .out_o      (aw_o),
    .occupancy_o(addresses)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= 1'b0;
    else         valid_q <= valid_i;
  end

  always_ff @(posedge clk_i) begin
    strb_q  <= strb_i;
    first_q <= first;
    last_q  <= last;
  end

  common_fifo #(
    .Width($bits(burst_t)),
    .Depth(DEPTH)
  ) u_lines (
    .clk_i,
    .rst_ni,
    .in_valid_i (valid_q),
    .in_ready_o (has_line),
    .in_i       ({first_q, last_q, strb_q, data_i}),
    .out_valid_o(line_valid),
    .out_ready_i(w_done),
    .out_o      (burst),
    .occupancy_o(lines)
  );

  // Of what is sent now and of the line whose data come now, each has a place.
  assign room_o = 4'(lines) + 4'(valid_i) + 4'(valid_q) < 4'(DEPTH) &&
                  4'(addresses) + 4'(valid_i) < 4'(DEPTH);

  assign beat      = going_q ? beat_q : burst.first;
  assign w_valid_o = line_valid;
  assign w_done    = w_valid_o && w_ready_i && beat == burst.last;

  always_comb begin
    w_o      = '0;
    w_o.last = beat == burst.last;
    w_o.strb[AxiBytes-1:0]   = burst.strb[AxiBytes*beat+:AxiBytes];
    w_o.data[8*AxiBytes-1:0] = burst.data[8*AxiBytes*beat+:8*AxiBytes];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) going_q <= 1'b0;
    else if (w_valid_o && w_ready_i) going_q <= !w_done;
  end

  always_ff @(posedge clk_i) begin
    if (w_valid_o && w_ready_i) beat_q <= beat + 1'b1;
  end

  `ASSERT(SomeByte_A, valid_i |-> strb_i != '0)
  `ASSERT(HasAddress_A, valid_i |-> has_address)
  `ASSERT(HasLine_A, valid_q |-> has_line)

  `COVER(PartOfLine_C, valid_i && (touched != '1))

endmodule
