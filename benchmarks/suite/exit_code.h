// SPDX-License-Identifier: MIT
// What assay-bench ends with: design.md section 7.
#pragma once

namespace assay::suite {

enum ExitCode {
  kEveryCaseRan = 0,
  kCaseFailed = 1,
  kUsageOrInput = 2,
  kNotAvailable = 3,
  kInternalError = 4,
  kSkipped = 77,
  // --check
  kReady = 0,
  kNotReady = 1,
};

}  // namespace assay::suite
