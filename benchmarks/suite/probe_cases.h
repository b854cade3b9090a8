// SPDX-License-Identifier: MIT
// Asks the cases that are probes, step by step. Nothing of it is measured: no row of Google Benchmark's, no summary, no
// look at the machine. Knows nothing of files and terminals: what came goes to the caller.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "fixtures/base/clock.h"
#include "fixtures/run/run_directory.h"
#include "fixtures/session/asker.h"

namespace assay::suite {

// What surrounds one probe; all may be called between any two of its requests.
struct ProbeSurroundings {
  // Every request, with case, repetition and step filled in: disturbed ones before the one that stands, a reference (a
  // warm-up) after it.
  std::function<void(const chat::Completion& completion)> record;
  std::function<void(std::int64_t step)> begins;  // told before each step, or block of steps
  std::function<bool()> stopped;                  // nothing more is asked
};

struct AskedProbe {
  std::optional<run::ProbeFinding> finding;  // absent when it was stopped
  // Why nothing was answered at all; the finding then says cannot_tell. Empty when something was.
  std::string failure;
  std::int64_t requests = 0;  // steps that were asked; fewer than there are where an answer left nothing to ask
  base::Nanoseconds upkeep{0};
};

// A service that hangs is not asked again, nor one that answers neither of the first two steps.
AskedProbe AskProbe(session::Asker& asker, const run::PlannedCase& plan, const ProbeSurroundings& around);

}  // namespace assay::suite
