// SPDX-License-Identifier: MIT
// Which conditions of a run a policy insists on, and which of them did not hold. The run states figures and its own
// limits; the policy may set another limit and says what a raised flag means. How fast the run was plays no part. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/base/result.h"
#include "fixtures/run/json.h"
#include "fixtures/run/run_directory.h"

namespace assay::compare {

// What a raised flag does to the latency verdicts it is about. Answers are judged all the same.
enum class FlagEffect { kCannotTell, kReport };
std::string_view ToString(FlagEffect effect);

struct FlagRule {
  FlagEffect effect = FlagEffect::kReport;
  std::optional<double> limit;  // in the unit of the flag; absent = the run's own
};

struct ValidityPolicy {
  std::map<std::string, FlagRule, std::less<>> rules;

  // A flag nobody has heard of is reported: a newer program raised it.
  FlagRule For(std::string_view flag) const;
};

// What is wrong whoever else was busy ends in cannot_tell; what a shared machine shows every day is reported.
ValidityPolicy DefaultValidity();
// The object under "validity" of a policy, over the defaults. kInvalidInput: an unknown flag, word or key.
base::Result<ValidityPolicy> ParseValidity(const run::Json& value, const std::string& where);

struct JudgedFlag {
  std::string run;  // directory
  run::Flag flag;   // limit and raised are those in force
  FlagEffect effect = FlagEffect::kReport;

  bool Spoils() const { return flag.raised && effect == FlagEffect::kCannotTell; }
};

// In the run's order; none for a file of before.
std::vector<JudgedFlag> JudgeFlags(const run::Run& run, const ValidityPolicy& policy);

// "client_cpu_share 62 % (limit 50 %)". Not escaped.
std::string FlagFigure(const run::Flag& flag);

// Why latencies of the case cannot be relied on: the flags that spoil it, with their figures. Empty when none does. A
// flag that names no case is about every case of its run.
std::string WhyNotValid(const std::vector<JudgedFlag>& flags, std::string_view run, std::string_view case_id);

}  // namespace assay::compare
