// SPDX-License-Identifier: MIT
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include <cstdint>

#include "benchmarks/micro/cpu_time.h"

namespace assay::micro {

base::Nanoseconds ProcessCpuTime() {
  FILETIME created{};
  FILETIME ended{};
  FILETIME kernel{};
  FILETIME user{};
  GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user);
  const auto of = [](const FILETIME& time) {  // in steps of 100 ns
    return base::Nanoseconds(100 * (static_cast<std::int64_t>(time.dwHighDateTime) << 32 | time.dwLowDateTime));
  };
  return of(kernel) + of(user);
}

}  // namespace assay::micro
