// CSRs that do not change while a thread runs (docs/simt.md), for include/gpnpu/indices.h.
//
// These are compiled as C and linked as bitcode into each kernel: in CUDA C++ all inline assembly counts as depending on the
// lanes that execute it, so that clang-19 neither moves it out of a loop nor merges two of the same.

#define CSR(name, number)                                                                          \
  __attribute__((const, always_inline)) unsigned int __gpnpu_##name(void) {                        \
    unsigned int value;                                                                            \
    __asm__("csrr %0, " #number : "=r"(value));                                                    \
    return value;                                                                                  \
  }

CSR(tid_x, 0xCC0)
CSR(tid_y, 0xCC1)
CSR(tid_z, 0xCC2)
CSR(ctaid_x, 0xCC3)
CSR(ctaid_y, 0xCC4)
CSR(ctaid_z, 0xCC5)
CSR(ntid_x, 0xCC6)
CSR(ntid_y, 0xCC7)
CSR(ntid_z, 0xCC8)
CSR(nctaid_x, 0xCC9)
CSR(nctaid_y, 0xCCA)
CSR(nctaid_z, 0xCCB)
CSR(lane, 0xCCC)
CSR(warp, 0xCCD)
CSR(lanes, 0xCCE)
CSR(core, 0xCCF)
