// mem3d_axi_read: the read side of a port, R[burst] = lines in the order of their ID.
//
// A burst's pieces each take a place in the reorder buffer before their request leaves, so that
// what comes back always finds room. The places of an ID form a list in the order of the bursts;
// the first of any list may leave when its line is there. A list that is in the middle of a burst
// goes on as long as its lines are there, then the others take turns.
//
// Latency    AR in cycle a: request in a + 1. Line in cycle r: R in r + 1 if nothing is before it.
// Throughput 1 request/cycle and 1 R beat/cycle, for any mix of IDs.
// Capacity   RobLines pieces between AR and R.
// Golden     golden/src/mem3d/top.rs       Plan  rtl/mem3d/testplan.hjson
`include "assert.svh"

module mem3d_axi_read
  import mem3d_pkg::*;
#(
  parameter int unsigned Vaults        = 1,
  parameter int unsigned BankGroups    = 4,
  parameter int unsigned BanksPerGroup = 4,
  parameter int unsigned RowBytes      = 1024,
  parameter int unsigned Rows          = 32768,
  parameter int unsigned MapOrder      = 32'h54213,
  parameter bit          MapHash       = 1'b1,
  parameter int unsigned RobLines      = 128
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // Bursts of at least this QoS are urgent.
  input  logic [4:0]            urgent_qos_i,

  input  logic                  ar_valid_i,
  output logic                  ar_ready_o,
  input  axi_ax_t               ar_i,

  output logic                  r_valid_o,
  input  logic                  r_ready_i,
  output axi_r_t                r_o,

  // A request; the tag is its place, the port's number is left 0.
  output logic                  req_valid_o,
  input  logic                  req_ready_i,
  output logic [VAULT_W-1:0]    req_vault_o,
  output vault_rd_t             req_o,

  // A line comes back, and is always taken.
  input  logic                  rsp_valid_i,
  input  logic [PLACE_W-1:0]    rsp_place_i,
  input  logic [LINE_WORDS-1:0] rsp_poison_i,
  input  logic [LINE_BITS-1:0]  rsp_data_i
);

  if (RobLines < 2 || RobLines > 2**PLACE_W) begin : gen_lines_check
    $error("mem3d_axi_read: RobLines is %0d, needs to be from 2 to %0d", RobLines, 2**PLACE_W);
  end

  localparam int unsigned IDS     = 2**AXI_ID_W;
  localparam int unsigned INDEX_W = $clog2(RobLines);
  // Counts 0 .. RobLines.
  localparam int unsigned COUNT_W = $clog2(RobLines + 1);

  typedef logic [INDEX_W-1:0]  index_t;
  typedef logic [AXI_ID_W-1:0] id_t;

  // What R has to know of a piece.
  typedef struct packed {
    id_t                 id;
    axi_resp_e           resp;
    logic                last;
    logic [7:0]          beats;
    logic [2:0]          size;
    logic [OFFSET_W-1:0] wrap;
    logic [OFFSET_W-1:0] offset;
  } entry_t;

  // Pieces of bursts and where they lie.
  logic       piece_valid, push, touches;
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
    .ax_valid_i    (ar_valid_i),
    .ax_ready_o    (ar_ready_o),
    .ax_i          (ar_i),
    .piece_valid_o (piece_valid),
    .piece_ready_i (push),
    .piece_o       (piece),
    .place_o       (place)
  );

  // The reorder buffer, and a list of its places for each ID.
  entry_t                          entry_q [RobLines];
  logic [LINE_WORDS+LINE_BITS-1:0] line_q  [RobLines];
  logic                            done_q  [RobLines];
  index_t                          next_q  [RobLines];
  index_t                          head_q  [IDS];
  index_t                          tail_q  [IDS];
  // IDs that have a list, and those whose first line is there.
  logic [IDS-1:0]                  busy_q, ready_q, turn;

  // Places that nobody holds: never used ones first, then those given back.
  logic [COUNT_W-1:0] fresh_q;
  logic [COUNT_W-1:0] back_count;
  logic               fresh, back_ready, back_valid, have_q;
  index_t             back, push_place;

  // The line that is on R.
  logic                            valid_q, middle_q;
  entry_t                          out_q;
  logic [LINE_WORDS+LINE_BITS-1:0] out_line_q;

  // A place leaves its list for R.
  logic           pop, bypass, load, sticky, any, hit;
  logic           pop_empties, push_first, next_done;
  id_t            turn_id, pick_id, pop_id, rsp_id;
  index_t         pop_place, rsp_place, pop_next;
  entry_t         pushed;

  assign touches     = !piece.refused && !place.outside;
  assign fresh       = fresh_q != COUNT_W'(RobLines);
  assign push_place  = fresh ? index_t'(fresh_q) : back;
  assign req_valid_o = piece_valid && have_q && touches;
  assign push        = piece_valid && have_q && (req_ready_i || !touches);

  assign req_vault_o  = place.vault;
  assign req_o.tag    = TAG_W'(push_place);
  assign req_o.urgent = {1'b0, piece.qos} >= urgent_qos_i;
  assign req_o.row    = place.row;
  assign req_o.bank   = place.bank;
  assign req_o.line   = place.line;

  always_comb begin
    pushed.id     = piece.id;
    pushed.resp   = piece.refused ? RespSlvErr : place.outside ? RespDecErr : RespOkay;
    pushed.last   = piece.last;
    pushed.beats  = piece.beats;
    pushed.size   = piece.size;
    pushed.wrap   = piece.wrap;
    pushed.offset = piece.offset;
  end

  common_fifo #(
    .Width (INDEX_W),
    .Depth (RobLines)
  ) u_free (
    .clk_i,
    .rst_ni,
    .in_valid_i  (pop),
    .in_ready_o  (back_ready),
    .in_i        (pop_place),
    .out_valid_o (back_valid),
    .out_ready_i (push && !fresh),
    .out_o       (back),
    .occupancy_o (back_count)
  );

  mem3d_arbiter #(
    .Count (IDS)
  ) u_turn (
    .clk_i,
    .rst_ni,
    .req_i   (ready_q),
    .take_i  (load && !sticky),
    .grant_o (turn),
    .index_o (turn_id)
  );

  // A line that is awaited first of its list goes past the buffer if nothing else is there.
  assign rsp_place = index_t'(rsp_place_i);
  assign rsp_id    = entry_q[rsp_place].id;
  assign hit       = rsp_valid_i && head_q[rsp_id] == rsp_place;

  assign load      = !valid_q || (r_ready_i && out_q.beats == '0);
  assign any       = ready_q != '0;
  assign sticky    = middle_q && ready_q[out_q.id];
  assign pick_id   = sticky ? out_q.id : turn_id;
  assign bypass    = load && !any && hit;
  assign pop       = load && (any || hit);
  assign pop_id    = any ? pick_id : rsp_id;
  assign pop_place = any ? head_q[pick_id] : rsp_place;

  // A list that gets empty, or goes on; a list that begins.
  assign pop_empties = tail_q[pop_id] == pop_place;
  assign pop_next    = next_q[pop_place];
  assign next_done   = done_q[pop_next] || (rsp_valid_i && rsp_place == pop_next);
  assign push_first  = !busy_q[piece.id] || (pop && pop_empties && pop_id == piece.id);

  always_ff @(posedge clk_i) begin
    if (push) begin
      entry_q[push_place] <= pushed;
      done_q[push_place]  <= !touches;
      tail_q[piece.id]    <= push_place;
    end
    if (push && !push_first) next_q[tail_q[piece.id]] <= push_place;
    if (rsp_valid_i) done_q[rsp_place] <= 1'b1;
    if (rsp_valid_i && !bypass) line_q[rsp_place] <= {rsp_poison_i, rsp_data_i};
    if (pop && !pop_empties)  head_q[pop_id]   <= pop_next;
    if (push && push_first)   head_q[piece.id] <= push_place;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fresh_q <= '0;
      have_q  <= 1'b1;
      busy_q  <= '0;
      ready_q <= '0;
    end else begin
      // Only a push can take the last place away.
      have_q <= pop || fresh_q < COUNT_W'(RobLines - 1) || back_count > COUNT_W'(1)
                || (!push && (fresh || back_valid));
      if (push && fresh)           fresh_q         <= fresh_q + 1'b1;
      if (pop && pop_empties)      busy_q[pop_id]  <= 1'b0;
      if (hit && !bypass)          ready_q[rsp_id] <= 1'b1;
      if (pop)                     ready_q[pop_id] <= !pop_empties && next_done;
      if (push)                    busy_q[piece.id] <= 1'b1;
      if (push && push_first)      ready_q[piece.id] <= !touches;
    end
  end

  // The words that a beat touches, from its first byte up to the end of its aligned size.
  function automatic logic [LINE_WORDS-1:0] words(logic [2:0] first, logic [2:0] size);
    logic [LINE_WORDS-1:0] from, whole;
    from = '1 << first;
    case (size)
      3'd6:    whole = '1;
      3'd5:    whole = 8'h0f << {first[2], 2'b00};
      3'd4:    whole = 8'h03 << {first[2:1], 1'b0};
      default: whole = 8'h01 << first;
    endcase
    return from & whole;
  endfunction

  logic [OFFSET_W-1:0]   next_offset;
  logic [LINE_WORDS-1:0] touched, poison;
  assign next_offset = ((out_q.offset >> out_q.size) + 1'b1) << out_q.size;
  assign touched     = words(out_q.offset[OFFSET_W-1:3], out_q.size);
  assign poison      = out_line_q[LINE_BITS +: LINE_WORDS] & touched;

  always_ff @(posedge clk_i) begin
    if (pop) begin
      out_q <= entry_q[pop_place];
      if (bypass)                                     out_line_q <= {rsp_poison_i, rsp_data_i};
      else if (entry_q[pop_place].resp == RespOkay)   out_line_q <= line_q[pop_place];
      else                                            out_line_q <= '0;
    end else if (valid_q && r_ready_i) begin
      out_q.beats  <= out_q.beats - 1'b1;
      out_q.offset <= (out_q.offset & ~out_q.wrap) | (next_offset & out_q.wrap);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q  <= 1'b0;
      middle_q <= 1'b0;
    end else if (load) begin
      valid_q  <= pop;
      if (pop) middle_q <= !entry_q[pop_place].last;
    end
  end

  assign r_valid_o  = valid_q;
  assign r_o.id     = out_q.id;
  assign r_o.data   = out_line_q[LINE_BITS-1:0];
  assign r_o.poison = poison;
  assign r_o.resp   = (poison != '0) ? RespSlvErr : out_q.resp;
  assign r_o.last   = out_q.last && out_q.beats == '0;

  // A stalled beat or request neither changes nor disappears.
  `ASSERT(RStallHolds_A, r_valid_o && !r_ready_i |=> r_valid_o && $stable(r_o))
  `ASSERT(RequestHolds_A, req_valid_o && !req_ready_i |=> req_valid_o && $stable(req_o))
  // What comes back was asked for: its place is in some list, and its line was not there.
  `ASSERT(Awaited_A, rsp_valid_i |-> busy_q[rsp_id] && !done_q[rsp_place])
  // Only a list can be ready.
  `ASSERT(ReadyIsBusy_A, (ready_q & ~busy_q) == '0 && (turn & ~ready_q) == '0)
  // A place that is given is free, and there are never more free places than places.
  `ASSERT(PlaceIsFree_A, push |-> fresh || back_valid)
  `ASSERT(FreeHasRoom_A, pop |-> back_ready)
  `ASSERT(PlaceInRange_A, rsp_valid_i |-> 32'(rsp_place_i) < RobLines)

  `COVER(Bypass_C, bypass)
  `COVER(Overtakes_C, rsp_valid_i && !hit)
  `COVER(NoPlace_C, piece_valid && !have_q)
  `COVER(AllBack_C, back_count == COUNT_W'(RobLines))
  `COVER(PushMeetsPop_C, push && pop && pop_empties && pop_id == piece.id)
  `COVER(Interleaved_C, pop && middle_q && pop_id != out_q.id)
  `COVER(Poisoned_C, r_valid_o && poison != '0)
  `COVER(Outside_C, push && place.outside && !piece.refused)

endmodule
