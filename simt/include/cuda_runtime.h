// For kernels that include it: the whole of what is there is in gpnpu.h.
#pragma once

#include "gpnpu.h"
