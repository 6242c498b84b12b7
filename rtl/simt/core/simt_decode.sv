// simt_decode: an instruction word to what the units need; combinational.
//
// RV64IMAF_Zicsr_Zifencei and custom-0. What is not in it is illegal; of a CSR instruction the CSR
// itself is checked where CSRs are.
// Source     RISC-V unprivileged specification 20240411, chapters 2, 4 to 7, 13, 14, 21, 35
// Golden     golden/src/simt/decode.rs
module simt_decode
  import simt_pkg::*;
(
  input  logic [31:0] code_i,
  output uop_t        uop_o
);

  localparam logic [6:0] OP_LOAD = 7'h03, OP_LOAD_FP = 7'h07, OP_CUSTOM0 = 7'h0b, OP_MISC = 7'h0f,
                         OP_IMM = 7'h13, OP_AUIPC = 7'h17, OP_IMM_32 = 7'h1b, OP_STORE = 7'h23,
                         OP_STORE_FP = 7'h27, OP_AMO = 7'h2f, OP = 7'h33, OP_LUI = 7'h37,
                         OP_32 = 7'h3b, OP_MADD = 7'h43, OP_MSUB = 7'h47, OP_NMSUB = 7'h4b,
                         OP_NMADD = 7'h4f, OP_FP = 7'h53, OP_BRANCH = 7'h63, OP_JALR = 7'h67,
                         OP_JAL = 7'h6f, OP_SYSTEM = 7'h73;

  logic [6:0] opcode, funct7;
  logic [4:0] rd, rs1, rs2;
  logic [2:0] funct3;
  logic [31:0] imm_i, imm_s, imm_b, imm_u, imm_j;
  logic        rd_link, rs1_link;

  assign opcode = code_i[6:0];
  assign rd     = code_i[11:7];
  assign funct3 = code_i[14:12];
  assign rs1    = code_i[19:15];
  assign rs2    = code_i[24:20];
  assign funct7 = code_i[31:25];
  assign imm_i  = {{20{code_i[31]}}, code_i[31:20]};
  assign imm_s  = {{20{code_i[31]}}, code_i[31:25], code_i[11:7]};
  assign imm_b  = {{19{code_i[31]}}, code_i[31], code_i[7], code_i[30:25], code_i[11:8], 1'b0};
  assign imm_u  = {code_i[31:12], 12'h0};
  assign imm_j  = {{11{code_i[31]}}, code_i[31], code_i[19:12], code_i[20], code_i[30:21], 1'b0};
  // Return-address hints, table 3 of section 2.5.1.
  assign rd_link  = rd == 5'd1 || rd == 5'd5;
  assign rs1_link = rs1 == 5'd1 || rs1 == 5'd5;

  // Static rounding modes 5 and 6 do not exist.
  logic rm_bad;
  assign rm_bad = funct3 == 3'd5 || funct3 == 3'd6;

  function automatic logic [4:0] alu_op(logic [2:0] f3, logic alternative);
    unique case (f3)
      3'd0: return 5'(alternative ? AluSub : AluAdd);
      3'd1: return 5'(AluSll);
      3'd2: return 5'(AluSlt);
      3'd3: return 5'(AluSltu);
      3'd4: return 5'(AluXor);
      3'd5: return 5'(alternative ? AluSra : AluSrl);
      3'd6: return 5'(AluOr);
      3'd7: return 5'(AluAnd);
    endcase
  endfunction

  // AMO funct5 to the memory's operation.
  logic       amo_known;
  logic [4:0] amo_op;
  always_comb begin
    amo_known = 1'b1;
    unique case (funct7[6:2])
      5'h02: amo_op = 5'd2;
      5'h03: amo_op = 5'd3;
      5'h01: amo_op = 5'd4;
      5'h00: amo_op = 5'd5;
      5'h04: amo_op = 5'd6;
      5'h0c: amo_op = 5'd7;
      5'h08: amo_op = 5'd8;
      5'h10: amo_op = 5'd9;
      5'h14: amo_op = 5'd10;
      5'h18: amo_op = 5'd11;
      5'h1c: amo_op = 5'd12;
      default: begin
        amo_op    = 5'd0;
        amo_known = 1'b0;
      end
    endcase
  end

  always_comb begin
    uop_o         = '0;
    uop_o.unit    = UnitAlu;
    uop_o.op      = 5'(AluAdd);
    uop_o.funct3  = funct3;
    uop_o.rd      = rd;
    uop_o.rs1     = rs1;
    uop_o.rs2     = rs2;
    uop_o.rs3     = code_i[31:27];
    uop_o.imm     = imm_i;
    uop_o.illegal = 1'b1;
    unique case (opcode)
      OP_LUI, OP_AUIPC: begin
        uop_o.illegal = 1'b0;
        uop_o.rd_x    = 1'b1;
        uop_o.imm     = imm_u;
        uop_o.b_imm   = 1'b1;
        uop_o.a_pc    = 1'b1;
        uop_o.op      = 5'((opcode == OP_LUI) ? AluB : AluAdd);
      end
      OP_IMM, OP_IMM_32: begin
        uop_o.rd_x  = 1'b1;
        uop_o.rs1_x = 1'b1;
        uop_o.b_imm = 1'b1;
        uop_o.word  = opcode == OP_IMM_32;
        uop_o.op    = alu_op(funct3, funct3 == 3'd5 && code_i[30]);
        unique case (funct3)
          3'd1:    uop_o.illegal = funct7[6:1] != 6'h00 || (uop_o.word && funct7[0]);
          3'd5:    uop_o.illegal = (funct7[6:1] & 6'h2f) != 6'h00 || (uop_o.word && funct7[0]);
          3'd0:    uop_o.illegal = 1'b0;
          default: uop_o.illegal = uop_o.word;
        endcase
      end
      OP, OP_32: begin
        uop_o.rd_x  = 1'b1;
        uop_o.rs1_x = 1'b1;
        uop_o.rs2_x = 1'b1;
        uop_o.word  = opcode == OP_32;
        unique case (funct7)
          7'h00: begin
            uop_o.op      = alu_op(funct3, 1'b0);
            uop_o.illegal = uop_o.word && !(funct3 inside {3'd0, 3'd1, 3'd5});
          end
          7'h20: begin
            uop_o.op      = alu_op(funct3, 1'b1);
            uop_o.illegal = !(funct3 inside {3'd0, 3'd5});
          end
          7'h01: begin
            uop_o.unit    = funct3[2] ? UnitDiv : UnitMul;
            uop_o.op      = {2'b00, funct3};
            uop_o.illegal = uop_o.word && funct3 inside {3'd1, 3'd2, 3'd3};
          end
          default: ;
        endcase
      end
      OP_LOAD: begin
        uop_o.unit    = UnitMem;
        uop_o.op      = 5'd0;
        uop_o.rd_x    = 1'b1;
        uop_o.rs1_x   = 1'b1;
        uop_o.illegal = funct3 == 3'd7;
      end
      OP_LOAD_FP: begin
        uop_o.unit    = UnitMem;
        uop_o.op      = 5'd0;
        uop_o.rd_f    = 1'b1;
        uop_o.rs1_x   = 1'b1;
        uop_o.illegal = funct3 != 3'd2;
      end
      OP_STORE: begin
        uop_o.unit    = UnitMem;
        uop_o.op      = 5'd1;
        uop_o.rs1_x   = 1'b1;
        uop_o.rs2_x   = 1'b1;
        uop_o.imm     = imm_s;
        uop_o.illegal = funct3[2];
      end
      OP_STORE_FP: begin
        uop_o.unit    = UnitMem;
        uop_o.op      = 5'd1;
        uop_o.rs1_x   = 1'b1;
        uop_o.rs2_f   = 1'b1;
        uop_o.imm     = imm_s;
        uop_o.illegal = funct3 != 3'd2;
      end
      OP_AMO: begin
        uop_o.unit    = UnitMem;
        uop_o.op      = amo_op;
        uop_o.rd_x    = 1'b1;
        uop_o.rs1_x   = 1'b1;
        uop_o.rs2_x   = amo_op != 5'd2;
        uop_o.imm     = '0;
        uop_o.fence   = funct7[1:0] != 2'b00;
        uop_o.illegal = !(funct3 inside {3'd2, 3'd3}) || !amo_known
                        || (amo_op == 5'd2 && rs2 != 5'd0);
      end
      OP_BRANCH: begin
        uop_o.unit    = UnitControl;
        uop_o.op      = 5'(CtlBranch);
        uop_o.rs1_x   = 1'b1;
        uop_o.rs2_x   = 1'b1;
        uop_o.imm     = imm_b;
        uop_o.illegal = funct3 inside {3'd2, 3'd3};
      end
      OP_JAL: begin
        uop_o.unit    = UnitControl;
        uop_o.op      = 5'(CtlJal);
        uop_o.rd_x    = 1'b1;
        uop_o.imm     = imm_j;
        uop_o.push    = rd_link;
        uop_o.illegal = 1'b0;
      end
      OP_JALR: begin
        uop_o.unit    = UnitControl;
        uop_o.op      = 5'(CtlJalr);
        uop_o.rd_x    = 1'b1;
        uop_o.rs1_x   = 1'b1;
        uop_o.push    = rd_link && !(rs1_link && rs1 != rd);
        uop_o.pop     = rs1_link && !rd_link;
        uop_o.illegal = funct3 != 3'd0;
      end
      OP_MISC: begin
        // FENCE waits to be issued, and does nothing then.
        uop_o.unit    = (funct3 == 3'd1) ? UnitControl : UnitAlu;
        uop_o.op      = (funct3 == 3'd1) ? 5'(CtlFenceI) : 5'(AluAdd);
        uop_o.fence   = 1'b1;
        uop_o.illegal = !(funct3 inside {3'd0, 3'd1});
      end
      OP_SYSTEM: begin
        if (funct3 == 3'd0) begin
          uop_o.unit    = UnitControl;
          uop_o.illegal = rd != 5'd0 || rs1 != 5'd0;
          unique case (code_i[31:20])
            12'h000: uop_o.op = 5'(CtlEcall);
            12'h302: uop_o.op = 5'(CtlMret);
            12'h105: begin
              uop_o.unit = UnitAlu;
              uop_o.op   = 5'(AluAdd);
            end
            default: uop_o.illegal = 1'b1;
          endcase
        end else begin
          uop_o.unit    = UnitCsr;
          uop_o.rd_x    = 1'b1;
          uop_o.rs1_x   = !funct3[2];
          uop_o.illegal = funct3 == 3'd4;
        end
      end
      OP_CUSTOM0: begin
        unique case (funct3)
          3'd0: begin
            uop_o.unit    = UnitControl;
            uop_o.rs1_x   = funct7 == 7'd2;
            uop_o.fence   = funct7 != 7'd1;
            uop_o.illegal = funct7 > 7'd2 || rd != 5'd0 || rs2 != 5'd0
                            || (rs1 != 5'd0 && funct7 != 7'd2);
            unique case (funct7)
              7'd0:    uop_o.op = 5'(CtlBar);
              7'd1:    uop_o.op = 5'(CtlExit);
              default: uop_o.op = 5'(CtlSync);
            endcase
          end
          3'd1: begin
            uop_o.unit    = UnitWarp;
            uop_o.op      = {3'b000, funct7[1:0]};
            uop_o.rd_x    = 1'b1;
            uop_o.rs1_x   = 1'b1;
            uop_o.illegal = funct7 > 7'd2 || rs2 != 5'd0;
          end
          3'd2: begin
            uop_o.unit    = UnitWarp;
            uop_o.op      = {3'b001, funct7[1:0]};
            uop_o.rd_x    = 1'b1;
            uop_o.rs1_x   = 1'b1;
            uop_o.rs2_x   = 1'b1;
            uop_o.illegal = funct7 > 7'd3;
          end
          default: ;
        endcase
      end
      OP_MADD, OP_MSUB, OP_NMSUB, OP_NMADD: begin
        uop_o.unit    = UnitFpu;
        uop_o.op      = 5'd3 + {3'b000, opcode[3:2]};
        uop_o.rd_f    = 1'b1;
        uop_o.rs1_f   = 1'b1;
        uop_o.rs2_f   = 1'b1;
        uop_o.rs3_f   = 1'b1;
        uop_o.illegal = funct7[1:0] != 2'b00 || rm_bad;
      end
      OP_FP: begin
        uop_o.unit  = UnitFpu;
        uop_o.rd_f  = 1'b1;
        uop_o.rs1_f = 1'b1;
        uop_o.rs2_f = 1'b1;
        unique case (funct7)
          7'h00, 7'h04, 7'h08: begin
            uop_o.op      = {3'b000, funct7[3:2]};
            uop_o.illegal = rm_bad;
          end
          7'h0c: begin
            uop_o.op      = 5'd24;
            uop_o.illegal = rm_bad;
          end
          7'h2c: begin
            uop_o.op      = 5'd25;
            uop_o.rs2_f   = 1'b0;
            uop_o.illegal = rm_bad || rs2 != 5'd0;
          end
          7'h10: begin
            uop_o.op      = 5'd7 + {2'b00, funct3};
            uop_o.illegal = funct3 > 3'd2;
          end
          7'h14: begin
            uop_o.op      = 5'd10 + {2'b00, funct3};
            uop_o.illegal = funct3 > 3'd1;
          end
          7'h50: begin
            // fle, flt, feq
            uop_o.op      = 5'd14 - {2'b00, funct3};
            uop_o.rd_f    = 1'b0;
            uop_o.rd_x    = 1'b1;
            uop_o.illegal = funct3 > 3'd2;
          end
          7'h60: begin
            uop_o.op      = {3'b100, rs2[1:0]};
            uop_o.rd_f    = 1'b0;
            uop_o.rd_x    = 1'b1;
            uop_o.rs2_f   = 1'b0;
            uop_o.illegal = rm_bad || rs2 > 5'd3;
          end
          7'h68: begin
            uop_o.op      = {3'b101, rs2[1:0]};
            uop_o.rs1_f   = 1'b0;
            uop_o.rs1_x   = 1'b1;
            uop_o.rs2_f   = 1'b0;
            uop_o.illegal = rm_bad || rs2 > 5'd3;
          end
          7'h70: begin
            // fclass, and fmv.x.w through the ALU
            uop_o.op      = 5'd15;
            uop_o.rd_f    = 1'b0;
            uop_o.rd_x    = 1'b1;
            uop_o.rs2_f   = 1'b0;
            uop_o.illegal = funct3 > 3'd1 || rs2 != 5'd0;
            if (funct3 == 3'd0) begin
              uop_o.unit  = UnitAlu;
              uop_o.op    = 5'(AluAdd);
              uop_o.word  = 1'b1;
              uop_o.b_imm = 1'b1;
              uop_o.imm   = '0;
            end
          end
          7'h78: begin
            uop_o.unit    = UnitAlu;
            uop_o.op      = 5'(AluAdd);
            uop_o.rs1_f   = 1'b0;
            uop_o.rs1_x   = 1'b1;
            uop_o.rs2_f   = 1'b0;
            uop_o.b_imm   = 1'b1;
            uop_o.imm     = '0;
            uop_o.illegal = funct3 != 3'd0 || rs2 != 5'd0;
          end
          default: ;
        endcase
      end
      default: ;
    endcase
    if (rd == 5'd0) uop_o.rd_x = 1'b0;
  end

endmodule
