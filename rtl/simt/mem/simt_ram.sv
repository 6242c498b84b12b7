// simt_ram: memory of Depth words, q[t+1] = mem[raddr[t]]; mem[waddr] <- wdata where enabled.
//
// One read and one write port. A word that is written while it is read gives its old content.
//
// Latency    1 cycle.
// Throughput 1 read and 1 write a cycle.
module simt_ram #(
  parameter int unsigned Width = 32,
  parameter int unsigned Depth = 16,
  // Bits that share a write enable.
  parameter int unsigned Unit  = Width,
  localparam int unsigned UNITS  = Width / Unit,
  localparam int unsigned ADDR_W = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  logic              clk_i,

  input  logic [UNITS-1:0]  we_i,
  input  logic [ADDR_W-1:0] waddr_i,
  input  logic [Width-1:0]  wdata_i,

  input  logic [ADDR_W-1:0] raddr_i,
  output logic [Width-1:0]  rdata_o
);

  if (Depth < 1) begin : gen_depth_check
    $error("simt_ram: Depth is %0d, needs to be at least 1", Depth);
  end
  if (UNITS * Unit != Width) begin : gen_unit_check
    $error("simt_ram: Width is %0d, needs to be a multiple of Unit, %0d", Width, Unit);
  end

  logic [Width-1:0] mem_q [Depth];

  always_ff @(posedge clk_i) begin
    if (we_i != '0) begin
      for (int unsigned unit = 0; unit < UNITS; unit++) begin
        if (we_i[unit]) mem_q[waddr_i][Unit*unit+:Unit] <= wdata_i[Unit*unit+:Unit];
      end
    end
    rdata_o <= mem_q[raddr_i];
  end

endmodule
