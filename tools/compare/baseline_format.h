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
#include "tools/compare/accepted_scores.h"
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
  // What answered: when an answer changes, what of it changed is the likely cause. Empty = not known, as in files of
  // before.
  std::string started_at = {};  // of the run
  std::string service = {};     // kind, generation and version: "foundry g3 1.2.0"
  std::string execution_provider = {};
  std::string device = {};
  std::string environment = {};  // key of the machine
};

// How often a case gave its accepted answer, over the runs that were accepted.
struct SeenAnswers {
  std::int64_t same = 0;
  std::int64_t others = 0;
  friend bool operator==(const SeenAnswers&, const SeenAnswers&) = default;
};

struct AcceptedAnswer {
  std::string answer_sha256;
  std::optional<std::string> text;  // absent: only the hash was kept
  std::string reasoning;
  std::string tool_calls;
  std::optional<std::string> finish_reason;
  std::optional<std::int64_t> prompt_tokens;      // as the service counted them, else absent
  std::optional<std::int64_t> completion_tokens;  // likewise
  std::string fingerprint;
  Acceptance accepted;
  // These: absent in files of before.
  std::optional<std::string> compared_sha256 = {};  // run::ComparedHash where it differs from answer_sha256
  std::vector<std::string> scrub = {};              // what it was scrubbed of for that
  run::Json request = {};                           // as run::WithoutMessages leaves it: what of it changed
  std::optional<SeenAnswers> seen = {};
  std::optional<run::AnswerFacts> facts = {};  // details left out
  std::string expect_sha256 = {};              // what its checks are of; empty without checks
  // Of a probe what it found; then nothing of one answer is here.
  std::optional<AcceptedProbe> probe = {};

  // Everything but when and why it was accepted, what was asked beside the fingerprint, and how often it was seen.
  bool SameContent(const AcceptedAnswer& other) const;
};

struct OutputsBaseline {
  std::string variant;
  std::map<std::string, AcceptedAnswer> cases;
  std::map<std::string, AcceptedScores> scores = {};  // also of cases without an accepted answer
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
