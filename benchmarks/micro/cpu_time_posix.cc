// SPDX-License-Identifier: MIT
#include <sys/resource.h>

#include "benchmarks/micro/cpu_time.h"

namespace assay::micro {

base::Nanoseconds ProcessCpuTime() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

}  // namespace assay::micro
