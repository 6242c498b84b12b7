// For kernels that include it: the functions are in gpnpu.h.
#pragma once

#include "gpnpu.h"
