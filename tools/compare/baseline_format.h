// SPDX-License-Identifier: MIT
// What the two baseline files of a variant hold, and their JSON (format page: baseline_format.md).
// Pure functions: text in, value out and back; where the files lie is baseline_store's business.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/base/result.h"
#include "fixtures/run/anchors.h"
#include "fixtures/run/environment.h"
#include "fixtures/run/json.h"
#include "fixtures/run/sample.h"
#include "tools/compare/accepted_probe.h"
#include "tools/compare/stored_metrics.h"

namespace assay::compare {

inline constexpr std::int64_t kBaselineSchemaVersion = 1;
// Sessions kept per case: enough to see how far sessions of an unchanged service lie apart
// (gating.md b1.2 and b2).
inline constexpr std::size_t kMaxSessions = 5;

struct Acceptance {
  std::string at;  // UTC
  std::string reason;
  std::string assay_version;  // of the run
  std::optional<std::string> git_revision;
};

struct AcceptedAnswer {
  std::string answer_sha256;        // empty of a probe, which has no one answer
  std::optional<std::string> text;  // absent: only the hash was kept
  std::string reasoning;
  std::string tool_calls;
  std::optional<std::string> finish_reason;
  std::optional<std::int64_t> prompt_tokens;      // as the service counted them, else absent
  std::optional<std::int64_t> completion_tokens;  // likewise
  std::string fingerprint;
  std::optional<AcceptedProbe> probe = std::nullopt;  // of a probe, and then nothing of an answer is there
  Acceptance accepted;

  // Everything but when and why it was accepted.
  bool SameContent(const AcceptedAnswer& other) const;
};

struct OutputsBaseline {
  std::string variant;
  std::map<std::string, AcceptedAnswer> cases;
};

struct SessionCase {
  std::string fingerprint;
  std::optional<std::int64_t> completion_tokens;
  run::TokenSource token_source = run::TokenSource::kNone;
  StoredValues metrics;

  friend bool operator==(const SessionCase&, const SessionCase&) = default;
};

struct BaselineSession {
  std::string accepted_at;
  std::string reason;
  std::string started_at;  // of the run: what tells sessions apart
  std::string assay_version;
  std::optional<std::string> git_revision;
  std::string build_type;  // of assay-bench, where it was unoptimised (case_facts.h); empty otherwise
  std::string service_kind;
  std::string service_generation;
  std::optional<std::string> service_version;
  std::optional<run::Anchors> anchors;  // measured beside the cases; absent when there were none
  std::map<std::string, SessionCase> cases;
};

struct LatencyBaseline {
  std::string variant;
  run::Environment environment;
  std::vector<BaselineSession> sessions;  // oldest first
};

// `where` names the file in messages; `variant` is what the caller looked for, and a file of
// another one is an error.
base::Result<OutputsBaseline> ParseOutputs(std::string_view text, const std::string& where, std::string_view variant);
std::string WriteOutputs(const OutputsBaseline& baseline);
// Also refuses a file whose environment has another key than `environment_key`.
base::Result<LatencyBaseline> ParseLatency(std::string_view text, const std::string& where, std::string_view variant,
                                           std::string_view environment_key);
// Numbers rounded to 0.001, one line per case and per anchor.
std::string WriteLatency(const LatencyBaseline& baseline);

}  // namespace assay::compare
