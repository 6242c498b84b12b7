// simt_warp_ops: votes and shuffles among the lanes of a warp; combinational, one clock.
//
// Stage      the lane to read from (an adder of five bits), then one of all lanes' values.
module simt_warp_ops
  import simt_pkg::*;
#(
  parameter int unsigned Lanes = 8
) (
  input  warp_e            op_i,
  input  logic [Lanes-1:0] mask_i,
  input  logic [63:0]      a_i [Lanes],
  input  logic [63:0]      b_i [Lanes],
  output logic [63:0]      result_o [Lanes]
);

  localparam int unsigned LANE_W = $clog2(Lanes);

  logic [Lanes-1:0] yes;
  always_comb begin
    for (int unsigned l = 0; l < Lanes; l++) yes[l] = mask_i[l] && a_i[l] != '0;
  end

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic [7:0]        amount, width;
    logic [LANE_W-1:0] inside_mask, from;
    logic [LANE_W:0]   up, down;
    logic              fits;
    logic [63:0]       other;

    always_comb begin
      amount = b_i[l][7:0];
      width  = b_i[l][15:8];
      // Bits of a lane's number within its segment.
      inside_mask = '1;
      for (int unsigned k = 0; k < LANE_W; k++) begin
        if (width == 8'd1 << k) inside_mask = LANE_W'((1 << k) - 1);
      end
      up   = {1'b0, LANE_W'(l) & inside_mask} - {1'b0, amount[LANE_W-1:0]};
      down = {1'b0, LANE_W'(l) & inside_mask} + {1'b0, amount[LANE_W-1:0]};
      from = LANE_W'(l);
      fits = 1'b0;
      unique case (op_i)
        WarpShflIdx: begin
          from = (LANE_W'(l) & ~inside_mask) | (amount[LANE_W-1:0] & inside_mask);
          fits = 1'b1;
        end
        WarpShflUp: begin
          from = LANE_W'(l) - amount[LANE_W-1:0];
          fits = !up[LANE_W] && amount[7:LANE_W] == '0;
        end
        WarpShflDown: begin
          from = LANE_W'(l) + amount[LANE_W-1:0];
          fits = (down & ~{1'b0, inside_mask}) == '0 && amount[7:LANE_W] == '0;
        end
        WarpShflXor: begin
          from = LANE_W'(l) ^ amount[LANE_W-1:0];
          fits = (amount & ~8'(inside_mask)) == '0;
        end
        default: ;
      endcase
      other = '0;
      for (int unsigned k = 0; k < Lanes; k++) other |= (from == LANE_W'(k)) ? a_i[k] : '0;
      unique case (op_i)
        WarpAny:    result_o[l] = 64'(yes != '0);
        WarpAll:    result_o[l] = 64'(yes == mask_i);
        WarpBallot: result_o[l] = 64'(yes);
        default:    result_o[l] = (fits && mask_i[from]) ? other : a_i[l];
      endcase
    end
  end

endmodule
