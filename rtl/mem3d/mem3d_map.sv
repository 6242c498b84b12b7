// mem3d_map: line address -> vault, bank, row and line in the row, as docs/mem3d.md's address map.
//
// Latency    combinational.
// Inverse    one-to-one within the capacity: MapOrder names each field once, and for every row the
//            hash only XORs constants into the others, bank bits into group and vault bits.
// Golden     golden/src/mem3d/top.rs       Plan  rtl/mem3d/testplan.hjson

module mem3d_map
  import mem3d_pkg::*;
#(
  parameter int unsigned Vaults        = 1,
  parameter int unsigned BankGroups    = 4,
  parameter int unsigned BanksPerGroup = 4,
  parameter int unsigned RowBytes      = 1024,
  parameter int unsigned Rows          = 32768,
  parameter int unsigned MapOrder      = 32'h54213,
  parameter bit          MapHash       = 1'b1
) (
  input  logic [LINE_ADDR_W-1:0] line_addr_i,
  output place_t                 place_o
);

  // The digits of MapOrder.
  localparam int unsigned GROUP = 1;
  localparam int unsigned LINE  = 2;
  localparam int unsigned VAULT = 3;
  localparam int unsigned BANK  = 4;
  localparam int unsigned ROW   = 5;
  localparam int unsigned FIELDS = 5;

  // Each digit once: the digits' bits cover all five, and nothing is above them.
  function automatic logic [31:0] digits_seen();
    logic [31:0] seen = '0;
    for (int unsigned i = 0; i < FIELDS; i++) seen |= 32'h1 << MapOrder[4*i +: 4];
    return seen;
  endfunction

  if (digits_seen() != 32'h3e || MapOrder >> (4 * FIELDS) != 0) begin : gen_order_check
    $error("mem3d_map: MapOrder is 0x%0h, needs each of the digits 1 to 5 once, or addresses alias",
           MapOrder);
  end
  if (2**$clog2(Vaults) != Vaults || Vaults < 1 || Vaults > 2**VAULT_W) begin : gen_vaults_check
    $error("mem3d_map: Vaults is %0d, needs to be a power of two from 1 to %0d",
           Vaults, 2**VAULT_W);
  end
  if (2**$clog2(BankGroups) != BankGroups || BankGroups < 1) begin : gen_groups_check
    $error("mem3d_map: BankGroups is %0d, needs to be a power of two", BankGroups);
  end
  if (2**$clog2(BanksPerGroup) != BanksPerGroup || BanksPerGroup < 1) begin : gen_banks_check
    $error("mem3d_map: BanksPerGroup is %0d, needs to be a power of two", BanksPerGroup);
  end
  if (BankGroups * BanksPerGroup > 2**BANK_W) begin : gen_bank_check
    $error("mem3d_map: BankGroups * BanksPerGroup is %0d, needs to be at most %0d",
           BankGroups * BanksPerGroup, 2**BANK_W);
  end
  if (2**$clog2(RowBytes) != RowBytes || RowBytes < LINE_BYTES ||
      RowBytes > LINE_BYTES * 2**LINE_W) begin : gen_row_bytes_check
    $error("mem3d_map: RowBytes is %0d, needs to be a power of two from %0d to %0d",
           RowBytes, LINE_BYTES, LINE_BYTES * 2**LINE_W);
  end
  if (2**$clog2(Rows) != Rows || Rows < 1 || Rows > 2**ROW_W) begin : gen_rows_check
    $error("mem3d_map: Rows is %0d, needs to be a power of two from 1 to %0d", Rows, 2**ROW_W);
  end

  // Bits of the field that a digit names.
  function automatic int unsigned field_width(int unsigned digit);
    case (digit)
      GROUP:   return $clog2(BankGroups);
      LINE:    return $clog2(RowBytes / LINE_BYTES);
      VAULT:   return $clog2(Vaults);
      BANK:    return $clog2(BanksPerGroup);
      ROW:     return $clog2(Rows);
      default: return 0;
    endcase
  endfunction

  // Bits of the line address below it.
  function automatic int unsigned field_lsb(int unsigned digit);
    int unsigned lsb = 0;
    for (int unsigned i = 0; i < FIELDS; i++) begin
      if (32'(MapOrder[4*i +: 4]) == digit) return lsb;
      lsb += field_width(32'(MapOrder[4*i +: 4]));
    end
    return lsb;
  endfunction

  localparam int unsigned GROUP_W = field_width(GROUP);
  localparam int unsigned INNER_W = field_width(BANK);
  localparam int unsigned ADDR_W  = GROUP_W + INNER_W + field_width(LINE) + field_width(VAULT)
                                    + field_width(ROW);
  localparam int unsigned GROUP_LSB = field_lsb(GROUP);
  localparam int unsigned INNER_LSB = field_lsb(BANK);
  localparam int unsigned LINE_LSB  = field_lsb(LINE);
  localparam int unsigned VAULT_LSB = field_lsb(VAULT);
  localparam int unsigned ROW_LSB   = field_lsb(ROW);
  localparam logic [ROW_W-1:0] GROUP_MASK = ROW_W'(BankGroups - 1);
  localparam logic [ROW_W-1:0] INNER_MASK = ROW_W'(BanksPerGroup - 1);
  localparam logic [LINE_W-1:0] LINE_MASK = LINE_W'(RowBytes / LINE_BYTES - 1);
  localparam logic [ROW_W-1:0] VAULT_MASK = ROW_W'(Vaults - 1);
  localparam logic [ROW_W-1:0] ROW_MASK   = ROW_W'(Rows - 1);

  // By bit of a folded value: the bits of the value that meet in it, for slices of `width` bits.
  function automatic logic [ROW_W-1:0][ROW_W-1:0] slices(int unsigned width);
    logic [ROW_W-1:0][ROW_W-1:0] masks = '0;
    for (int unsigned i = 0; i < ROW_W; i++) begin
      for (int unsigned k = 0; k < ROW_W; k++) masks[i][k] = i < width && k % width == i;
    end
    return masks;
  endfunction
  // The same for the Gray code of the folded value.
  function automatic logic [ROW_W-1:0][ROW_W-1:0] gray_slices(int unsigned width);
    logic [ROW_W-1:0][ROW_W-1:0] masks = slices(width);
    return masks ^ (masks >> ROW_W);
  endfunction
  localparam logic [ROW_W-1:0][ROW_W-1:0] BANK_SLICES  = gray_slices(GROUP_W + INNER_W);
  localparam logic [ROW_W-1:0][ROW_W-1:0] GROUP_SLICES = slices(GROUP_W);
  localparam logic [ROW_W-1:0][ROW_W-1:0] VAULT_SLICES = slices(field_width(VAULT));

  // Fields of the address, and of the place.
  logic [ROW_W-1:0] group, inner, vault, row;
  logic [ROW_W-1:0] row_hash, inner_hash, group_hash, vault_hash;

  assign group = ROW_W'(line_addr_i >> GROUP_LSB) & GROUP_MASK;
  assign inner = ROW_W'(line_addr_i >> INNER_LSB) & INNER_MASK;
  assign vault = ROW_W'(line_addr_i >> VAULT_LSB) & VAULT_MASK;
  assign row   = ROW_W'(line_addr_i >> ROW_LSB) & ROW_MASK;

  // The slices of a value, XORed; as reductions, which synthesis keeps shallow.
  if (MapHash) begin : gen_hash
    for (genvar i = 0; i < ROW_W; i++) begin : gen_bit
      assign row_hash[i]   = ^(row & BANK_SLICES[i]);
      assign inner_hash[i] = ^(inner & GROUP_SLICES[i]);
      assign vault_hash[i] = ^(row & VAULT_SLICES[i]) ^ ^(inner & VAULT_SLICES[i]);
    end
  end else begin : gen_plain
    assign row_hash   = '0;
    assign inner_hash = '0;
    assign vault_hash = '0;
  end

  // A bank's number has its group in the high bits, and so has what the row adds to it.
  assign group_hash = (row_hash >> INNER_W) ^ inner_hash;
  assign place_o.bank    = BANK_W'(((group ^ group_hash) & GROUP_MASK) << INNER_W)
                           | BANK_W'((inner ^ row_hash) & INNER_MASK);
  assign place_o.line    = LINE_W'(line_addr_i >> LINE_LSB) & LINE_MASK;
  assign place_o.vault   = VAULT_W'(vault ^ vault_hash);
  assign place_o.row     = row;
  assign place_o.outside = line_addr_i >> ADDR_W != '0;

endmodule
