// mem3d_vault_refresh: keeps every bank refreshed, managed and powered; row commands but ACT and
// PRE on demand.
//
// Owed refreshes are counted per bank: time adds one every TREFI >> temp, a refresh takes one off.
// After a reset it brings the die to a known state and pays what may be owed.
// Latency    a bank that can be refreshed is chosen in the clock in which it is seen idle for the
//            second time.
// Golden     golden/src/mem3d/die/refresh.rs     Plan  rtl/mem3d/vault/testplan.hjson
`include "assert.svh"

module mem3d_vault_refresh
  import mem3d_pkg::*;
  import mem3d_timing_pkg::*;
#(
  parameter int unsigned Banks  = 16,
  parameter timing_t     T      = '0,
  parameter int unsigned RaaImt = 80
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  vault_cfg_t       cfg_i,
  input  logic [1:0]       temp_i,
  input  logic             wake_i,       // something waits for the die
  input  logic             busy_i,       // data are on their way
  input  logic [Banks-1:0] wanted_i,     // banks with entries in a queue
  input  logic [Banks-1:0] urgent_hits_i,
  input  logic [Banks-1:0] urgent_misses_i, // urgent reads that wait for a row
  input  logic [Banks-1:0] open_i,
  input  logic [Banks-1:0] idle_i,       // precharged, nothing to wait for
  input  logic             act_i,
  input  logic [Banks-1:0] act_bank_i,

  output logic             block_all_o,  // no ACT to any bank
  output logic [Banks-1:0] block_o,      // no ACT to the bank
  output logic [Banks-1:0] close_o,      // close it when its hits are served
  output logic [Banks-1:0] close_now_o,  // close it as soon as timing allows

  // A row command, to be issued in this clock.
  output row_op_e          op_o,
  output logic [Banks-1:0] op_bank_o,    // one-hot

  output power_e           power_o
);

  localparam int unsigned BANK_IDX_W = (Banks > 1) ? $clog2(Banks) : 1;
  // Banks get their owed refreshes in turn, one bank per share of the interval.
  localparam int unsigned SHARE   = 32'(T.refi) / Banks;
  localparam int unsigned SHARE_W = $clog2(SHARE + 4) + 1;
  // Longest waits: a refresh, an exit from self-refresh.
  localparam int unsigned WAIT_W  = 16;
  // What may be under way at a reset: a refresh, or a self-refresh that had just begun.
  localparam logic [WAIT_W-1:0] START_WAIT = (T.rfc_ab > T.sr) ? T.rfc_ab : T.sr;
  // Postponed refreshes that are never exceeded; the die allows 8.
  localparam logic signed [4:0] OWED_MAX  = 5'sd8;
  localparam logic signed [4:0] OWED_MIN  = -5'sd8;
  localparam logic [3:0]        FORCE_MAX = 4'd7;
  // Clocks for which a bank whose last entry has left counts as left just now, in one to two of
  // these.
  localparam int unsigned RECENT_W = 6;
  // Clocks without a request after which a bank is not closed for nothing, one to two of these.
  localparam int unsigned LEFT_W   = 4;
  // What a refresh takes off a bank's activations: of a die that counts none, all.
  localparam logic [9:0] RELIEF = (RaaImt == 0) ? '1 : 10'(RaaImt);
  // Quiet clocks after which refreshes are pulled in.
  localparam logic [6:0] QUIET = 7'd64;

  typedef enum logic [3:0] {
    StInitWait, StInitPdx, StInitSrx, StInitXs, StInitPrea, StInitRp,
    StAwake, StClose, StDown, StWake, StToSelf, StSelf, StSelfExit
  } state_e;

  state_e                   state_q, state_d;
  logic [WAIT_W-1:0]        wait_q, wait_d;
  logic                     init_q, init_d;       // the 8 refreshes after reset
  logic [4:0]               owed_q [Banks], owed_d [Banks];
  logic [9:0]               raa_q [Banks], raa_d [Banks];
  logic [SHARE_W-1:0]       share_q;
  logic [BANK_IDX_W-1:0]    next_q;
  logic [Banks-1:0]         idle_q;
  logic [15:0]              quiet_q;
  logic [WAIT_W-1:0]        spacing_q, running_q, act_spacing_q;
  logic [Banks-1:0]         wanted_q, recent_q, fading_q, seen_q, left_q;
  logic [RECENT_W-1:0]      recent_clock_q;

  // ---- Urgent reads that wait for a row: refreshes that can be postponed give way, the others are
  // not delayed ----
  logic [Banks-1:0] rush_q, served_q;
  logic             hurry;
  assign hurry = rush_q != '0;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rush_q   <= '0;
      served_q <= '0;
    end else begin
      rush_q   <= urgent_misses_i;
      served_q <= urgent_hits_i;
    end
  end

  // ---- Owed refreshes ----
  logic       tick;
  logic [2:0] pace;
  assign pace = 3'd1 << ((temp_i > 2'd2) ? 2'd2 : temp_i);
  assign tick = share_q >= SHARE_W'(SHARE);

  // What the counts mean is known a clock later; a bank that was just refreshed is busy for longer.
  logic [3:0]       threshold_q;
  logic [Banks-1:0] forced_q, urgent_q, some_q, many_q, may_pull_q, managed_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      threshold_q <= 4'd1;
      forced_q      <= '1;
      urgent_q      <= '0;
      some_q        <= '1;
      many_q        <= '0;
      may_pull_q    <= '0;
      managed_q     <= '0;
    end else begin
      threshold_q <= (hurry || cfg_i.postpone > FORCE_MAX) ? FORCE_MAX
                     : (cfg_i.postpone == 4'd0)             ? 4'd1 : cfg_i.postpone;
      /* verilator unroll_disable */
      for (int unsigned b = 0; b < Banks; b++) begin
        forced_q[b]   <= signed'(owed_q[b]) >= signed'({1'b0, threshold_q});
        urgent_q[b]   <= signed'(owed_q[b]) >= OWED_MAX;
        some_q[b]     <= signed'(owed_q[b]) > 5'sd0;
        many_q[b]     <= signed'(owed_q[b]) >= 5'sd4;
        may_pull_q[b] <= signed'(owed_q[b]) > OWED_MIN;
        managed_q[b]  <= cfg_i.rfm_threshold != '0 && raa_q[b] >= cfg_i.rfm_threshold;
      end
    end
  end

  // ---- Which banks to refresh ----
  logic             all_mode, quiet, any_wanted, hold_all, self;
  logic [Banks-1:0] per_bank, usable, refresh_now, rfm_now, ready_bank;
  logic             all_now, spaced;

  assign all_mode   = !cfg_i.refresh_per_bank || init_q;
  assign any_wanted = wanted_i != '0;
  assign quiet      = quiet_q >= 16'(QUIET);
  always_comb begin
    // One bank at a time, and best one that a stream has just left; sooner or later any.
    per_bank = forced_q;
    if (running_q == '0) begin
      per_bank |= some_q & left_q & ~wanted_i & (recent_q | many_q);
      if (quiet) per_bank |= may_pull_q & ~wanted_i;
    end
    if (all_mode) per_bank = '0;
  end
  // A refresh of all banks is due, or nothing is in its way. Once it is due the banks stay closed
  // until half of what was postponed is paid: closing and opening them costs as much as it does for
  // one.
  logic batch_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)                                                    batch_q <= 1'b0;
    else if (!all_mode || init_q || hurry)                          batch_q <= 1'b0;
    else if (signed'(owed_q[0]) <= signed'({2'b00, threshold_q[3:1]})) batch_q <= 1'b0;
    else if (forced_q != '0)                                        batch_q <= 1'b1;
  end
  assign hold_all = all_mode && (init_q || forced_q != '0 || batch_q
                                 || (some_q != '0 && !any_wanted)
                                 || (may_pull_q[0] && quiet && !any_wanted));

  // Seen idle twice: an ACT of the clock before would have ended it, and half a clock of the row
  // bus is over.
  assign usable = idle_i & idle_q;
  assign spaced = spacing_q == '0 && act_spacing_q == '0;
  always_comb begin
    ready_bank  = (state_q == StAwake && spaced) ? usable : '0;
    rfm_now     = ready_bank & managed_q;
    refresh_now = ready_bank & per_bank & ~managed_q;
    all_now     = state_q == StAwake && hold_all && usable == '1 && !busy_i;
  end

  // ---- Power ----
  logic awake, sleepy, wake, timed_out;
  assign awake     = state_q == StAwake;
  assign wake      = wake_i || any_wanted || forced_q != '0;
  assign sleepy    = cfg_i.pd_idle != '0 && quiet_q >= cfg_i.pd_idle;
  assign timed_out = wait_q == '0;
  assign self      = state_q == StSelf;

  always_comb begin
    state_d   = state_q;
    wait_d    = timed_out ? '0 : wait_q - 1'b1;
    init_d    = init_q;
    op_o      = RowNone;
    op_bank_o = '0;
    unique case (state_q)
      StInitWait: if (timed_out) state_d = StInitPdx;
      StInitPdx: begin
        op_o    = RowPdx;
        state_d = StInitSrx;
      end
      StInitSrx: begin
        op_o    = RowSrx;
        state_d = StInitXs;
        wait_d  = T.xs;
      end
      StInitXs: if (timed_out) state_d = StInitPrea;
      StInitPrea: begin
        op_o    = RowPreAll;
        state_d = StInitRp;
        wait_d  = T.rp;
      end
      StInitRp: if (timed_out) state_d = StAwake;
      StAwake: begin
        if (all_now) begin
          op_o = RowRefAb;
          if (init_q && signed'(owed_q[0]) <= 5'sd1) init_d = 1'b0;
        end else if (rfm_now != '0) begin
          op_o      = RowRfmPb;
          op_bank_o = rfm_now & (~rfm_now + 1'b1);
        end else if (refresh_now != '0) begin
          op_o      = RowRefPb;
          op_bank_o = refresh_now & (~refresh_now + 1'b1);
        end
        if (sleepy && !wake && !init_q) state_d = StClose;
      end
      StClose: begin
        if (wake) state_d = StAwake;
        // No data are under way: idle clocks were counted.
        else if (usable == '1 && spaced) begin
          op_o    = RowPde;
          state_d = StDown;
          wait_d  = T.pd;
        end
      end
      StDown: begin
        if (timed_out && (wake || (cfg_i.sr_idle != '0
                                   && quiet_q >= cfg_i.sr_idle && quiet_q != '0))) begin
          op_o    = RowPdx;
          state_d = wake ? StWake : StToSelf;
          wait_d  = T.xp;
        end
      end
      StWake: if (timed_out) state_d = StAwake;
      StToSelf: begin
        if (timed_out) begin
          if (wake) state_d = StAwake;
          else begin
            op_o    = RowSre;
            state_d = StSelf;
            wait_d  = T.sr;
          end
        end
      end
      StSelf: begin
        if (timed_out && wake) begin
          op_o    = RowSrx;
          state_d = StSelfExit;
          wait_d  = T.xs;
        end
      end
      StSelfExit: if (timed_out) state_d = StAwake;
      default: state_d = StInitWait;
    endcase
  end

  // A clock late: a row command of this unit goes before an ACT of the same clock, and makes its
  // bank busy.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      block_all_o <= 1'b1;
      block_o     <= '0;
    end else begin
      // The refresh that an urgent read waits for finds its distance to ACTs.
      block_all_o <= !awake || hold_all || (rush_q & forced_q & usable) != '0;
      block_o     <= per_bank & forced_q | managed_q;
    end
  end
  assign close_o     = (state_q == StClose || hold_all) ? '1 : per_bank | managed_q;
  assign close_now_o = (state_q == StAwake) ? urgent_q | ({Banks{hold_all && hurry}} & ~served_q)
                                            : '0;

  always_comb begin
    unique case (state_q)
      StAwake, StClose: power_o = init_q ? PowerInit : PowerAwake;
      StDown:           power_o = PowerDown;
      StSelf:           power_o = PowerSelfRefresh;
      StWake, StToSelf, StSelfExit: power_o = PowerMoving;
      default:          power_o = PowerInit;
    endcase
  end

  // Quiet clocks of the state: awake since the last request, down since it was entered.
  logic restart;
  assign restart = wake_i || any_wanted || busy_i || state_d != state_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q        <= StInitWait;
      wait_q         <= START_WAIT;
      init_q         <= 1'b1;
      quiet_q        <= '0;
      idle_q         <= '0;
      spacing_q      <= '0;
      act_spacing_q  <= '0;
      running_q      <= '0;
      share_q        <= '0;
      next_q         <= '0;
      wanted_q       <= '0;
      recent_q       <= '0;
      fading_q       <= '0;
      recent_clock_q <= '0;
      seen_q         <= '0;
      left_q         <= '0;
    end else begin
      state_q <= state_d;
      wait_q  <= wait_d;
      init_q  <= init_d;
      idle_q  <= idle_i;
      if (restart)                quiet_q <= '0;
      else if (quiet_q != 16'hffff) quiet_q <= quiet_q + 1'b1;
      // REFpb and RFMpb keep their distance from each other and from ACTs to other banks.
      if (op_o == RowRefPb || op_o == RowRfmPb) spacing_q <= T.rrefd - 1'b1;
      else if (spacing_q != '0)                 spacing_q <= spacing_q - 1'b1;
      if (act_i)                     act_spacing_q <= T.rrd_l;
      else if (act_spacing_q != '0)  act_spacing_q <= act_spacing_q - 1'b1;
      if (op_o == RowRefPb)      running_q <= T.rfc_pb;
      else if (running_q != '0)  running_q <= running_q - 1'b1;
      if (!self) begin
        share_q <= tick ? share_q - SHARE_W'(SHARE) + SHARE_W'(pace) : share_q + SHARE_W'(pace);
        if (tick) next_q <= (next_q == BANK_IDX_W'(Banks - 1)) ? '0 : next_q + 1'b1;
      end
      // A bank is recent in the one or two periods after its last entry left.
      wanted_q       <= wanted_i;
      recent_clock_q <= recent_clock_q + 1'b1;
      recent_q       <= (recent_q | (wanted_q & ~wanted_i)) & ~wanted_i;
      // It has been left if nothing came for it in a whole short period.
      seen_q <= seen_q | wanted_i;
      left_q <= left_q & ~wanted_i;
      if (recent_clock_q[LEFT_W-1:0] == '0) begin
        seen_q <= wanted_i;
        left_q <= ~(seen_q | wanted_i);
      end
      if (recent_clock_q == '0) begin
        fading_q <= recent_q;
        recent_q <= ((recent_q & ~fading_q) | (wanted_q & ~wanted_i)) & ~wanted_i;
      end
    end
  end

  always_comb begin
    /* verilator unroll_disable */
    for (int unsigned b = 0; b < Banks; b++) begin
      logic add, take, relief;
      add       = tick && !self && next_q == BANK_IDX_W'(b);
      take      = op_o == RowRefAb || (op_o == RowRefPb && op_bank_o[b]);
      relief    = take || (op_o == RowRfmPb && op_bank_o[b]);
      owed_d[b] = owed_q[b];
      raa_d[b]  = raa_q[b];
      if (add && !take && signed'(owed_q[b]) != OWED_MAX) owed_d[b] = owed_q[b] + 1'b1;
      if (take && !add && signed'(owed_q[b]) != OWED_MIN) owed_d[b] = owed_q[b] - 1'b1;
      if (relief) raa_d[b] = (raa_q[b] >= RELIEF) ? raa_q[b] - RELIEF : '0;
      else if (act_i && act_bank_i[b] && raa_q[b] != '1) raa_d[b] = raa_q[b] + 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      owed_q <= '{default: 5'(OWED_MAX)};
      raa_q  <= '{default: '0};
    end else begin
      owed_q <= owed_d;
      raa_q  <= raa_d;
    end
  end

  `ASSERT(OneBank_A, op_o == RowRefPb || op_o == RowRfmPb |-> $onehot(op_bank_o))
  `ASSERT(RefreshIdle_A, (op_o == RowRefPb || op_o == RowRfmPb) |-> (op_bank_o & ~idle_i) == '0)
  `ASSERT(RefreshAllIdle_A, op_o == RowRefAb |-> idle_i == '1)
  // Nothing keeps the refresh of the bank that an urgent read waits for at its distance.
  `ASSERT(UrgentRefresh_A, (rush_q & forced_q & usable) != '0 |=> !act_i)
  `ASSERT(AsleepClosed_A, state_q == StDown || state_q == StSelf |-> open_i == '0)
  `COVER(Postponed_C, urgent_q != '0 && !init_q)
  `COVER(PulledIn_C, awake && may_pull_q == '0)
  `COVER(Managed_C, op_o == RowRfmPb)
  `COVER(CloseAborted_C, state_q == StClose && wake)
  `COVER(SelfRefresh_C, self)

endmodule
