// simt_paths: the paths of one warp: which one runs, and where the others stand.
//
// The running path is in registers of its own and steps with every instruction that is fetched.
// The others are a list sorted by call depth (deepest first) and PC (lowest first), with room for a
// path per lane; some of them wait at a barrier or for other lanes. A control instruction takes the
// running path away and brings back one or more groups of its lanes, one a clock.
// Latency    one group that nothing else competes with runs in the next clock; otherwise a clock
//            for each group and one to pick.
// Stage      insertion: each entry against the new key, beside each other; arrival: first ready
//            entry, its key against the next PC.
// Golden     golden/src/simt/paths.rs
`include "assert.svh"

module simt_paths
  import simt_pkg::*;
#(
  parameter int unsigned Lanes = 8,
  parameter int unsigned PcW   = 30,    // words of memory, and one bit for beyond

  // Instructions after which another path has its turn, and of the turn.
  parameter int unsigned YieldAfter = 4096,
  parameter int unsigned YieldFor   = 256,
  parameter int unsigned HeavyCost  = 64
) (
  input  logic clk_i,
  input  logic rst_ni,

  // The warp begins; all is forgotten.
  input  logic             start_i,
  input  logic [PcW-1:0]   start_pc_i,
  input  logic [Lanes-1:0] start_mask_i,
  input  logic             stop_i,

  // The running path. `step_i`: its instruction is taken and goes on behind itself. `control_i`: it
  // is taken and says by groups where its lanes go.
  output logic             run_o,
  output logic [PcW-1:0]   pc_o,
  output logic [Lanes-1:0] mask_o,
  input  logic             step_i,
  input  logic             heavy_i,
  input  logic             control_i,

  // Groups of the control instruction's lanes; those in none have ended.
  input  logic             group_valid_i,
  input  logic             group_any_i,     // has lanes
  input  logic             group_last_i,
  input  logic [PcW-1:0]   group_pc_i,
  input  logic [Lanes-1:0] group_mask_i,
  input  logic             group_push_i,
  input  logic             group_pop_i,
  input  logic             group_bar_i,     // wait for all of the CTA
  input  logic             group_sync_i,    // wait for the lanes `group_need_i`
  input  logic [Lanes-1:0] group_need_i,

  input  logic             bar_release_i,
  output logic [Lanes-1:0] live_o,
  output logic [Lanes-1:0] bar_o,           // lanes that wait for their CTA
  output logic             blocked_o,       // lanes live, none ready
  output logic [PcW-1:0]   first_pc_o       // of the first path that waits
);

  typedef struct packed {
    logic               valid;
    logic               bar;
    logic               sync;
    logic [DEPTH_W-1:0] depth;
    logic [PcW-1:0]     pc;
    logic [Lanes-1:0]   mask;
    logic [Lanes-1:0]   need;
  } entry_t;

  typedef enum logic [2:0] {
    StNone,      // nothing runs, nothing is ready
    StRun,       // the running path may be fetched
    StControl,   // waits for groups
    StBack,      // the running path goes back to the list
    StPick,
    StMerge      // paths that were released may be where others are
  } state_e;

  localparam int unsigned SPENT_W = $clog2(YieldAfter + HeavyCost) + 1;
  localparam int unsigned LEFT_W  = $clog2(YieldFor) + 1;

  state_e             state_q, state_d;
  entry_t             entry_q [Lanes], entry_d [Lanes];
  logic [PcW-1:0]     pc_q, pc_d;
  logic [DEPTH_W-1:0] depth_q, depth_d;
  logic [Lanes-1:0]   mask_q, mask_d, live_q, live_d, turn_q, turn_d, favoured_q, favoured_d;
  logic [SPENT_W-1:0] spent_q, spent_d;
  logic [LEFT_W-1:0]  left_q, left_d;
  logic               in_turn_q, in_turn_d, dirty_q, dirty_d, yield_q, yield_d, after_q, after_d;

  // ---- The list as it is ----
  logic [Lanes-1:0] valid, ready, favoured, first_ready, first_favoured, done;
  logic [Lanes-1:0] sync_lanes, bar_lanes;
  entry_t           first;
  always_comb begin
    sync_lanes = '0;
    bar_lanes  = '0;
    for (int unsigned i = 0; i < Lanes; i++) begin
      valid[i] = entry_q[i].valid;
      ready[i] = entry_q[i].valid && !entry_q[i].bar && !entry_q[i].sync;
      favoured[i] = ready[i] && (entry_q[i].mask & favoured_q) != '0;
      sync_lanes |= entry_q[i].sync ? entry_q[i].mask : '0;
      bar_lanes  |= entry_q[i].bar ? entry_q[i].mask : '0;
    end
    // Paths that wait for lanes all of which wait.
    for (int unsigned i = 0; i < Lanes; i++) begin
      done[i] = entry_q[i].sync && (entry_q[i].need & live_q & ~sync_lanes) == '0;
    end
    first_ready    = ready & (~ready + 1'b1);
    first_favoured = favoured & (~favoured + 1'b1);
  end

  // Entry chosen by a one-hot vector.
  function automatic entry_t chosen(logic [Lanes-1:0] one);
    entry_t all;
    all = '0;
    for (int unsigned i = 0; i < Lanes; i++) all |= one[i] ? entry_q[i] : '0;
    return all;
  endfunction
  assign first = chosen(first_ready);

  // The running path's next PC is where the first of the others stands.
  logic [PcW-1:0] next_pc;
  logic           arrives, others;
  assign next_pc = pc_q + 1'b1;
  assign arrives = !in_turn_q && first.valid && first.depth == depth_q && first.pc == next_pc;
  assign others  = (ready & ~(arrives ? first_ready : '0)) != '0;

  // ---- What is chosen to run, or merged ----
  logic [Lanes-1:0] behind_first, fresh, pick, equal;
  entry_t           picked;
  always_comb begin
    behind_first = ready & ~first_ready;
    for (int unsigned i = 0; i < Lanes; i++) begin
      fresh[i] = behind_first[i] && (entry_q[i].mask & ~turn_q) != '0;
      equal[i] = ready[i] && entry_q[i].depth == depth_q && entry_q[i].pc == pc_q;
    end
    if (state_q == StMerge)             pick = equal & (~equal + 1'b1);
    else if (yield_q && fresh != '0)    pick = fresh & (~fresh + 1'b1);
    else if (yield_q)                   pick = behind_first & (~behind_first + 1'b1);
    else if (in_turn_q && favoured != '0 && left_q != '0) pick = first_favoured;
    else                                pick = first_ready;
    picked = chosen(pick);
  end

  // ---- Insertion and removal ----
  logic               insert;
  entry_t             in;
  logic [Lanes-1:0]   ahead, same, remove;
  logic [DEPTH_W-1:0] deeper;
  always_comb begin
    deeper = depth_q;
    if (group_push_i && depth_q != '1)     deeper = depth_q + 1'b1;
    else if (group_pop_i && depth_q != '0) deeper = depth_q - 1'b1;
    in = '{
      valid: 1'b1,
      bar: group_bar_i,
      sync: group_sync_i,
      depth: deeper,
      pc: group_pc_i,
      mask: group_mask_i,
      need: group_need_i
    };
    if (state_q == StBack) begin
      in = '{valid: 1'b1, bar: 1'b0, sync: 1'b0, depth: depth_q, pc: pc_q, mask: mask_q, need: '0};
    end
    for (int unsigned i = 0; i < Lanes; i++) begin
      ahead[i] = valid[i] && (entry_q[i].depth > in.depth
                               || (entry_q[i].depth == in.depth && entry_q[i].pc < in.pc));
      same[i]   = ready[i] && !in.bar && !in.sync && entry_q[i].depth == in.depth
                  && entry_q[i].pc == in.pc;
    end
  end

  // ---- The running path and its counts ----
  logic               alone, turn_over, contested, spent_out;
  logic [SPENT_W-1:0] spent_more;
  assign alone      = valid == '0;
  assign turn_over  = in_turn_q && left_q == '0;
  assign spent_more = spent_q + ((state_q == StRun && heavy_i) ? SPENT_W'(HeavyCost) : SPENT_W'(1));
  assign spent_out  = spent_more >= SPENT_W'(YieldAfter);
  // Others are ready besides the one that was picked.
  assign contested  = (ready & ~pick) != '0;

  always_comb begin
    state_d    = state_q;
    entry_d    = entry_q;
    pc_d       = pc_q;
    depth_d    = depth_q;
    mask_d     = mask_q;
    live_d     = live_q;
    turn_d     = turn_q;
    favoured_d = favoured_q;
    spent_d    = spent_q;
    left_d     = left_q;
    in_turn_d  = in_turn_q;
    dirty_d    = dirty_q;
    yield_d    = yield_q;
    after_d    = after_q;
    insert     = 1'b0;
    remove     = '0;

    unique case (state_q)
      StNone: ;
      StRun: begin
        if ((step_i || control_i) && in_turn_q) left_d = left_q - 1'b1;
        if (step_i) begin
          pc_d = next_pc;
          if (arrives) begin
            mask_d = mask_q | first.mask;
            remove = first_ready;
          end
          if (!others) begin
            spent_d = '0;
            turn_d  = '0;
          end else if (!in_turn_q) begin
            spent_d = spent_more;
            yield_d = spent_out;
          end
          if (yield_d || (in_turn_q && left_q == LEFT_W'(1))) state_d = StBack;
        end
        if (control_i) begin
          state_d = StControl;
          after_d = 1'b1;
        end
      end
      StControl: begin
        if (group_valid_i) begin
          insert = group_any_i;
          if (!group_any_i) live_d = live_q & ~mask_q;
          if (group_last_i) state_d = StPick;
          if (group_last_i && group_any_i && alone && !group_bar_i && !group_sync_i
              && !turn_over) begin
            insert  = 1'b0;
            state_d = StRun;
            after_d = 1'b0;
            pc_d    = group_pc_i;
            depth_d = deeper;
            mask_d  = group_mask_i;
            spent_d = '0;
            turn_d  = '0;
          end
        end
      end
      StBack: begin
        insert  = 1'b1;
        state_d = StPick;
      end
      StPick: begin
        if (done != '0) begin
          for (int unsigned i = 0; i < Lanes; i++) if (done[i]) entry_d[i].sync = 1'b0;
          dirty_d = 1'b1;
        end else if (ready == '0) begin
          state_d    = StNone;
          after_d    = 1'b0;
          in_turn_d  = 1'b0;
          favoured_d = '1;
          yield_d    = 1'b0;
          spent_d    = '0;
          turn_d     = '0;
        end else begin
          pc_d    = picked.pc;
          depth_d = picked.depth;
          mask_d  = picked.mask;
          remove  = pick;
          state_d = dirty_q ? StMerge : StRun;
          if (yield_q) begin
            yield_d    = 1'b0;
            in_turn_d  = 1'b1;
            favoured_d = picked.mask;
            turn_d     = ((fresh != '0) ? turn_q : '0) | picked.mask;
            left_d     = LEFT_W'(YieldFor);
            spent_d    = '0;
          end else begin
            if (in_turn_q && (turn_over || favoured == '0)) begin
              in_turn_d  = 1'b0;
              favoured_d = '1;
            end
            after_d = 1'b0;
            if (!contested) begin
              spent_d = '0;
              turn_d  = '0;
            end else if (after_q && !in_turn_q) begin
              spent_d = spent_more;
              yield_d = spent_out;
              if (spent_out) state_d = StBack;
            end
          end
        end
      end
      StMerge: begin
        if (equal != '0) begin
          mask_d = mask_q | picked.mask;
          remove = pick;
        end else begin
          dirty_d = 1'b0;
          state_d = StRun;
        end
      end
      default: state_d = StNone;
    endcase

    if (bar_release_i) begin
      for (int unsigned i = 0; i < Lanes; i++) entry_d[i].bar = 1'b0;
      dirty_d = 1'b1;
      state_d = StPick;
    end

    if (insert) begin
      for (int unsigned i = 0; i < Lanes; i++) begin
        if (same != '0) begin
          if (same[i]) entry_d[i].mask = entry_q[i].mask | in.mask;
        end else if (!ahead[i]) begin
          entry_d[i] = (i == 0 || ahead[(i == 0) ? 0 : i - 1]) ? in : entry_q[(i == 0) ? 0 : i - 1];
        end
      end
    end
    // At or behind the removed one: the next one moves up.
    for (int unsigned i = 0; i < Lanes; i++) begin
      if ((remove & ((Lanes'(2) << i) - 1'b1)) != '0) begin
        entry_d[i] = (i == Lanes - 1) ? '0 : entry_q[(i == Lanes - 1) ? i : i + 1];
      end
    end

    if (start_i) begin
      entry_d    = '{default: '0};
      state_d    = StRun;
      pc_d       = start_pc_i;
      depth_d    = '0;
      mask_d     = start_mask_i;
      live_d     = start_mask_i;
      turn_d     = '0;
      favoured_d = '1;
      spent_d    = '0;
      in_turn_d  = 1'b0;
      dirty_d    = 1'b0;
      yield_d    = 1'b0;
      after_d    = 1'b0;
    end
    if (stop_i) begin
      entry_d = '{default: '0};
      state_d = StNone;
      live_d  = '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q    <= StNone;
      entry_q    <= '{default: '0};
      pc_q       <= '0;
      depth_q    <= '0;
      mask_q     <= '0;
      live_q     <= '0;
      turn_q     <= '0;
      favoured_q <= '1;
      spent_q    <= '0;
      left_q     <= '0;
      in_turn_q  <= 1'b0;
      dirty_q    <= 1'b0;
      yield_q    <= 1'b0;
      after_q    <= 1'b0;
    end else begin
      state_q    <= state_d;
      entry_q    <= entry_d;
      pc_q       <= pc_d;
      depth_q    <= depth_d;
      mask_q     <= mask_d;
      live_q     <= live_d;
      turn_q     <= turn_d;
      favoured_q <= favoured_d;
      spent_q    <= spent_d;
      left_q     <= left_d;
      in_turn_q  <= in_turn_d;
      dirty_q    <= dirty_d;
      yield_q    <= yield_d;
      after_q    <= after_d;
    end
  end

  assign run_o      = state_q == StRun;
  assign pc_o       = pc_q;
  assign mask_o     = mask_q;
  assign live_o     = live_q;
  assign bar_o      = bar_lanes;
  assign blocked_o  = state_q == StNone && valid != '0;
  // It goes on behind where it waits.
  assign first_pc_o = entry_q[0].pc - 1'b1;

  `ASSERT(StepRuns_A, step_i || control_i |-> state_q == StRun && !(step_i && control_i))
  `ASSERT(GroupExpected_A, group_valid_i |-> state_q == StControl)
  `ASSERT(PathHasPlace_A, insert && same == '0 |-> !valid[Lanes-1])
  `COVER(Merge_C, state_q == StRun && step_i && arrives)
  `COVER(Yield_C, state_q == StPick && yield_q)
  `COVER(Released_C, state_q == StMerge && equal != '0)

endmodule
