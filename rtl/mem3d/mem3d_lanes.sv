// mem3d_lanes: logical lane i crosses the i-th physical lane that is not marked as failed.
//
// The map is decoded into registers, one clock behind `map_i`. `lanes_o` shows the die the map in
// use: that of a clock is the map of the burst that `out_o` gave a register in the clock before,
// and of the burst that comes back in the clock after.
// Latency    none for data: one of three lanes is chosen.
// Golden     golden/src/mem3d/lanes.rs
module mem3d_lanes
  import mem3d_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,

  input  lane_map_t map_i,
  output lane_map_t lanes_o,

  // Half codewords by beat, to the register before the pins.
  input  logic [BEATS-1:0][LANES-1:0] out_i,
  output logic [DQ_W-1:0]             out_o,
  // From the register behind the pins.
  input  logic [DQ_W-1:0]             in_i,
  output logic [BEATS-1:0][LANES-1:0] in_o
);

  localparam int unsigned PHYSICAL = LANES + SPARES;

  // How many failed lanes stand before or at each logical lane's place: none, one or two.
  logic [LANES-1:0] one_q, two_q, one1_q, two1_q, one2_q, two2_q, one3_q, two3_q;
  logic [LANES-1:0] one_d, two_d;
  lane_map_t        map_q, map1_q;

  always_comb begin
    logic       any, both;
    logic [5:0] first;
    any   = map_i.fail_valid != '0;
    both  = map_i.fail_valid == '1 && map_i.fail_lane[0] != map_i.fail_lane[1];
    first = map_i.fail_valid[0] ? map_i.fail_lane[0] : map_i.fail_lane[1];
    for (int unsigned i = 0; i < LANES; i++) begin
      one_d[i] = any && first <= 6'(i);
      two_d[i] = both && map_i.fail_lane[1] <= 6'(i + 1);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      map_q  <= '0;
      map1_q <= '0;
      one_q  <= '0;
      two_q  <= '0;
      one1_q <= '0;
      two1_q <= '0;
      one2_q <= '0;
      two2_q <= '0;
      one3_q <= '0;
      two3_q <= '0;
    end else begin
      map_q  <= map_i;
      map1_q <= map_q;
      one_q  <= one_d;
      two_q  <= two_d;
      one1_q <= one_q;
      two1_q <= two_q;
      one2_q <= one1_q;
      two2_q <= two1_q;
      one3_q <= one2_q;
      two3_q <= two2_q;
    end
  end

  assign lanes_o = map1_q;

  // Lanes move up by one behind the first failed lane, by another one behind the second.
  always_comb begin
    for (int unsigned k = 0; k < BEATS; k++) begin
      logic [PHYSICAL-1:0] beat;
      logic [LANES-1:0]    still, moved, twice;
      still = out_i[k] & ~one_q & ~two_q;
      moved = out_i[k] & one_q & ~two_q;
      twice = out_i[k] & two_q;
      beat  = {2'b00, still} | {1'b0, moved, 1'b0} | {twice, 2'b00};
      out_o[k*PHYSICAL+:PHYSICAL] = beat;
    end
  end

  always_comb begin
    for (int unsigned k = 0; k < BEATS; k++) begin
      logic [PHYSICAL-1:0] beat;
      beat    = in_i[k*PHYSICAL+:PHYSICAL];
      in_o[k] = (LANES'(beat) & ~one3_q & ~two3_q) | (beat[LANES:1] & one3_q & ~two3_q)
                | (beat[PHYSICAL-1:SPARES] & two3_q);
    end
  end

endmodule
