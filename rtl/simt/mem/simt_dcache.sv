// simt_dcache: data cache of a core: 4 ways of lines of 64 bytes, write-through, with up to Misses
// lines asked for and not yet there.
//
// A load that misses joins the miss that asks for its line, unless a write came in between: then
// the line is asked for again, and the older answer is for the older loads alone. Same where a
// miss has no place for another target. Every access of memory that is no hit becomes a command to
// the hub, in order, so that the hub does a core's accesses of a line in the core's order.
//
// Stage B    tags against the line, misses against the line; the banks' read.
// Stage C    data of a hit; the command, and the bytes of a store, which also update the cache.
// Fill       a line from the hub takes a way in the cycle in which it becomes the current one,
//            and its targets are replayed one a cycle.
// Golden     golden/src/simt/mem.rs     Plan  rtl/simt/mem/testplan.hjson
`include "assert.svh"

module simt_dcache
  import simt_pkg::*;
#(
  parameter int unsigned Lanes       = 8,
  parameter int unsigned DCacheBytes = 16384,
  parameter int unsigned Misses      = 32,
  // Whether other cores write.
  parameter bit          Snoops      = 1'b1
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,

  input  logic [MEM_LINE_W-1:0]    look_line_i,
  input  logic                     group_valid_i,
  input  mem_group_t               group_i,
  input  mem_bytes_t               bytes_i,
  output logic                     load_room_o,
  output logic                     store_room_o,
  output logic                     atomic_room_o,
  output logic                     starved_o,

  output logic                     hit_o,
  output logic [MEM_LINE_BITS-1:0] hit_data_o,

  output logic                     replay_valid_o,
  input  logic                     replay_ready_i,
  output mem_target_t              replay_o,
  output logic [MEM_LINE_BITS-1:0] replay_data_o,
  output logic                     replay_error_o,
  output logic [MEM_LINE_W-1:0]    replay_line_o,

  output logic                     cmd_valid_o,
  input  logic                     cmd_ready_i,
  output mem_cmd_t                 cmd_o,
  output logic                     bytes_valid_o,
  input  logic                     bytes_ready_i,
  output mem_bytes_t               bytes_o,
  output logic                     atomic_valid_o,
  input  logic                     atomic_ready_i,
  output mem_atomic_t              atomic_o,

  input  logic                     fill_valid_i,
  output logic                     fill_ready_o,
  input  mem_fill_t                fill_i,

  input  logic                     snoop_valid_i,
  input  logic [MEM_LINE_W-1:0]    snoop_line_i,
  input  logic                     empty_i,

  output logic                     event_hit_o,
  output logic                     event_miss_o
);

  localparam int unsigned WAYS    = 4;
  localparam int unsigned WAY_W   = $clog2(WAYS);
  localparam int unsigned SETS    = DCacheBytes / (WAYS * MEM_LINE_BYTES);
  localparam int unsigned SET_W   = $clog2(SETS);
  localparam int unsigned LINE_TAG_W = MEM_LINE_W - SET_W;
  localparam int unsigned MISS_W  = $clog2(Misses);
  // Loads that one miss answers.
  localparam int unsigned TARGETS  = 4;
  localparam int unsigned TARGET_W = $clog2(TARGETS);
  // Slot, mask and offsets of the lanes that there are.
  localparam int unsigned TARGET_BITS = MEM_SLOT_W + Lanes * (1 + MEM_OFFSET_W);
  // Commands and bytes of stores: stages B and C, two on their way out, some for a busy hub.
  localparam int unsigned COMMANDS = 8;
  localparam int unsigned STORES   = 6;
  localparam int unsigned ATOMICS  = 2;
  localparam int unsigned FILLS    = 2;
  localparam int unsigned PATIENCE_W = 3;

  if (DCacheBytes < 1024 || DCacheBytes > 65536 || 2 ** $clog2(DCacheBytes) != DCacheBytes)
  begin : gen_size_check
    $error("simt_dcache: DCacheBytes is %0d, needs to be a power of two, 1024 .. 65536",
           DCacheBytes);
  end
  if (Misses < 16 || Misses > 2 ** MEM_MISS_W || 2 ** $clog2(Misses) != Misses)
  begin : gen_misses_check
    $error("simt_dcache: Misses is %0d, needs to be 16, 32 or 64", Misses);
  end

  typedef logic [SET_W-1:0] set_t;
  typedef logic [LINE_TAG_W-1:0] tag_t;

  // ---- stage B ----

  logic             b_valid, b_load, b_store, b_atomic, b_writes;
  set_t             b_set;
  tag_t             b_tag;
  tag_t             tag [WAYS];
  logic [WAYS-1:0]  way_hit;
  logic [WAY_W-1:0] hit_way;
  logic             hit;
  logic [SETS-1:0]  way_valid_q [WAYS];

  assign b_valid  = group_valid_i && !group_i.shared;
  assign b_load   = b_valid && group_i.op == MemLoad;
  assign b_store  = b_valid && group_i.op == MemStore;
  assign b_writes = b_valid && group_i.op != MemLoad;
  assign b_atomic = b_writes && group_i.op != MemStore;
  assign {b_tag, b_set} = group_i.line;

  // ---- fills: the next one becomes the current one in a cycle in which it may take a way ----

  mem_fill_t        next;
  logic             next_valid, take, done, writing_q, cacheable;
  logic             current_q;
  logic [MISS_W-1:0] next_miss;
  mem_fill_t        fill_q;
  set_t             next_set;
  tag_t             next_tag;
  logic [WAYS-1:0]  next_valids;
  logic [WAY_W-1:0] victim, victim_q, fill_way_q;
  logic [WAYS-1:0]  tag_we;
  logic             full_set;
  logic [TARGET_W-1:0] target_q;
  logic [TARGET_W:0]   targets_q;

  assign next_miss = next.miss[MISS_W-1:0];
  assign {next_tag, next_set} = next.line;

  // ---- snoops ----

  logic            snoop_q;
  set_t            snoop_set;
  logic [MEM_LINE_W-1:0] snoop_line_q;
  logic [WAYS-1:0] snoop_hit;

  assign snoop_set = snoop_line_q[SET_W-1:0];

  // ---- tags ----

  tag_t            fwd_tag_q;
  logic [WAYS-1:0] fwd_q;

  for (genvar way = 0; way < int'(WAYS); way++) begin : gen_tag
    tag_t stored;

    simt_ram #(
      .Width(LINE_TAG_W),
      .Depth(SETS)
    ) u_tags (
      .clk_i,
      .we_i   (tag_we[way]),
      .waddr_i(next_set),
      .wdata_i(next_tag),
      .raddr_i(look_line_i[SET_W-1:0]),
      .rdata_o(stored)
    );

    assign tag_we[way]  = take && cacheable && victim == WAY_W'(way);
    assign tag[way]     = fwd_q[way] ? fwd_tag_q : stored;
    assign way_hit[way] = way_valid_q[way][b_set] && tag[way] == b_tag;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        way_valid_q[way] <= '0;
      end else if (empty_i) begin
        way_valid_q[way] <= '0;
      end else begin
        if (b_atomic && way_hit[way])    way_valid_q[way][b_set]     <= 1'b0;
        if (snoop_q && snoop_hit[way])   way_valid_q[way][snoop_set] <= 1'b0;
        if (tag_we[way])                 way_valid_q[way][next_set]  <= 1'b1;
      end
    end

    if (Snoops) begin : gen_snoop
      tag_t copy;
      logic forward_q;

      // A second copy, so that other cores' writes take no cycle from this one's loads.
      simt_ram #(
        .Width(LINE_TAG_W),
        .Depth(SETS)
      ) u_copies (
        .clk_i,
        .we_i   (tag_we[way]),
        .waddr_i(next_set),
        .wdata_i(next_tag),
        .raddr_i(snoop_line_i[SET_W-1:0]),
        .rdata_o(copy)
      );

      assign snoop_hit[way] = way_valid_q[way][snoop_set] &&
                              (forward_q ? fwd_tag_q : copy) == snoop_line_q[MEM_LINE_W-1:SET_W];

      always_ff @(posedge clk_i) begin
        forward_q <= snoop_line_i[SET_W-1:0] == next_set && tag_we[way];
      end
    end else begin : gen_alone
      assign snoop_hit[way] = 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    fwd_tag_q    <= next_tag;
    fwd_q        <= (look_line_i[SET_W-1:0] == next_set) ? tag_we : '0;
    snoop_line_q <= snoop_line_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) snoop_q <= 1'b0;
    else         snoop_q <= Snoops && snoop_valid_i;
  end

  assign hit = way_hit != '0;
  simt_encode #(.Count(WAYS)) u_way (
    .pick_i (way_hit),
    .index_o(hit_way)
  );

  // ---- data: written by fills and by stores that hit ----

  logic             c_store_q, c_hit_q, c_cmd_q, c_bytes_q;
  set_t             c_set_q;
  logic [WAY_W-1:0] c_way_q;
  mem_bytes_t       c_q, bypass_q;
  mem_cmd_t         c_command_q;
  logic [MEM_LINE_BYTES-1:0] data_we;
  logic [SET_W+WAY_W-1:0]    data_waddr, data_raddr;
  logic [MEM_LINE_BITS-1:0]  data_wdata, data_stored;

  assign data_we    = writing_q ? '1 : c_store_q ? c_q.strb : '0;
  assign data_waddr = writing_q ? {fill_way_q, fill_q.line[SET_W-1:0]} : {c_way_q, c_set_q};
  assign data_wdata = writing_q ? fill_q.data : c_q.data;
  assign data_raddr = {hit_way, b_set};

  simt_ram #(
    .Width(MEM_LINE_BITS),
    .Depth(WAYS * SETS),
    .Unit (8)
  ) u_data (
    .clk_i,
    .we_i   (data_we),
    .waddr_i(data_waddr),
    .wdata_i(data_wdata),
    .raddr_i(data_raddr),
    .rdata_o(data_stored)
  );

  always_ff @(posedge clk_i) begin
    bypass_q.strb <= (data_waddr == data_raddr) ? data_we : '0;
    bypass_q.data <= data_wdata;
  end

  always_comb begin
    hit_data_o = data_stored;
    if (bypass_q.strb != '0) begin
      for (int unsigned at = 0; at < MEM_LINE_BYTES; at++) begin
        if (bypass_q.strb[at]) hit_data_o[8*at+:8] = bypass_q.data[8*at+:8];
      end
    end
  end

  assign hit_o        = c_hit_q;
  assign event_hit_o  = b_load && hit;
  assign event_miss_o = b_load && !hit;

  // ---- misses ----

  logic [Misses-1:0]     miss_valid_q, live_q;
  logic [MEM_LINE_W-1:0] miss_line_q [Misses];
  logic [TARGET_W:0]     miss_targets_q [Misses];
  logic [Misses-1:0]     same, snooped, joinable, frees, unused_pick;
  logic [MISS_W-1:0]     joined, free_q, free_d, miss;
  logic                  join_miss, allocate, taken_same, free_valid_q, free_valid_d;
  logic [MISS_W:0]       used_q;
  logic [TARGET_W-1:0]   at;

  for (genvar index = 0; index < int'(Misses); index++) begin : gen_miss
    assign same[index]     = live_q[index] && miss_line_q[index] == group_i.line;
    assign snooped[index]  = miss_line_q[index] == snoop_line_q;
    assign joinable[index] = same[index] && miss_targets_q[index] != (TARGET_W+1)'(TARGETS);

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        miss_valid_q[index] <= 1'b0;
        live_q[index]       <= 1'b0;
      end else if (allocate && free_q == MISS_W'(index)) begin
        miss_valid_q[index] <= 1'b1;
        live_q[index]       <= !taken_same;
      end else begin
        if (done && fill_q.miss[MISS_W-1:0] == MISS_W'(index)) miss_valid_q[index] <= 1'b0;
        // A miss of a line that is written, asked for again or filled takes no more loads.
        if ((b_writes && same[index]) || (allocate && same[index]) ||
            (snoop_q && snooped[index]) || (take && next_miss == MISS_W'(index))) begin
          live_q[index] <= 1'b0;
        end
      end
    end

    always_ff @(posedge clk_i) begin
      if (allocate && free_q == MISS_W'(index)) begin
        miss_line_q[index]    <= group_i.line;
        miss_targets_q[index] <= (TARGET_W+1)'(1);
      end else if (join_miss && joinable[index]) begin
        miss_targets_q[index] <= miss_targets_q[index] + 1'b1;
      end
    end
  end

  // The same line takes its way in this cycle, and the load that finds no place there asks again:
  // for itself alone.
  assign taken_same = take && next.line == group_i.line;

  assign join_miss = b_load && !hit && joinable != '0;
  assign allocate  = b_load && !hit && joinable == '0;
  assign miss      = join_miss ? joined : free_q;
  assign at        = join_miss ? miss_targets_q[joined][TARGET_W-1:0] : '0;

  simt_encode #(.Count(Misses)) u_joined (
    .pick_i (joinable),
    .index_o(joined)
  );

  // The next free one is known a cycle ahead.
  for (genvar index = 0; index < int'(Misses); index++) begin : gen_free
    assign frees[index] = !miss_valid_q[index] &&
                          !(free_valid_q && free_q == MISS_W'(index));
  end

  simt_pick #(.Count(Misses)) u_free (
    .clk_i,
    .rst_ni,
    .up_i   (frees),
    .take_i (allocate || !free_valid_q),
    .valid_o(free_valid_d),
    .pick_o (unused_pick),
    .index_o(free_d)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      free_q       <= '0;
      free_valid_q <= 1'b0;
      used_q       <= '0;
    end else begin
      if (allocate || !free_valid_q) begin
        free_q       <= free_d;
        free_valid_q <= free_valid_d;
      end
      if (allocate && !done)      used_q <= used_q + 1'b1;
      else if (!allocate && done) used_q <= used_q - 1'b1;
    end
  end

  // ---- targets ----

  logic [TARGET_BITS-1:0]          target_in, target_out;
  logic [Lanes-1:0][MEM_OFFSET_W-1:0] offset_in, offset_out;
  logic [Lanes-1:0]                mask_out;
  logic [MISS_W+TARGET_W-1:0]      target_raddr;

  for (genvar lane = 0; lane < int'(Lanes); lane++) begin : gen_offset
    assign offset_in[lane] = group_i.offset[lane][MEM_OFFSET_W-1:0];
  end
  assign target_in = {group_i.slot, group_i.mask[Lanes-1:0], offset_in};

  simt_ram #(
    .Width(TARGET_BITS),
    .Depth(Misses * TARGETS)
  ) u_targets (
    .clk_i,
    .we_i   (join_miss || allocate),
    .waddr_i({miss, at}),
    .wdata_i(target_in),
    .raddr_i(target_raddr),
    .rdata_o(target_out)
  );

  assign {replay_o.slot, mask_out, offset_out} = target_out;
  assign replay_o.mask   = MEM_LANES'(mask_out);
  assign replay_o.offset = (MEM_LANES*MEM_OFFSET_W)'(offset_out);
  assign replay_valid_o  = current_q;
  assign replay_data_o   = fill_q.data;
  assign replay_line_o   = fill_q.line;
  assign replay_error_o  = current_q && replay_ready_i && fill_q.error && target_q == '0;

  logic replayed;
  assign replayed = current_q && replay_ready_i;
  assign done     = replayed && {1'b0, target_q} + 1'b1 == targets_q;

  always_comb begin
    target_raddr = {fill_q.miss[MISS_W-1:0], target_q};
    if (take)          target_raddr = {next_miss, TARGET_W'(0)};
    else if (replayed) target_raddr = {fill_q.miss[MISS_W-1:0], target_q + 1'b1};
  end

  // ---- fills ----

  logic [$clog2(FILLS+1)-1:0] unused_fills;
  logic                       may_take;

  common_fifo #(
    .Width($bits(mem_fill_t)),
    .Depth(FILLS)
  ) u_fills (
    .clk_i,
    .rst_ni,
    .in_valid_i (fill_valid_i),
    .in_ready_o (fill_ready_o),
    .in_i       (fill_i),
    .out_valid_o(next_valid),
    .out_ready_i(take),
    .out_o      (next),
    .occupancy_o(unused_fills)
  );

  // Not beside a write of this core, which would reach the data in the same cycle, nor beside the
  // removal of a line of the same set.
  assign may_take  = next_valid && (!current_q || done);
  assign take      = may_take && !b_writes && !(snoop_q && snoop_set == next_set);
  assign cacheable = live_q[next_miss] && !next.error;

  for (genvar way = 0; way < int'(WAYS); way++) begin : gen_valid
    assign next_valids[way] = way_valid_q[way][next_set];
  end
  assign full_set = next_valids == '1;
  always_comb begin
    victim = victim_q;
    if (!full_set) begin
      for (int unsigned way = WAYS; way > 0; way--) begin
        if (!next_valids[way-1]) victim = WAY_W'(way - 1);
      end
    end
  end

  logic [PATIENCE_W-1:0] waited_q;
  assign starved_o = waited_q == '1;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      current_q <= 1'b0;
      writing_q <= 1'b0;
      victim_q  <= '0;
      waited_q  <= '0;
    end else begin
      if (take)      current_q <= 1'b1;
      else if (done) current_q <= 1'b0;
      writing_q <= take && cacheable;
      if (take && cacheable && full_set) victim_q <= victim_q + 1'b1;
      if (!may_take || take)     waited_q <= '0;
      else if (waited_q != '1)   waited_q <= waited_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      fill_q     <= next;
      fill_way_q <= victim;
      target_q   <= '0;
      targets_q  <= miss_targets_q[next_miss] +
                    (TARGET_W+1)'(join_miss && joined == next_miss);
    end else if (replayed) begin
      target_q <= target_q + 1'b1;
    end
  end

  // ---- stage C: to the hub ----

  logic [$clog2(COMMANDS+1)-1:0] commands;
  logic [$clog2(STORES+1)-1:0]   stores;
  logic [$clog2(ATOMICS+1)-1:0]  atomics;
  logic     command_room, has_command, has_bytes, has_atomic;
  mem_atomic_t atomic;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      c_store_q <= 1'b0;
      c_hit_q   <= 1'b0;
      c_cmd_q   <= 1'b0;
      c_bytes_q <= 1'b0;
    end else begin
      c_store_q <= b_store && hit;
      c_hit_q   <= b_load && hit;
      c_cmd_q   <= b_writes || allocate;
      c_bytes_q <= b_store;
    end
  end

  always_ff @(posedge clk_i) begin
    c_set_q <= b_set;
    c_way_q <= hit_way;
    if (b_store) c_q <= bytes_i;
    c_command_q.kind <= b_store ? HubWrite : b_atomic ? HubAtomic : HubRead;
    c_command_q.warp <= group_i.warp;
    c_command_q.miss <= MEM_MISS_W'(free_q);
    c_command_q.line <= group_i.line;
  end

  common_fifo #(
    .Width($bits(mem_cmd_t)),
    .Depth(COMMANDS)
  ) u_commands (
    .clk_i,
    .rst_ni,
    .in_valid_i (c_cmd_q),
    .in_ready_o (has_command),
    .in_i       (c_command_q),
    .out_valid_o(cmd_valid_o),
    .out_ready_i(cmd_ready_i),
    .out_o      (cmd_o),
    .occupancy_o(commands)
  );

  common_fifo #(
    .Width($bits(mem_bytes_t)),
    .Depth(STORES)
  ) u_stores (
    .clk_i,
    .rst_ni,
    .in_valid_i (c_bytes_q),
    .in_ready_o (has_bytes),
    .in_i       (c_q),
    .out_valid_o(bytes_valid_o),
    .out_ready_i(bytes_ready_i),
    .out_o      (bytes_o),
    .occupancy_o(stores)
  );

  always_comb begin
    atomic.op     = group_i.op;
    atomic.size   = group_i.size;
    atomic.sign   = group_i.sign;
    atomic.slot   = group_i.slot;
    atomic.mask   = group_i.mask;
    atomic.may    = group_i.may;
    atomic.data   = group_i.data;
    atomic.offset = (MEM_LANES*MEM_OFFSET_W)'(offset_in);
  end

  common_fifo #(
    .Width($bits(mem_atomic_t)),
    .Depth(ATOMICS)
  ) u_atomics (
    .clk_i,
    .rst_ni,
    .in_valid_i (b_atomic),
    .in_ready_o (has_atomic),
    .in_i       (atomic),
    .out_valid_o(atomic_valid_o),
    .out_ready_i(atomic_ready_i),
    .out_o      (atomic_o),
    .occupancy_o(atomics)
  );

  // Stages B and C have their places already.
  assign command_room  = {1'b0, commands} + 5'(b_valid) + 5'(c_cmd_q) < 5'(COMMANDS);
  assign load_room_o   = command_room && used_q + (MISS_W+1)'(b_load) < (MISS_W+1)'(Misses - 2);
  assign store_room_o  = command_room &&
                         {1'b0, stores} + 4'(b_store) + 4'(c_bytes_q) < 4'(STORES);
  assign atomic_room_o = command_room && {1'b0, atomics} + 3'(b_atomic) < 3'(ATOMICS);

  // Everything that leaves a stage has a place.
  `ASSERT(HasMiss_A, allocate |-> free_valid_q)
  `ASSERT(HasCommand_A, c_cmd_q |-> has_command)
  `ASSERT(HasBytes_A, c_bytes_q |-> has_bytes)
  `ASSERT(HasAtomic_A, b_atomic |-> has_atomic)
  // A line is in one way at most, and one miss at most takes loads for it.
  `ASSERT(OneWay_A, b_valid |-> $onehot0(way_hit))
  `ASSERT(OneMiss_A, b_valid |-> $onehot0(same))
  `ASSERT(OneWriter_A, !(writing_q && c_store_q))
  `ASSERT(FillAwaited_A, fill_valid_i |-> miss_valid_q[fill_i.miss[MISS_W-1:0]])
  `ASSUME(EmptyAlone_M, empty_i |-> miss_valid_q == '0 && !group_valid_i)

  `COVER(Joins_C, join_miss)
  `COVER(AskedAgain_C, allocate && same != '0)
  `COVER(AskedWhileTaken_C, allocate && taken_same)
  `COVER(Written_C, b_writes && same != '0)
  `COVER(JoinsTaken_C, take && join_miss && joined == next_miss)
  `COVER(Evicts_C, take && cacheable && full_set)
  `COVER(Starved_C, starved_o)
  `COVER(NoMiss_C, used_q == (MISS_W+1)'(Misses - 2))
  `COVER(Bypass_C, c_hit_q && bypass_q.strb != '0)

endmodule
