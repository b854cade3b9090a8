// SPDX-License-Identifier: MIT
// The anchors of a run beside those of the accepted sessions: what the machine did, in the words of a rule. Only
// anchors of one yardstick are comparable. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/run/run_directory.h"
#include "tools/compare/baseline_format.h"
#include "tools/compare/latency_rule.h"

namespace assay::compare {

struct NamedSession {
  const BaselineSession* session = nullptr;
  std::string name;  // session_names.h
};

struct AnchorEvidence {
  std::vector<AnchorSeries> series;  // of the anchors that the run has; `base` holds the sessions that have them too
  std::string why_none;              // empty when there are some to compare; a sentence without its full stop
};

// The values of an anchor over several runs are pooled, and so are those of sessions of one name that stem from
// different runs. `metric` is "ttft_ms" or "tpot_ms".
AnchorEvidence AnchorsOf(std::span<const run::Run* const> runs, std::span<const NamedSession> sessions,
                         std::string_view metric);
// What the same anchors did in the runs of a second look; nothing where one of them has none to compare.
void AddSecondLook(std::span<const run::Run* const> second, std::string_view yardstick, std::string_view metric,
                   std::vector<AnchorSeries>& series);

}  // namespace assay::compare
