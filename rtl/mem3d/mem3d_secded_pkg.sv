// mem3d_secded_pkg: the (72,64) code of Hsiao (IBM J. Res. Dev. 14(4), 1970) as docs/mem3d.md
// orders it.
package mem3d_secded_pkg;

  localparam int unsigned DATA_W  = 64;
  localparam int unsigned CHECK_W = 8;

  // Syndrome columns of the data bits: bytes of weight 3 in order of value, then of weight 5.
  function automatic logic [DATA_W-1:0][CHECK_W-1:0] columns();
    logic [DATA_W-1:0][CHECK_W-1:0] all;
    int unsigned                    next;
    all  = '0;
    next = 0;
    for (int unsigned weight = 3; weight <= 5; weight += 2) begin
      for (int unsigned value = 0; value < 256; value++) begin
        if ($countones(8'(value)) == weight && next < DATA_W) begin
          all[next] = 8'(value);
          next++;
        end
      end
    end
    return all;
  endfunction

  localparam logic [DATA_W-1:0][CHECK_W-1:0] COLUMNS = columns();

  // ROWS[c] has the data bits that check bit c covers.
  function automatic logic [CHECK_W-1:0][DATA_W-1:0] rows();
    logic [CHECK_W-1:0][DATA_W-1:0] all;
    for (int unsigned c = 0; c < CHECK_W; c++) begin
      for (int unsigned d = 0; d < DATA_W; d++) all[c][d] = COLUMNS[d][c];
    end
    return all;
  endfunction

  localparam logic [CHECK_W-1:0][DATA_W-1:0] ROWS = rows();

  // Inverted in the check bits of a poisoned word: a syndrome of weight 2, which no single error
  // has.
  localparam logic [CHECK_W-1:0] POISON = 8'h03;

endpackage
