// simt_core: a core of the SIMT processor: its warps, their registers and units.
//
// In order within a warp, one instruction a clock from any of them. Whether one faults is known in
// the clock behind its execute stage: nothing behind it begins then, and what it began itself (a
// write, a request, where its lanes go) has not yet had an effect and is dropped.
// Latency    ALU 3 clocks to the next instruction that needs the result; a branch 8 clocks from its
//            issue to that of its warp's next instruction.
// Throughput 1 instruction/clock.
// Stages     choice of a warp (fetch); cache; tags and paths; decode; issue; registers; execute;
//            check and write. Multiply 3, FMA 5, others of F 3 clocks instead of execute's one.
// Golden     golden/src/simt/          Plan  rtl/simt/core/testplan.hjson
`include "assert.svh"

module simt_core
  import simt_pkg::*;
#(
  parameter int unsigned Warps       = 8,
  parameter int unsigned Lanes       = 8,
  parameter int unsigned ICacheBytes = 16384,
  parameter int unsigned Core        = 0,
  parameter int unsigned Cores       = 1,
  parameter logic [63:0] MemBase     = 64'h8000_0000,
  parameter logic [63:0] MemBytes    = 64'h8000_0000,

  localparam int unsigned WARP_IDX_W = $clog2(Warps),
  localparam int unsigned LANE_W     = $clog2(Lanes),
  // Words of memory, and a bit for what is beyond it.
  localparam int unsigned PC_W       = $clog2(MemBytes) - 1
) (
  input  logic clk_i,
  input  logic rst_ni,

  // The launch that runs; stable while it does. `stop_i` ends all warps.
  input  launch_t     launch_i,
  input  logic [63:0] cycle_i,
  input  logic        empty_i,      // before a launch: the instruction cache forgets
  input  logic        halt_i,       // nothing executes any more
  input  logic        stop_i,

  input  logic             cta_valid_i,
  output logic             cta_ready_o,
  input  cta_t             cta_i,
  output logic [Warps-1:0] used_o,        // warps that have not ended
  // The first fault; nothing executes from then on until `stop_i`.
  output fault_t           fault_o,
  output logic             idle_o,        // nothing is under way, in memory either

  // The memory side.
  output logic             req_valid_o,
  input  logic             req_ready_i,
  output mem_req_t         req_o,
  input  logic             rsp_valid_i,
  output logic             rsp_ready_o,
  input  mem_rsp_t         rsp_i,
  input  logic [15:0]      busy_i,
  output logic             fetch_valid_o,
  input  logic             fetch_ready_i,
  output logic [39:0]      fetch_addr_o,
  input  logic             fetch_rsp_valid_i,
  input  mem_fetch_rsp_t   fetch_rsp_i,

  output core_event_t      event_o,
  output trace_t           trace_o
);

  // ---- State of the warps ----
  logic [Warps-1:0]      run, step, control, start_warp, blocked, bar_release;
  logic [PC_W-1:0]       path_pc [Warps], first_pc [Warps];
  logic [Lanes-1:0]      path_mask [Warps], live [Warps], bar_lanes [Warps];
  logic                  heavy;
  logic [2:0][31:0]      tid_mem [Warps*Lanes];
  logic [2:0][31:0]      ctaid_q [Warps];
  logic [WARP_W-1:0]     in_cta_q [Warps];
  logic [31:0]           shared_base_q [Warps];
  // Warps of the same CTA.
  logic [Warps-1:0]      family_q [Warps];
  logic [TAG_W-1:0]      tag_q [Warps];
  logic [63:0]           instret_q [Warps];

  // ---- Start of a CTA ----
  logic                  clear, clears, thread, start;
  logic [4:0]            clear_rd;
  logic [LANE_W-1:0]     start_lane;
  logic [2:0][31:0]      start_tid;
  logic [WARP_IDX_W-1:0] start_index;
  logic [WARP_W-1:0]     start_in_cta;
  logic [Lanes-1:0]      start_mask;
  logic [Warps-1:0]      family;
  logic                  starting;

  simt_start #(
    .Warps(Warps),
    .Lanes(Lanes)
  ) u_start (
    .clk_i,
    .rst_ni,
    .stop_i,
    .valid_i   (cta_valid_i),
    .ready_o   (cta_ready_o),
    .cta_i,
    .block_i   (launch_i.block),
    .clear_o   (clear),
    .cleared_i (clears),
    .clear_rd_o(clear_rd),
    .thread_o  (thread),
    .lane_o    (start_lane),
    .tid_o     (start_tid),
    .warp_o    (start_index),
    .in_cta_o  (start_in_cta),
    .start_o   (start),
    .mask_o    (start_mask)
  );
  assign starting = !cta_ready_o;

  always_comb begin
    family = '0;
    for (int unsigned w = 0; w < Warps; w++) begin
      family[w] = w >= 32'(cta_i.first) && w < 32'(cta_i.first) + 32'(cta_i.warps);
      start_warp[w] = start && start_index == WARP_IDX_W'(w);
    end
  end

  // A warp is used from the start of its CTA until nothing of it is left.
  logic [Warps-1:0] used_q, ended, fetch_empty, issue_busy, memory_busy, in_pipe;
  assign used_o = used_q;
  always_comb begin
    for (int unsigned w = 0; w < Warps; w++) begin
      ended[w] = live[w] == '0 && fetch_empty[w] && !issue_busy[w] && !memory_busy[w]
                 && !in_pipe[w];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      used_q        <= '0;
      ctaid_q       <= '{default: '0};
      in_cta_q      <= '{default: '0};
      shared_base_q <= '{default: '0};
      family_q      <= '{default: '0};
    end else begin
      if (cta_valid_i && cta_ready_o) begin
        for (int unsigned w = 0; w < Warps; w++) begin
          if (family[w]) begin
            ctaid_q[w]       <= cta_i.ctaid;
            shared_base_q[w] <= cta_i.shared_base;
            family_q[w]      <= family;
          end
        end
      end
      if (start) in_cta_q[start_index] <= start_in_cta;
      // A CTA's warps are free together, once all of them have begun and ended.
      for (int unsigned w = 0; w < Warps; w++) begin
        if (cta_valid_i && cta_ready_o && family[w])           used_q[w] <= 1'b1;
        else if (!starting && (family_q[w] & ~ended) == '0)    used_q[w] <= 1'b0;
        if (stop_i)                                            used_q[w] <= 1'b0;
      end
    end
  end
  always_ff @(posedge clk_i) begin
    if (thread) tid_mem[{start_index, start_lane}] <= start_tid;
  end

  // ---- Paths and fetch ----
  logic [Warps-1:0] group_valid;
  logic             group_any, group_last, group_push, group_pop, group_bar, group_sync;
  logic [PC_W-1:0]  group_pc;
  logic [Lanes-1:0] group_mask, group_need;

  for (genvar w = 0; w < Warps; w++) begin : gen_warp
    simt_paths #(
      .Lanes(Lanes),
      .PcW  (PC_W)
    ) u_paths (
      .clk_i,
      .rst_ni,
      .start_i      (start_warp[w]),
      .start_pc_i   ({1'b0, launch_i.entry[PC_W:2]}),
      .start_mask_i (start_mask),
      .stop_i,
      .run_o        (run[w]),
      .pc_o         (path_pc[w]),
      .mask_o       (path_mask[w]),
      .step_i       (step[w]),
      .heavy_i      (heavy),
      .control_i    (control[w]),
      .group_valid_i(group_valid[w]),
      .group_any_i  (group_any),
      .group_last_i (group_last),
      .group_pc_i   (group_pc),
      .group_mask_i (group_mask),
      .group_push_i (group_push),
      .group_pop_i  (group_pop),
      .group_bar_i  (group_bar),
      .group_sync_i (group_sync),
      .group_need_i (group_need),
      .bar_release_i(bar_release[w]),
      .live_o       (live[w]),
      .bar_o        (bar_lanes[w]),
      .blocked_o    (blocked[w]),
      .first_pc_o   (first_pc[w])
    );
  end

  logic [Warps-1:0] head_valid, head_bad, head_unreadable, take;
  uop_t             head_uop [Warps], issue_uop [Warps];
  logic [31:0]      head_code [Warps];
  logic [PC_W-1:0]  head_pc [Warps];
  logic [Lanes-1:0] head_mask [Warps];
  logic             empty_fetch, fence_i;
  logic [PC_W-6:0]  fetch_line;

  assign empty_fetch = empty_i || fence_i;
  simt_fetch #(
    .Warps      (Warps),
    .Lanes      (Lanes),
    .PcW        (PC_W),
    .ICacheBytes(ICacheBytes)
  ) u_fetch (
    .clk_i,
    .rst_ni,
    .empty_i     (empty_fetch),
    .stop_i,
    .run_i       (run),
    .pc_i        (path_pc),
    .mask_i      (path_mask),
    .step_o      (step),
    .control_o   (control),
    .heavy_o     (heavy),
    .valid_o     (head_valid),
    .uop_o       (head_uop),
    .code_o      (head_code),
    .pc_o        (head_pc),
    .mask_o      (head_mask),
    .bad_o       (head_bad),
    .unreadable_o(head_unreadable),
    .take_i      (take),
    .empty_o     (fetch_empty),
    .line_valid_o(fetch_valid_o),
    .line_ready_i(fetch_ready_i),
    .line_o      (fetch_line),
    .rsp_valid_i (fetch_rsp_valid_i),
    .rsp_data_i  (fetch_rsp_i.data),
    .rsp_error_i (fetch_rsp_i.error)
  );
  assign fetch_addr_o = 40'(MemBase) | 40'({fetch_line, 6'h0});

  // ---- Issue ----
  logic [WARP_IDX_W-1:0] issue_warp;
  logic [Warps-1:0]      acquire_q, flags_done [3];
  logic                  memory_free, control_free, div_free, fdiv_free;
  logic                  x_fixed, f_fixed, stalled_data, stalled_unit;
  logic                  x_wb_d, f_wb_d;          // a register is written in the next clock
  logic [WARP_IDX_W-1:0] x_wb_warp_d, f_wb_warp_d;
  logic [4:0]            x_wb_rd_d, f_wb_rd_d;
  logic                  x_wb_last, f_wb_last;
  logic                  halt_q, halted, clear_late;

  always_comb begin
    for (int unsigned w = 0; w < Warps; w++) begin
      issue_uop[w] = head_uop[w];
      if (head_bad[w]) begin
        issue_uop[w]         = '0;
        issue_uop[w].illegal = 1'b1;
      end
    end
  end

  simt_issue #(
    .Warps(Warps)
  ) u_issue (
    .clk_i,
    .rst_ni,
    .stop_i,
    .valid_i       (head_valid),
    .uop_i         (issue_uop),
    .memory_busy_i (memory_busy),
    .hold_i        (acquire_q | {Warps{halted || clear_late}}),
    .memory_free_i (memory_free),
    .control_free_i(control_free),
    .div_free_i    (div_free),
    .fdiv_free_i   (fdiv_free),
    .issue_o       (take),
    .warp_o        (issue_warp),
    .stalled_data_o(stalled_data),
    .stalled_unit_o(stalled_unit),
    .x_fixed_o     (x_fixed),
    .f_fixed_o     (f_fixed),
    .x_done_i      (x_wb_d && x_wb_last),
    .x_warp_i      (x_wb_warp_d),
    .x_rd_i        (x_wb_rd_d),
    .f_done_i      (f_wb_d && f_wb_last),
    .f_warp_i      (f_wb_warp_d),
    .f_rd_i        (f_wb_rd_d),
    .flags_done_i  (flags_done),
    .busy_o        (issue_busy)
  );

  // What goes with an instruction to the write of its result.
  typedef struct packed {
    logic [WARP_IDX_W-1:0] warp;
    logic [TAG_W-1:0]      tag;
    logic [Lanes-1:0]      mask;
    logic                  x;
    logic                  f;
    logic [4:0]            rd;
  } info_t;

  // ---- Registers ----
  logic                  rr_q, rr_bad_q, rr_unreadable_q;
  logic [WARP_IDX_W-1:0] rr_warp_q;
  uop_t                  rr_uop_q;
  logic [31:0]           rr_code_q;
  logic [PC_W-1:0]       rr_pc_q;
  logic [Lanes-1:0]      rr_mask_q;

  logic                  ex_q, ex_bad_q, ex_unreadable_q;
  logic [WARP_IDX_W-1:0] ex_warp_q;
  uop_t                  ex_uop_q;
  logic [31:0]           ex_code_q;
  logic [PC_W-1:0]       ex_pc_q;
  logic [Lanes-1:0]      ex_mask_q;
  logic [63:0]           ex_stack_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rr_q            <= 1'b0;
      rr_bad_q        <= 1'b0;
      rr_unreadable_q <= 1'b0;
      rr_warp_q       <= '0;
      rr_uop_q        <= '0;
      rr_code_q       <= '0;
      rr_pc_q         <= '0;
      rr_mask_q       <= '0;
      ex_q            <= 1'b0;
      ex_bad_q        <= 1'b0;
      ex_unreadable_q <= 1'b0;
      ex_warp_q       <= '0;
      ex_uop_q        <= '0;
      ex_code_q       <= '0;
      ex_pc_q         <= '0;
      ex_mask_q       <= '0;
    end else begin
      rr_q            <= take != '0;
      rr_warp_q       <= issue_warp;
      rr_uop_q        <= issue_uop[issue_warp];
      rr_code_q       <= head_code[issue_warp];
      rr_pc_q         <= head_pc[issue_warp];
      rr_mask_q       <= head_mask[issue_warp];
      rr_bad_q        <= head_bad[issue_warp];
      rr_unreadable_q <= head_unreadable[issue_warp];
      ex_q            <= rr_q;
      ex_warp_q       <= rr_warp_q;
      ex_uop_q        <= rr_uop_q;
      ex_code_q       <= rr_code_q;
      ex_pc_q         <= rr_pc_q;
      ex_mask_q       <= rr_mask_q;
      ex_bad_q        <= rr_bad_q;
      ex_unreadable_q <= rr_unreadable_q;
      if (halted) begin
        rr_q <= 1'b0;
        ex_q <= 1'b0;
      end
    end
  end

  logic [63:0] x1 [Lanes], x2 [Lanes];
  logic [31:0] f1 [Lanes], f2 [Lanes], f3 [Lanes];
  logic [Lanes-1:0]      x_write, f_write;
  logic [WARP_IDX_W-1:0] x_wb_warp, f_wb_warp;
  logic [4:0]            x_wb_rd, f_wb_rd;
  logic [63:0]           x_wb_data [Lanes];
  logic [31:0]           f_wb_data [Lanes];

  simt_regs #(
    .Warps(Warps),
    .Lanes(Lanes)
  ) u_regs (
    .clk_i,
    .read_i     (rr_q),
    .read_warp_i(rr_warp_q),
    .rs1_i      (rr_uop_q.rs1),
    .rs2_i      (rr_uop_q.rs2),
    .rs3_i      (rr_uop_q.rs3),
    .x1_o       (x1),
    .x2_o       (x2),
    .f1_o       (f1),
    .f2_o       (f2),
    .f3_o       (f3),
    .x_write_i  (x_write),
    .x_warp_i   (x_wb_warp),
    .x_rd_i     (x_wb_rd),
    .x_data_i   (x_wb_data),
    .f_write_i  (f_write),
    .f_warp_i   (f_wb_warp),
    .f_rd_i     (f_wb_rd),
    .f_data_i   (f_wb_data)
  );

  // Stacks: each is a power of two, and all of them are one.
  localparam int unsigned STACK_IDX_W = $clog2(Cores) + WARP_IDX_W + LANE_W;
  logic [63:0] one_mask_q, area_mask_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      one_mask_q  <= '0;
      area_mask_q <= '0;
      ex_stack_q  <= '0;
    end else begin
      one_mask_q  <= (64'd1 << launch_i.stack_log2) - 64'd1;
      area_mask_q <= (64'd1 << (6'(launch_i.stack_log2) + 6'(STACK_IDX_W))) - 64'd1;
      ex_stack_q  <= launch_i.stack_base
                     | (64'({2'(Core), rr_warp_q, LANE_W'(0)}) << launch_i.stack_log2);
    end
  end

  // ---- Execute ----
  logic [63:0]      pc, operand_a [Lanes], operand_b [Lanes], alu_result [Lanes];
  logic [63:0]      address [Lanes], warp_result [Lanes], csr_value [Lanes], csr_operand [Lanes];
  logic [63:0]      lane_stack [Lanes], stack_end [Lanes], mtvec, mepc;
  logic [2:0]       frm [Lanes];
  logic [2:0][31:0] tid [Lanes];
  logic [Lanes-1:0] equal, less, less_u, shared, own_stack;
  logic [Lanes-1:0] lane_fault, memory_fault, rm_fault, jump_fault;
  logic [Lanes-1:0] taken, goes_on, lowest;
  fault_e           lane_cause [Lanes];
  logic             csr_illegal, is_memory, is_control, is_csr, is_fpu, jumps, begins;
  logic             early_fault;
  logic [63:0]      target [Lanes], branch_target;
  logic [PC_W-1:0]  target_pc [Lanes];
  control_e         ctl;
  logic             trap;

  assign pc         = MemBase + {{63-PC_W-1{1'b0}}, ex_pc_q, 2'b00};
  assign is_memory  = ex_uop_q.unit == UnitMem;
  assign is_control = ex_uop_q.unit == UnitControl;
  assign is_csr     = ex_uop_q.unit == UnitCsr;
  assign is_fpu     = ex_uop_q.unit == UnitFpu;
  assign ctl        = control_e'(ex_uop_q.op[3:0]);
  assign jumps      = is_control && ctl inside {CtlBranch, CtlJal, CtlJalr, CtlEcall, CtlMret};
  assign lowest     = ex_mask_q & (~ex_mask_q + 1'b1);
  assign branch_target = pc + 64'(signed'(ex_uop_q.imm));

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    assign operand_a[l] = ex_uop_q.a_pc ? pc : ex_uop_q.rs1_f ? {32'h0, f1[l]} : x1[l];
    assign operand_b[l] = ex_uop_q.b_imm ? 64'(signed'(ex_uop_q.imm)) : x2[l];
    assign csr_operand[l] = ex_uop_q.funct3[2] ? {59'h0, ex_uop_q.rs1} : x1[l];
    assign tid[l]       = tid_mem[{ex_warp_q, LANE_W'(l)}];
    assign lane_stack[l] = ex_stack_q | (64'(l) << launch_i.stack_log2);
    assign stack_end[l] = lane_stack[l] + one_mask_q + 64'd1;

    simt_alu u_alu (
      .op_i    (alu_e'(ex_uop_q.op[3:0])),
      .word_i  (ex_uop_q.word),
      .a_i     (operand_a[l]),
      .b_i     (operand_b[l]),
      .result_o(alu_result[l]),
      .equal_o (equal[l]),
      .less_o  (less[l]),
      .less_u_o(less_u[l])
    );

    simt_lane_check #(
      .MemBase (MemBase),
      .MemBytes(MemBytes)
    ) u_check (
      .base_i        (x1[l]),
      .offset_i      (ex_uop_q.imm),
      .size_i        (ex_uop_q.funct3[1:0]),
      .shared_bytes_i(launch_i.shared_bytes),
      .area_mask_i   (area_mask_q),
      .one_mask_i    (one_mask_q),
      .stack_i       (lane_stack[l]),
      .address_o     (address[l]),
      .shared_o      (shared[l]),
      .stack_o       (own_stack[l]),
      .fault_o       (memory_fault[l]),
      .cause_o       (lane_cause[l])
    );

    // Conditions by funct3: equal, less, less unsigned, and their opposites.
    always_comb begin
      unique case (ex_uop_q.funct3[2:1])
        2'd0:    taken[l] = equal[l] != ex_uop_q.funct3[0];
        2'd2:    taken[l] = less[l] != ex_uop_q.funct3[0];
        default: taken[l] = less_u[l] != ex_uop_q.funct3[0];
      endcase
      unique case (ctl)
        CtlBranch: target[l] = taken[l] ? branch_target : pc + 64'd4;
        CtlJal:    target[l] = branch_target;
        CtlJalr:   target[l] = {address[l][63:1], 1'b0};
        CtlEcall:  target[l] = mtvec;
        CtlMret:   target[l] = mepc;
        default:   target[l] = pc + 64'd4;
      endcase
      // What is behind memory's last word is beyond: who goes on gets there, who jumps does not.
      goes_on[l]    = !jumps || (ctl == CtlBranch && !taken[l]);
      target_pc[l]  = goes_on[l] ? ex_pc_q + 1'b1 : {1'b0, target[l][PC_W:2]};
      jump_fault[l] = !goes_on[l] && (target[l][1:0] != '0
                                      || (target[l] & ~(MemBytes - 64'd1)) != MemBase);
      rm_fault[l]   = ex_uop_q.funct3 == 3'd7 && frm[l] > 3'd4;
    end
  end

  simt_warp_ops #(
    .Lanes(Lanes)
  ) u_warp_ops (
    .op_i    (warp_e'(ex_uop_q.op[2:0])),
    .mask_i  (ex_mask_q),
    .a_i     (x1),
    .b_i     (x2),
    .result_o(warp_result)
  );

  // ---- Faults of instructions ----
  logic takes_rm, all_fault, rm_faults;
  // All but sign injection to class, 7 to 15.
  assign takes_rm = is_fpu && ex_uop_q.op[4:3] != 2'b01 && ex_uop_q.op != 5'(FpuSgnj);
  // Known before execution; what else faults begins, and is dropped in the next clock.
  assign early_fault = ex_bad_q || ex_uop_q.illegal;
  assign rm_faults   = takes_rm && (ex_mask_q & rm_fault) != '0;
  assign begins      = ex_q && !early_fault && !halted;
  always_comb begin
    all_fault  = early_fault || (is_csr && csr_illegal)
                 || (is_control && ctl == CtlEcall && mtvec == '0);
    lane_fault = '0;
    if (all_fault)      lane_fault = ex_mask_q;
    else if (is_memory) lane_fault = ex_mask_q & memory_fault;
    else if (takes_rm)  lane_fault = ex_mask_q & rm_fault;
    else if (jumps)     lane_fault = ex_mask_q & jump_fault;
  end

  // ---- Check ----
  logic                  ck_q, ck_code_q, ck_bad_q, ck_unreadable_q, ck_memory_q;
  logic [WARP_IDX_W-1:0] ck_warp_q;
  logic [TAG_W-1:0]      ck_tag_q;
  uop_t                  ck_uop_q;
  logic [31:0]           ck_word_q;
  logic [63:0]           ck_pc_q, ck_where_q [Lanes], ck_data_q [Lanes];
  logic [Lanes-1:0]      ck_mask_q, ck_shared_q, ck_stack_q, ck_fault_q;
  fault_e                ck_cause_q [Lanes];
  logic                  executes, faults;
  logic [Lanes-1:0]      fault_mask;
  logic [63:0]           fault_address;
  fault_e                cause;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ck_q            <= 1'b0;
      ck_code_q       <= 1'b0;
      ck_bad_q        <= 1'b0;
      ck_unreadable_q <= 1'b0;
      ck_memory_q     <= 1'b0;
      ck_warp_q       <= '0;
      ck_tag_q        <= '0;
      ck_uop_q        <= '0;
      ck_word_q       <= '0;
      ck_pc_q         <= '0;
      ck_mask_q       <= '0;
      ck_shared_q     <= '0;
      ck_stack_q      <= '0;
      ck_fault_q      <= '0;
      ck_cause_q      <= '{default: FaultIllegal};
    end else begin
      ck_q            <= ex_q && !halted;
      // Of these its code is the address.
      ck_code_q       <= all_fault || takes_rm;
      ck_bad_q        <= ex_bad_q;
      ck_unreadable_q <= ex_unreadable_q;
      ck_memory_q     <= is_memory;
      ck_warp_q       <= ex_warp_q;
      ck_tag_q        <= tag_q[ex_warp_q];
      ck_uop_q        <= ex_uop_q;
      ck_word_q       <= ex_code_q;
      ck_pc_q         <= pc;
      ck_mask_q       <= ex_mask_q;
      ck_shared_q     <= shared;
      ck_stack_q      <= own_stack;
      ck_fault_q      <= lane_fault;
      for (int unsigned l = 0; l < Lanes; l++) begin
        if (all_fault || takes_rm)         ck_cause_q[l] <= FaultIllegal;
        else if (is_memory)                ck_cause_q[l] <= lane_cause[l];
        else if (target[l][1:0] != '0)     ck_cause_q[l] <= FaultMisaligned;
        else                               ck_cause_q[l] <= FaultAccess;
      end
    end
  end
  always_ff @(posedge clk_i) begin
    for (int unsigned l = 0; l < Lanes; l++) begin
      ck_where_q[l] <= is_memory ? address[l] : target[l];
      ck_data_q[l]  <= ex_uop_q.rs2_f ? {32'h0, f2[l]} : x2[l];
    end
  end

  assign executes = ck_q && ck_fault_q == '0;
  assign faults   = ck_q && ck_fault_q != '0 && !halt_q && !halt_i;
  // The lowest cause that a lane has, the lanes that have it, and the lowest one's address.
  always_comb begin
    logic [Lanes-1:0] one, misaligned, outside;
    for (int unsigned l = 0; l < Lanes; l++) begin
      misaligned[l] = ck_fault_q[l] && ck_cause_q[l] == FaultMisaligned;
      outside[l]    = ck_fault_q[l] && ck_cause_q[l] == FaultAccess;
    end
    fault_mask = ck_fault_q;
    cause      = FaultStack;
    if (ck_bad_q) begin
      cause = ck_unreadable_q ? FaultMemory : FaultAccess;
    end else if (ck_code_q) begin
      cause = FaultIllegal;
    end else if (misaligned != '0) begin
      cause      = FaultMisaligned;
      fault_mask = misaligned;
    end else if (outside != '0) begin
      cause      = FaultAccess;
      fault_mask = outside;
    end
    one           = fault_mask & (~fault_mask + 1'b1);
    fault_address = '0;
    if (ck_bad_q) begin
      // Of a line that cannot be read the address is the line.
      fault_address = ck_unreadable_q ? {ck_pc_q[63:6], 6'h0} : ck_pc_q;
    end else if (ck_code_q) begin
      fault_address = {32'h0, ck_word_q};
    end else begin
      for (int unsigned l = 0; l < Lanes; l++) fault_address |= one[l] ? ck_where_q[l] : '0;
    end
  end

  // ---- CSRs ----
  logic [Warps-1:0] csr_clear;
  logic             fma_valid, misc_valid, fdiv_valid, fdiv_ready;
  logic [4:0]       fma_flags [Lanes], misc_flags [Lanes], fdiv_flags [Lanes];
  localparam int unsigned INFO_W = $bits(info_t);
  info_t            fma_info, misc_info, fdiv_info;

  assign csr_clear = start_warp;
  assign trap      = begins && is_control && ctl == CtlEcall;
  simt_csr #(
    .Warps(Warps),
    .Lanes(Lanes),
    .Core (Core)
  ) u_csr (
    .clk_i,
    .rst_ni,
    .clear_i       (csr_clear),
    .valid_i       (begins && is_csr),
    .warp_i        (ex_warp_q),
    .mask_i        (ex_mask_q),
    .address_i     (ex_uop_q.imm[11:0]),
    .operation_i   (ex_uop_q.funct3[1:0]),
    .writes_i      (ex_uop_q.funct3[1:0] == 2'd1 || ex_uop_q.rs1 != '0),
    .operand_i     (csr_operand),
    .value_o       (csr_value),
    .illegal_o     (csr_illegal),
    .tid_i         (tid),
    .ctaid_i       (ctaid_q[ex_warp_q]),
    .ntid_i        (launch_i.block),
    .nctaid_i      (launch_i.grid),
    .warpid_i      (in_cta_q[ex_warp_q]),
    .args_i        (launch_i.args),
    .stack_i       (stack_end),
    .cycle_i,
    .instret_i     (instret_q[ex_warp_q]),
    .frm_o         (frm),
    .flags_valid_i (fma_valid),
    .flags_warp_i  (fma_info.warp),
    .flags_mask_i  (fma_info.mask),
    .flags_i       (fma_flags),
    .flags2_valid_i(misc_valid),
    .flags2_warp_i (misc_info.warp),
    .flags2_mask_i (misc_info.mask),
    .flags2_i      (misc_flags),
    .flags3_valid_i(fdiv_valid && fdiv_ready),
    .flags3_warp_i (fdiv_info.warp),
    .flags3_mask_i (fdiv_info.mask),
    .flags3_i      (fdiv_flags),
    .trap_i        (trap),
    .trap_pc_i     (pc),
    .mtvec_o       (mtvec),
    .mepc_o        (mepc)
  );

  // ---- Where lanes go ----
  logic             split_many;
  logic [Warps-1:0] split_valid;
  logic [Lanes-1:0] need;
  always_comb begin
    need = '0;
    for (int unsigned l = 0; l < Lanes; l++) need |= lowest[l] ? x1[l][Lanes-1:0] : '0;
  end
  simt_split #(
    .Warps(Warps),
    .Lanes(Lanes),
    .PcW  (PC_W)
  ) u_split (
    .clk_i,
    .rst_ni,
    .stop_i,
    .valid_i      (begins && is_control),
    .warp_i       (ex_warp_q),
    .mask_i       (ex_mask_q),
    .target_i     (target_pc),
    .many_i       (ctl == CtlJalr),
    .exit_i       (ctl == CtlExit),
    .push_i       (ex_uop_q.push),
    .pop_i        (ex_uop_q.pop),
    .bar_i        (ctl == CtlBar),
    .sync_i       (ctl == CtlSync),
    .need_i       (need),
    .many_o       (split_many),
    .group_valid_o(split_valid),
    .group_any_o  (group_any),
    .group_last_o (group_last),
    .group_pc_o   (group_pc),
    .group_mask_o (group_mask),
    .group_push_o (group_push),
    .group_pop_o  (group_pop),
    .group_bar_o  (group_bar),
    .group_sync_o (group_sync),
    .group_need_o (group_need)
  );
  assign group_valid = split_valid & ~{Warps{faults}};
  // The next one is executed two clocks after its issue: two groups have gone by then, more may
  // not.
  assign control_free = !split_many && !(rr_q && rr_uop_q.unit == UnitControl)
                        && !(ex_q && is_control && ctl == CtlJalr);
  assign fence_i      = begins && is_control && ctl == CtlFenceI;

  // ---- Units ----
  info_t ex_info;
  assign ex_info = '{
    warp: ex_warp_q,
    tag: tag_q[ex_warp_q],
    mask: ex_mask_q,
    x: ex_uop_q.rd_x,
    f: ex_uop_q.rd_f,
    rd: ex_uop_q.rd
  };

  // Multiplication.
  localparam int unsigned MUL_STAGES = 3;
  logic [MUL_STAGES-1:0] mul_q;
  info_t                 mul_info_q [MUL_STAGES];
  logic [63:0]           mul_result [Lanes];
  for (genvar l = 0; l < Lanes; l++) begin : gen_mul
    simt_mul u_mul (
      .clk_i,
      .funct3_i(ex_uop_q.funct3),
      .word_i  (ex_uop_q.word),
      .a_i     (x1[l]),
      .b_i     (x2[l]),
      .result_o(mul_result[l])
    );
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mul_q      <= '0;
      mul_info_q <= '{default: '0};
    end else begin
      mul_q         <= {mul_q[MUL_STAGES-2:0], begins && ex_uop_q.unit == UnitMul};
      mul_info_q[0] <= ex_info;
      for (int unsigned k = 1; k < MUL_STAGES; k++) mul_info_q[k] <= mul_info_q[k-1];
    end
  end

  // Division.
  logic        div_valid, div_busy, div_done, div_take;
  logic [63:0] div_result [Lanes];
  info_t       div_info_q;
  assign div_valid = begins && ex_uop_q.unit == UnitDiv;
  assign div_free  = !div_busy && !(rr_q && rr_uop_q.unit == UnitDiv)
                     && !(ex_q && ex_uop_q.unit == UnitDiv);
  simt_div #(
    .Lanes(Lanes)
  ) u_div (
    .clk_i,
    .rst_ni,
    .stop_i,
    .valid_i (div_valid),
    .rem_i   (ex_uop_q.funct3[1]),
    .signed_i(!ex_uop_q.funct3[0]),
    .word_i  (ex_uop_q.word),
    .a_i     (x1),
    .b_i     (x2),
    .busy_o  (div_busy),
    .done_o  (div_done),
    .take_i  (div_take),
    .result_o(div_result)
  );
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)        div_info_q <= '0;
    else if (div_valid) div_info_q <= ex_info;
  end

  // Floating point.
  fpu_req_t [Lanes-1:0] fpu_req;
  fpu_rsp_t [Lanes-1:0] fma_rsp, misc_rsp, fdiv_rsp;
  logic                 fpu_begins, fpu_ready;
  logic [INFO_W-1:0]    fma_tag, misc_tag, fdiv_tag;
  always_comb begin
    for (int unsigned l = 0; l < Lanes; l++) begin
      fpu_req[l] = '{
        rm: fpu_round_e'((ex_uop_q.funct3 == 3'd7) ? frm[l] : ex_uop_q.funct3),
        a: f1[l],
        b: f2[l],
        c: f3[l],
        x: x1[l]
      };
      fma_flags[l]  = fma_rsp[l].flags;
      misc_flags[l] = misc_rsp[l].flags;
      fdiv_flags[l] = fdiv_rsp[l].flags;
    end
  end
  assign fpu_begins = begins && is_fpu && !rm_faults;
  assign fma_info  = info_t'(fma_tag);
  assign misc_info = info_t'(misc_tag);
  assign fdiv_info = info_t'(fdiv_tag);
  simt_fpu #(
    .Lanes  (Lanes),
    .TagBits(INFO_W)
  ) u_fpu (
    .clk_i,
    .rst_ni,
    .req_valid_i (fpu_begins),
    .req_ready_o (fpu_ready),
    .op_i        (fpu_op_e'(ex_uop_q.op)),
    .tag_i       (ex_info),
    .req_i       (fpu_req),
    .fma_valid_o (fma_valid),
    .fma_tag_o   (fma_tag),
    .fma_o       (fma_rsp),
    .misc_valid_o(misc_valid),
    .misc_tag_o  (misc_tag),
    .misc_o      (misc_rsp),
    .div_valid_o (fdiv_valid),
    .div_ready_i (fdiv_ready),
    .div_tag_o   (fdiv_tag),
    .div_o       (fdiv_rsp)
  );
  // One divide at a time from issue to result.
  logic fdiv_out_q, is_fdiv_rr;
  assign is_fdiv_rr = rr_q && rr_uop_q.unit == UnitFpu && rr_uop_q.op >= 5'(FpuDiv);
  assign fdiv_free  = !fdiv_out_q && !is_fdiv_rr
                      && !(ex_q && is_fpu && ex_uop_q.op >= 5'(FpuDiv));
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fdiv_out_q <= 1'b0;
    end else begin
      if (fpu_begins && ex_uop_q.op >= 5'(FpuDiv)) fdiv_out_q <= 1'b1;
      else if (fdiv_valid && fdiv_ready)           fdiv_out_q <= 1'b0;
    end
  end
  always_comb begin
    for (int unsigned w = 0; w < Warps; w++) begin
      flags_done[0][w] = fma_valid && fma_info.warp == WARP_IDX_W'(w);
      flags_done[1][w] = misc_valid && misc_info.warp == WARP_IDX_W'(w);
      flags_done[2][w] = fdiv_valid && fdiv_ready && fdiv_info.warp == WARP_IDX_W'(w);
    end
  end

  // ---- Memory ----
  localparam int unsigned REQUESTS = 4;
  mem_req_t         request;
  logic [2:0]       request_count_q, request_occupancy_unused;
  logic             request_ready;
  logic [3:0]       memory_out_q [Warps];
  logic             memory_issued, memory_moved;
  logic             memory_lost_rr, memory_lost_ex, memory_lost_ck;
  // Stacks of a warp are interleaved by 8 bytes: the lane's number goes below the offset.
  logic [39:0] in_stack [Lanes];
  for (genvar l = 0; l < Lanes; l++) begin : gen_stack
    logic [39-LANE_W:0] offset;
    assign offset      = ck_where_q[l][39-LANE_W:0] & one_mask_q[39-LANE_W:0];
    assign in_stack[l] = (ck_where_q[l][39:0] & ~{one_mask_q[39-LANE_W:0], {LANE_W{1'b1}}})
                         | {offset[39-LANE_W:3], LANE_W'(l), offset[2:0]};
  end
  always_comb begin
    request      = '0;
    request.warp = 4'(ck_warp_q);
    request.tag  = ck_tag_q;
    request.op   = mem_op_e'(ck_uop_q.op[3:0]);
    request.size = ck_uop_q.funct3[1:0];
    request.sign = !ck_uop_q.funct3[2];
    request.fp   = ck_uop_q.rd_f;
    request.rd   = ck_uop_q.rd;
    request.mask = 16'(ck_mask_q);
    for (int unsigned l = 0; l < Lanes; l++) begin
      request.shared[l] = ck_shared_q[l];
      request.addr[l]   = ck_shared_q[l]
                          ? 40'(ck_where_q[l][19:0]) + 40'(shared_base_q[ck_warp_q])
                          : ck_stack_q[l] ? in_stack[l] : ck_where_q[l][39:0];
      request.data[l]   = ck_data_q[l];
    end
  end
  common_fifo #(
    .Width($bits(mem_req_t)),
    .Depth(REQUESTS)
  ) u_requests (
    .clk_i,
    .rst_ni,
    .in_valid_i (executes && ck_memory_q),
    .in_ready_o (request_ready),
    .in_i       (request),
    .out_valid_o(req_valid_o),
    .out_ready_i(req_ready_i),
    .out_o      (req_o),
    .occupancy_o(request_occupancy_unused)
  );
  assign memory_issued = take != '0 && issue_uop[issue_warp].unit == UnitMem
                         && !issue_uop[issue_warp].illegal;
  assign memory_moved  = req_valid_o && req_ready_i;
  // Issued, and never to be executed.
  assign memory_lost_rr = halted && rr_q && rr_uop_q.unit == UnitMem && !rr_uop_q.illegal;
  assign memory_lost_ex = halted && ex_q && is_memory && !ex_uop_q.illegal;
  assign memory_lost_ck = ck_q && !executes && ck_memory_q && !ck_uop_q.illegal;
  assign memory_free   = request_count_q < 3'(REQUESTS);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      request_count_q <= '0;
      memory_out_q    <= '{default: '0};
      acquire_q       <= '0;
    end else begin
      request_count_q <= request_count_q + 3'(memory_issued) - 3'(memory_moved)
                         - 3'(memory_lost_rr) - 3'(memory_lost_ex) - 3'(memory_lost_ck);
      for (int unsigned w = 0; w < Warps; w++) begin
        memory_out_q[w] <= memory_out_q[w] + 4'(memory_issued && take[w])
                           - 4'(memory_moved && req_o.warp == 4'(w))
                           - 4'(memory_lost_rr && rr_warp_q == WARP_IDX_W'(w))
                           - 4'(memory_lost_ex && ex_warp_q == WARP_IDX_W'(w))
                           - 4'(memory_lost_ck && ck_warp_q == WARP_IDX_W'(w));
        // What an acquire orders waits until it is done.
        if (take[w] && issue_uop[w].unit == UnitMem && issue_uop[w].fence) acquire_q[w] <= 1'b1;
        else if (!memory_busy[w])                                          acquire_q[w] <= 1'b0;
      end
    end
  end
  always_comb begin
    for (int unsigned w = 0; w < Warps; w++) begin
      memory_busy[w] = memory_out_q[w] != '0 || busy_i[w];
      in_pipe[w]     = (rr_q && rr_warp_q == WARP_IDX_W'(w))
                       || (ex_q && ex_warp_q == WARP_IDX_W'(w))
                       || (ck_q && ck_warp_q == WARP_IDX_W'(w));
    end
  end

  // ---- Write ----
  info_t       x_info_d, f_info_d;
  logic [63:0] x_data_d [Lanes];
  logic [31:0] f_data_d [Lanes];
  logic        alu_writes, x_memory, f_memory, x_takes_memory, f_takes_memory, rsp_last;

  assign alu_writes = begins && ex_uop_q.unit inside {UnitAlu, UnitControl, UnitCsr, UnitWarp};
  assign x_memory   = rsp_valid_i && !rsp_i.fp;
  assign f_memory   = rsp_valid_i && rsp_i.fp;
  // Results of fixed latency go first; then memory, then the divider.
  assign x_takes_memory = x_memory && !x_fixed && !clear;
  assign f_takes_memory = f_memory && !f_fixed && !clear;
  assign div_take   = div_done && !x_fixed && !clear && !x_memory;
  assign fdiv_ready = !f_fixed && !clear && !f_memory;
  assign rsp_ready_o = rsp_i.fp ? f_takes_memory : x_takes_memory;
  assign rsp_last   = rsp_i.last;

  info_t memory_info;
  assign memory_info = '{
    warp: WARP_IDX_W'(rsp_i.warp),
    tag: rsp_i.tag,
    mask: rsp_i.mask[Lanes-1:0],
    x: !rsp_i.fp && rsp_i.rd != '0,
    f: rsp_i.fp,
    rd: rsp_i.rd
  };

  always_comb begin
    x_info_d  = ex_info;
    x_wb_d    = 1'b0;
    x_wb_last = 1'b1;
    for (int unsigned l = 0; l < Lanes; l++) begin
      x_data_d[l] = alu_result[l];
      if (is_csr)                         x_data_d[l] = csr_value[l];
      if (ex_uop_q.unit == UnitWarp)      x_data_d[l] = warp_result[l];
      if (is_control)                     x_data_d[l] = pc + 64'd4;
    end
    if (alu_writes && ex_uop_q.rd_x) begin
      x_wb_d = 1'b1;
    end else if (mul_q[MUL_STAGES-1] && mul_info_q[MUL_STAGES-1].x) begin
      x_wb_d   = 1'b1;
      x_info_d = mul_info_q[MUL_STAGES-1];
      x_data_d = mul_result;
    end else if (misc_valid && misc_info.x) begin
      x_wb_d   = 1'b1;
      x_info_d = misc_info;
      for (int unsigned l = 0; l < Lanes; l++) x_data_d[l] = misc_rsp[l].result;
    end else if (x_takes_memory) begin
      x_wb_d    = memory_info.x;
      x_wb_last = rsp_last;
      x_info_d  = memory_info;
      for (int unsigned l = 0; l < Lanes; l++) x_data_d[l] = rsp_i.data[l];
    end else if (div_take) begin
      x_wb_d   = div_info_q.x;
      x_info_d = div_info_q;
      x_data_d = div_result;
    end
    x_wb_warp_d = x_info_d.warp;
    x_wb_rd_d   = x_info_d.rd;
  end

  always_comb begin
    f_info_d  = ex_info;
    f_wb_d    = 1'b0;
    f_wb_last = 1'b1;
    for (int unsigned l = 0; l < Lanes; l++) f_data_d[l] = alu_result[l][31:0];
    if (alu_writes && ex_uop_q.rd_f) begin
      f_wb_d = 1'b1;
    end else if (fma_valid) begin
      f_wb_d   = 1'b1;
      f_info_d = fma_info;
      for (int unsigned l = 0; l < Lanes; l++) f_data_d[l] = fma_rsp[l].result[31:0];
    end else if (misc_valid && misc_info.f) begin
      f_wb_d   = 1'b1;
      f_info_d = misc_info;
      for (int unsigned l = 0; l < Lanes; l++) f_data_d[l] = misc_rsp[l].result[31:0];
    end else if (f_takes_memory) begin
      f_wb_d    = 1'b1;
      f_wb_last = rsp_last;
      f_info_d  = memory_info;
      for (int unsigned l = 0; l < Lanes; l++) f_data_d[l] = rsp_i.data[l][31:0];
    end else if (fdiv_valid && fdiv_ready) begin
      f_wb_d   = 1'b1;
      f_info_d = fdiv_info;
      for (int unsigned l = 0; l < Lanes; l++) f_data_d[l] = fdiv_rsp[l].result[31:0];
    end
    f_wb_warp_d = f_info_d.warp;
    f_wb_rd_d   = f_info_d.rd;
  end

  // Registers of a new warp are cleared when nothing else is written, and nothing is issued if that
  // does not happen for some clocks.
  localparam int unsigned PATIENCE = 8;
  logic [2:0] clear_wait_q;
  assign clears = clear && !x_wb_d && !f_wb_d;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)              clear_wait_q <= '0;
    else if (!clear || clears) clear_wait_q <= '0;
    else if (!clear_late)     clear_wait_q <= clear_wait_q + 1'b1;
  end
  assign clear_late = clear_wait_q == 3'(PATIENCE - 1);

  logic  x_wb_q, f_wb_q, x_wb_ex_q, x_wb, clear_q;
  info_t x_info_q, f_info_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      x_wb_q    <= 1'b0;
      f_wb_q    <= 1'b0;
      x_wb_ex_q <= 1'b0;
      clear_q   <= 1'b0;
      x_info_q  <= '0;
      f_info_q  <= '0;
    end else begin
      x_wb_q    <= x_wb_d;
      f_wb_q    <= f_wb_d;
      x_wb_ex_q <= alu_writes && ex_uop_q.rd_x;
      clear_q   <= clears;
      x_info_q  <= x_info_d;
      f_info_q  <= f_info_d;
      if (clears) begin
        x_info_q <= '{warp: start_index, tag: '0, mask: '1, x: 1'b0, f: 1'b0, rd: clear_rd};
        f_info_q <= '{warp: start_index, tag: '0, mask: '1, x: 1'b0, f: 1'b0, rd: clear_rd};
      end
    end
  end
  always_ff @(posedge clk_i) begin
    for (int unsigned l = 0; l < Lanes; l++) begin
      x_wb_data[l] <= clears ? '0 : x_data_d[l];
      f_wb_data[l] <= clears ? '0 : f_data_d[l];
    end
  end
  // A jump or a CSR instruction that faults writes nothing.
  assign x_wb      = x_wb_q && !(x_wb_ex_q && faults);
  assign x_write   = (x_wb || clear_q) ? x_info_q.mask : '0;
  assign f_write   = (f_wb_q || clear_q) ? f_info_q.mask : '0;
  assign x_wb_warp = x_info_q.warp;
  assign f_wb_warp = f_info_q.warp;
  assign x_wb_rd   = x_info_q.rd;
  assign f_wb_rd   = f_info_q.rd;

  // ---- Barriers of CTAs ----
  // Complete when all lanes that live wait for it, of all warps at once; stuck when nothing of the
  // CTA can go on.
  logic [Warps-1:0] all_wait, some_wait, all_stuck, stuck;
  always_comb begin
    for (int unsigned w = 0; w < Warps; w++) begin
      all_wait[w]  = (live[w] & ~bar_lanes[w]) == '0;
      some_wait[w] = bar_lanes[w] != '0;
      all_stuck[w] = blocked[w] || live[w] == '0;
    end
    for (int unsigned w = 0; w < Warps; w++) begin
      bar_release[w] = blocked[w] && some_wait[w] && !starting
                       && (family_q[w] & ~(all_wait & all_stuck)) == '0;
      stuck[w]       = blocked[w] && !starting && (family_q[w] & ~all_stuck) == '0
                       && (family_q[w] & ~all_wait) != '0;
    end
  end

  // ---- Faults ----
  fault_t fault_q;
  assign halted  = halt_q || halt_i || stop_i || faults;
  assign fault_o = fault_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      halt_q  <= 1'b0;
      fault_q <= '0;
    end else begin
      if (faults) begin
        halt_q  <= 1'b1;
        fault_q <= '{
          valid: 1'b1,
          cause: cause,
          core: 2'(Core),
          warp: WARP_W'(ck_warp_q),
          mask: MAX_LANES'(fault_mask),
          pc: ck_pc_q,
          address: fault_address
        };
      end else if (!halt_q && !halt_i && stuck != '0) begin
        halt_q        <= 1'b1;
        fault_q       <= '0;
        fault_q.valid <= 1'b1;
        fault_q.cause <= FaultBarrier;
        fault_q.core  <= 2'(Core);
        for (int w = Warps - 1; w >= 0; w--) begin
          if (stuck[w]) begin
            fault_q.warp <= WARP_W'(w);
            fault_q.mask <= MAX_LANES'(live[w]);
            fault_q.pc   <= MemBase + {{63-PC_W-1{1'b0}}, first_pc[w], 2'b00};
          end
        end
      end
      if (stop_i) begin
        halt_q  <= 1'b0;
        fault_q <= '0;
      end
    end
  end

  // Nothing is under way: the units with a fixed latency are empty after some quiet clocks.
  localparam int unsigned QUIET = 8;
  logic [2:0] quiet_q;
  logic       none;
  assign none   = !rr_q && !ex_q && !ck_q && !div_busy && !fdiv_out_q && memory_busy == '0;
  assign idle_o = none && quiet_q == 3'(QUIET - 1);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)                          quiet_q <= '0;
    else if (!none)                       quiet_q <= '0;
    else if (quiet_q != 3'(QUIET - 1))    quiet_q <= quiet_q + 1'b1;
  end

  // ---- Counts of each warp ----
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      tag_q     <= '{default: '0};
      instret_q <= '{default: '0};
    end else begin
      for (int unsigned w = 0; w < Warps; w++) begin
        if (start_warp[w]) begin
          tag_q[w]     <= '0;
          instret_q[w] <= '0;
        end else if (begins && ex_warp_q == WARP_IDX_W'(w)) begin
          tag_q[w]     <= tag_q[w] + 1'b1;
          instret_q[w] <= instret_q[w] + 64'd1;
        end
      end
    end
  end

  // ---- Events ----
  core_event_t event_q;
  logic        live_some;
  assign event_o = event_q;
  always_comb begin
    live_some = 1'b0;
    for (int unsigned w = 0; w < Warps; w++) live_some |= live[w] != '0;
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      event_q <= '0;
    end else begin
      event_q.issued        <= executes;
      event_q.lanes         <= executes ? 5'($countones(ck_mask_q)) : '0;
      event_q.divergent     <= executes && ck_mask_q != live[ck_warp_q];
      event_q.split         <= group_valid != '0 && !group_last;
      event_q.stall_data    <= stalled_data && !halted;
      event_q.stall_unit    <= stalled_unit && !stalled_data && !halted;
      event_q.stall_fetch   <= live_some && head_valid == '0 && (blocked | ~used_q) != '1
                               && !halted;
      event_q.stall_barrier <= blocked != '0 && (blocked | ~used_q) == '1 && !halted;
    end
  end

  // ---- Trace ----
  trace_t trace_q;
  assign trace_o = trace_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      trace_q <= '0;
    end else begin
      trace_q.cta <= '{
        valid: cta_valid_i && cta_ready_o,
        warp: cta_i.first,
        ctaid: cta_i.ctaid
      };
      trace_q.issue <= '{
        valid: executes,
        warp: WARP_W'(ck_warp_q),
        tag: ck_tag_q,
        mask: MAX_LANES'(ck_mask_q),
        code: ck_word_q,
        pc: ck_pc_q
      };
      trace_q.x.valid <= x_wb;
      trace_q.x.warp  <= WARP_W'(x_info_q.warp);
      trace_q.x.tag   <= x_info_q.tag;
      trace_q.x.rd    <= x_info_q.rd;
      trace_q.x.mask  <= MAX_LANES'(x_info_q.mask);
      trace_q.f.valid <= f_wb_q;
      trace_q.f.warp  <= WARP_W'(f_info_q.warp);
      trace_q.f.tag   <= f_info_q.tag;
      trace_q.f.rd    <= f_info_q.rd;
      trace_q.f.mask  <= MAX_LANES'(f_info_q.mask);
      for (int unsigned l = 0; l < Lanes; l++) begin
        trace_q.x.data[l] <= x_wb_data[l];
        trace_q.f.data[l] <= {32'h0, f_wb_data[l]};
        trace_q.flags[0].flags[l] <= fma_flags[l];
        trace_q.flags[1].flags[l] <= misc_flags[l];
        trace_q.flags[2].flags[l] <= fdiv_flags[l];
      end
      trace_q.flags[0].valid <= fma_valid;
      trace_q.flags[0].warp  <= WARP_W'(fma_info.warp);
      trace_q.flags[0].tag   <= fma_info.tag;
      trace_q.flags[0].mask  <= MAX_LANES'(fma_info.mask);
      trace_q.flags[1].valid <= misc_valid;
      trace_q.flags[1].warp  <= WARP_W'(misc_info.warp);
      trace_q.flags[1].tag   <= misc_info.tag;
      trace_q.flags[1].mask  <= MAX_LANES'(misc_info.mask);
      trace_q.flags[2].valid <= fdiv_valid && fdiv_ready;
      trace_q.flags[2].warp  <= WARP_W'(fdiv_info.warp);
      trace_q.flags[2].tag   <= fdiv_info.tag;
      trace_q.flags[2].mask  <= MAX_LANES'(fdiv_info.mask);
    end
  end

  `ASSERT(RequestRoom_A, executes && ck_memory_q |-> request_ready)
  `ASSERT(FixedIsThere_A,
          !halted |-> x_fixed == ((alu_writes && ex_uop_q.rd_x)
                                  || (mul_q[MUL_STAGES-1] && mul_info_q[MUL_STAGES-1].x)
                                  || (misc_valid && misc_info.x)))
  `ASSERT(DividerFree_A, fpu_begins |-> fpu_ready)
  `COVER(Split_C, event_q.divergent)
  `COVER(BarrierReleased_C, bar_release != '0)
  `COVER(Stuck_C, stuck != '0)

endmodule
