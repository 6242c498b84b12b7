// simt_counters: what a core and its memory side have done since a launch began.
//
// Latency    an event counts in the clock after it is shown.
// Stage      a 64-bit increment; lanes a 64-bit sum with a 5-bit number.
// Golden     golden/src/simt/top.rs
module simt_counters
  import simt_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        clear_i,
  input  core_event_t core_i,
  input  mem_event_t  mem_i,
  output counters_t   counters_o
);

  counters_t counters_q;
  assign counters_o = counters_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      counters_q <= '0;
    end else if (clear_i) begin
      counters_q <= '0;
    end else begin
      counters_q.issued        <= counters_q.issued + 64'(core_i.issued);
      counters_q.lanes         <= counters_q.lanes + 64'(core_i.lanes);
      counters_q.divergent     <= counters_q.divergent + 64'(core_i.divergent);
      counters_q.splits        <= counters_q.splits + 64'(core_i.split);
      counters_q.stall_data    <= counters_q.stall_data + 64'(core_i.stall_data);
      counters_q.stall_unit    <= counters_q.stall_unit + 64'(core_i.stall_unit);
      counters_q.stall_fetch   <= counters_q.stall_fetch + 64'(core_i.stall_fetch);
      counters_q.stall_barrier <= counters_q.stall_barrier + 64'(core_i.stall_barrier);
      counters_q.lines         <= counters_q.lines + 64'(mem_i.line);
      counters_q.hits          <= counters_q.hits + 64'(mem_i.hit);
      counters_q.misses        <= counters_q.misses + 64'(mem_i.miss);
      counters_q.shared        <= counters_q.shared + 64'(mem_i.shared);
      counters_q.conflicts     <= counters_q.conflicts + 64'(mem_i.conflict);
      counters_q.atomics       <= counters_q.atomics + 64'(mem_i.atomic);
    end
  end

endmodule
