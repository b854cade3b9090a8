// SPDX-License-Identifier: MIT
// What assay-bench ends with: design.md section 7.
#pragma once

#include "fixtures/base/result.h"

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

// What an error of finding, opening or loading means.
inline int ServiceExitCode(const base::Error& error, bool skip_without_service) {
  switch (error.code) {
    case base::ErrorCode::kUsage:
      return kUsageOrInput;
    case base::ErrorCode::kCancelled:
      return kCaseFailed;
    case base::ErrorCode::kInternal:
      return kInternalError;
    default:
      return skip_without_service ? kSkipped : kNotAvailable;
  }
}

}  // namespace assay::suite
