// simt_lsu: load/store unit of a core, from requests of a warp to groups of lanes that one access
// serves, and from lines and banks back to the lanes.
//
// A request that has results holds a slot until its last response is taken. An access leaves only
// when everything that it may need has a place, so that no stage behind this one ever stalls.
//
// Stage A    the request, and its lanes that were not served yet; one group a cycle leaves.
// Stage B    the group: tags are compared, banks are read. Its access counts as done here.
// Stage C    data of the cache or of the banks, else a line that arrived, else results of the hub.
// Latency    4 cycles from a request to the response of a load that hits.
// Throughput 1 group a cycle, 1 response a cycle.
// Golden     golden/src/simt/mem.rs     Plan  rtl/simt/mem/testplan.hjson
`include "assert.svh"

module simt_lsu
  import simt_pkg::*;
#(
  parameter int unsigned Warps = 8,
  parameter int unsigned Lanes = 8,
  parameter int unsigned Slots = 32
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  req_valid_i,
  output logic                  req_ready_o,
  input  mem_req_t              req_i,

  output logic                  rsp_valid_o,
  input  logic                  rsp_ready_i,
  output mem_rsp_t              rsp_o,

  // The line of the group that may leave stage A, and the group in stage B.
  output logic [MEM_LINE_W-1:0] look_line_o,
  output logic                  group_valid_o,
  output mem_group_t            group_o,
  output logic                  conflict_o,

  // Places behind: of a load, a store and an atomic of memory.
  input  logic                  load_room_i,
  input  logic                  store_room_i,
  input  logic                  atomic_room_i,
  input  logic                  shared_idle_i,
  // A line that arrived waits for a gap.
  input  logic                  starved_i,

  // Stage C: the load of stage B hit, or was one of shared memory.
  input  logic                  hit_i,
  input  logic [MEM_LINE_BITS-1:0]     hit_data_i,
  input  logic [MEM_LINE_BITS-1:0]     shared_data_i,
  input  logic                  shared_failed_i,

  input  logic                  replay_valid_i,
  output logic                  replay_ready_o,
  input  mem_target_t           replay_i,
  input  logic [MEM_LINE_BITS-1:0]     replay_data_i,
  output logic [MEM_WARP_W-1:0] replay_warp_o,

  input  logic                  result_valid_i,
  output logic                  result_ready_o,
  input  mem_result_t           result_i,

  input  logic                  taken_i,
  input  logic [MEM_WARP_W-1:0] taken_warp_i,
  input  logic                  empty_i,
  output logic [MEM_WARPS-1:0]  busy_o
);

  localparam int unsigned SLOT_W = $clog2(Slots);
  localparam int unsigned WARP_IDX_W = $clog2(Warps);
  // Responses: stages B and C, one at the output and one that is not in the pipeline.
  localparam int unsigned RESPONSES = 4;
  localparam int unsigned COUNT_W   = $clog2(RESPONSES + 1);
  // Cycles after which responses from elsewhere get a gap.
  localparam int unsigned PATIENCE_W = 3;
  // Stores of a warp between stage A and the hub.
  localparam int unsigned STORES_W = 5;

  typedef struct packed {
    logic [MEM_WARP_W-1:0] warp;
    logic [MEM_TAG_W-1:0]  tag;
    logic                  fp;
    logic [4:0]            rd;
    logic [1:0]            size;
    logic                  sign;
  } slot_t;

  typedef enum logic [1:0] {
    NoReservation = 2'd0,
    InMemory      = 2'd1,
    InShared      = 2'd2
  } reservation_e;

  typedef struct packed {
    logic [SLOT_W-1:0] slot;
    mem_rsp_t          rsp;
  } response_t;

  // ---- slots ----

  logic [Slots-1:0]            used_q, ordered_q, earlier, free_pick, freed;
  logic [Lanes-1:0]            remaining_q [Slots];
  slot_t                       slot_q [Slots];
  logic [Slots-1:0][WARP_IDX_W-1:0] slot_warp_q;
  logic [SLOT_W-1:0]           free_slot;
  logic                        has_slot, reserves;

  // ---- stage A ----

  logic                     a_valid_q, a_again_q;
  mem_req_t                 a_q;
  logic [Lanes-1:0]         pending_q;
  logic [SLOT_W-1:0]        a_slot_q;
  logic                     accept, go, finish, is_store, is_load, is_ordered, blocked, fits;
  logic                     look_shared, one_line, reserved_q;
  logic [Lanes-1:0]         look_mask, may;
  logic [Lanes-1:0][MEM_ADDR_W-1:0] a_addr;
  reservation_e             reservation_q [Warps][Lanes];

  // ---- stages B and C ----

  logic                     b_valid_q, b_responds, b_conflict_q;
  mem_group_t               b_q;
  logic                     c_shared_q, c_load_q, c_failed_q, c_sc_q;
  mem_target_t              c_q, target;
  logic                     c_push, push, hold, response_room, last;
  logic [COUNT_W-1:0]       count, promised;
  logic [PATIENCE_W-1:0]    waited_q;
  logic [SLOT_W-1:0]        slot;
  slot_t                    info;
  response_t                response, out;
  logic                     rsp_in_ready;
  logic [Lanes-1:0]         left;
  logic [Lanes-1:0][63:0]   aligned;
  logic [MEM_LINE_BITS-1:0] source;
  logic [STORES_W-1:0]      stores_q [Warps];

  for (genvar lane = 0; lane < int'(Lanes); lane++) begin : gen_addr
    assign a_addr[lane] = a_q.addr[lane];
  end

  simt_coalesce #(.Lanes(Lanes)) u_coalesce (
    .pending_i (pending_q),
    .shared_i  (a_q.shared[Lanes-1:0]),
    .addr_i    (a_addr),
    .op_i      (a_q.op),
    .size_i    (a_q.size),
    .one_line_i(one_line),
    .shared_o  (look_shared),
    .line_o    (look_line_o),
    .mask_o    (look_mask)
  );

  assign is_load    = a_q.op == MemLoad;
  assign is_store   = a_q.op == MemStore;
  assign is_ordered = a_q.op == MemLr || a_q.op == MemSc;
  // A write of shared memory ends the reservations of one line at a time.
  assign one_line   = !is_load && (reserved_q || (b_valid_q && b_q.shared && b_q.op == MemLr));

  // LR and SC of a warp wait for those of its earlier requests: the hub knows no order of lines.
  for (genvar at = 0; at < int'(Slots); at++) begin : gen_earlier
    assign earlier[at] = used_q[at] && ordered_q[at] && SLOT_W'(at) != a_slot_q &&
                         slot_warp_q[at] == a_q.warp[WARP_IDX_W-1:0];
  end
  assign blocked = is_ordered && earlier != '0;

  always_comb begin
    if (look_shared)   fits = shared_idle_i && (is_store || response_room);
    else if (is_load)  fits = load_room_i && response_room;
    else if (is_store) fits = store_room_i;
    else               fits = atomic_room_i;
  end

  assign go     = a_valid_q && fits && !blocked && !hold;
  assign finish = go && (pending_q & ~look_mask) == '0;

  simt_pick #(.Count(Slots)) u_free (
    .clk_i,
    .rst_ni,
    .up_i   (~used_q),
    .take_i (reserves),
    .valid_o(has_slot),
    .pick_o (free_pick),
    .index_o(free_slot)
  );

  assign req_ready_o = (!a_valid_q || finish) && has_slot;
  assign accept      = req_valid_i && req_ready_o;
  assign reserves    = accept && req_i.op != MemStore;

  always_comb begin
    freed = '0;
    if (rsp_valid_o && rsp_ready_i && out.rsp.last) freed[out.slot] = 1'b1;
  end

  for (genvar lane = 0; lane < int'(Lanes); lane++) begin : gen_may
    assign may[lane] = reservation_q[a_q.warp[WARP_IDX_W-1:0]][lane] ==
                       (look_shared ? InShared : InMemory);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      a_valid_q  <= 1'b0;
      b_valid_q  <= 1'b0;
      c_shared_q <= 1'b0;
      c_load_q   <= 1'b0;
      used_q     <= '0;
      waited_q   <= '0;
    end else begin
      if (accept)      a_valid_q <= 1'b1;
      else if (finish) a_valid_q <= 1'b0;
      b_valid_q  <= go;
      c_load_q   <= b_valid_q && !b_q.shared && b_q.op == MemLoad;
      c_shared_q <= b_valid_q && b_q.shared && b_q.op != MemStore;
      used_q     <= (used_q & ~freed) | (reserves ? free_pick : '0);
      if (!(replay_valid_i || result_valid_i) || push && !c_push) waited_q <= '0;
      else if (waited_q != '1) waited_q <= waited_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (accept) begin
      a_q        <= req_i;
      pending_q  <= req_i.mask[Lanes-1:0];
      a_slot_q   <= free_slot;
      a_again_q  <= 1'b0;
      slot_warp_q[free_slot] <= req_i.warp[WARP_IDX_W-1:0];
      ordered_q[free_slot]   <= req_i.op == MemLr || req_i.op == MemSc;
      slot_q[free_slot] <= '{warp: req_i.warp, tag: req_i.tag, fp: req_i.fp, rd: req_i.rd,
                             size: req_i.size, sign: req_i.sign};
    end else if (go) begin
      pending_q <= pending_q & ~look_mask;
      a_again_q <= look_shared;
    end
    if (go) begin
      b_q.op     <= a_q.op;
      b_q.size   <= a_q.size;
      b_q.sign   <= a_q.sign;
      b_q.warp   <= a_q.warp;
      b_q.tag    <= a_q.tag;
      b_q.slot   <= MEM_SLOT_W'(a_slot_q);
      b_q.shared <= look_shared;
      b_q.mask   <= MEM_LANES'(look_mask);
      b_q.may    <= MEM_LANES'(may);
      b_q.line   <= look_line_o;
      for (int unsigned lane = 0; lane < MEM_LANES; lane++) begin
        b_q.offset[lane] <= a_q.addr[lane][MEM_SHARED_W-1:0];
      end
      b_q.data     <= a_q.data;
      b_conflict_q <= look_shared && a_again_q;
    end
    c_q.slot   <= b_q.slot;
    c_q.mask   <= b_q.mask;
    c_sc_q     <= b_q.op == MemSc;
    for (int unsigned lane = 0; lane < MEM_LANES; lane++) begin
      c_q.offset[lane] <= b_q.offset[lane][MEM_OFFSET_W-1:0];
    end
    c_failed_q <= shared_failed_i;
  end

  // ---- reservations: of which memory a lane's is, if there is one ----

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int unsigned warp = 0; warp < Warps; warp++) begin
        for (int unsigned lane = 0; lane < Lanes; lane++) begin
          reservation_q[warp][lane] <= NoReservation;
        end
      end
    end else if (empty_i) begin
      for (int unsigned warp = 0; warp < Warps; warp++) begin
        for (int unsigned lane = 0; lane < Lanes; lane++) begin
          reservation_q[warp][lane] <= NoReservation;
        end
      end
    end else if (go && is_ordered) begin
      for (int unsigned lane = 0; lane < Lanes; lane++) begin
        if (look_mask[lane]) begin
          reservation_q[a_q.warp[WARP_IDX_W-1:0]][lane] <=
            (a_q.op == MemSc) ? NoReservation : look_shared ? InShared : InMemory;
        end
      end
    end
  end

  logic [Warps*Lanes-1:0] in_shared;
  for (genvar warp = 0; warp < int'(Warps); warp++) begin : gen_in_shared
    for (genvar lane = 0; lane < int'(Lanes); lane++) begin : gen_lane
      assign in_shared[warp*int'(Lanes)+lane] = reservation_q[warp][lane] == InShared;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) reserved_q <= 1'b0;
    else         reserved_q <= in_shared != '0;
  end

  // ---- responses ----

  assign b_responds    = b_valid_q && (b_q.shared ? b_q.op != MemStore : b_q.op == MemLoad);
  // Stage C, or what goes in its place, and stage B have a place already.
  assign promised      = count + COUNT_W'(b_responds) + 1'b1;
  assign response_room = promised < COUNT_W'(RESPONSES);
  assign hold          = starved_i || waited_q == '1;

  assign c_push         = c_shared_q || (c_load_q && hit_i);
  assign replay_ready_o = !c_push && promised <= COUNT_W'(RESPONSES);
  assign result_ready_o = replay_ready_o && !replay_valid_i;
  assign push           = c_push || (replay_ready_o && (replay_valid_i || result_valid_i));

  always_comb begin
    target = c_q;
    source = c_shared_q ? shared_data_i : hit_data_i;
    if (!c_push) begin
      target = replay_i;
      source = replay_data_i;
    end
    slot = target.slot[SLOT_W-1:0];
    if (!c_push && !replay_valid_i) begin
      slot        = result_i.slot[SLOT_W-1:0];
      target.mask = result_i.mask;
    end
  end

  assign info          = slot_q[slot];
  assign replay_warp_o = info.warp;
  assign left          = remaining_q[slot] & ~target.mask[Lanes-1:0];
  assign last          = left == '0;

  simt_align #(.Lanes(Lanes)) u_align (
    .valid_i (push),
    .size_i  (info.size),
    .sign_i  (info.sign),
    .mask_i  (target.mask[Lanes-1:0]),
    .offset_i(target.offset[Lanes-1:0]),
    .data_i  (source),
    .data_o  (aligned)
  );

  always_ff @(posedge clk_i) begin
    if (accept) remaining_q[free_slot] <= req_i.mask[Lanes-1:0];
    if (push)   remaining_q[slot] <= left;
  end

  always_comb begin
    response.slot     = slot;
    response.rsp.warp = info.warp;
    response.rsp.tag  = info.tag;
    response.rsp.fp   = info.fp;
    response.rsp.rd   = info.rd;
    response.rsp.last = last;
    response.rsp.mask = target.mask;
    response.rsp.data = (MEM_LANES*64)'(aligned);
    if (c_push && c_shared_q && c_sc_q) begin
      for (int unsigned lane = 0; lane < Lanes; lane++) begin
        response.rsp.data[lane] = 64'(target.mask[lane] && c_failed_q);
      end
    end
    if (!c_push && !replay_valid_i) response.rsp.data = result_i.data;
  end

  common_fifo #(
    .Width($bits(response_t)),
    .Depth(RESPONSES)
  ) u_responses (
    .clk_i,
    .rst_ni,
    .in_valid_i (push),
    .in_ready_o (rsp_in_ready),
    .in_i       (response),
    .out_valid_o(rsp_valid_o),
    .out_ready_i(rsp_ready_i),
    .out_o      (out),
    .occupancy_o(count)
  );

  assign rsp_o         = out.rsp;
  assign group_valid_o = b_valid_q;
  assign group_o       = b_q;
  assign conflict_o    = b_valid_q && b_conflict_q;

  // ---- busy warps ----

  for (genvar warp = 0; warp < int'(Warps); warp++) begin : gen_stores
    logic left_a, left_here;
    assign left_a    = go && is_store && !look_shared
                       && a_q.warp[WARP_IDX_W-1:0] == WARP_IDX_W'(warp);
    assign left_here = taken_i && taken_warp_i[WARP_IDX_W-1:0] == WARP_IDX_W'(warp);
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni)                      stores_q[warp] <= '0;
      else if (left_a && !left_here)    stores_q[warp] <= stores_q[warp] + 1'b1;
      else if (!left_a && left_here)    stores_q[warp] <= stores_q[warp] - 1'b1;
    end
  end

  for (genvar warp = 0; warp < MEM_WARPS; warp++) begin : gen_busy
    if (warp < int'(Warps)) begin : gen_warp
      logic             in_a;
      logic [Slots-1:0] waits;
      assign in_a = a_valid_q && a_q.warp == MEM_WARP_W'(warp);
      for (genvar at = 0; at < int'(Slots); at++) begin : gen_slot
        assign waits[at] = used_q[at] && slot_warp_q[at] == WARP_IDX_W'(warp);
      end
      assign busy_o[warp] = in_a || stores_q[warp] != '0 || waits != '0;
    end else begin : gen_none
      assign busy_o[warp] = 1'b0;
    end
  end

  // A request is of some lanes, all of them there.
  `ASSUME(Lanes_M, req_valid_i |-> req_i.mask != '0 && (req_i.mask >> Lanes) == '0)
  // Responses that leave stage C have a place.
  `ASSERT(ResponseHasPlace_A, push |-> rsp_in_ready)
  // A response answers lanes that wait for one.
  `ASSERT(LanesWait_A, push |-> used_q[slot] &&
                       (target.mask[Lanes-1:0] & ~remaining_q[slot]) == '0)
  // A stalled response neither changes nor disappears.
  `ASSERT(ResponseHolds_A, rsp_valid_o && !rsp_ready_i |=> rsp_valid_o && $stable(rsp_o))
  `ASSERT(StoresInRange_A, go && is_store && !look_shared |->
                           stores_q[a_q.warp[WARP_IDX_W-1:0]] != '1)

  `COVER(NoSlot_C, req_valid_i && !has_slot)
  `COVER(Gap_C, hold && a_valid_q)
  `COVER(OneLine_C, go && look_shared && one_line)
  `COVER(Mixed_C, go && (pending_q & a_q.shared[Lanes-1:0]) != '0 &&
                  (pending_q & ~a_q.shared[Lanes-1:0]) != '0)
  `COVER(Ordered_C, a_valid_q && blocked)

endmodule
