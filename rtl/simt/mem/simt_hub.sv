// simt_hub: all cores' reads, writes and atomics of lines, and the AXI4 manager port.
//
// Two tables: reads, and writes with atomics. What enters waits for everything that is in the
// tables for its line, except reads for reads; what waits for nothing goes to AXI in any order. So
// a line's accesses are done one after the other in the order in which they entered, of all cores.
// A write that nothing of its line came after takes more bytes until it is sent. When it is sent,
// other cores' caches lose the line, and lanes their reservations of it; it leaves the table, and
// is visible, with its response. An atomic is a read first, then a write of what it left.
//
// Latency    command in cycle c: AR or AW in c + 4 at the earliest. Last beat of R in cycle r: the
//            line to its core in r + 2.
// Throughput 1 command a cycle, 1 beat a cycle of R and of W.
// Golden     golden/src/simt/mem.rs     Plan  rtl/simt/mem/testplan.hjson
`include "assert.svh"

module simt_hub
  import simt_pkg::*;
  import mem3d_pkg::axi_ax_t;
  import mem3d_pkg::axi_w_t;
  import mem3d_pkg::axi_b_t;
  import mem3d_pkg::axi_r_t;
  import mem3d_pkg::AXI_ID_W;
#(
  parameter int unsigned Cores    = 1,
  parameter int unsigned Warps    = 8,
  parameter int unsigned Lanes    = 8,
  parameter int unsigned AxiBytes = 64,
  // Reads, and writes with atomics, that are under way.
  parameter int unsigned Reads    = 32,
  parameter int unsigned Writes   = 32
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,

  input  logic        [Cores-1:0]             cmd_valid_i,
  output logic        [Cores-1:0]             cmd_ready_o,
  input  mem_cmd_t    [Cores-1:0]             cmd_i,
  output logic        [Cores-1:0]             bytes_ready_o,
  input  mem_bytes_t  [Cores-1:0]             bytes_i,
  output logic        [Cores-1:0]             atomic_ready_o,
  input  mem_atomic_t [Cores-1:0]             atomic_i,
  // A store of this warp is in the table.
  output logic        [Cores-1:0]             taken_o,
  output logic        [MEM_WARP_W-1:0]        taken_warp_o,
  output logic        [Cores-1:0][MEM_WARPS-1:0] busy_o,

  output logic        [Cores-1:0]             fill_valid_o,
  input  logic        [Cores-1:0]             fill_ready_i,
  output mem_fill_t                           fill_o,

  output logic        [Cores-1:0]             result_valid_o,
  input  logic        [Cores-1:0]             result_ready_i,
  output mem_result_t                         result_o,

  input  logic        [Cores-1:0]             fetch_valid_i,
  output logic        [Cores-1:0]             fetch_ready_o,
  input  logic        [Cores-1:0][MEM_ADDR_W-1:0] fetch_addr_i,
  output logic        [Cores-1:0]             fetch_rsp_valid_o,
  output mem_fetch_rsp_t                      fetch_rsp_o,

  output logic        [Cores-1:0]             snoop_valid_o,
  output logic        [MEM_LINE_W-1:0]        snoop_line_o,

  output logic        [Cores-1:0]             error_valid_o,
  input  logic        [Cores-1:0]             error_ready_i,
  output mem_error_t                          error_o,
  input  logic                                empty_i,

  output logic                                aw_valid_o,
  input  logic                                aw_ready_i,
  output axi_ax_t                             aw_o,

  output logic                                w_valid_o,
  input  logic                                w_ready_i,
  output axi_w_t                              w_o,

  input  logic                                b_valid_i,
  output logic                                b_ready_o,
  input  axi_b_t                              b_i,

  output logic                                ar_valid_o,
  input  logic                                ar_ready_i,
  output axi_ax_t                             ar_o,

  input  logic                                r_valid_i,
  output logic                                r_ready_o,
  input  axi_r_t                              r_i
);

  localparam int unsigned CORE_W  = (Cores > 1) ? $clog2(Cores) : 1;
  localparam int unsigned UP_W    = $clog2(2 * Cores);
  localparam int unsigned READ_W  = $clog2(Reads);
  localparam int unsigned WRITE_W = $clog2(Writes);
  // Lines that AXI reads: for reads, above them for atomics.
  localparam int unsigned LINES   = Reads + Writes;
  localparam int unsigned INDEX_W = $clog2(LINES);
  localparam int unsigned WRITERS = Cores * Warps;
  localparam int unsigned BEATS   = MEM_LINE_BYTES / AxiBytes;
  localparam int unsigned BEAT_W  = (BEATS > 1) ? $clog2(BEATS) : 1;
  localparam int unsigned WARP_IDX_W = $clog2(Warps);
  // Cycles that the newest write waits for more bytes of its line.
  localparam int unsigned GATHER  = 8;
  localparam int unsigned GATHER_W = $clog2(GATHER + 1);

  if (Cores < 1 || Cores > 4) begin : gen_cores_check
    $error("simt_hub: Cores is %0d, needs to be 1 .. 4", Cores);
  end
  if (AxiBytes < 8 || AxiBytes > 64 || 2 ** $clog2(AxiBytes) != AxiBytes) begin : gen_axi_check
    $error("simt_hub: AxiBytes is %0d, needs to be 8, 16, 32 or 64", AxiBytes);
  end
  if (LINES > 2 ** AXI_ID_W || 2 ** READ_W != Reads || 2 ** WRITE_W != Writes)
  begin : gen_lines_check
    $error("simt_hub: Reads is %0d and Writes %0d, need to be powers of two, %0d together at most",
           Reads, Writes, 2 ** AXI_ID_W);
  end

  // ---- one command a cycle, of cores and of their fetches in turn ----

  logic [2*Cores-1:0] ups, granted;
  logic               grant, h_valid_q, h_fetch_q, h_ready, h_go;
  logic [UP_W-1:0]    grant_index;
  logic [CORE_W-1:0]  h_core_q;
  mem_cmd_t           h_q, command;
  logic [Cores-1:0]   fetching_q, fetch_done;

  for (genvar core = 0; core < int'(Cores); core++) begin : gen_ups
    assign ups[core]            = cmd_valid_i[core];
    assign ups[int'(Cores)+core] = fetch_valid_i[core] && !fetching_q[core];
    assign cmd_ready_o[core]    = h_ready && granted[core];
    assign fetch_ready_o[core]  = h_ready && granted[int'(Cores)+core];

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni)                                          fetching_q[core] <= 1'b0;
      else if (fetch_valid_i[core] && fetch_ready_o[core])  fetching_q[core] <= 1'b1;
      else if (fetch_done[core])                            fetching_q[core] <= 1'b0;
    end
  end

  simt_pick #(.Count(2 * Cores)) u_commands (
    .clk_i,
    .rst_ni,
    .up_i   (ups),
    .take_i (grant && h_ready),
    .valid_o(grant),
    .pick_o (granted),
    .index_o(grant_index)
  );

  always_comb begin
    command = '0;
    for (int unsigned core = 0; core < Cores; core++) begin
      if (granted[core]) command = cmd_i[core];
      if (granted[Cores+core]) begin
        command.kind = HubRead;
        command.line = fetch_addr_i[core][MEM_ADDR_W-1:MEM_OFFSET_W];
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)      h_valid_q <= 1'b0;
    else if (h_ready) h_valid_q <= grant;
  end

  always_ff @(posedge clk_i) begin
    if (h_ready) begin
      h_q       <= command;
      h_fetch_q <= int'(grant_index) >= int'(Cores);
      h_core_q  <= CORE_W'(int'(grant_index) >= int'(Cores) ? int'(grant_index) - int'(Cores)
                                                            : int'(grant_index));
    end
  end

  // ---- tables ----

  logic [Reads-1:0]      r_valid_q, r_sent_q, r_fetch_q, r_same, r_done, r_eligible;
  logic [MEM_LINE_W-1:0] r_line_q [Reads];
  logic [CORE_W-1:0]     r_core_q [Reads];
  logic [MEM_MISS_W-1:0] r_miss_q [Reads];
  logic [Writes-1:0]     r_wait_q [Reads];

  logic [Writes-1:0]     w_valid_q, w_sent_q, w_atomic_q, w_read_q, w_ready_q, w_closed_q;
  logic [Writes-1:0]     w_same, w_done, w_merges, w_eligible, a_eligible;
  logic [MEM_LINE_W-1:0] w_line_q [Writes];
  logic [CORE_W-1:0]     w_core_q [Writes];
  logic [MEM_WARP_W-1:0] w_warp_q [Writes];
  logic [WRITERS-1:0]    w_writers_q [Writes];
  logic [MEM_LINE_BYTES-1:0] w_strb_q [Writes];
  logic [Reads-1:0]      w_wait_reads_q [Writes];
  logic [Writes-1:0]     w_wait_writes_q [Writes];

  logic               r_free_valid, w_free_valid, enter_read, enter_write, enter_new, merges;
  logic [Reads-1:0]   r_free;
  logic [Writes-1:0]  w_free, w_target;
  logic [READ_W-1:0]  unused_read;
  logic [WRITE_W-1:0] w_free_index, w_index;
  logic               is_read, is_write;
  mem_bytes_t         bytes;
  mem_atomic_t        atomic;
  logic [WRITERS-1:0] writer;
  logic               leave_writes;
  logic [WRITE_W-1:0] newest_q;
  logic [GATHER_W-1:0] gather_q;

  // What goes to AXI in this cycle.
  logic [LINES-1:0]   ar_pick;
  logic [Writes-1:0]  aw_pick;
  logic               ar_take, aw_take;

  logic               at_left, at_writes;
  mem_bytes_t         at_bytes;
  logic [WRITE_W-1:0] at_index_q;

  simt_pick #(.Count(Reads)) u_free_read (
    .clk_i,
    .rst_ni,
    .up_i   (~r_valid_q),
    .take_i (enter_read),
    .valid_o(r_free_valid),
    .pick_o (r_free),
    .index_o(unused_read)
  );

  simt_pick #(.Count(Writes)) u_free_write (
    .clk_i,
    .rst_ni,
    .up_i   (~w_valid_q),
    .take_i (enter_new),
    .valid_o(w_free_valid),
    .pick_o (w_free),
    .index_o(w_free_index)
  );

  assign is_read  = h_q.kind == HubRead;
  assign is_write = h_q.kind == HubWrite;
  assign merges   = w_merges != '0;

  always_comb begin
    if (is_read)       h_go = h_valid_q && r_free_valid;
    else if (is_write) h_go = h_valid_q && (merges || w_free_valid) && !leave_writes;
    else               h_go = h_valid_q && w_free_valid;
  end

  assign h_ready     = !h_valid_q || h_go;
  assign enter_read  = h_go && is_read;
  assign enter_write = h_go && is_write;
  assign enter_new   = h_go && !is_read && !(is_write && merges);
  assign w_target    = (is_write && merges) ? w_merges : w_free;

  always_comb begin
    bytes  = '0;
    atomic = '0;
    writer = '0;
    for (int unsigned core = 0; core < Cores; core++) begin
      if (h_core_q == CORE_W'(core)) begin
        bytes  = bytes_i[core];
        atomic = atomic_i[core];
      end
      for (int unsigned warp = 0; warp < Warps; warp++) begin
        writer[core*Warps+warp] = h_core_q == CORE_W'(core) &&
                                  h_q.warp[WARP_IDX_W-1:0] == WARP_IDX_W'(warp);
      end
      bytes_ready_o[core]  = enter_write && h_core_q == CORE_W'(core);
      taken_o[core]        = bytes_ready_o[core];
      atomic_ready_o[core] = h_go && !is_read && !is_write && h_core_q == CORE_W'(core);
    end
  end

  simt_encode #(.Count(Writes)) u_w_index (
    .pick_i (w_target),
    .index_o(w_index)
  );

  assign taken_warp_o = h_q.warp;

  for (genvar at = 0; at < int'(Reads); at++) begin : gen_read
    assign r_same[at]     = r_valid_q[at] && !r_done[at] && r_line_q[at] == h_q.line;
    assign r_eligible[at] = r_valid_q[at] && !r_sent_q[at] && r_wait_q[at] == '0;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        r_valid_q[at] <= 1'b0;
        r_sent_q[at]  <= 1'b0;
      end else if (enter_read && r_free[at]) begin
        r_valid_q[at] <= 1'b1;
        r_sent_q[at]  <= 1'b0;
      end else begin
        if (r_done[at])              r_valid_q[at] <= 1'b0;
        if (ar_take && ar_pick[at])  r_sent_q[at]  <= 1'b1;
      end
    end

    always_ff @(posedge clk_i) begin
      if (enter_read && r_free[at]) begin
        r_line_q[at]  <= h_q.line;
        r_core_q[at]  <= h_core_q;
        r_miss_q[at]  <= h_q.miss;
        r_fetch_q[at] <= h_fetch_q;
        r_wait_q[at]  <= w_same;
      end else begin
        r_wait_q[at]  <= r_wait_q[at] & ~w_done;
      end
    end
  end

  for (genvar at = 0; at < int'(Writes); at++) begin : gen_write
    logic waits, young;

    assign w_same[at]   = w_valid_q[at] && !w_done[at] && w_line_q[at] == h_q.line;
    assign w_merges[at] = w_valid_q[at] && !w_closed_q[at] && !w_sent_q[at] &&
                          w_line_q[at] == h_q.line;
    assign waits = w_wait_reads_q[at] != '0 || w_wait_writes_q[at] != '0;
    assign young = newest_q == WRITE_W'(at) && gather_q != '0 && !w_closed_q[at] &&
                   w_strb_q[at] != '1;
    assign w_eligible[at] = w_valid_q[at] && !w_sent_q[at] && w_ready_q[at] && !waits && !young;
    assign a_eligible[at] = w_valid_q[at] && w_atomic_q[at] && !w_read_q[at] && !waits;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        w_valid_q[at]   <= 1'b0;
        w_sent_q[at]    <= 1'b0;
        w_read_q[at]    <= 1'b0;
        w_ready_q[at]   <= 1'b0;
        w_closed_q[at]  <= 1'b0;
        w_writers_q[at] <= '0;
      end else if (enter_new && w_free[at]) begin
        w_valid_q[at]   <= 1'b1;
        w_sent_q[at]    <= 1'b0;
        w_read_q[at]    <= 1'b0;
        w_ready_q[at]   <= is_write;
        w_closed_q[at]  <= !is_write;
        w_writers_q[at] <= writer;
      end else begin
        if (w_done[at]) begin
          w_valid_q[at]   <= 1'b0;
          w_writers_q[at] <= '0;
        end
        if (enter_write && w_merges[at])              w_writers_q[at] <= w_writers_q[at] | writer;
        if (h_go && w_same[at] && !(enter_write && w_merges[at])) w_closed_q[at] <= 1'b1;
        if (ar_take && ar_pick[int'(Reads)+at])       w_read_q[at]    <= 1'b1;
        if (leave_writes && at_index_q == WRITE_W'(at)) w_ready_q[at] <= 1'b1;
        if (aw_take && aw_pick[at])                   w_sent_q[at]    <= 1'b1;
      end
    end

    always_ff @(posedge clk_i) begin
      if (enter_new && w_free[at]) begin
        w_line_q[at]        <= h_q.line;
        w_core_q[at]        <= h_core_q;
        w_warp_q[at]        <= h_q.warp;
        w_atomic_q[at]      <= !is_write;
        w_strb_q[at]        <= bytes.strb;
        w_wait_reads_q[at]  <= r_same;
        w_wait_writes_q[at] <= w_same;
      end else begin
        w_wait_reads_q[at]  <= w_wait_reads_q[at] & ~r_done;
        w_wait_writes_q[at] <= w_wait_writes_q[at] & ~w_done;
        if (enter_write && w_merges[at]) w_strb_q[at] <= w_strb_q[at] | bytes.strb;
        if (leave_writes && at_index_q == WRITE_W'(at)) w_strb_q[at] <= at_bytes.strb;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)              gather_q <= '0;
    else if (enter_write)     gather_q <= GATHER_W'(GATHER);
    else if (gather_q != '0)  gather_q <= gather_q - 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (enter_write) newest_q <= w_index;
  end

  // Writes are of a core's warp as long as they are in the table.
  logic [Writes-1:0][WRITERS-1:0] all_writers;
  logic [WRITERS-1:0]             writing;

  for (genvar at = 0; at < int'(Writes); at++) begin : gen_writers
    assign all_writers[at] = w_writers_q[at];
  end

  simt_select #(
    .Count(Writes),
    .Width(WRITERS)
  ) u_writing (
    .pick_i(w_valid_q),
    .data_i(all_writers),
    .data_o(writing)
  );

  for (genvar core = 0; core < int'(Cores); core++) begin : gen_busy
    assign busy_o[core] = MEM_WARPS'(writing[core*int'(Warps)+:Warps]);
  end

  // ---- AR ----

  logic [LINES-1:0]   ar_picked_q;
  logic [INDEX_W-1:0] ar_index, unused_index;
  logic               ar_some, ar_held_q, ar_move;
  logic [MEM_LINE_W-1:0] ar_line;
  logic [LINES-1:0][MEM_LINE_W-1:0] all_lines;

  // The pick in one cycle, its line in the next.
  assign ar_move = !ar_valid_o || ar_ready_i;
  assign ar_take = ar_some && (!ar_held_q || ar_move);

  simt_pick #(.Count(LINES)) u_ar (
    .clk_i,
    .rst_ni,
    .up_i   ({a_eligible, r_eligible}),
    .take_i (ar_take),
    .valid_o(ar_some),
    .pick_o (ar_pick),
    .index_o(unused_index)
  );

  always_comb begin
    for (int unsigned at = 0; at < Reads; at++)  all_lines[at]       = r_line_q[at];
    for (int unsigned at = 0; at < Writes; at++) all_lines[Reads+at] = w_line_q[at];
  end

  simt_select #(
    .Count(LINES),
    .Width(MEM_LINE_W)
  ) u_ar_line (
    .pick_i(ar_picked_q),
    .data_i(all_lines),
    .data_o(ar_line)
  );

  simt_encode #(.Count(LINES)) u_ar_index (
    .pick_i (ar_picked_q),
    .index_o(ar_index)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ar_held_q  <= 1'b0;
      ar_valid_o <= 1'b0;
    end else begin
      if (!ar_held_q || ar_move) ar_held_q <= ar_some;
      if (ar_move)               ar_valid_o <= ar_held_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (ar_take) ar_picked_q <= ar_pick;
    if (ar_move && ar_held_q) begin
      ar_o       <= '0;
      ar_o.id    <= AXI_ID_W'(ar_index);
      ar_o.addr  <= 64'({ar_line, MEM_OFFSET_W'(0)});
      ar_o.len   <= 8'(BEATS - 1);
      ar_o.size  <= 3'($clog2(AxiBytes));
      ar_o.burst <= 2'(mem3d_pkg::BurstIncr);
    end
  end

  // ---- R: beats of a line are gathered in its place, whatever comes between them ----

  logic [INDEX_W-1:0]       gather_index, line_index;
  logic [BEAT_W-1:0]        beat_q [LINES];
  logic [LINES-1:0]         failed_q;
  logic [MEM_LINE_BITS-1:0] line_data;
  logic [BEATS-1:0]         gather_we;
  logic                     r_last, beat_failed;
  logic                     read_push, atomic_push, has_read, has_atomic, head_valid, head_ready;
  logic [READ_W-1:0]        head, out_index_q;
  logic [WRITE_W-1:0]       at_head;
  logic                     at_head_valid, at_idle, at_start, out_valid_q, out_taken;
  logic [$clog2(Reads+1)-1:0]  unused_reads;
  logic [$clog2(Writes+1)-1:0] unused_atomics;

  assign r_ready_o    = 1'b1;
  assign gather_index = r_i.id[INDEX_W-1:0];
  assign r_last       = r_valid_i && r_i.last;
  assign beat_failed  = r_i.resp[1] || (beat_q[gather_index] != '0 && failed_q[gather_index]);
  assign read_push    = r_last && gather_index < INDEX_W'(Reads);
  assign atomic_push  = r_last && gather_index >= INDEX_W'(Reads);

  for (genvar at = 0; at < int'(BEATS); at++) begin : gen_beat
    assign gather_we[at] = r_valid_i && beat_q[gather_index] == BEAT_W'(at);
  end

  for (genvar at = 0; at < int'(LINES); at++) begin : gen_line
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) beat_q[at] <= '0;
      else if (r_valid_i && gather_index == INDEX_W'(at)) begin
        beat_q[at] <= r_i.last ? '0 : beat_q[at] + 1'b1;
      end
    end
    always_ff @(posedge clk_i) begin
      if (r_valid_i && gather_index == INDEX_W'(at)) failed_q[at] <= beat_failed;
    end
  end

  simt_ram #(
    .Width(MEM_LINE_BITS),
    .Depth(LINES),
    .Unit (8 * AxiBytes)
  ) u_lines (
    .clk_i,
    .we_i   (gather_we),
    .waddr_i(gather_index),
    .wdata_i({BEATS{r_i.data[8*AxiBytes-1:0]}}),
    .raddr_i(line_index),
    .rdata_o(line_data)
  );

  common_fifo #(
    .Width(READ_W),
    .Depth(Reads)
  ) u_read_lines (
    .clk_i,
    .rst_ni,
    .in_valid_i (read_push),
    .in_ready_o (has_read),
    .in_i       (gather_index[READ_W-1:0]),
    .out_valid_o(head_valid),
    .out_ready_i(head_ready),
    .out_o      (head),
    .occupancy_o(unused_reads)
  );

  common_fifo #(
    .Width(WRITE_W),
    .Depth(Writes)
  ) u_atomic_lines (
    .clk_i,
    .rst_ni,
    .in_valid_i (atomic_push),
    .in_ready_o (has_atomic),
    .in_i       (WRITE_W'(gather_index - INDEX_W'(Reads))),
    .out_valid_o(at_head_valid),
    .out_ready_i(at_start),
    .out_o      (at_head),
    .occupancy_o(unused_atomics)
  );

  // An atomic's line goes before the next read's.
  assign at_start   = at_head_valid && at_idle && (!out_valid_q || out_taken);
  assign head_ready = (!out_valid_q || out_taken) && !at_start;

  always_comb begin
    line_index = INDEX_W'(out_index_q);
    if (at_start)        line_index = INDEX_W'(Reads) + INDEX_W'(at_head);
    else if (head_ready) line_index = INDEX_W'(head);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)         out_valid_q <= 1'b0;
    else if (head_ready) out_valid_q <= head_valid;
    else if (out_taken)  out_valid_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (head_ready) out_index_q <= head;
    if (at_start)   at_index_q  <= at_head;
  end

  // ---- a line to its core ----

  logic              out_fetch;
  logic [CORE_W-1:0] out_core;

  assign out_fetch = r_fetch_q[out_index_q];
  assign out_core  = r_core_q[out_index_q];

  always_comb begin
    fill_o.miss  = r_miss_q[out_index_q];
    fill_o.error = failed_q[INDEX_W'(out_index_q)];
    fill_o.line  = r_line_q[out_index_q];
    fill_o.data  = line_data;
    fetch_rsp_o  = '{error: fill_o.error, data: line_data};
    out_taken    = out_valid_q && out_fetch;
    for (int unsigned core = 0; core < Cores; core++) begin
      fill_valid_o[core]      = out_valid_q && !out_fetch && out_core == CORE_W'(core);
      fetch_rsp_valid_o[core] = out_valid_q && out_fetch && out_core == CORE_W'(core);
      if (fill_valid_o[core] && fill_ready_i[core]) out_taken = 1'b1;
    end
    fetch_done = fetch_rsp_valid_o;
    r_done = '0;
    if (out_taken) r_done[out_index_q] = 1'b1;
  end

  // ---- atomics ----

  mem_atomic_t       at_lanes;
  logic              at_error, at_result_valid, at_result_taken;
  logic [CORE_W-1:0] at_core;
  logic [Lanes-1:0]  reserved, reserve, forgo;
  logic [Writes-1:0] at_dropped;
  localparam int unsigned ATOMIC_BITS = $bits(mem_atomic_t);

  simt_ram #(
    .Width(ATOMIC_BITS),
    .Depth(Writes)
  ) u_lanes (
    .clk_i,
    .we_i   (enter_new && !is_write),
    .waddr_i(w_free_index),
    .wdata_i(atomic),
    .raddr_i(at_head),
    .rdata_o(at_lanes)
  );

  simt_hub_atomic #(.Lanes(Lanes)) u_atomic (
    .clk_i,
    .rst_ni,
    .idle_o        (at_idle),
    .start_i       (at_start),
    .atomic_i      (at_lanes),
    .data_i        (line_data),
    .error_i       (failed_q[INDEX_W'(Reads) + INDEX_W'(at_index_q)]),
    .reserved_i    (reserved),
    .reserve_o     (reserve),
    .release_o     (forgo),
    .left_o        (at_left),
    .writes_o      (at_writes),
    .bytes_o       (at_bytes),
    .result_valid_o(at_result_valid),
    .result_ready_i(at_result_taken),
    .result_o      (result_o),
    .error_o       (at_error)
  );

  assign leave_writes = at_left && at_writes;
  assign at_core      = w_core_q[at_index_q];
  logic [CORE_W-1:0] at_core_q;
  always_ff @(posedge clk_i) begin
    if (at_left) at_core_q <= at_core;
  end

  always_comb begin
    at_dropped = '0;
    if (at_left && !at_writes) at_dropped[at_index_q] = 1'b1;
    at_result_taken = 1'b0;
    for (int unsigned core = 0; core < Cores; core++) begin
      result_valid_o[core] = at_result_valid && at_core_q == CORE_W'(core);
      if (result_valid_o[core] && result_ready_i[core]) at_result_taken = 1'b1;
    end
  end

  // ---- writes: pick, then data, then beats ----

  logic [WRITE_W-1:0] aw_index, send_index_q;
  logic               aw_some, send_room, send_q;
  logic [MEM_LINE_BITS-1:0]  send_data;
  logic [MEM_LINE_W-1:0]     send_line;
  logic [MEM_LINE_BYTES-1:0] data_we;
  logic [WRITERS-1:0] send_writers;

  assign aw_take = aw_some && send_room;

  simt_pick #(.Count(Writes)) u_aw (
    .clk_i,
    .rst_ni,
    .up_i   (w_eligible),
    .take_i (aw_take),
    .valid_o(aw_some),
    .pick_o (aw_pick),
    .index_o(aw_index)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) send_q <= 1'b0;
    else         send_q <= aw_take;
  end

  always_ff @(posedge clk_i) begin
    send_index_q <= aw_index;
  end

  assign data_we = leave_writes ? at_bytes.strb : enter_write ? bytes.strb : '0;

  simt_ram #(
    .Width(MEM_LINE_BITS),
    .Depth(Writes),
    .Unit (8)
  ) u_bytes (
    .clk_i,
    .we_i   (data_we),
    .waddr_i(leave_writes ? at_index_q : w_index),
    .wdata_i(leave_writes ? at_bytes.data : bytes.data),
    .raddr_i(send_index_q),
    .rdata_o(send_data)
  );

  assign send_line    = w_line_q[send_index_q];
  assign send_writers = w_writers_q[send_index_q];
  assign snoop_line_o = send_line;

  for (genvar core = 0; core < int'(Cores); core++) begin : gen_snoop
    logic [WRITERS-1:0] others;
    always_comb begin
      others = send_writers;
      others[core*int'(Warps)+:Warps] = '0;
    end
    assign snoop_valid_o[core] = send_q && others != '0;
  end

  simt_hub_send #(.AxiBytes(AxiBytes)) u_send (
    .clk_i,
    .rst_ni,
    .room_o (send_room),
    .valid_i(send_q),
    .id_i   (AXI_ID_W'(send_index_q)),
    .line_i (send_line),
    .strb_i (w_strb_q[send_index_q]),
    .data_i (send_data),
    .aw_valid_o,
    .aw_ready_i,
    .aw_o,
    .w_valid_o,
    .w_ready_i,
    .w_o
  );

  simt_hub_reserve #(
    .Cores(Cores),
    .Warps(Warps),
    .Lanes(Lanes)
  ) u_reserve (
    .clk_i,
    .rst_ni,
    .core_i    (at_core),
    .warp_i    (w_warp_q[at_index_q]),
    .line_i    (w_line_q[at_index_q]),
    .reserved_o(reserved),
    .set_i     (reserve),
    .clear_i   (forgo),
    .end_i     (send_q),
    .end_line_i(send_line),
    .empty_i
  );

  // ---- B, and what went wrong ----

  logic [WRITE_W-1:0]    b_index;
  logic                  b_taken, failure_q, failure_taken;
  logic [CORE_W-1:0]     b_core, failure_core_q;
  mem_error_t            failure_q_data;
  logic                  lost_q;
  logic [CORE_W-1:0]     lost_core_q;
  mem_error_t            lost;

  assign b_index   = b_i.id[WRITE_W-1:0];
  // A response waits while an error waits to be told.
  assign b_ready_o = !failure_q;
  assign b_taken   = b_valid_i && b_ready_o;
  assign w_done    = at_dropped | (b_taken ? Writes'(1) << b_index : '0);

  always_comb begin
    b_core = '0;
    for (int unsigned core = Cores; core > 0; core--) begin
      if (w_writers_q[b_index][(core-1)*Warps+:Warps] != '0) b_core = CORE_W'(core - 1);
    end
  end

  // The error of an atomic's read is told before its result.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      failure_q <= 1'b0;
      lost_q    <= 1'b0;
    end else begin
      if (b_taken && b_i.resp[1]) failure_q <= 1'b1;
      else if (failure_taken)     failure_q <= 1'b0;
      if (at_error)                              lost_q <= 1'b1;
      else if (error_ready_i[lost_core_q])       lost_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (b_taken) begin
      failure_core_q      <= b_core;
      failure_q_data.warp <= '0;
      failure_q_data.addr <= {w_line_q[b_index], MEM_OFFSET_W'(0)};
    end
    if (at_error) begin
      lost_core_q <= at_core;
      lost.warp   <= w_warp_q[at_index_q];
      lost.addr   <= {w_line_q[at_index_q], MEM_OFFSET_W'(0)};
    end
  end

  assign failure_taken = failure_q && !lost_q && error_ready_i[failure_core_q];
  assign error_o       = lost_q ? lost : failure_q_data;
  for (genvar core = 0; core < int'(Cores); core++) begin : gen_error
    assign error_valid_o[core] = lost_q ? lost_core_q == CORE_W'(core)
                                        : failure_q && failure_core_q == CORE_W'(core);
  end

  // What comes back was asked for.
  `ASSERT(ReadAwaited_A, read_push |-> r_sent_q[gather_index[READ_W-1:0]] && has_read)
  `ASSERT(AtomicAwaited_A, atomic_push |-> has_atomic)
  `ASSERT(WriteAwaited_A, b_valid_i |-> w_valid_q[b_index] && w_sent_q[b_index])
  `ASSERT(OneMerge_A, h_valid_q && is_write |-> $onehot0(w_merges))
  `ASSERT(LostOnce_A, !(at_error && lost_q && !error_ready_i[lost_core_q]))
  // Two lines at most of reads and writes under way are the same only for reads.
  `ASSERT(InOrder_A, ar_held_q && ar_move |-> !(send_q && ar_line == send_line))
  `ASSUME(Bytes_M, enter_write |-> bytes.strb != '0)

  `COVER(Merges_C, enter_write && merges)
  `COVER(ReadWaits_C, enter_read && w_same != '0)
  `COVER(WriteWaits_C, enter_new && is_write && (r_same != '0 || w_same != '0))
  `COVER(AtomicWaits_C, enter_new && !is_write && (r_same != '0 || w_same != '0))
  `COVER(ReadsFull_C, h_valid_q && is_read && !r_free_valid)
  `COVER(WritesFull_C, h_valid_q && !is_read && !w_free_valid)
  `COVER(Gathers_C, gather_q != '0 && aw_some)
  `COVER(FillStalls_C, out_valid_q && !out_taken)

endmodule
