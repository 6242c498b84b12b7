// mem3d_regs_vault: the registers of one vault, its error log and its counters.
//
// Latency    reads combinational; writes at the end of the cycle.
// Log        the first error since it was cleared; an uncorrectable one replaces a corrected.
// Golden     golden/src/mem3d/top.rs       Plan  rtl/mem3d/testplan.hjson
`include "assert.svh"

module mem3d_regs_vault
  import mem3d_pkg::*;
  import mem3d_reg_pkg::*;
(
  input  logic          clk_i,
  input  logic          rst_ni,

  // A write of the bits of wmask_i. Addresses count words of the group; `known`: a register is
  // there, and takes it.
  input  logic          write_i,
  input  logic [5:0]    waddr_i,
  input  logic [31:0]   wdata_i,
  input  logic [31:0]   wmask_i,
  output logic          wknown_o,

  input  logic [5:0]    raddr_i,
  output logic [31:0]   rdata_o,
  output logic          rknown_o,

  // To and from the vault.
  output lane_map_t     lanes_o,
  output inject_t       inject_o,
  input  vault_status_t status_i,
  input  logic [1:0]    temp_i,
  input  logic          act_i,
  input  row_op_e       row_op_i,
  input  logic          read_done_i,
  input  logic          write_done_i,

  output vault_error_status_reg_t error_status_o
);

  // Counters stand together, from `reads` to `rfms`.
  function automatic int unsigned counter(logic [15:0] offset);
    return (32'(offset) - 32'(VAULT_READS_OFFSET)) / 4;
  endfunction

  localparam int unsigned COUNTERS = counter(VAULT_RFMS_OFFSET) + 1;

  vault_lanes_reg_t         lanes_q;
  vault_inject_low_reg_t    inject_low_q;
  vault_inject_high_reg_t   inject_high_q;
  vault_inject_word_reg_t   inject_word_q;
  logic                     arm_q;
  vault_error_status_reg_t  error_status_q;
  vault_error_address_reg_t error_address_q;
  vault_error_word_reg_t    error_word_q;
  logic [31:0]              corrected_q, uncorrected_q;
  logic [31:0]              count_q [COUNTERS];

  logic [15:0] waddr, raddr;
  assign waddr = {8'h0, waddr_i, 2'b00};
  assign raddr = {8'h0, raddr_i, 2'b00};

  // Where the written bits meet the register `offset`, 0 if another one is written.
  function automatic logic [31:0] mask(logic [15:0] offset);
    return (write_i && waddr == offset) ? wmask_i : '0;
  endfunction

  // Register values before, written over.
  function automatic logic [31:0] over(logic [31:0] old, logic [15:0] offset, logic [31:0] bits);
    return (old & ~(mask(offset) & bits)) | (wdata_i & mask(offset) & bits);
  endfunction

  // Events of this cycle, in the order of the counters.
  logic [COUNTERS-1:0] happened;
  assign happened[counter(VAULT_READS_OFFSET)]      = read_done_i;
  assign happened[counter(VAULT_WRITES_OFFSET)]     = write_done_i;
  assign happened[counter(VAULT_FORWARDED_OFFSET)]  = status_i.forwarded;
  assign happened[counter(VAULT_MERGED_OFFSET)]     = status_i.merged;
  assign happened[counter(VAULT_ROW_HITS_OFFSET)]   = status_i.row_hit;
  assign happened[counter(VAULT_RMWS_OFFSET)]       = status_i.rmw;
  assign happened[counter(VAULT_SCRUBBED_OFFSET)]   = status_i.scrubbed;
  assign happened[counter(VAULT_DRAINING_OFFSET)]   = status_i.draining;
  assign happened[counter(VAULT_AGE_FORCED_OFFSET)] = status_i.age_forced;
  assign happened[counter(VAULT_ACTIVATES_OFFSET)]  = act_i;
  assign happened[counter(VAULT_REFRESHES_OFFSET)]  = row_op_i == RowRefAb
                                                      || row_op_i == RowRefPb;
  assign happened[counter(VAULT_RFMS_OFFSET)]       = row_op_i == RowRfmPb;

  for (genvar i = 0; i < COUNTERS; i++) begin : gen_counter
    logic clear;
    assign clear = mask(VAULT_READS_OFFSET + 16'(4 * i)) != '0;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni)          count_q[i] <= '0;
      else if (clear)       count_q[i] <= 32'(happened[i]);
      else if (happened[i]) count_q[i] <= count_q[i] + 1'b1;
    end
  end

  // The log: taken by an error that finds it empty, and by the first that could not be corrected.
  vault_error_t        error;
  vault_error_status_reg_t came, cleared;
  logic                logged, log;

  assign error            = status_i.error;
  assign logged           = error_status_q.corrected || error_status_q.uncorrected;
  assign log              = error.valid && (!logged || (error.uncorrectable
                                                        && !error_status_q.uncorrected));
  assign came.unused_3    = '0;
  assign came.corrected   = error.valid && !error.uncorrectable;
  assign came.uncorrected = error.valid && error.uncorrectable;
  assign came.overflow    = (error.valid && logged) || status_i.error_lost;
  assign cleared          = mask(VAULT_ERROR_STATUS_OFFSET) & wdata_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      error_status_q  <= VAULT_ERROR_STATUS_RESET;
      error_address_q <= VAULT_ERROR_ADDRESS_RESET;
      error_word_q    <= VAULT_ERROR_WORD_RESET;
      corrected_q     <= VAULT_CORRECTED_RESET;
      uncorrected_q   <= VAULT_UNCORRECTED_RESET;
    end else begin
      error_status_q <= (error_status_q & ~cleared) | came;
      if (log) begin
        error_address_q.row        <= error.row;
        error_address_q.bank       <= error.bank;
        error_address_q.line       <= error.line;
        error_word_q.syndrome      <= error.syndrome;
        error_word_q.word          <= error.word;
        error_word_q.source        <= error.source;
        error_word_q.uncorrectable <= error.uncorrectable;
      end
      if (mask(VAULT_CORRECTED_OFFSET) != '0)           corrected_q <= 32'(came.corrected);
      else if (came.corrected && corrected_q != '1)     corrected_q <= corrected_q + 1'b1;
      if (mask(VAULT_UNCORRECTED_OFFSET) != '0)         uncorrected_q <= 32'(came.uncorrected);
      else if (came.uncorrected && uncorrected_q != '1) uncorrected_q <= uncorrected_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      lanes_q       <= VAULT_LANES_RESET;
      inject_low_q  <= VAULT_INJECT_LOW_RESET;
      inject_high_q <= VAULT_INJECT_HIGH_RESET;
      inject_word_q <= VAULT_INJECT_WORD_RESET;
      arm_q         <= 1'b0;
    end else if (write_i) begin
      lanes_q       <= over(lanes_q, VAULT_LANES_OFFSET, VAULT_LANES_WRITABLE);
      inject_low_q  <= over(inject_low_q, VAULT_INJECT_LOW_OFFSET, VAULT_INJECT_LOW_WRITABLE);
      inject_high_q <= over(inject_high_q, VAULT_INJECT_HIGH_OFFSET, VAULT_INJECT_HIGH_WRITABLE);
      inject_word_q <= over(inject_word_q, VAULT_INJECT_WORD_OFFSET, VAULT_INJECT_WORD_WRITABLE);
      arm_q         <= arm_q ^ (wdata_i[0] && mask(VAULT_INJECT_ARM_OFFSET)[0]);
    end
  end

  assign lanes_o.fail_valid = {lanes_q.valid1, lanes_q.valid0};
  assign lanes_o.fail_lane  = {lanes_q.fail1, lanes_q.fail0};
  assign inject_o.arm       = arm_q;
  assign inject_o.word      = inject_word_q.word;
  assign inject_o.mask      = {inject_word_q.check, inject_high_q, inject_low_q};
  assign error_status_o     = error_status_q;

  vault_status_reg_t state;
  assign state.unused_29   = '0;
  assign state.unused_17   = '0;
  assign state.unused_6    = '0;
  assign state.power       = status_i.power;
  assign state.draining    = status_i.draining;
  assign state.temperature = temp_i;
  assign state.reads       = status_i.reads;
  assign state.writes      = status_i.writes;

  function automatic logic is_counter(logic [15:0] offset);
    return offset >= VAULT_READS_OFFSET && offset <= VAULT_RFMS_OFFSET;
  endfunction

  always_comb begin
    rknown_o = 1'b1;
    rdata_o  = '0;
    case (raddr)
      VAULT_STATUS_OFFSET:        rdata_o = state;
      VAULT_LANES_OFFSET:         rdata_o = lanes_q;
      VAULT_INJECT_LOW_OFFSET:    rdata_o = inject_low_q;
      VAULT_INJECT_HIGH_OFFSET:   rdata_o = inject_high_q;
      VAULT_INJECT_WORD_OFFSET:   rdata_o = inject_word_q;
      VAULT_INJECT_ARM_OFFSET:    rdata_o = '0;
      VAULT_ERROR_STATUS_OFFSET:  rdata_o = error_status_q;
      VAULT_ERROR_ADDRESS_OFFSET: rdata_o = error_address_q;
      VAULT_ERROR_WORD_OFFSET:    rdata_o = error_word_q;
      VAULT_CORRECTED_OFFSET:     rdata_o = corrected_q;
      VAULT_UNCORRECTED_OFFSET:   rdata_o = uncorrected_q;
      default: begin
        rknown_o = is_counter(raddr);
        for (int unsigned i = 0; i < COUNTERS; i++) begin
          if (raddr == VAULT_READS_OFFSET + 16'(4 * i)) rdata_o = count_q[i];
        end
      end
    endcase
  end

  always_comb begin
    case (waddr)
      VAULT_LANES_OFFSET, VAULT_INJECT_LOW_OFFSET, VAULT_INJECT_HIGH_OFFSET,
      VAULT_INJECT_WORD_OFFSET, VAULT_INJECT_ARM_OFFSET, VAULT_ERROR_STATUS_OFFSET,
      VAULT_CORRECTED_OFFSET, VAULT_UNCORRECTED_OFFSET: wknown_o = 1'b1;
      default:                                          wknown_o = is_counter(waddr);
    endcase
  end

  `COVER(Logged_C, log)
  `COVER(Replaced_C, log && logged)
  `COVER(Overflow_C, came.overflow)
  `COVER(ClearedAsItComes_C, (cleared & came) != '0)
  `COVER(Armed_C, mask(VAULT_INJECT_ARM_OFFSET)[0] && wdata_i[0])

endmodule
