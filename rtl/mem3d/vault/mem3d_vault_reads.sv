// mem3d_vault_reads: the read queue; rsp = data of the line, halves joined and corrected.
//
// Reads of the host and reads that complete a partial write stand in one queue. A slot is held from
// the push until the last burst has come back. A read that waits for a pending write is not ready.
// Latency    push to nomination 1 clock; last burst on dq_i to out_valid_o 1 clock.
// Throughput one push and one burst per clock.
// Golden     golden/src/mem3d/vault.rs     Plan  rtl/mem3d/vault/testplan.hjson
`include "assert.svh"

module mem3d_vault_reads
  import mem3d_pkg::*;
  import mem3d_timing_pkg::*;
#(
  parameter int unsigned Entries = 64,
  parameter int unsigned Writes  = 64,
  parameter int unsigned Banks   = 16,
  parameter timing_t     T       = '0,

  localparam int unsigned SLOT_W  = $clog2(Entries),
  localparam int unsigned WRITE_W = $clog2(Writes)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // A read of the host; it has a place while `space_o`.
  input  logic               push_i,
  input  vault_rd_t          read_i,
  input  logic [Banks-1:0]   bank_i,          // of read_i, one-hot
  input  logic               wait_i,          // for the pending write `wait_on_i`
  input  logic [WRITE_W-1:0] wait_on_i,
  output logic               space_o,
  output logic [Entries-1:0] push_slot_o,     // where it goes
  output logic               push_same_o,     // to the row that is or was open last
  // A read that completes the write in slot `fill_slot_i`; never together with push_i.
  input  logic               fill_i,
  input  logic               fill_scrub_i,
  input  logic [WRITE_W-1:0] fill_slot_i,
  input  logic [Banks-1:0]   fill_bank_oh_i,
  input  logic [BANK_W-1:0]  fill_bank_i,
  input  logic [ROW_W-1:0]   fill_row_i,
  input  logic [LINE_W-1:0]  fill_line_i,
  output logic               fill_space_o,
  // Writes that left their queue: issued, or dropped.
  input  logic               gone_i,
  input  logic [WRITE_W-1:0] gone_slot_i,
  input  logic               drop_i,
  input  logic [WRITE_W-1:0] drop_slot_i,

  // Row state, permissions and nominations, as of the queue.
  input  logic [Banks-1:0]            open_i,
  input  logic [ROW_W-1:0]            open_row_i [Banks],
  input  logic                        act_i,
  input  logic [Banks-1:0]            act_bank_i,
  input  logic [ROW_W-1:0]            act_row_i,
  input  logic [Banks-1:0]            close_i,
  input  logic                        credit_i,
  input  logic [Banks-1:0]            col_ok_i,
  input  logic [Banks-1:0]            act_ok_i,
  input  logic                        age_tick_i,
  output logic                        col_valid_o,
  output logic [Banks-1:0]            col_bank_o,
  output logic [LINE_W-1:0]           col_line_o,
  output logic                        col_half_o,
  output logic                        col_last_o,
  output logic                        col_takes_credit_o,
  input  logic                        col_take_i,
  output logic                        row_valid_o,
  output logic [Banks-1:0]            row_bank_o,
  output logic [ROW_W-1:0]            row_row_o,

  // An address looked up among the host's reads, for writes that must not pass them.
  input  logic [Banks-1:0]   find_bank_i,
  input  logic [ROW_W-1:0]   find_row_i,
  input  logic [LINE_W-1:0]  find_line_i,
  output logic [Entries-1:0] found_o,
  output logic [Entries-1:0] issued_o,        // reads whose last burst is issued in this clock

  // Read data from the pins, codewords of one burst, in the clock after dq_i.
  input  logic [3:0][CODE_W-1:0] codes_i,
  input  logic                   ecc_enable_i,

  // A complete line.
  output logic                  out_valid_o,
  output logic                  out_fill_o,
  output logic [WRITE_W-1:0]    out_slot_o,
  output logic [TAG_W-1:0]      out_tag_o,
  output logic [LINE_BITS-1:0]  out_data_o,
  output logic [LINE_WORDS-1:0] out_poison_o,
  output logic [1:0]            out_corrected_o,  // of each burst

  // Errors of one burst.
  output logic                  err_valid_o,
  output logic [3:0]            err_words_o,
  output logic [3:0]            err_uncorrectable_o,
  output logic [3:0][7:0]       err_syndrome_o,
  output logic                  err_half_o,
  output err_source_e           err_source_o,
  output logic [BANK_W-1:0]     err_bank_o,
  output logic [ROW_W-1:0]      err_row_o,
  output logic [LINE_W-1:0]     err_line_o,

  output logic [Banks-1:0] any_o,
  output logic [Banks-1:0] hits_o,
  output logic [Banks-1:0] two_hits_o,
  output logic [Banks-1:0] conflict_o,
  output logic [Banks-1:0] force_o,           // a conflict that does not wait for hits
  output logic [Banks-1:0] urgent_hits_o,
  output logic [Banks-1:0] urgent_misses_o,
  output logic             any_ready_o,
  output logic             any_valid_o,
  output logic             urgent_ready_o,
  output logic             any_over_o,
  output logic             under_way_o,       // data on their way
  output logic [8:0]       count_o
);

  // What is known of a read besides its place in the queue.
  typedef struct packed {
    logic               fill;
    logic               scrub;
    logic [WRITE_W-1:0] write;
    logic [TAG_W-1:0]   tag;
    logic [BANK_W-1:0]  bank;
    logic [ROW_W-1:0]   row;
    logic [LINE_W-1:0]  line;
  } info_t;

  // A burst under way: from its nomination to the clock in which its data are decoded.
  typedef struct packed {
    logic              valid;
    logic              half;
    logic [SLOT_W-1:0] slot;
  } token_t;
  localparam int unsigned FLIGHT = 32'(T.rl) + 2;

  logic [Entries-1:0]               held_q, valid, started, found, waiting_q, waiting_d, fill_q;
  logic [WRITE_W-1:0]               wait_on_q [Entries], wait_on_d [Entries];
  logic [Entries-1:0]               free, slot, col_slot;
  logic [SLOT_W-1:0]                slot_index, col_index;
  logic                             col_first, push, urgent;
  logic [Banks-1:0]                 bank;
  info_t                            info;
  info_t                            info_mem [Entries];
  logic [BURST_BITS-1:0]            half_mem [Entries];
  logic [4:0]                       half_flags_mem [Entries];
  token_t [FLIGHT-1:0]              token_q;
  token_t                           token;
  info_t                            landed;
  logic [3:0][63:0]                 data;
  logic [3:0]                       corrected, uncorrectable;
  logic [8:0]                       count_q;

  // A slot stays free for the reads that complete writes: the host's may wait for those.
  assign free         = ~held_q;
  assign slot         = free & (~free + 1'b1);
  assign space_o      = (free & ~slot) != '0;
  assign fill_space_o = free != '0;
  assign push_slot_o  = slot;
  assign push         = push_i || fill_i;
  always_comb begin
    bank = fill_i ? fill_bank_oh_i : bank_i;
    info = '{
      fill: fill_i,
      scrub: fill_i && fill_scrub_i,
      write: fill_slot_i,
      tag: read_i.tag,
      bank: fill_i ? fill_bank_i : read_i.bank,
      row: fill_i ? fill_row_i : read_i.row,
      line: fill_i ? fill_line_i : read_i.line
    };
    urgent = push_i && read_i.urgent;
  end

  mem3d_number #(
    .Count(Entries)
  ) u_slot_index (
    .one_i   (slot),
    .number_o(slot_index)
  );

  mem3d_vault_queue #(
    .Entries(Entries),
    .Banks  (Banks)
  ) u_queue (
    .clk_i,
    .rst_ni,
    .push_i        (push),
    .push_slot_i   (slot),
    .push_bank_i   (bank),
    .push_row_i    (info.row),
    .push_line_i   (info.line),
    .push_need_i   (2'b11),
    .push_urgent_i (urgent),
    .push_same_o,
    .need_slot_i   ('0),
    .need_i        ('0),
    .drop_i        ('0),
    .open_i,
    .open_row_i,
    .act_i,
    .act_bank_i,
    .act_row_i,
    .close_i,
    .ready_i       (~waiting_q),
    .start_ok_i    (fill_q | {Entries{credit_i}}),
    .col_ok_i,
    .act_ok_i,
    .age_tick_i,
    .col_valid_o,
    .col_slot_o    (col_slot),
    .col_index_o   (col_index),
    .col_bank_o,
    .col_line_o,
    .col_half_o,
    .col_first_o   (col_first),
    .col_last_o,
    .col_take_i,
    .row_valid_o,
    .row_bank_o,
    .row_row_o,
    .find_bank_i,
    .find_row_i,
    .find_line_i,
    .found_o       (found),
    .valid_o       (valid),
    .started_o     (started),
    .any_o,
    .hits_o,
    .two_hits_o,
    .conflict_o,
    .force_o,
    .urgent_hits_o,
    .urgent_misses_o,
    .any_over_o,
    .any_ready_o,
    .urgent_ready_o
  );

  assign found_o            = found & ~fill_q;
  assign issued_o           = (col_take_i && col_last_o) ? col_slot : '0;
  assign col_takes_credit_o = col_first && (col_slot & fill_q) == '0;
  assign any_valid_o        = valid != '0;
  assign count_o            = count_q;

  // The awaited write leaves in this clock.
  function automatic logic leaves(logic [WRITE_W-1:0] awaited);
    return (gone_i && gone_slot_i == awaited) || (drop_i && drop_slot_i == awaited);
  endfunction

  // Data come back in the order of the bursts.
  assign token  = token_q[FLIGHT-1];
  assign landed = info_mem[token.slot];
  for (genvar w = 0; w < 4; w++) begin : gen_word
    logic [63:0] decoded;
    logic        one, two;
    mem3d_secded_dec u_dec (
      .code_i         (codes_i[w]),
      .data_o         (decoded),
      .syndrome_o     (err_syndrome_o[w]),
      .corrected_o    (one),
      .uncorrectable_o(two)
    );
    assign data[w]          = ecc_enable_i ? decoded : codes_i[w][63:0];
    assign corrected[w]     = ecc_enable_i && one;
    assign uncorrectable[w] = ecc_enable_i && two;
  end

  assign out_valid_o     = token.valid && token.half;
  assign out_fill_o      = landed.fill;
  assign out_slot_o      = landed.write;
  assign out_tag_o       = landed.tag;
  assign out_data_o      = {data, half_mem[token.slot]};
  assign out_poison_o    = {uncorrectable, half_flags_mem[token.slot][3:0]};
  assign out_corrected_o = {corrected != '0, half_flags_mem[token.slot][4]};

  assign err_valid_o         = token.valid && (corrected | uncorrectable) != '0;
  assign err_words_o         = corrected | uncorrectable;
  assign err_uncorrectable_o = uncorrectable;
  assign err_half_o          = token.half;
  assign err_source_o        = landed.scrub ? ErrScrub : landed.fill ? ErrRmw : ErrDemand;
  assign err_bank_o          = landed.bank;
  assign err_row_o           = landed.row;
  assign err_line_o          = landed.line;

  always_ff @(posedge clk_i) begin
    if (push) info_mem[slot_index] <= info;
    if (token.valid && !token.half) begin
      half_mem[token.slot]       <= data;
      half_flags_mem[token.slot] <= {corrected != '0, uncorrectable};
    end
  end

  logic [Entries-1:0] landed_slot;
  logic [FLIGHT-1:0]  flying;
  always_comb begin
    landed_slot = '0;
    if (out_valid_o) landed_slot[token.slot] = 1'b1;
    for (int unsigned k = 0; k < FLIGHT; k++) flying[k] = token_q[k].valid;
    under_way_o = flying != '0;
  end

  always_comb begin
    wait_on_d = wait_on_q;
    waiting_d = waiting_q;
    /* verilator unroll_disable */
    for (int unsigned i = 0; i < Entries; i++) begin
      if (leaves(wait_on_q[i])) waiting_d[i] = 1'b0;
      if (push && slot[i]) wait_on_d[i] = wait_on_i;
    end
    if (push) begin
      waiting_d = (waiting_d & ~slot) | ((push_i && wait_i && !leaves(wait_on_i)) ? slot : '0);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      held_q    <= '0;
      fill_q    <= '0;
      waiting_q <= '0;
      wait_on_q <= '{default: '0};
      token_q   <= '0;
      count_q   <= '0;
    end else begin
      held_q  <= (held_q & ~landed_slot) | (push ? slot : '0);
      token_q <= {token_q[FLIGHT-2:0],
                  token_t'{valid: col_take_i, half: col_half_o, slot: col_index}};
      count_q <= count_q + 9'(push) - 9'(out_valid_o);
      waiting_q <= waiting_d;
      wait_on_q <= wait_on_d;
      if (push) fill_q <= (fill_q & ~slot) | (fill_i ? slot : '0);
    end
  end

  `ASSERT(OnePush_A, !(push_i && fill_i))
  `ASSERT(PushHasSlot_A, push |-> free != '0)
  // Both halves of a line are read, the lower first.
  `ASSERT(HalvesInOrder_A, col_valid_o |-> col_half_o == ((col_slot & started) != '0))
  `ASSERT(LandedHeld_A, token.valid |-> held_q[token.slot])
  `COVER(NoSpace_C, !space_o)
  `COVER(WaitsForWrite_C, waiting_q != '0)

endmodule
