// mem3d_timing_pkg: a timing set in controller clocks, derived from its picoseconds.
package mem3d_timing_pkg;

  // Clocks from one command to the first clock in which another is allowed, unless said.
  typedef struct packed {
    logic [15:0] rl;      // RD to its data on the pins
    logic [15:0] wl;      // WR to its data on the pins
    logic [15:0] rcd;     // ACT to RD, WR
    logic [15:0] rp;      // PRE to ACT
    logic [15:0] ras;     // ACT to PRE
    logic [15:0] rc;      // ACT to ACT, same bank
    logic [15:0] rrd_s;   // ACT to ACT, other group
    logic [15:0] rrd_l;   // ACT to ACT, same group
    logic [15:0] faw;     // ACT to the fourth ACT after it
    logic [15:0] ccd_s;   // RD to RD, WR to WR, other group
    logic [15:0] ccd_l;   // RD to RD, WR to WR, same group
    logic [15:0] rtp;     // RD to PRE
    logic [15:0] wtp;     // WR to PRE
    logic [15:0] wtr_s;   // WR to RD, other group
    logic [15:0] wtr_l;   // WR to RD, same group
    logic [15:0] rtw;     // RD to WR
    logic [15:0] rfc_ab;  // REFab to any
    logic [15:0] rfc_pb;  // REFpb to ACT, same bank
    logic [15:0] rrefd;   // REFpb to REFpb, ACT of another bank
    logic [15:0] rfm;     // RFMpb to ACT, same bank
    logic [15:0] refi;    // average refresh interval
    logic [15:0] xp;      // PDX to any
    logic [15:0] pd;      // PDE to PDX
    logic [15:0] xs;      // SRX to any
    logic [15:0] sr;      // SRE to SRX
  } timing_t;

  // Controller clocks of two tCK that last at least `ps`. Without a tCK, which is an error of its
  // own, a number that nothing stumbles over.
  function automatic logic [15:0] clocks(int unsigned ps, int unsigned t_ck);
    return (t_ck == 0) ? 16'd4 : 16'((ps + 2 * t_ck - 1) / (2 * t_ck));
  endfunction
  // Controller clocks that last at most `ps`.
  function automatic logic [15:0] clocks_within(int unsigned ps, int unsigned t_ck);
    return (t_ck == 0) ? 16'd4 : 16'(ps / (2 * t_ck));
  endfunction

endpackage
