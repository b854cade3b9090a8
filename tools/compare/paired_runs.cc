// SPDX-License-Identifier: MIT
#include "tools/compare/paired_runs.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "fixtures/base/text.h"

namespace assay::compare {
namespace {

using CaseIndex = std::unordered_map<std::string, const run::RunCase*>;

CaseIndex IndexOf(const run::Run& side) {
  CaseIndex index;
  for (const run::RunCase& one : side.cases) index.emplace(one.plan.id, &one);
  return index;
}

base::Error Wrong(const std::filesystem::path& directory, std::string what) {
  return base::Error{base::ErrorCode::kInvalidInput, std::move(what) + "; measure the pair again",
                     (directory / "pair.json").string()};
}

std::string Quoted(const std::string& id) { return "'" + base::EscapeForTerminal(id) + "'"; }

base::Status CheckBlocks(const std::filesystem::path& directory, const run::PairInfo& info) {
  if (info.blocks.empty()) return Wrong(directory, "$.blocks is empty, wanted at least one number of repetitions");
  for (const std::int64_t block : info.blocks) {
    if (block < 1) return Wrong(directory, "$.blocks has " + std::to_string(block) + ", wanted 1 or more");
  }
  return {};
}

// A repetition beyond the last block could be put beside the wrong restart. A load numbers its requests by itself.
base::Status CheckRepetitions(const std::filesystem::path& directory, const run::RunCase& one,
                              std::int64_t repetitions) {
  if (one.plan.scenario.loaded()) return {};
  for (const run::Sample& sample : one.samples) {
    if (sample.warmup || sample.repetition < repetitions) continue;
    return Wrong(directory, "the case " + Quoted(one.plan.id) + " has repetition " + std::to_string(sample.repetition) +
                                " (counted from 0), but the blocks add up to " + std::to_string(repetitions));
  }
  return {};
}

}  // namespace

base::Result<PairedRuns> PairedRuns::Create(std::filesystem::path directory, run::PairInfo info, run::Run base,
                                            run::Run head) {
  PairedRuns pair;
  pair.directory_ = std::move(directory);
  pair.info_ = std::move(info);
  pair.base_ = std::move(base);
  pair.head_ = std::move(head);
  if (pair.base_.info.environment.Key() != pair.head_.info.environment.Key()) {
    return base::Error{base::ErrorCode::kUsage,
                       "both sides of a pair are measured on one machine, but the base is of '" +
                           base::EscapeForTerminal(pair.base_.info.environment.Key()) + "' and the head of '" +
                           base::EscapeForTerminal(pair.head_.info.environment.Key()) +
                           "'; measure both here with assay-bench --pair",
                       pair.directory_.string()};
  }
  ASSAY_RETURN_IF_ERROR(CheckBlocks(pair.directory_, pair.info_));
  std::int64_t repetitions = 0;
  for (const std::int64_t block : pair.info_.blocks) repetitions += block;

  const CaseIndex base_cases = IndexOf(pair.base_);
  const CaseIndex head_cases = IndexOf(pair.head_);
  std::set<std::string> base_seen;
  std::set<std::string> head_seen;
  for (const run::PairedIds& ids : pair.info_.cases) {
    const auto base_case = base_cases.find(ids.base);
    if (base_case == base_cases.end()) {
      return Wrong(pair.directory_, "the base did not plan the case " + Quoted(ids.base));
    }
    const auto head_case = head_cases.find(ids.head);
    if (head_case == head_cases.end()) {
      return Wrong(pair.directory_, "the head did not plan the case " + Quoted(ids.head));
    }
    if (!base_seen.insert(ids.base).second) {
      return Wrong(pair.directory_, "the case " + Quoted(ids.base) + " of the base is in two pairs");
    }
    if (!head_seen.insert(ids.head).second) {
      return Wrong(pair.directory_, "the case " + Quoted(ids.head) + " of the head is in two pairs");
    }
    ASSAY_RETURN_IF_ERROR(CheckRepetitions(pair.directory_, *base_case->second, repetitions));
    ASSAY_RETURN_IF_ERROR(CheckRepetitions(pair.directory_, *head_case->second, repetitions));
    pair.cases_.push_back(Entry{base_case->second, head_case->second});
  }
  if (pair.cases_.empty()) return Wrong(pair.directory_, "no case is paired, so there is nothing to judge");
  return pair;
}

base::Result<PairedRuns> PairedRuns::Read(const std::filesystem::path& directory,
                                          const std::function<void(run::Sample&)>& thin) {
  ASSAY_TRY(run::PairInfo info, run::ReadPair(directory));
  ASSAY_TRY(run::Run base, run::ReadRun(directory / info.base.directory, thin));
  ASSAY_TRY(run::Run head, run::ReadRun(directory / info.head.directory, thin));
  return Create(directory, std::move(info), std::move(base), std::move(head));
}

base::Result<PairedRuns> PairedRuns::ReadInterim(const std::filesystem::path& directory) {
  ASSAY_TRY(run::PairInfo info, run::ReadPair(directory));
  ASSAY_TRY(run::Run base, run::ReadInterimRun(directory / info.base.directory));
  ASSAY_TRY(run::Run head, run::ReadInterimRun(directory / info.head.directory));
  return Create(directory, std::move(info), std::move(base), std::move(head));
}

}  // namespace assay::compare
