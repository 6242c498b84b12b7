// mem3d_vault_scrub: every interval one line to scrub, in address order.
//
// Latency    a line is offered from the clock after its interval until it is taken.
// Golden     golden/src/mem3d/vault.rs     Plan  rtl/mem3d/vault/testplan.hjson
module mem3d_vault_scrub
  import mem3d_pkg::*;
#(
  parameter int unsigned Banks = 16,
  parameter int unsigned Rows  = 32768,
  parameter int unsigned Lines = 16
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic [15:0] interval_i,  // units of 16 clocks; 0 = never
  output logic        valid_o,
  input  logic        ready_i,
  output vault_wr_t   line_o
);

  localparam logic [LINE_W-1:0] LAST_LINE = LINE_W'(Lines - 1);
  localparam logic [BANK_W-1:0] LAST_BANK = BANK_W'(Banks - 1);
  localparam logic [ROW_W-1:0]  LAST_ROW  = ROW_W'(Rows - 1);

  logic [19:0]       clock_q;
  logic              due_q;
  logic [LINE_W-1:0] line_q;
  logic [BANK_W-1:0] bank_q;
  logic [ROW_W-1:0]  row_q;
  logic              taken, over;

  assign valid_o = due_q && interval_i != '0;
  assign line_o  = '{row: row_q, bank: bank_q, line: line_q, strb: '0, data: '0};
  assign taken   = valid_o && ready_i;
  assign over    = clock_q >= {interval_i, 4'h0};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      clock_q <= '0;
      due_q   <= 1'b0;
      line_q  <= '0;
      bank_q  <= '0;
      row_q   <= '0;
    end else begin
      clock_q <= (over || interval_i == '0) ? '0 : clock_q + 1'b1;
      if (over && interval_i != '0) due_q <= 1'b1;
      else if (taken)               due_q <= 1'b0;
      if (taken) begin
        line_q <= (line_q == LAST_LINE) ? '0 : line_q + 1'b1;
        if (line_q == LAST_LINE) begin
          bank_q <= (bank_q == LAST_BANK) ? '0 : bank_q + 1'b1;
          if (bank_q == LAST_BANK) row_q <= (row_q == LAST_ROW) ? '0 : row_q + 1'b1;
        end
      end
    end
  end

endmodule
