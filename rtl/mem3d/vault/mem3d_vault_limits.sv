// mem3d_vault_limits: parameters that cannot work are errors of elaboration, which name them.
//
// Timing sets   docs/mem3d.md, "Sets that work".
// Place         the last instance of the vault: Verilator elaborates it before what such parameters
//               break elsewhere.
// Golden        golden/src/mem3d/timing/validate.rs     Plan  rtl/mem3d/vault/testplan.hjson

module mem3d_vault_limits
  import mem3d_pkg::*;
#(
  parameter int unsigned ReadQueue     = 64,
  parameter int unsigned WriteQueue    = 64,
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
) ();

  localparam int unsigned BANKS  = BankGroups * BanksPerGroup;
  localparam int unsigned PERIOD = 2 * TCk;
  // Clocks of a timing_t.
  localparam int unsigned LONGEST = (2**16 - 1) * PERIOD;
  // The hottest die needs its refreshes in a quarter of the time.
  localparam int unsigned HOTTEST = 4;

  // ---- Queues and organisation ----
  if (ReadQueue < 8 || ReadQueue > 256
      || 2**$clog2(ReadQueue) != ReadQueue) begin : gen_read_queue_check
    $error("mem3d_vault: ReadQueue is %0d, needs to be a power of two from 8 to 256", ReadQueue);
  end
  if (WriteQueue < 8 || WriteQueue > 256
      || 2**$clog2(WriteQueue) != WriteQueue) begin : gen_write_queue_check
    $error("mem3d_vault: WriteQueue is %0d, needs to be a power of two from 8 to 256", WriteQueue);
  end
  if (BankGroups < 1 || BankGroups > 2**BANK_W
      || 2**$clog2(BankGroups) != BankGroups) begin : gen_groups_check
    $error("mem3d_vault: BankGroups is %0d, needs to be a power of two from 1 to %0d", BankGroups,
           2**BANK_W);
  end
  if (BanksPerGroup < 1 || BanksPerGroup > 2**BANK_W
      || 2**$clog2(BanksPerGroup) != BanksPerGroup) begin : gen_banks_check
    $error("mem3d_vault: BanksPerGroup is %0d, needs to be a power of two from 1 to %0d",
           BanksPerGroup, 2**BANK_W);
  end
  if (BANKS < 2 || BANKS > 2**BANK_W) begin : gen_organisation_check
    $error("mem3d_vault: BankGroups * BanksPerGroup is %0d, needs to be from 2 to %0d", BANKS,
           2**BANK_W);
  end
  if (RowBytes < LINE_BYTES || RowBytes > LINE_BYTES * 2**LINE_W
      || 2**$clog2(RowBytes) != RowBytes) begin : gen_row_bytes_check
    $error("mem3d_vault: RowBytes is %0d, needs to be a power of two from %0d to %0d", RowBytes,
           LINE_BYTES, LINE_BYTES * 2**LINE_W);
  end
  if (Rows < 2 || Rows > 2**ROW_W || 2**$clog2(Rows) != Rows) begin : gen_rows_check
    $error("mem3d_vault: Rows is %0d, needs to be a power of two from 2 to %0d", Rows, 2**ROW_W);
  end

  // ---- Times ----
  localparam bit CLOCK_OK = TCk >= 100 && TCk <= 10000;
  if (!CLOCK_OK) begin : gen_ck_check
    $error("mem3d_vault: TCk is %0d ps, needs to be from 100 to 10000", TCk);
  end

  localparam int unsigned TIMES = 26;
  localparam int unsigned TIME [TIMES] = '{
    TRcd, TRp, TRas, TRc, TRrdS, TRrdL, TFaw, TCcdS, TCcdL, TCl, TCwl, TBurst, TRtp, TRfcAb, TRfcPb,
    TRrefd, TRfm, TRefi, TTurn, TWr, TWtrS, TWtrL, TXp, TPd, TXs, TSr
  };
  localparam logic [6*8-1:0] NAME [TIMES] = '{
    "TRcd", "TRp", "TRas", "TRc", "TRrdS", "TRrdL", "TFaw", "TCcdS", "TCcdL", "TCl", "TCwl",
    "TBurst", "TRtp", "TRfcAb", "TRfcPb", "TRrefd", "TRfm", "TRefi", "TTurn", "TWr", "TWtrS",
    "TWtrL", "TXp", "TPd", "TXs", "TSr"
  };
  // Those before are never 0: a counter holds the clocks less one.
  localparam int unsigned MAY_BE_0 = 18;
  for (genvar i = 0; i < TIMES; i++) begin : gen_time
    localparam int unsigned LEAST = (i < MAY_BE_0) ? 1 : 0;
    if (CLOCK_OK && (TIME[i] < LEAST || TIME[i] > LONGEST)) begin : gen_check
      $error("mem3d_vault: %0s is %0d ps, needs to be from %0d to %0d", NAME[i], TIME[i], LEAST,
             LONGEST);
    end
  end

  if (TBurst != PERIOD) begin : gen_burst_check
    $error("mem3d_vault: TBurst is %0d ps, needs to be 2 * TCk, %0d", TBurst, PERIOD);
  end
  if (TRcd > TRas) begin : gen_rcd_check
    $error("mem3d_vault: TRcd is %0d ps, needs to be at most TRas, %0d", TRcd, TRas);
  end
  if (TRc < TRas + TRp) begin : gen_rc_check
    $error("mem3d_vault: TRc is %0d ps, needs to be at least TRas + TRp, %0d", TRc, TRas + TRp);
  end
  if (TRrdS > TRrdL) begin : gen_rrd_check
    $error("mem3d_vault: TRrdL is %0d ps, needs to be at least TRrdS, %0d", TRrdL, TRrdS);
  end
  if (TCcdS < TBurst) begin : gen_ccd_s_check
    $error("mem3d_vault: TCcdS is %0d ps, needs to be at least TBurst, %0d", TCcdS, TBurst);
  end
  if (TCcdL < TCcdS) begin : gen_ccd_l_check
    $error("mem3d_vault: TCcdL is %0d ps, needs to be at least TCcdS, %0d", TCcdL, TCcdS);
  end
  if (TWtrL < TWtrS) begin : gen_wtr_check
    $error("mem3d_vault: TWtrL is %0d ps, needs to be at least TWtrS, %0d", TWtrL, TWtrS);
  end
  // The window of four ACTs is a history of clocks less one.
  if (TFaw <= 3 * PERIOD) begin : gen_faw_check
    $error("mem3d_vault: TFaw is %0d ps, needs to be more than 3 clocks, %0d", TFaw, 3 * PERIOD);
  end
  // A write's data are fetched two clocks before they are on the pins.
  if (TCwl <= 2 * PERIOD) begin : gen_cwl_check
    $error("mem3d_vault: TCwl is %0d ps, needs to be more than 2 clocks, %0d", TCwl, 2 * PERIOD);
  end
  if (TCwl >= TCl + TBurst + TTurn) begin : gen_turn_check
    $error("mem3d_vault: TCwl is %0d ps, needs to be less than TCl + TBurst + TTurn, %0d", TCwl,
           TCl + TBurst + TTurn);
  end

  // ---- Refresh ----
  localparam longint unsigned REFRESH_AB  = 64'(HOTTEST) * (64'(TRp) + 64'(TRfcAb));
  localparam longint unsigned REFRESH_PB  = 64'(HOTTEST) * (64'(TRp) + 64'(TRfcPb));
  localparam longint unsigned REFRESH_ALL = 64'(HOTTEST) * 64'(BANKS) * 64'(TRrefd);
  if (64'(TRefi) <= REFRESH_AB) begin : gen_refresh_check
    $error("mem3d_vault: TRefi is %0d ps, needs to be more than 4 * (TRp + TRfcAb), %0d", TRefi,
           REFRESH_AB);
  end
  if (64'(TRefi) <= REFRESH_PB) begin : gen_bank_refresh_check
    $error("mem3d_vault: TRefi is %0d ps, needs to be more than 4 * (TRp + TRfcPb), %0d", TRefi,
           REFRESH_PB);
  end
  if (64'(TRefi) <= REFRESH_ALL) begin : gen_refresh_distance_check
    $error("mem3d_vault: TRefi is %0d ps, needs to be more than 4 * banks * TRrefd, %0d", TRefi,
           REFRESH_ALL);
  end
  if ((RaaImt == 0) != (RaaMmt == 0) || RaaImt > RaaMmt || RaaMmt > 1023) begin : gen_raa_check
    $error("mem3d_vault: RaaImt is %0d, needs to be from 1 to RaaMmt, %0d, that at most 1023; or 0",
           RaaImt, RaaMmt);
  end

endmodule
