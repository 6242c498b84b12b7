// simt_mem_core: the memory side of one core: load/store unit, shared memory, data cache.
module simt_mem_core
  import simt_pkg::*;
#(
  parameter int unsigned Warps       = 8,
  parameter int unsigned Lanes       = 8,
  parameter int unsigned SharedBytes = 16384,
  parameter int unsigned DCacheBytes = 16384,
  parameter int unsigned Misses      = 32,
  parameter bit          Snoops      = 1'b1
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  req_valid_i,
  output logic                  req_ready_o,
  input  mem_req_t              req_i,

  output logic                  rsp_valid_o,
  input  logic                  rsp_ready_i,
  output mem_rsp_t              rsp_o,

  output logic                  access_valid_o,
  output mem_access_t           access_o,
  output logic [MEM_WARPS-1:0]  busy_o,
  input  logic                  empty_i,
  output mem_event_t            event_o,

  output logic                  error_valid_o,
  output mem_error_t            error_o,

  output logic                  cmd_valid_o,
  input  logic                  cmd_ready_i,
  output mem_cmd_t              cmd_o,
  input  logic                  bytes_ready_i,
  output mem_bytes_t            bytes_o,
  input  logic                  atomic_ready_i,
  output mem_atomic_t           atomic_o,
  input  logic                  taken_i,
  input  logic [MEM_WARP_W-1:0] taken_warp_i,

  input  logic                  fill_valid_i,
  output logic                  fill_ready_o,
  input  mem_fill_t             fill_i,

  input  logic                  result_valid_i,
  output logic                  result_ready_o,
  input  mem_result_t           result_i,

  input  logic                  snoop_valid_i,
  input  logic [MEM_LINE_W-1:0] snoop_line_i
);

  // As many requests that wait as there are lines that do.
  localparam int unsigned SLOTS  = Misses;
  localparam int unsigned BANK_W = $clog2(Lanes) + 2;

  logic [MEM_LINE_W-1:0]    look_line, replay_line;
  logic                     group_valid, conflict, load_room, store_room, atomic_room, shared_idle;
  logic                     starved, hit, failed, replay_valid, replay_ready, replay_error;
  logic                     event_hit, event_miss, shared_valid, unused_valids;
  logic                     bytes_valid, atomic_valid;
  mem_group_t               group;
  mem_bytes_t               bytes;
  mem_target_t              replay;
  logic [MEM_LINE_BITS-1:0] hit_data, shared_data, replay_data;
  logic [MEM_WARP_W-1:0]    replay_warp;
  logic [Lanes-1:0][MEM_OFFSET_W-1:0] offset;
  logic [Lanes-1:0][63:0]   data;

  assign shared_valid  = group_valid && group.shared;
  assign unused_valids = bytes_valid ^ atomic_valid;

  simt_lsu #(
    .Warps(Warps),
    .Lanes(Lanes),
    .Slots(SLOTS)
  ) u_lsu (
    .clk_i,
    .rst_ni,
    .req_valid_i,
    .req_ready_o,
    .req_i,
    .rsp_valid_o,
    .rsp_ready_i,
    .rsp_o,
    .look_line_o    (look_line),
    .group_valid_o  (group_valid),
    .group_o        (group),
    .conflict_o     (conflict),
    .load_room_i    (load_room),
    .store_room_i   (store_room),
    .atomic_room_i  (atomic_room),
    .shared_idle_i  (shared_idle),
    .starved_i      (starved),
    .hit_i          (hit),
    .hit_data_i     (hit_data),
    .shared_data_i  (shared_data),
    .shared_failed_i(failed),
    .replay_valid_i (replay_valid),
    .replay_ready_o (replay_ready),
    .replay_i       (replay),
    .replay_data_i  (replay_data),
    .replay_warp_o  (replay_warp),
    .result_valid_i,
    .result_ready_o,
    .result_i,
    .taken_i,
    .taken_warp_i,
    .empty_i,
    .busy_o
  );

  // In shared memory a row of banks takes the place of a line.
  for (genvar lane = 0; lane < int'(Lanes); lane++) begin : gen_lane
    assign offset[lane] = group.shared ? MEM_OFFSET_W'(group.offset[lane][BANK_W-1:0])
                                       : group.offset[lane][MEM_OFFSET_W-1:0];
    assign data[lane]   = group.data[lane];
  end

  simt_scatter #(.Lanes(Lanes)) u_scatter (
    .valid_i (group_valid && (group.op == MemStore || group.op == MemSc)),
    .size_i  (group.size),
    .mask_i  (group.mask[Lanes-1:0]),
    .offset_i(offset),
    .data_i  (data),
    .bytes_o (bytes)
  );

  simt_shared #(
    .Warps      (Warps),
    .Lanes      (Lanes),
    .SharedBytes(SharedBytes)
  ) u_shared (
    .clk_i,
    .rst_ni,
    .group_valid_i(shared_valid),
    .group_i      (group),
    .strb_i       (bytes.strb[4*Lanes-1:0]),
    .data_i       (bytes.data[32*Lanes-1:0]),
    .empty_i,
    .idle_o       (shared_idle),
    .failed_o     (failed),
    .data_o       (shared_data)
  );

  simt_dcache #(
    .Lanes      (Lanes),
    .DCacheBytes(DCacheBytes),
    .Misses     (Misses),
    .Snoops     (Snoops)
  ) u_dcache (
    .clk_i,
    .rst_ni,
    .look_line_i   (look_line),
    .group_valid_i (group_valid),
    .group_i       (group),
    .bytes_i       (bytes),
    .load_room_o   (load_room),
    .store_room_o  (store_room),
    .atomic_room_o (atomic_room),
    .starved_o     (starved),
    .hit_o         (hit),
    .hit_data_o    (hit_data),
    .replay_valid_o(replay_valid),
    .replay_ready_i(replay_ready),
    .replay_o      (replay),
    .replay_data_o (replay_data),
    .replay_error_o(replay_error),
    .replay_line_o (replay_line),
    .cmd_valid_o,
    .cmd_ready_i,
    .cmd_o,
    .bytes_valid_o (bytes_valid),
    .bytes_ready_i,
    .bytes_o,
    .atomic_valid_o(atomic_valid),
    .atomic_ready_i,
    .atomic_o,
    .fill_valid_i,
    .fill_ready_o,
    .fill_i,
    .snoop_valid_i,
    .snoop_line_i,
    .empty_i,
    .event_hit_o   (event_hit),
    .event_miss_o  (event_miss)
  );

  assign access_valid_o = group_valid;
  assign access_o       = '{warp: group.warp, tag: group.tag, mask: group.mask};
  assign error_valid_o  = replay_error;
  assign error_o        = '{warp: replay_warp, addr: {replay_line, MEM_OFFSET_W'(0)}};
  assign event_o        = '{
    line:     group_valid && !group.shared,
    hit:      event_hit,
    miss:     event_miss,
    shared:   shared_valid,
    conflict: conflict,
    atomic:   group_valid && group.op >= MemLr
  };

endmodule
