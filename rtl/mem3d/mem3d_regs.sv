// mem3d_regs: the registers behind AXI4-Lite; docs/mem3d_registers.md is the map.
//
// Latency    2 cycles from AR to R, and from the later of AW and W to B.
// Throughput 1 read and 1 write in 2 cycles.
// Errors     SLVERR for addresses without a register and for writes to a read-only one.
// Golden     golden/src/mem3d/top.rs       Plan  rtl/mem3d/testplan.hjson
`include "assert.svh"

module mem3d_regs
  import mem3d_pkg::*;
  import mem3d_reg_pkg::*;
#(
  parameter int unsigned Ports      = 1,
  parameter int unsigned Vaults     = 1,
  parameter int unsigned ReadQueue  = 64,
  parameter int unsigned WriteQueue = 64
) (
  input  logic     clk_i,
  input  logic     rst_ni,

  input  logic     lite_aw_valid_i,
  output logic     lite_aw_ready_o,
  input  lite_ax_t lite_aw_i,

  input  logic     lite_w_valid_i,
  output logic     lite_w_ready_o,
  input  lite_w_t  lite_w_i,

  output logic     lite_b_valid_o,
  input  logic     lite_b_ready_i,
  output lite_b_t  lite_b_o,

  input  logic     lite_ar_valid_i,
  output logic     lite_ar_ready_o,
  input  lite_ax_t lite_ar_i,

  output logic     lite_r_valid_o,
  input  logic     lite_r_ready_i,
  output lite_r_t  lite_r_o,

  output logic     irq_o,

  output logic [4:0]                                urgent_qos_o,
  output vault_cfg_t [Vaults-1:0]                   cfg_o,
  input  vault_status_t [Vaults-1:0]                status_i,
  input  logic [Vaults-1:0][1:0]                    temp_i,
  // Commands on the pins, and reads and writes that the vaults accept.
  input  logic    [Vaults-1:0]                      act_i,
  input  row_op_e [Vaults-1:0]                      row_op_i,
  input  logic [Vaults-1:0]                         read_done_i,
  input  logic [Vaults-1:0]                         write_done_i
);

  // Registers of all vaults.
  common_irq_enable_reg_t irq_enable_q;
  common_qos_reg_t        qos_q;
  common_page_reg_t       page_q;
  common_refresh_reg_t    refresh_q;
  common_writes_reg_t     writes_q;
  common_power_reg_t      power_q;
  common_scrub_reg_t      scrub_q;
  common_ecc_reg_t        ecc_q;

  // A write waits for both of its halves.
  logic        aw_valid_q, w_valid_q, b_valid_q, write;
  logic [15:0] waddr_q;
  lite_w_t     w_q;
  axi_resp_e   b_resp_q;
  logic [31:0] wmask;
  logic        wknown;

  // A read.
  logic        ar_valid_q, r_valid_q, read;
  logic [15:0] raddr_q;
  lite_r_t     r_q, r_d;

  assign lite_aw_ready_o = !aw_valid_q;
  assign lite_w_ready_o  = !w_valid_q;
  assign write           = aw_valid_q && w_valid_q && !b_valid_q;
  assign lite_b_valid_o  = b_valid_q;
  assign lite_b_o.resp   = b_resp_q;

  assign lite_ar_ready_o = !ar_valid_q;
  assign read            = ar_valid_q && !r_valid_q;
  assign lite_r_valid_o  = r_valid_q;
  assign lite_r_o        = r_q;

  always_ff @(posedge clk_i) begin
    if (lite_aw_valid_i && lite_aw_ready_o) waddr_q <= {lite_aw_i.addr[15:2], 2'b00};
    if (lite_w_valid_i && lite_w_ready_o)   w_q     <= lite_w_i;
    if (lite_ar_valid_i && lite_ar_ready_o) raddr_q <= {lite_ar_i.addr[15:2], 2'b00};
    if (write) b_resp_q <= wknown ? RespOkay : RespSlvErr;
    if (read)  r_q      <= r_d;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      aw_valid_q <= 1'b0;
      w_valid_q  <= 1'b0;
      b_valid_q  <= 1'b0;
      ar_valid_q <= 1'b0;
      r_valid_q  <= 1'b0;
    end else begin
      aw_valid_q <= (aw_valid_q || lite_aw_valid_i) && !write;
      w_valid_q  <= (w_valid_q || lite_w_valid_i) && !write;
      b_valid_q  <= write || (b_valid_q && !lite_b_ready_i);
      ar_valid_q <= (ar_valid_q || lite_ar_valid_i) && !read;
      r_valid_q  <= read || (r_valid_q && !lite_r_ready_i);
    end
  end

  for (genvar i = 0; i < 4; i++) begin : gen_mask
    assign wmask[8*i +: 8] = {8{w_q.strb[i]}};
  end

  // The register written over if it is the one at `offset`.
  function automatic logic [31:0] over(logic [31:0] old, logic [15:0] offset, logic [31:0] bits);
    logic [31:0] mask;
    mask = (waddr_q == COMMON_BASE + offset) ? wmask & bits : '0;
    return (old & ~mask) | (w_q.data & mask);
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      irq_enable_q <= COMMON_IRQ_ENABLE_RESET;
      qos_q        <= COMMON_QOS_RESET;
      page_q       <= COMMON_PAGE_RESET;
      refresh_q    <= COMMON_REFRESH_RESET;
      writes_q     <= COMMON_WRITES_RESET;
      power_q      <= COMMON_POWER_RESET;
      scrub_q      <= COMMON_SCRUB_RESET;
      ecc_q        <= COMMON_ECC_RESET;
    end else if (write) begin
      irq_enable_q <= over(irq_enable_q, COMMON_IRQ_ENABLE_OFFSET, COMMON_IRQ_ENABLE_WRITABLE);
      qos_q        <= over(qos_q, COMMON_QOS_OFFSET, COMMON_QOS_WRITABLE);
      page_q       <= over(page_q, COMMON_PAGE_OFFSET, COMMON_PAGE_WRITABLE);
      refresh_q    <= over(refresh_q, COMMON_REFRESH_OFFSET, COMMON_REFRESH_WRITABLE);
      writes_q     <= over(writes_q, COMMON_WRITES_OFFSET, COMMON_WRITES_WRITABLE);
      power_q      <= over(power_q, COMMON_POWER_OFFSET, COMMON_POWER_WRITABLE);
      scrub_q      <= over(scrub_q, COMMON_SCRUB_OFFSET, COMMON_SCRUB_WRITABLE);
      ecc_q        <= over(ecc_q, COMMON_ECC_OFFSET, COMMON_ECC_WRITABLE);
    end
  end

  // What the vaults share.
  vault_cfg_t shared;
  always_comb begin
    shared.page_policy      = (page_q.policy == '1) ? PageAdaptive : page_policy_e'(page_q.policy);
    shared.refresh_per_bank = refresh_q.per_bank;
    shared.postpone         = (refresh_q.postpone > 4'd7) ? 4'd7 : refresh_q.postpone;
    shared.wq_high          = (32'(writes_q.high) > WriteQueue) ? 9'(WriteQueue) : writes_q.high;
    shared.wq_low           = writes_q.low;
    shared.drain_idle       = writes_q.drain_idle;
    shared.hit_cap          = page_q.hit_cap;
    shared.age_limit        = page_q.age_limit;
    shared.pd_idle          = power_q.pd_idle;
    shared.sr_idle          = power_q.sr_idle;
    shared.rfm_threshold    = refresh_q.rfm_threshold;
    shared.scrub_interval   = scrub_q.interval;
    shared.ecc_enable       = ecc_q.enable;
    shared.inject           = '0;
    shared.lanes            = '0;
  end
  assign urgent_qos_o = qos_q.urgent;

  // The vaults' own.
  logic [Vaults-1:0]       vault_wknown, vault_rknown;
  logic [Vaults-1:0][31:0] vault_rdata;
  lane_map_t               lanes        [Vaults];
  inject_t                 inject       [Vaults];
  vault_error_status_reg_t error_status [Vaults];

  // Whether an address is among the registers of a vault: its low bits are the register's.
  localparam int unsigned STRIDE_W = $clog2(VAULT_STRIDE);

  function automatic logic of_vault(logic [15:0] addr, int unsigned vault);
    return 32'(addr >> STRIDE_W) == 32'(VAULT_BASE >> STRIDE_W) + vault;
  endfunction

  for (genvar v = 0; v < Vaults; v++) begin : gen_vault
    logic wmine, rmine, wthere, rthere;
    assign wmine = of_vault(waddr_q, v);
    assign rmine = of_vault(raddr_q, v);

    logic [31:0] rdata;
    mem3d_regs_vault u_vault (
      .clk_i,
      .rst_ni,
      .write_i        (write && wmine),
      .waddr_i        (waddr_q[STRIDE_W-1:2]),
      .wdata_i        (w_q.data),
      .wmask_i        (wmask),
      .wknown_o       (wthere),
      .raddr_i        (raddr_q[STRIDE_W-1:2]),
      .rdata_o        (rdata),
      .rknown_o       (rthere),
      .lanes_o        (lanes[v]),
      .inject_o       (inject[v]),
      .status_i       (status_i[v]),
      .temp_i         (temp_i[v]),
      .act_i          (act_i[v]),
      .row_op_i       (row_op_i[v]),
      .read_done_i    (read_done_i[v]),
      .write_done_i   (write_done_i[v]),
      .error_status_o (error_status[v])
    );

    assign vault_wknown[v] = wmine && wthere;
    assign vault_rknown[v] = rmine && rthere;
    assign vault_rdata[v]  = rmine ? rdata : '0;

    always_comb begin
      cfg_o[v]        = shared;
      cfg_o[v].inject = inject[v];
      cfg_o[v].lanes  = lanes[v];
    end
  end

  // Interrupt: what the vaults logged.
  common_irq_status_reg_t irq_status;
  common_irq_vaults_reg_t irq_vaults;
  common_build_reg_t      build;
  always_comb begin
    irq_status = '0;
    irq_vaults = '0;
    for (int unsigned v = 0; v < Vaults; v++) begin
      irq_status |= error_status[v];
      irq_vaults.vault[v] = error_status[v] != '0;
    end
    build             = '0;
    build.ports       = 4'(Ports);
    build.vaults      = 5'(Vaults);
    build.read_queue  = 9'(ReadQueue);
    build.write_queue = 9'(WriteQueue);
  end
  assign irq_o = (irq_status & irq_enable_q) != '0;

  logic [31:0] common_rdata, any_rdata;
  logic        common_rknown;
  always_comb begin
    common_rknown = 1'b1;
    case (raddr_q)
      COMMON_BASE + COMMON_ID_OFFSET:         common_rdata = COMMON_ID_RESET;
      COMMON_BASE + COMMON_VERSION_OFFSET:    common_rdata = COMMON_VERSION_RESET;
      COMMON_BASE + COMMON_BUILD_OFFSET:      common_rdata = build;
      COMMON_BASE + COMMON_IRQ_STATUS_OFFSET: common_rdata = irq_status;
      COMMON_BASE + COMMON_IRQ_VAULTS_OFFSET: common_rdata = irq_vaults;
      COMMON_BASE + COMMON_IRQ_ENABLE_OFFSET: common_rdata = irq_enable_q;
      COMMON_BASE + COMMON_QOS_OFFSET:        common_rdata = qos_q;
      COMMON_BASE + COMMON_PAGE_OFFSET:       common_rdata = page_q;
      COMMON_BASE + COMMON_REFRESH_OFFSET:    common_rdata = refresh_q;
      COMMON_BASE + COMMON_WRITES_OFFSET:     common_rdata = writes_q;
      COMMON_BASE + COMMON_POWER_OFFSET:      common_rdata = power_q;
      COMMON_BASE + COMMON_SCRUB_OFFSET:      common_rdata = scrub_q;
      COMMON_BASE + COMMON_ECC_OFFSET:        common_rdata = ecc_q;
      default: begin
        common_rdata  = '0;
        common_rknown = 1'b0;
      end
    endcase

    case (waddr_q)
      COMMON_BASE + COMMON_IRQ_ENABLE_OFFSET, COMMON_BASE + COMMON_QOS_OFFSET,
      COMMON_BASE + COMMON_PAGE_OFFSET, COMMON_BASE + COMMON_REFRESH_OFFSET,
      COMMON_BASE + COMMON_WRITES_OFFSET, COMMON_BASE + COMMON_POWER_OFFSET,
      COMMON_BASE + COMMON_SCRUB_OFFSET, COMMON_BASE + COMMON_ECC_OFFSET: wknown = 1'b1;
      default: wknown = vault_wknown != '0;
    endcase

    any_rdata = common_rdata;
    for (int unsigned v = 0; v < Vaults; v++) any_rdata |= vault_rdata[v];
    r_d.data = any_rdata;
    r_d.resp = (common_rknown || vault_rknown != '0) ? RespOkay : RespSlvErr;
  end

  // A stalled response neither changes nor disappears.
  `ASSERT(RStallHolds_A, lite_r_valid_o && !lite_r_ready_i |=> lite_r_valid_o && $stable(lite_r_o))
  `ASSERT(BStallHolds_A, lite_b_valid_o && !lite_b_ready_i |=> lite_b_valid_o && $stable(lite_b_o))
  // At most one vault answers.
  `ASSERT(OneVault_A, $onehot0(vault_rknown) && $onehot0(vault_wknown))

  `COVER(ReadOnly_C, write && !wknown)
  `COVER(NoRegister_C, read && r_d.resp == RespSlvErr)
  `COVER(Interrupt_C, irq_o)

endmodule
