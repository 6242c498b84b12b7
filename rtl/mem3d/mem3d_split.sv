// mem3d_split: a burst -> its pieces, each the successive beats within one line, and their places.
//
// INCR moves on aligned to the beat's size after the first beat; WRAP stays within its container,
// whose last and first bytes may be two pieces of one line. Any other burst, and a beat wider than
// the bus, is one piece marked as refused.
//
// Latency    1 cycle from an accepted burst to its first piece.
// Throughput 1 piece/cycle, across bursts too; ax_ready_o depends on registers alone.
// Golden     golden/src/mem3d/top.rs       Plan  rtl/mem3d/testplan.hjson
`include "assert.svh"

module mem3d_split
  import mem3d_pkg::*;
#(
  parameter int unsigned Vaults        = 1,
  parameter int unsigned BankGroups    = 4,
  parameter int unsigned BanksPerGroup = 4,
  parameter int unsigned RowBytes      = 1024,
  parameter int unsigned Rows          = 32768,
  parameter int unsigned MapOrder      = 32'h54213,
  parameter bit          MapHash       = 1'b1
) (
  input  logic       clk_i,
  input  logic       rst_ni,

  input  logic       ax_valid_i,
  output logic       ax_ready_o,
  input  axi_ax_t    ax_i,

  output logic       piece_valid_o,
  input  logic       piece_ready_i,
  output axi_piece_t piece_o,
  output place_t     place_o
);

  localparam logic [2:0] MAX_SIZE = 3'(OFFSET_W);
  // A container of WRAP: up to 16 beats (as many as 256 by its field) of 64 bytes.
  localparam int unsigned SPAN_W = 8 + OFFSET_W;

  logic    valid_q, skid_valid_q;
  axi_ax_t burst_q, skid_q;
  // Beats from this piece on, less 1; the container needs the burst's own length.
  logic [7:0] left_q;
  logic    take, next;

  logic                   refused_q, wrapped;
  logic [SPAN_W-1:0]      span;
  logic [OFFSET_W-1:0]    start, moving, to_end;
  logic [7:0]             room, beats;
  logic [LINE_ADDR_W-1:0] line, line_moving, next_line;

  assign ax_ready_o    = !skid_valid_q;
  assign piece_valid_o = valid_q;
  assign take          = valid_q && piece_ready_i;
  assign next          = !valid_q || (take && piece_o.last);

  assign wrapped = burst_q.burst == BurstWrap;
  // Bytes of the container less 1: the address bits that move.
  assign span    = SPAN_W'({burst_q.len, {OFFSET_W{1'b1}}} >> (MAX_SIZE - burst_q.size));
  assign moving  = wrapped ? span[OFFSET_W-1:0] : '1;
  assign line    = burst_q.addr[63:OFFSET_W];

  // Beats from the offset to the end of the line, less 1: all of a container within a line.
  assign start   = burst_q.addr[OFFSET_W-1:0];
  assign to_end  = ~start >> burst_q.size;
  assign room    = (wrapped && span[SPAN_W-1:OFFSET_W] == '0) || refused_q ? '1 : 8'(to_end);

  assign beats   = (room < left_q) ? room : left_q;

  assign piece_o.id      = burst_q.id;
  assign piece_o.qos     = burst_q.qos;
  assign piece_o.refused = refused_q;
  assign piece_o.last    = room >= left_q;
  assign piece_o.beats   = beats;
  assign piece_o.size    = burst_q.size;
  assign piece_o.wrap    = moving;
  assign piece_o.offset  = start;

  assign line_moving = wrapped ? LINE_ADDR_W'(span[SPAN_W-1:OFFSET_W]) : '1;
  assign next_line   = (line & ~line_moving) | ((line + 1'b1) & line_moving);

  // The places of a new burst's first line and of the current one's next line, one of which becomes
  // the current place: the map is behind neither the choice nor what requests wait for.
  axi_ax_t                     burst;
  logic [1:0][LINE_ADDR_W-1:0] lines;
  place_t [1:0]                places;
  place_t                      place_q;

  assign burst   = skid_valid_q ? skid_q : ax_i;
  assign lines   = {burst.addr[63:OFFSET_W], next_line};
  assign place_o = place_q;

  for (genvar i = 0; i < 2; i++) begin : gen_map
    mem3d_map #(
      .Vaults        (Vaults),
      .BankGroups    (BankGroups),
      .BanksPerGroup (BanksPerGroup),
      .RowBytes      (RowBytes),
      .Rows          (Rows),
      .MapOrder      (MapOrder),
      .MapHash       (MapHash)
    ) u_map (
      .line_addr_i (lines[i]),
      .place_o     (places[i])
    );
  end

  always_ff @(posedge clk_i) begin
    if (next) begin
      burst_q   <= burst;
      left_q    <= burst.len;
      refused_q <= burst.size > MAX_SIZE
                   || !(burst.burst == BurstIncr || burst.burst == BurstWrap);
    end else if (take) begin
      burst_q.addr <= {next_line, OFFSET_W'(0)};
      left_q       <= left_q - beats - 1'b1;
    end
    if (next || take)  place_q <= places[next];
    if (!skid_valid_q) skid_q  <= ax_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q      <= 1'b0;
      skid_valid_q <= 1'b0;
    end else begin
      if (next) valid_q <= skid_valid_q || ax_valid_i;
      if (next)                            skid_valid_q <= 1'b0;
      else if (ax_valid_i && ax_ready_o)   skid_valid_q <= 1'b1;
    end
  end

  // A stalled piece neither changes nor disappears.
  `ASSERT(StallHolds_A, piece_valid_o && !piece_ready_i
                        |=> piece_valid_o && $stable({piece_o, place_o}))
  // The beats of a piece lie within its line.
  `ASSERT(WithinLine_A, piece_valid_o && !refused_q && !wrapped |->
          32'(start) + (32'(beats) << burst_q.size) < LINE_BYTES)

  `COVER(Refused_C, piece_valid_o && refused_q)
  `COVER(WrapAround_C, take && wrapped && !piece_o.last && next_line < line)
  `COVER(WrapInLine_C, take && wrapped && span[SPAN_W-1:OFFSET_W] == '0)
  `COVER(Unaligned_C, take && !refused_q && (start & ~(6'h3f << burst_q.size)) != '0)
  `COVER(Narrow_C, take && !refused_q && beats != '0)
  `COVER(Skid_C, skid_valid_q && next)

endmodule
