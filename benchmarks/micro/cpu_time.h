// SPDX-License-Identifier: MIT
// The processor time this process has used so far, all threads, user and system.
#pragma once

#include "fixtures/base/clock.h"

namespace assay::micro {

base::Nanoseconds ProcessCpuTime();

}  // namespace assay::micro
