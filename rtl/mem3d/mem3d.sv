// mem3d: an AXI4 memory of independent vaults, M[addr] over Ports ports and Vaults DRAM interfaces.
//
// A port splits its bursts into lines, the address map sends each to a vault, and what comes back
// is put in order again per ID. docs/mem3d.md is the contract,
// docs/mem3d_registers.md the registers.
//
// Latency    AR in cycle a: at its vault in a + 1; a line from the vault in cycle r: on R in r + 1.
// Throughput each port 1 R and 1 W beat/cycle; each vault 1 read and 1 write accepted a cycle.
// Order      per ID on R and on B; a write is in force before its B.
// Golden     golden/src/mem3d/top.rs       Plan  rtl/mem3d/testplan.hjson
`include "assert.svh"

module mem3d
  import mem3d_pkg::*;
#(
  parameter int unsigned Ports         = 1,
  parameter int unsigned Vaults        = 1,
  // Entries of a vault's queues, and lines of a port between AR and R.
  parameter int unsigned ReadQueue     = 64,
  parameter int unsigned WriteQueue    = 64,
  parameter int unsigned RobLines      = 128,
  // Address map: fields from the least significant up, and whether banks and vaults are hashed.
  parameter int unsigned MapOrder      = 32'h54213,
  parameter bit          MapHash       = 1'b1,
  // Timing set, in picoseconds, and organisation: rtl/mem3d/timing/*.toml.
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
  input  logic                          clk_i,
  input  logic                          rst_ni,

  // AXI4, one of each channel per port.
  input  logic         [Ports-1:0]      ar_valid_i,
  output logic         [Ports-1:0]      ar_ready_o,
  input  axi_ax_t      [Ports-1:0]      ar_i,

  output logic         [Ports-1:0]      r_valid_o,
  input  logic         [Ports-1:0]      r_ready_i,
  output axi_r_t       [Ports-1:0]      r_o,

  input  logic         [Ports-1:0]      aw_valid_i,
  output logic         [Ports-1:0]      aw_ready_o,
  input  axi_ax_t      [Ports-1:0]      aw_i,

  input  logic         [Ports-1:0]      w_valid_i,
  output logic         [Ports-1:0]      w_ready_o,
  input  axi_w_t       [Ports-1:0]      w_i,

  output logic         [Ports-1:0]      b_valid_o,
  input  logic         [Ports-1:0]      b_ready_i,
  output axi_b_t       [Ports-1:0]      b_o,

  // AXI4-Lite for the registers, and their interrupt.
  input  logic                          lite_aw_valid_i,
  output logic                          lite_aw_ready_o,
  input  lite_ax_t                      lite_aw_i,

  input  logic                          lite_w_valid_i,
  output logic                          lite_w_ready_o,
  input  lite_w_t                       lite_w_i,

  output logic                          lite_b_valid_o,
  input  logic                          lite_b_ready_i,
  output lite_b_t                       lite_b_o,

  input  logic                          lite_ar_valid_i,
  output logic                          lite_ar_ready_o,
  input  lite_ax_t                      lite_ar_i,

  output logic                          lite_r_valid_o,
  input  logic                          lite_r_ready_i,
  output lite_r_t                       lite_r_o,

  output logic                          irq_o,

  // The pins of the vaults.
  input  logic      [Vaults-1:0][1:0]      temp_i,
  output dram_cmd_t [Vaults-1:0]           cmd_o,
  output logic      [Vaults-1:0][DQ_W-1:0] dq_o,
  output logic      [Vaults-1:0]           dq_oe_o,
  input  logic      [Vaults-1:0][DQ_W-1:0] dq_i,
  output lane_map_t [Vaults-1:0]           lanes_o
);

  if (Ports < 1 || Ports > 2**PORT_W) begin : gen_ports_check
    $error("mem3d: Ports is %0d, needs to be from 1 to %0d", Ports, 2**PORT_W);
  end
  if (2**$clog2(Vaults) != Vaults || Vaults < 1 || Vaults > 2**VAULT_W) begin : gen_vaults_check
    $error("mem3d: Vaults is %0d, needs to be a power of two from 1 to %0d", Vaults, 2**VAULT_W);
  end

  // Reads of a port that wait for one vault while others are served.
  localparam int unsigned WAITING = 4;

  localparam int unsigned PORT_SEL_W  = (Ports > 1) ? $clog2(Ports) : 1;
  localparam int unsigned VAULT_SEL_W = (Vaults > 1) ? $clog2(Vaults) : 1;

  typedef logic [PORT_SEL_W-1:0]  port_sel_t;
  typedef logic [VAULT_SEL_W-1:0] vault_sel_t;

  // Requests and lines at the ports' side of the crossbars, a bit per vault.
  logic       [Ports-1:0][Vaults-1:0] rd_valid, rd_ready, wr_valid, wr_ready;
  logic       [Ports-1:0]             rsp_valid;
  vault_sel_t [Ports-1:0]             rsp_select;
  vault_rd_t  [Vaults-1:0]            rd [Ports];
  vault_wr_t                          wr [Ports];

  // The same at the vaults' side, a bit per port.
  logic       [Vaults-1:0]            vault_rd_valid, vault_rd_ready;
  logic       [Vaults-1:0]            vault_wr_valid, vault_wr_ready;
  logic       [Vaults-1:0][Ports-1:0] vault_rsp_valid, vault_rsp_ready;
  port_sel_t  [Vaults-1:0]            rd_select, wr_select;
  vault_rsp_t                         vault_rsp [Vaults];

  logic          [4:0]        urgent_qos;
  vault_cfg_t    [Vaults-1:0] cfg;
  vault_status_t [Vaults-1:0] status;
  logic          [Vaults-1:0] act;
  row_op_e       [Vaults-1:0] row_op;

  for (genvar p = 0; p < Ports; p++) begin : gen_port
    // The vault that answers.
    vault_rsp_t rsp;
    assign rsp = vault_rsp[rsp_select[p]];

    // A read and a write, each on its way to one vault.
    logic               read_valid, read_ready, write_valid, write_ready;
    logic [VAULT_W-1:0] read_vault, write_vault;
    vault_rd_t          read;

    mem3d_axi_read #(
      .Vaults        (Vaults),
      .BankGroups    (BankGroups),
      .BanksPerGroup (BanksPerGroup),
      .RowBytes      (RowBytes),
      .Rows          (Rows),
      .MapOrder      (MapOrder),
      .MapHash       (MapHash),
      .RobLines      (RobLines)
    ) u_read (
      .clk_i,
      .rst_ni,
      .urgent_qos_i (urgent_qos),
      .ar_valid_i   (ar_valid_i[p]),
      .ar_ready_o   (ar_ready_o[p]),
      .ar_i         (ar_i[p]),
      .r_valid_o    (r_valid_o[p]),
      .r_ready_i    (r_ready_i[p]),
      .r_o          (r_o[p]),
      .req_valid_o  (read_valid),
      .req_ready_i  (read_ready),
      .req_vault_o  (read_vault),
      .req_o        (read),
      .rsp_valid_i  (rsp_valid[p]),
      .rsp_place_i  (rsp.tag[PLACE_W-1:0]),
      .rsp_poison_i (rsp.poison),
      .rsp_data_i   (rsp.data)
    );

    mem3d_axi_write #(
      .Vaults        (Vaults),
      .BankGroups    (BankGroups),
      .BanksPerGroup (BanksPerGroup),
      .RowBytes      (RowBytes),
      .Rows          (Rows),
      .MapOrder      (MapOrder),
      .MapHash       (MapHash)
    ) u_write (
      .clk_i,
      .rst_ni,
      .aw_valid_i  (aw_valid_i[p]),
      .aw_ready_o  (aw_ready_o[p]),
      .aw_i        (aw_i[p]),
      .w_valid_i   (w_valid_i[p]),
      .w_ready_o   (w_ready_o[p]),
      .w_i         (w_i[p]),
      .b_valid_o   (b_valid_o[p]),
      .b_ready_i   (b_ready_i[p]),
      .b_o         (b_o[p]),
      .req_valid_o (write_valid),
      .req_ready_i (write_ready),
      .req_vault_o (write_vault),
      .req_o       (wr[p])
    );

    if (Vaults > 1) begin : gen_spread
      mem3d_spread #(
        .Vaults (Vaults),
        .Depth  (WAITING)
      ) u_spread (
        .clk_i,
        .rst_ni,
        .req_valid_i   (read_valid),
        .req_ready_o   (read_ready),
        .req_vault_i   (read_vault),
        .req_i         (read),
        .vault_valid_o (rd_valid[p]),
        .vault_ready_i (rd_ready[p]),
        .vault_o       (rd[p])
      );
    end else begin : gen_straight
      assign rd_valid[p] = read_valid && read_vault == '0;
      assign rd[p]       = read;
      assign read_ready  = rd_ready[p][0];
    end

    for (genvar v = 0; v < Vaults; v++) begin : gen_write
      assign wr_valid[p][v] = write_valid && write_vault == VAULT_W'(v);
    end
    assign write_ready = wr_ready[p] != '0;
  end

  mem3d_xbar #(
    .Sources (Ports),
    .Targets (Vaults)
  ) u_reads (
    .clk_i,
    .rst_ni,
    .valid_i  (rd_valid),
    .ready_o  (rd_ready),
    .valid_o  (vault_rd_valid),
    .ready_i  (vault_rd_ready),
    .select_o (rd_select)
  );

  mem3d_xbar #(
    .Sources (Ports),
    .Targets (Vaults)
  ) u_writes (
    .clk_i,
    .rst_ni,
    .valid_i  (wr_valid),
    .ready_o  (wr_ready),
    .valid_o  (vault_wr_valid),
    .ready_i  (vault_wr_ready),
    .select_o (wr_select)
  );

  // A port always has room for what it asked for.
  mem3d_xbar #(
    .Sources (Vaults),
    .Targets (Ports)
  ) u_lines (
    .clk_i,
    .rst_ni,
    .valid_i  (vault_rsp_valid),
    .ready_o  (vault_rsp_ready),
    .valid_o  (rsp_valid),
    .ready_i  ('1),
    .select_o (rsp_select)
  );

  for (genvar v = 0; v < Vaults; v++) begin : gen_vault
    vault_rd_t vault_rd;
    vault_wr_t vault_wr;

    always_comb begin
      vault_rd     = rd[rd_select[v]][v];
      vault_rd.tag = {PORT_W'(rd_select[v]), vault_rd.tag[PLACE_W-1:0]};
    end
    assign vault_wr  = wr[wr_select[v]];
    assign act[v]    = cmd_o[v].act_valid;
    assign row_op[v] = cmd_o[v].row_op;

    // The port that a line is for.
    logic              line_valid;
    logic [PORT_W-1:0] line_port;
    assign line_port = vault_rsp[v].tag[TAG_W-1:PLACE_W];
    for (genvar p = 0; p < Ports; p++) begin : gen_line
      assign vault_rsp_valid[v][p] = line_valid && line_port == PORT_W'(p);
    end

    mem3d_vault #(
      .ReadQueue     (ReadQueue),
      .WriteQueue    (WriteQueue),
      .TCk           (TCk),
      .TRcd          (TRcd),
      .TRp           (TRp),
      .TRas          (TRas),
      .TRc           (TRc),
      .TRrdS         (TRrdS),
      .TRrdL         (TRrdL),
      .TFaw          (TFaw),
      .TCcdS         (TCcdS),
      .TCcdL         (TCcdL),
      .TCl           (TCl),
      .TCwl          (TCwl),
      .TBurst        (TBurst),
      .TTurn         (TTurn),
      .TWr           (TWr),
      .TWtrS         (TWtrS),
      .TWtrL         (TWtrL),
      .TRtp          (TRtp),
      .TRfcAb        (TRfcAb),
      .TRfcPb        (TRfcPb),
      .TRrefd        (TRrefd),
      .TRfm          (TRfm),
      .TRefi         (TRefi),
      .TXp           (TXp),
      .TPd           (TPd),
      .TXs           (TXs),
      .TSr           (TSr),
      .RaaImt        (RaaImt),
      .RaaMmt        (RaaMmt),
      .BankGroups    (BankGroups),
      .BanksPerGroup (BanksPerGroup),
      .RowBytes      (RowBytes),
      .Rows          (Rows)
    ) u_vault (
      .clk_i,
      .rst_ni,
      .rd_valid_i  (vault_rd_valid[v]),
      .rd_ready_o  (vault_rd_ready[v]),
      .rd_i        (vault_rd),
      .wr_valid_i  (vault_wr_valid[v]),
      .wr_ready_o  (vault_wr_ready[v]),
      .wr_i        (vault_wr),
      .rsp_valid_o (line_valid),
      .rsp_ready_i (vault_rsp_ready[v] != '0),
      .rsp_o       (vault_rsp[v]),
      .cfg_i       (cfg[v]),
      .status_o    (status[v]),
      .temp_i      (temp_i[v]),
      .cmd_o       (cmd_o[v]),
      .dq_o        (dq_o[v]),
      .dq_oe_o     (dq_oe_o[v]),
      .dq_i        (dq_i[v]),
      .lanes_o     (lanes_o[v])
    );
  end

  mem3d_regs #(
    .Ports      (Ports),
    .Vaults     (Vaults),
    .ReadQueue  (ReadQueue),
    .WriteQueue (WriteQueue)
  ) u_regs (
    .clk_i,
    .rst_ni,
    .lite_aw_valid_i,
    .lite_aw_ready_o,
    .lite_aw_i,
    .lite_w_valid_i,
    .lite_w_ready_o,
    .lite_w_i,
    .lite_b_valid_o,
    .lite_b_ready_i,
    .lite_b_o,
    .lite_ar_valid_i,
    .lite_ar_ready_o,
    .lite_ar_i,
    .lite_r_valid_o,
    .lite_r_ready_i,
    .lite_r_o,
    .irq_o,
    .urgent_qos_o (urgent_qos),
    .cfg_o        (cfg),
    .status_i     (status),
    .temp_i,
    .act_i        (act),
    .row_op_i     (row_op),
    .read_done_i  (vault_rd_valid & vault_rd_ready),
    .write_done_i (vault_wr_valid & vault_wr_ready)
  );

endmodule
