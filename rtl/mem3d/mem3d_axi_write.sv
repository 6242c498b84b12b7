// mem3d_axi_write: the write side of a port, W beats -> writes of lines with a strobe per byte.
//
// The beats of a piece are gathered into one line. Lines go to the vaults one after the other, in
// the order of the bursts, so that all responses keep it; a burst's B is ready when its last line
// was accepted. Lines without a strobe, outside the capacity or of a refused burst go nowhere.
//
// Latency    last W beat of a line in cycle w, its AW before: write in w + 1; last write accepted
//            in cycle x: B in x + 1.
// Throughput 1 beat/cycle.
// Golden     golden/src/mem3d/top.rs       Plan  rtl/mem3d/testplan.hjson
`include "assert.svh"

module mem3d_axi_write
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
  input  logic               clk_i,
  input  logic               rst_ni,

  input  logic               aw_valid_i,
  output logic               aw_ready_o,
  input  axi_ax_t            aw_i,

  input  logic               w_valid_i,
  output logic               w_ready_o,
  input  axi_w_t             w_i,

  output logic               b_valid_o,
  input  logic               b_ready_i,
  output axi_b_t             b_o,

  output logic               req_valid_o,
  input  logic               req_ready_i,
  output logic [VAULT_W-1:0] req_vault_o,
  output vault_wr_t          req_o
);

  // Responses that wait for a reader: enough to hide the queue's own cycle and short stalls.
  localparam int unsigned B_DEPTH = 4;

  logic       piece_valid, piece_done;
  axi_piece_t piece;
  place_t     place;

  mem3d_split #(
    .Vaults        (Vaults),
    .BankGroups    (BankGroups),
    .BanksPerGroup (BanksPerGroup),
    .RowBytes      (RowBytes),
    .Rows          (Rows),
    .MapOrder      (MapOrder),
    .MapHash       (MapHash)
  ) u_split (
    .clk_i,
    .rst_ni,
    .ax_valid_i    (aw_valid_i),
    .ax_ready_o    (aw_ready_o),
    .ax_i          (aw_i),
    .piece_valid_o (piece_valid),
    .piece_ready_i (piece_done),
    .piece_o       (piece),
    .place_o       (place)
  );

  // A beat that came before its turn.
  logic   skid_valid_q;
  axi_w_t skid_q, beat;
  logic   take;

  // The line that is gathered, complete when `full_q`.
  logic                  full_q;
  logic [7:0]            beats_q;
  logic [LINE_BYTES-1:0] strb_q;
  logic [LINE_BITS-1:0]  data_q;
  place_t                place_q;
  logic [AXI_ID_W-1:0]   id_q;
  logic                  refused_q, outside_q, last_q;
  // A line of the burst was outside the capacity: at the end of the address space it comes back.
  logic                  left_q;
  // Nothing of it is to be written, so far.
  logic                  idle_q;

  logic      room_q, b_ready, fire, b_push;
  logic [$clog2(B_DEPTH+1)-1:0] waiting;
  axi_resp_e resp;

  assign w_ready_o  = !skid_valid_q;
  assign beat       = skid_valid_q ? skid_q : w_i;
  assign take       = (skid_valid_q || w_valid_i) && piece_valid && (!full_q || fire);
  assign piece_done = take && beats_q == piece.beats;

  // The line leaves: to its vault, or, with nothing to write, to nowhere; the last one with room
  // for its response.
  assign req_valid_o = full_q && !idle_q && (room_q || !last_q);
  assign fire        = full_q && (room_q || !last_q) && (req_ready_i || idle_q);
  assign b_push      = fire && last_q;

  assign req_vault_o = place_q.vault;
  assign req_o.row   = place_q.row;
  assign req_o.bank  = place_q.bank;
  assign req_o.line  = place_q.line;
  assign req_o.strb  = strb_q;
  assign req_o.data  = data_q;

  always_ff @(posedge clk_i) begin
    if (w_valid_i && w_ready_o) skid_q <= w_i;
    if (take) begin
      place_q   <= place;
      id_q      <= piece.id;
      refused_q <= piece.refused;
      outside_q <= left_q || place.outside;
      last_q    <= piece.last;
      idle_q    <= piece.refused || place.outside || (beat.strb == '0 && (beats_q == '0 || idle_q));
      if (beats_q == '0) begin
        strb_q <= beat.strb;
        data_q <= beat.data;
      end else begin
        strb_q <= strb_q | beat.strb;
        for (int unsigned b = 0; b < LINE_BYTES; b++) begin
          if (beat.strb[b]) data_q[8*b +: 8] <= beat.data[8*b +: 8];
        end
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      skid_valid_q <= 1'b0;
      full_q       <= 1'b0;
      room_q       <= 1'b0;
      beats_q      <= '0;
      left_q       <= 1'b0;
    end else begin
      skid_valid_q <= (skid_valid_q || w_valid_i) && !take;
      if (take)      full_q <= piece_done;
      else if (fire) full_q <= 1'b0;
      // Only the push of a response can take the room for the next one away.
      room_q <= 32'(waiting) + 32'(b_push) < B_DEPTH;
      if (take) beats_q <= piece_done ? '0 : beats_q + 1'b1;
      if (take) left_q  <= (left_q || place.outside) && !(piece_done && piece.last);
    end
  end

  assign resp = refused_q ? RespSlvErr
              : outside_q ? RespDecErr
              :             RespOkay;

  common_fifo #(
    .Width ($bits(axi_b_t)),
    .Depth (B_DEPTH)
  ) u_responses (
    .clk_i,
    .rst_ni,
    .in_valid_i  (b_push),
    .in_ready_o  (b_ready),
    .in_i        ({id_q, resp}),
    .out_valid_o (b_valid_o),
    .out_ready_i (b_ready_i),
    .out_o       (b_o),
    .occupancy_o (waiting)
  );

  // A stalled write neither changes nor disappears.
  `ASSERT(RequestHolds_A, req_valid_o && !req_ready_i |=> req_valid_o && $stable(req_o))
  // The manager marks the beat that its burst's length makes the last.
  `ASSUME(LastBeat_M, take |-> beat.last == (piece.last && piece_done))

  // A response finds room.
  `ASSERT(ResponseHasRoom_A, b_push |-> b_ready)

  `COVER(BeatBeforeBurst_C, w_valid_i && !skid_valid_q && !piece_valid)
  `COVER(Gathered_C, take && beats_q != '0)
  `COVER(Nothing_C, fire && idle_q && !refused_q && !place_q.outside)
  `COVER(Outside_C, b_push && resp == RespDecErr)
  `COVER(Refused_C, b_push && refused_q)
  `COVER(NoRoom_C, full_q && last_q && 32'(waiting) == B_DEPTH)

endmodule
