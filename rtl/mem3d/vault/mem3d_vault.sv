// mem3d_vault: controller of one pseudo-channel; a read returns each byte as the last accepted
// write left it.
//
// Latency    2 clocks from an accepted request to the command pins, 2 from the last burst on dq_i
//            to rsp_valid_o, 3 for a read answered from the write queue.
// Throughput one column command, one row command per clock; one read and one write accepted per
// clock.
// Contract   docs/mem3d.md
// Golden     golden/src/mem3d/vault.rs     Plan  rtl/mem3d/vault/testplan.hjson
`include "assert.svh"

module mem3d_vault
  import mem3d_pkg::*;
  import mem3d_timing_pkg::*;
#(
  parameter int unsigned ReadQueue     = 64,
  parameter int unsigned WriteQueue    = 64,
  // The timing set; the defaults are those of rtl/mem3d/timing/hbm3.toml. Times in picoseconds.
  parameter int unsigned TCk           = 625,
  parameter int unsigned TRcd          = 19400,
  parameter int unsigned TRp           = 16250,
  parameter int unsigned TRas          = 28100,
  parameter int unsigned TRc           = 45000,
  parameter int unsigned TRrdS         = 2500,
  parameter int unsigned TRrdL         = 3100,
  parameter int unsigned TFaw          = 15000,
  parameter int unsigned TCcdS         = 1250,
  parameter int unsigned TCcdL         = 2500,
  parameter int unsigned TCl           = 12500,
  parameter int unsigned TCwl          = 8750,
  parameter int unsigned TBurst        = 1250,
  parameter int unsigned TTurn         = 1250,
  parameter int unsigned TWr           = 20600,
  parameter int unsigned TWtrS         = 4400,
  parameter int unsigned TWtrL         = 6250,
  parameter int unsigned TRtp          = 5600,
  parameter int unsigned TRfcAb        = 350000,
  parameter int unsigned TRfcPb        = 200000,
  parameter int unsigned TRrefd        = 8000,
  parameter int unsigned TRfm          = 200000,
  parameter int unsigned TRefi         = 3900000,
  parameter int unsigned TXp           = 7500,
  parameter int unsigned TPd           = 7500,
  parameter int unsigned TXs           = 360000,
  parameter int unsigned TSr           = 10000,
  parameter int unsigned RaaImt        = 80,
  parameter int unsigned RaaMmt        = 480,
  parameter int unsigned BankGroups    = 4,
  parameter int unsigned BanksPerGroup = 4,
  parameter int unsigned RowBytes      = 1024,
  parameter int unsigned Rows          = 32768
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic      rd_valid_i,
  output logic      rd_ready_o,
  input  vault_rd_t rd_i,

  input  logic      wr_valid_i,
  output logic      wr_ready_o,
  input  vault_wr_t wr_i,

  output logic       rsp_valid_o,
  input  logic       rsp_ready_i,
  output vault_rsp_t rsp_o,

  input  vault_cfg_t    cfg_i,
  output vault_status_t status_o,
  input  logic [1:0]    temp_i,

  output dram_cmd_t       cmd_o,
  output logic            dq_oe_o,
  output logic [DQ_W-1:0] dq_o,
  input  logic [DQ_W-1:0] dq_i,
  output lane_map_t       lanes_o
);

  localparam int unsigned BANKS = BankGroups * BanksPerGroup;
  localparam int unsigned LINES = RowBytes / LINE_BYTES;
  // ACT's time is half a tCK after that of the other commands of its clock.
  localparam int unsigned HALF      = (TCk + 1) / 2;
  localparam int unsigned WRITE_END = TCwl + TBurst;

  localparam timing_t T = '{
    rl:     clocks(TCl, TCk),
    wl:     clocks(TCwl, TCk),
    rcd:    clocks(TRcd + HALF, TCk),
    rp:     clocks(TRp, TCk),
    ras:    clocks(TRas + HALF, TCk),
    rc:     clocks(TRc, TCk),
    rrd_s:  clocks(TRrdS, TCk),
    rrd_l:  clocks(TRrdL, TCk),
    faw:    clocks(TFaw, TCk),
    ccd_s:  clocks(TCcdS, TCk),
    ccd_l:  clocks(TCcdL, TCk),
    rtp:    clocks(TRtp, TCk),
    wtp:    clocks(WRITE_END + TWr, TCk),
    wtr_s:  clocks(WRITE_END + TWtrS, TCk),
    wtr_l:  clocks(WRITE_END + TWtrL, TCk),
    rtw:    clocks(TCl + TBurst + TTurn - TCwl, TCk),
    rfc_ab: clocks(TRfcAb, TCk),
    rfc_pb: clocks(TRfcPb, TCk),
    rrefd:  clocks(TRrefd, TCk),
    rfm:    clocks(TRfm, TCk),
    refi:   clocks_within(TRefi, TCk),
    xp:     clocks(TXp, TCk),
    pd:     clocks(TPd, TCk),
    xs:     clocks(TXs, TCk),
    sr:     clocks(TSr, TCk)
  };

  // Places for responses: all reads that can be under way at full rate, and those that wait for the
  // taker.
  localparam int unsigned RESPONSES = 32;
  localparam int unsigned CREDIT_W  = $clog2(RESPONSES + 1);
  localparam int unsigned WRITE_W   = $clog2(WriteQueue);

  function automatic logic [BANKS-1:0] one_hot(logic [BANK_W-1:0] bank);
    logic [BANKS-1:0] one;
    /* verilator unroll_disable */
    for (int unsigned b = 0; b < BANKS; b++) one[b] = bank == BANK_W'(b);
    return one;
  endfunction

  // ---- Banks ----
  logic [BANKS-1:0]            open, act_ok, pre_ok, rd_ok, wr_ok, idle, held, closing;
  logic [ROW_W-1:0]            open_row [BANKS];
  logic                        act, col, write_mode;
  logic [BANKS-1:0]            col_ap_bank, act_bank, col_bank, pre_bank, op_bank;
  logic [ROW_W-1:0]            act_row;
  row_op_e                     op;

  mem3d_vault_timers #(
    .Groups  (BankGroups),
    .PerGroup(BanksPerGroup),
    .T       (T)
  ) u_timers (
    .clk_i,
    .rst_ni,
    .act_i      (act),
    .act_bank_i (act_bank),
    .act_row_i  (act_row),
    .col_i      (col),
    .col_write_i(write_mode),
    .col_bank_i (col_bank),
    .col_ap_bank_i(col_ap_bank),
    .pre_bank_i (pre_bank),
    .ref_ab_i   (op == RowRefAb),
    .ref_pb_i   ((op == RowRefPb) ? op_bank : '0),
    .rfm_i      ((op == RowRfmPb) ? op_bank : '0),
    .open_o     (open),
    .row_o      (open_row),
    .act_ok_o   (act_ok),
    .pre_ok_o   (pre_ok),
    .rd_ok_o    (rd_ok),
    .wr_ok_o    (wr_ok),
    .idle_o     (idle)
  );
  assign closing = pre_bank | col_ap_bank;

  // ---- Age ----
  logic [11:0] age_q;
  logic        age_tick;
  assign age_tick = cfg_i.age_limit != '0 && age_q >= {cfg_i.age_limit, 4'h0};
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)       age_q <= '0;
    else if (age_tick) age_q <= '0;
    else               age_q <= age_q + 1'b1;
  end

  // ---- Reads ----
  logic                  rd_push_same, wr_push, wr_push_same;
  logic                  rd_take, rd_push, space, fill_space, look_hit, look_covers;
  logic [BANKS-1:0]      rd_bank_oh, wr_bank_oh;
  logic [ReadQueue-1:0]  push_slot, same_line_reads, reads_issued;
  logic [WRITE_W-1:0]    look_slot, gone_slot, drop_slot, fill_slot, out_slot;
  logic [LINE_BITS-1:0]  look_data, out_data;
  logic [LINE_WORDS-1:0] look_poison, out_poison;
  logic                  gone, drop, fill_valid, fill_ready, fill_scrub;
  logic [BANKS-1:0]      fill_bank_oh;
  logic [BANK_W-1:0]     fill_bank;
  logic [ROW_W-1:0]      fill_row;
  logic [LINE_W-1:0]     fill_line;
  logic                  out_valid, out_fill;
  logic [TAG_W-1:0]      out_tag;
  logic [1:0]            out_corrected;
  logic [3:0][CODE_W-1:0] codes_in;
  vault_wr_t              write;

  logic                  rd_col_valid, rd_col_half, rd_col_last, rd_col_credit, rd_row_valid;
  logic [BANKS-1:0]      rd_col_bank, rd_row_bank, rd_any, rd_hits, rd_two, rd_conflict, rd_force;
  logic [BANKS-1:0]      urgent_hits, urgent_misses;
  logic [BANKS-1:0]      rd_act_ok, wr_act_ok;
  logic [LINE_W-1:0]     rd_col_line, wr_col_line;
  logic [ROW_W-1:0]      rd_row, wr_row;
  logic                  rd_ready, rd_valid, rd_urgent, rd_over, rd_under_way, credit;
  logic [8:0]            rd_count, wr_count;

  logic                  err_valid, err_half;
  logic [3:0]            err_words, err_uncorrectable;
  logic [3:0][7:0]       err_syndrome;
  err_source_e           err_source;
  logic [BANK_W-1:0]     err_bank;
  logic [ROW_W-1:0]      err_row;
  logic [LINE_W-1:0]     err_line;

  // A read that is answered from the write queue waits here for a place among the responses.
  logic                  forward_q, forward_done;
  vault_rsp_t            forwarded_q;

  assign rd_bank_oh = one_hot(rd_i.bank);
  assign rd_ready_o = space && !forward_q && !fill_valid;
  assign rd_take    = rd_valid_i && rd_ready_o;
  assign rd_push    = rd_take && !(look_hit && look_covers);
  assign fill_ready = fill_space;

  mem3d_vault_reads #(
    .Entries(ReadQueue),
    .Writes (WriteQueue),
    .Banks  (BANKS),
    .T      (T)
  ) u_reads (
    .clk_i,
    .rst_ni,
    .push_i             (rd_push),
    .read_i             (rd_i),
    .bank_i             (rd_bank_oh),
    .wait_i             (look_hit),
    .wait_on_i          (look_slot),
    .space_o            (space),
    .push_slot_o        (push_slot),
    .push_same_o        (rd_push_same),
    .fill_i             (fill_valid && fill_ready),
    .fill_scrub_i       (fill_scrub),
    .fill_slot_i        (fill_slot),
    .fill_bank_oh_i     (fill_bank_oh),
    .fill_bank_i        (fill_bank),
    .fill_row_i         (fill_row),
    .fill_line_i        (fill_line),
    .fill_space_o       (fill_space),
    .gone_i             (gone),
    .gone_slot_i        (gone_slot),
    .drop_i             (drop),
    .drop_slot_i        (drop_slot),
    .open_i             (open),
    .open_row_i         (open_row),
    .act_i              (act),
    .act_bank_i         (act_bank),
    .act_row_i          (act_row),
    .close_i            (closing),
    .credit_i           (credit),
    .col_ok_i           (rd_ok & ~held),
    .act_ok_i           (rd_act_ok),
    .age_tick_i         (age_tick),
    .col_valid_o        (rd_col_valid),
    .col_bank_o         (rd_col_bank),
    .col_line_o         (rd_col_line),
    .col_half_o         (rd_col_half),
    .col_last_o         (rd_col_last),
    .col_takes_credit_o (rd_col_credit),
    .col_take_i         (col && !write_mode),
    .row_valid_o        (rd_row_valid),
    .row_bank_o         (rd_row_bank),
    .row_row_o          (rd_row),
    .find_bank_i        (wr_bank_oh),
    .find_row_i         (write.row),
    .find_line_i        (write.line),
    .found_o            (same_line_reads),
    .issued_o           (reads_issued),
    .codes_i            (codes_in),
    .ecc_enable_i       (cfg_i.ecc_enable),
    .out_valid_o        (out_valid),
    .out_fill_o         (out_fill),
    .out_slot_o         (out_slot),
    .out_tag_o          (out_tag),
    .out_data_o         (out_data),
    .out_poison_o       (out_poison),
    .out_corrected_o    (out_corrected),
    .err_valid_o        (err_valid),
    .err_words_o        (err_words),
    .err_uncorrectable_o(err_uncorrectable),
    .err_syndrome_o     (err_syndrome),
    .err_half_o         (err_half),
    .err_source_o       (err_source),
    .err_bank_o         (err_bank),
    .err_row_o          (err_row),
    .err_line_o         (err_line),
    .any_o              (rd_any),
    .hits_o             (rd_hits),
    .two_hits_o         (rd_two),
    .conflict_o         (rd_conflict),
    .force_o            (rd_force),
    .urgent_hits_o      (urgent_hits),
    .urgent_misses_o    (urgent_misses),
    .any_ready_o        (rd_ready),
    .any_valid_o        (rd_valid),
    .urgent_ready_o     (rd_urgent),
    .any_over_o         (rd_over),
    .under_way_o        (rd_under_way),
    .count_o            (rd_count)
  );

  // ---- Writes ----
  logic      scrub_valid, write_ready, merged, scrubbed;
  vault_wr_t scrub_line;
  logic      wr_col_valid, wr_col_half, wr_col_last, wr_row_valid;
  logic [BANKS-1:0] wr_col_bank, wr_row_bank, wr_any, wr_hits, wr_two, wr_conflict, wr_force;
  logic      wr_ready, wr_valid, wr_due, wr_under_way;
  logic      burst_valid, burst_half;
  logic [BURST_BITS-1:0] burst_data;
  logic [3:0]            burst_poison;

  mem3d_vault_scrub #(
    .Banks(BANKS),
    .Rows (Rows),
    .Lines(LINES)
  ) u_scrub (
    .clk_i,
    .rst_ni,
    .interval_i(cfg_i.scrub_interval),
    .valid_o   (scrub_valid),
    .ready_i   (write_ready),
    .line_o    (scrub_line)
  );

  assign write      = scrub_valid ? scrub_line : wr_i;
  assign wr_bank_oh = one_hot(write.bank);
  assign wr_ready_o = write_ready && !scrub_valid;

  // A read of this clock is older than the write of this clock.
  logic [ReadQueue-1:0] older_reads;
  assign older_reads = same_line_reads
                       | ((rd_push && rd_i.row == write.row && rd_i.bank == write.bank
                           && rd_i.line == write.line) ? push_slot : '0);

  // What completes a partial write has a stage of its own behind the decoders.
  logic                  filled_q;
  logic [WRITE_W-1:0]    filled_slot_q;
  logic [LINE_BITS-1:0]  filled_data_q;
  logic [LINE_WORDS-1:0] filled_poison_q;
  logic [1:0]            filled_corrected_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      filled_q           <= 1'b0;
      filled_slot_q      <= '0;
      filled_data_q      <= '0;
      filled_poison_q    <= '0;
      filled_corrected_q <= '0;
    end else begin
      filled_q <= out_valid && out_fill;
      if (out_valid && out_fill) begin
        filled_slot_q      <= out_slot;
        filled_data_q      <= out_data;
        filled_poison_q    <= out_poison;
        filled_corrected_q <= out_corrected;
      end
    end
  end

  mem3d_vault_writes #(
    .Entries(WriteQueue),
    .Reads  (ReadQueue),
    .Banks  (BANKS),
    .T      (T)
  ) u_writes (
    .clk_i,
    .rst_ni,
    .valid_i           (scrub_valid || wr_valid_i),
    .ready_o           (write_ready),
    .write_i           (write),
    .scrub_i           (scrub_valid),
    .bank_i            (wr_bank_oh),
    .older_reads_i     (older_reads),
    .merged_o          (merged),
    .push_o            (wr_push),
    .push_same_o       (wr_push_same),
    .look_valid_i      (rd_valid_i),
    .look_waits_i      (rd_push && look_hit),
    .look_i            (rd_i),
    .look_bank_i       (rd_bank_oh),
    .look_hit_o        (look_hit),
    .look_covers_o     (look_covers),
    .look_slot_o       (look_slot),
    .look_data_o       (look_data),
    .look_poison_o     (look_poison),
    .read_issued_i     (reads_issued),
    .gone_o            (gone),
    .gone_slot_o       (gone_slot),
    .drop_o            (drop),
    .drop_slot_o       (drop_slot),
    .fill_valid_o      (fill_valid),
    .fill_ready_i      (fill_ready),
    .fill_scrub_o      (fill_scrub),
    .fill_slot_o       (fill_slot),
    .fill_bank_oh_o    (fill_bank_oh),
    .fill_bank_o       (fill_bank),
    .fill_row_o        (fill_row),
    .fill_line_o       (fill_line),
    .filled_i          (filled_q),
    .filled_slot_i     (filled_slot_q),
    .filled_data_i     (filled_data_q),
    .filled_poison_i   (filled_poison_q),
    .filled_corrected_i(filled_corrected_q),
    .scrubbed_o        (scrubbed),
    .open_i            (open),
    .open_row_i        (open_row),
    .act_i             (act),
    .act_bank_i        (act_bank),
    .act_row_i         (act_row),
    .close_i           (closing),
    .col_ok_i          (wr_ok & ~held),
    .act_ok_i          (wr_act_ok),
    .age_tick_i        (age_tick),
    .col_valid_o       (wr_col_valid),
    .col_bank_o        (wr_col_bank),
    .col_line_o        (wr_col_line),
    .col_half_o        (wr_col_half),
    .col_last_o        (wr_col_last),
    .col_take_i        (col && write_mode),
    .row_valid_o       (wr_row_valid),
    .row_bank_o        (wr_row_bank),
    .row_row_o         (wr_row),
    .burst_valid_o     (burst_valid),
    .burst_half_o      (burst_half),
    .burst_data_o      (burst_data),
    .burst_poison_o    (burst_poison),
    .any_o             (wr_any),
    .hits_o            (wr_hits),
    .two_hits_o        (wr_two),
    .conflict_o        (wr_conflict),
    .force_o           (wr_force),
    .any_ready_o       (wr_ready),
    .any_valid_o       (wr_valid),
    .due_o             (wr_due),
    .under_way_o       (wr_under_way),
    .count_o           (wr_count)
  );

  // ---- Refresh, power, scheduling ----
  logic             block_all, write_waits;
  logic [BANKS-1:0] block, close, close_now;
  power_e           power;

  assign write_waits = wr_valid_i || scrub_valid;
  mem3d_vault_refresh #(
    .Banks (BANKS),
    .T     (T),
    .RaaImt(RaaImt)
  ) u_refresh (
    .clk_i,
    .rst_ni,
    .cfg_i,
    .temp_i,
    .wake_i     (rd_valid_i || write_waits || rd_valid || wr_valid),
    .busy_i     (rd_under_way || wr_under_way),
    .wanted_i   (rd_any | wr_any),
    .urgent_hits_i  (urgent_hits),
    .urgent_misses_i(urgent_misses),
    .open_i     (open),
    .idle_i     (idle),
    .act_i      (act),
    .act_bank_i (act_bank),
    .block_all_o(block_all),
    .block_o    (block),
    .close_o    (close),
    .close_now_o(close_now),
    .op_o       (op),
    .op_bank_o  (op_bank),
    .power_o    (power)
  );

  mem3d_vault_sched #(
    .Banks       (BANKS),
    .WriteEntries(WriteQueue),
    .RowClocks   (32'(T.rc) + 32'(T.wtp))
  ) u_sched (
    .clk_i,
    .rst_ni,
    .cfg_i,
    .rd_push_i     (rd_push),
    .rd_push_bank_i(rd_bank_oh),
    .rd_push_same_i(rd_push_same),
    .wr_push_i     (wr_push),
    .wr_push_bank_i(wr_bank_oh),
    .wr_push_same_i(wr_push_same),
    .rd_col_valid_i(rd_col_valid),
    .rd_col_bank_i (rd_col_bank),
    .rd_col_last_i (rd_col_last),
    .rd_row_valid_i(rd_row_valid),
    .rd_row_bank_i (rd_row_bank),
    .rd_row_i      (rd_row),
    .rd_any_i      (rd_any),
    .rd_hits_i     (rd_hits),
    .rd_two_hits_i (rd_two),
    .rd_conflict_i (rd_conflict),
    .rd_force_i    (rd_force),
    .rd_ready_i    (rd_ready),
    .rd_urgent_i   (rd_urgent),
    .rd_over_i     (rd_over),
    .urgent_hits_i  (urgent_hits),
    .urgent_misses_i(urgent_misses),
    .wr_col_valid_i(wr_col_valid),
    .wr_col_bank_i (wr_col_bank),
    .wr_col_last_i (wr_col_last),
    .wr_row_valid_i(wr_row_valid),
    .wr_row_bank_i (wr_row_bank),
    .wr_row_i      (wr_row),
    .wr_any_i      (wr_any),
    .wr_hits_i     (wr_hits),
    .wr_two_hits_i (wr_two),
    .wr_conflict_i (wr_conflict),
    .wr_force_i    (wr_force),
    .wr_ready_i    (wr_ready),
    .wr_due_i      (wr_due),
    .wr_count_i    (wr_count),
    .open_i        (open),
    .act_ok_i      (act_ok),
    .pre_ok_i      (pre_ok),
    .block_all_i   (block_all),
    .block_i       (block),
    .close_i       (close),
    .close_now_i   (close_now),
    .op_i          (op),
    .rd_act_ok_o   (rd_act_ok),
    .wr_act_ok_o   (wr_act_ok),
    .held_o        (held),
    .write_mode_o  (write_mode),
    .col_o         (col),
    .col_bank_o    (col_bank),
    .col_ap_bank_o (col_ap_bank),
    .act_o         (act),
    .act_bank_o    (act_bank),
    .act_row_o     (act_row),
    .pre_bank_o    (pre_bank)
  );

  // ---- Command pins ----
  dram_cmd_t cmd_q, cmd_d;
  logic [$clog2(BANKS)-1:0] row_number, act_number, col_number;
  mem3d_number #(
    .Count(BANKS)
  ) u_row_number (
    .one_i   (pre_bank | op_bank),
    .number_o(row_number)
  );
  mem3d_number #(
    .Count(BANKS)
  ) u_act_number (
    .one_i   (act_bank),
    .number_o(act_number)
  );
  mem3d_number #(
    .Count(BANKS)
  ) u_col_number (
    .one_i   (col_bank),
    .number_o(col_number)
  );
  always_comb begin
    cmd_d           = '0;
    cmd_d.row_op    = (pre_bank != '0) ? RowPre : op;
    cmd_d.row_bank  = BANK_W'(row_number);
    cmd_d.act_valid = act;
    cmd_d.act_bank  = BANK_W'(act_number);
    cmd_d.act_row   = act ? act_row : '0;
    cmd_d.col_valid = col;
    if (col) begin
      cmd_d.col_write = write_mode;
      cmd_d.col_ap    = col_ap_bank != '0;
      cmd_d.col_bank  = BANK_W'(col_number);
      cmd_d.col_burst = write_mode ? {wr_col_line, wr_col_half} : {rd_col_line, rd_col_half};
    end
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) cmd_q <= '0;
    else         cmd_q <= cmd_d;
  end
  assign cmd_o = cmd_q;

  // ---- Data pins ----
  logic [3:0][CODE_W-1:0]      codes_out;
  logic [BEATS-1:0][LANES-1:0] beats_out, beats_in;
  logic [DQ_W-1:0]             dq_out, dq_in_q, dq_out_q;
  logic                        dq_oe_q, arm_q, inject_q, inject_now;

  assign inject_now = inject_q && burst_valid && burst_half == cfg_i.inject.word[2];
  for (genvar w = 0; w < 4; w++) begin : gen_out
    logic [CODE_W-1:0] code;
    mem3d_secded_enc u_enc (
      .data_i  (burst_data[64*w+:64]),
      .poison_i(burst_poison[w]),
      .code_o  (code)
    );
    assign codes_out[w] = code
      ^ ((inject_now && cfg_i.inject.word[1:0] == 2'(w)) ? cfg_i.inject.mask : '0);
    // A codeword crosses in two beats.
    assign beats_out[2*w]   = codes_out[w][LANES-1:0];
    assign beats_out[2*w+1] = codes_out[w][CODE_W-1:LANES];
    assign codes_in[w]      = {beats_in[2*w+1], beats_in[2*w]};
  end

  mem3d_lanes u_lanes (
    .clk_i,
    .rst_ni,
    .map_i  (cfg_i.lanes),
    .lanes_o,
    .out_i  (beats_out),
    .out_o  (dq_out),
    .in_i   (dq_in_q),
    .in_o   (beats_in)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      dq_in_q  <= '0;
      dq_out_q <= '0;
      dq_oe_q  <= 1'b0;
      arm_q    <= 1'b0;
      inject_q <= 1'b0;
    end else begin
      dq_in_q <= dq_i;
      dq_oe_q <= burst_valid;
      if (burst_valid) dq_out_q <= dq_out;
      arm_q   <= cfg_i.inject.arm;
      if (arm_q != cfg_i.inject.arm) inject_q <= 1'b1;
      else if (inject_now)           inject_q <= 1'b0;
    end
  end
  assign dq_o    = dq_out_q;
  assign dq_oe_o = dq_oe_q;

  // ---- Responses ----
  logic                rsp_push, rsp_space_unused;
  vault_rsp_t          rsp_in;
  logic [CREDIT_W-1:0] credit_q;
  logic                line_out;
  logic [$clog2(RESPONSES+1)-1:0] rsp_occupancy_unused;

  // Before the burst of this clock, which is known last.
  logic [CREDIT_W-1:0] credit_next;
  assign credit_next = credit_q + CREDIT_W'(rsp_valid_o && rsp_ready_i) - CREDIT_W'(forward_done);

  assign line_out     = out_valid && !out_fill;
  assign credit       = credit_q != '0;
  // The last credit may be taken by a burst of this clock.
  assign forward_done = forward_q && !line_out && credit_q > CREDIT_W'(1);
  assign rsp_push     = line_out || forward_done;
  assign rsp_in       = line_out ? '{tag: out_tag, poison: out_poison, data: out_data}
                                 : forwarded_q;

  common_fifo #(
    .Width($bits(vault_rsp_t)),
    .Depth(RESPONSES)
  ) u_responses (
    .clk_i,
    .rst_ni,
    .in_valid_i (rsp_push),
    .in_ready_o (rsp_space_unused),
    .in_i       (rsp_in),
    .out_valid_o(rsp_valid_o),
    .out_ready_i(rsp_ready_i),
    .out_o      (rsp_o),
    .occupancy_o(rsp_occupancy_unused)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      credit_q    <= CREDIT_W'(RESPONSES);
      forward_q   <= 1'b0;
      forwarded_q <= '0;
    end else begin
      credit_q <= (col && !write_mode && rd_col_credit) ? credit_next - 1'b1 : credit_next;
      if (rd_take && look_hit && look_covers) begin
        forward_q   <= 1'b1;
        forwarded_q <= '{tag: rd_i.tag, poison: look_poison, data: look_data};
      end else if (forward_done) begin
        forward_q <= 1'b0;
      end
    end
  end

  // ---- Errors and status ----
  mem3d_vault_errors u_errors (
    .clk_i,
    .rst_ni,
    .valid_i        (err_valid),
    .words_i        (err_words),
    .uncorrectable_i(err_uncorrectable),
    .syndrome_i     (err_syndrome),
    .half_i         (err_half),
    .source_i       (err_source),
    .bank_i         (err_bank),
    .row_i          (err_row),
    .line_i         (err_line),
    .error_o        (status_o.error),
    .lost_o         (status_o.error_lost)
  );

  // A burst on a row that an earlier request opened: no ACT since the last burst to the bank.
  logic [BANKS-1:0] fresh_q;
  logic             line_done;
  assign line_done = col && (write_mode ? wr_col_last : rd_col_last);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) fresh_q <= '0;
    else         fresh_q <= (fresh_q & ~(line_done ? col_bank : '0)) | act_bank;
  end

  assign status_o.row_hit    = line_done && (col_bank & fresh_q) == '0;
  assign status_o.forwarded  = rd_take && look_hit && look_covers;
  assign status_o.merged     = merged;
  assign status_o.rmw        = fill_valid && fill_ready && !fill_scrub;
  assign status_o.scrubbed   = scrubbed;
  assign status_o.draining   = write_mode;
  assign status_o.age_forced = rd_over;
  assign status_o.power      = power;
  assign status_o.reads      = rd_count;
  assign status_o.writes     = wr_count;

  // Both directions' bursts have a place: credits for reads, and never more than the queue holds.
  `ASSERT(ResponseHasPlace_A, rsp_push |-> rsp_space_unused)
  `ASSERT(CreditsHold_A, credit_q <= CREDIT_W'(RESPONSES))
  `COVER(NoCredit_C, !credit && rd_ready)
  `COVER(Forwarded_C, status_o.forwarded)
  `COVER(ForwardWaits_C, forward_q && !forward_done)

  mem3d_vault_limits #(
    .ReadQueue    (ReadQueue),
    .WriteQueue   (WriteQueue),
    .TCk          (TCk),
    .TRcd         (TRcd),
    .TRp          (TRp),
    .TRas         (TRas),
    .TRc          (TRc),
    .TRrdS        (TRrdS),
    .TRrdL        (TRrdL),
    .TFaw         (TFaw),
    .TCcdS        (TCcdS),
    .TCcdL        (TCcdL),
    .TCl          (TCl),
    .TCwl         (TCwl),
    .TBurst       (TBurst),
    .TTurn        (TTurn),
    .TWr          (TWr),
    .TWtrS        (TWtrS),
    .TWtrL        (TWtrL),
    .TRtp         (TRtp),
    .TRfcAb       (TRfcAb),
    .TRfcPb       (TRfcPb),
    .TRrefd       (TRrefd),
    .TRfm         (TRfm),
    .TRefi        (TRefi),
    .TXp          (TXp),
    .TPd          (TPd),
    .TXs          (TXs),
    .TSr          (TSr),
    .RaaImt       (RaaImt),
    .RaaMmt       (RaaMmt),
    .BankGroups   (BankGroups),
    .BanksPerGroup(BanksPerGroup),
    .RowBytes     (RowBytes),
    .Rows         (Rows)
  ) u_limits ();

endmodule
