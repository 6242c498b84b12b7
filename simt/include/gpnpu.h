// CUDA C++ for the SIMT processor: what a kernel may use without including anything of CUDA's.
//
// `gpnpu-cc` includes this page by itself; `#include <cuda_runtime.h>` in a kernel leads here too. What is here and where it
// differs from CUDA is in docs/programs.md, what the instructions and CSRs do in docs/simt.md.
#pragma once

#if !defined(__CUDA__) || !defined(__riscv) || __riscv_xlen != 64
#error "gpnpu.h is for CUDA C++ and RV64: compile with gpnpu-cc"
#endif

#include <stddef.h>
#include <stdint.h>

#include "gpnpu/keywords.h"
#include "gpnpu/vector_types.h"
#include "gpnpu/indices.h"
#include "gpnpu/warp.h"
#include "gpnpu/atomics.h"
#include "gpnpu/math.h"
#include "gpnpu/intrinsics.h"
