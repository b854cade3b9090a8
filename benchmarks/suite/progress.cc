// SPDX-License-Identifier: MIT
#include "benchmarks/suite/progress.h"

#include <cstdio>

#include "fixtures/base/text.h"
#include "fixtures/base/units.h"

namespace assay::suite {
namespace {

std::string Clock(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  char text[32];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
  }
  return text;
}

}  // namespace

void Progress::Show(std::string line) {
  constexpr std::size_t kWidth = 110;  // longer lines would wrap and could not be overwritten
  if (line.size() > kWidth) line.resize(base::CodePointStart(line, kWidth));
  out_ << "\r\x1b[K" << line << std::flush;
  shown_ = true;
}

void Progress::Warmup(std::int64_t done, std::int64_t total, const std::string& case_id) {
  if (!enabled_) return;
  Show("warm-up " + std::to_string(done + 1) + "/" + std::to_string(total) + "  " + base::EscapeForTerminal(case_id));
}

void Progress::Measure(std::int64_t done, std::int64_t total, const std::string& case_id, std::int64_t repetition,
                       std::int64_t repetitions) {
  if (!enabled_) return;
  const base::Moment now = std::chrono::steady_clock::now();
  if (done == 0) started_ = now;
  std::string left = "...";
  if (done > 0) {
    const double per_request = base::ToSeconds(now - started_) / static_cast<double>(done);
    left = Clock(per_request * static_cast<double>(total - done));
  }
  Show("measuring " + std::to_string(done + 1) + "/" + std::to_string(total) + "  " + left + " left  repetition " +
       std::to_string(repetition + 1) + "/" + std::to_string(repetitions) + "  " + base::EscapeForTerminal(case_id));
}

bool Progress::Say(const std::string& line, bool everywhere) {
  if (enabled_) {
    Show(base::EscapeForTerminal(line));
    return false;
  }
  if (everywhere) out_ << "assay-bench: " << base::EscapeForTerminal(line) << "\n" << std::flush;
  return everywhere;
}

void Progress::Clear() {
  if (!shown_) return;
  out_ << "\r\x1b[K" << std::flush;
  shown_ = false;
}

}  // namespace assay::suite
