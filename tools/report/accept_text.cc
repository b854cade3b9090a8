// SPDX-License-Identifier: MIT
#include "tools/report/accept_text.h"

#include <algorithm>
#include <map>
#include <optional>

#include "fixtures/base/text.h"
#include "tools/report/command_line.h"

namespace assay::report {
namespace {

using compare::AnswerVerdict;
using compare::CaseComparison;
using compare::Comparison;

constexpr std::size_t kMostNamed = 20;  // cases in one command; a shell takes more, a reader does not

// What `assay accept` would take: a case that is unfinished or disagrees with itself is refused, the latter unless its
// level expects it to.
bool CanBeAccepted(const CaseComparison& one) {
  if (!one.measured() || !one.answers || one.facts.Incomplete() || !one.answers->level.gates()) return false;
  const AnswerVerdict verdict = one.answers->verdict;
  if (verdict == AnswerVerdict::kNondeterministic) {
    return one.answers->level.kind == compare::DeterminismLevel::Kind::kRate;
  }
  return verdict == AnswerVerdict::kNew || verdict == AnswerVerdict::kChanged ||
         verdict == AnswerVerdict::kRequestChanged;
}

std::optional<std::string> FlagOf(const std::vector<std::string>& arguments, const std::string& flag) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == flag && i + 1 < arguments.size()) return arguments[i + 1];
    if (arguments[i].starts_with(flag + "=")) return arguments[i].substr(flag.size() + 1);
  }
  return std::nullopt;
}

// chat/<variant>/* where all cases of the variant are wanted and none is hidden, else the ids, which are globs that
// match themselves alone: they have no character that a glob takes for more.
std::vector<std::string> Globs(const Comparison& comparison, const std::vector<const CaseComparison*>& wanted) {
  std::map<std::string, std::size_t> all;
  std::map<std::string, std::vector<std::string>> ids;
  for (const CaseComparison& one : comparison.cases) ++all[one.model];
  for (const CaseComparison* one : wanted) ids[one->model].push_back(one->id);
  const bool hidden = comparison.cases.size() < comparison.cases_in_family;
  std::vector<std::string> globs;
  for (const auto& [model, own] : ids) {
    const std::size_t prompt = own.front().find('/', own.front().find('/') + 1);
    if (!hidden && own.size() > 1 && own.size() == all[model] && prompt != std::string::npos) {
      globs.push_back(own.front().substr(0, prompt + 1) + "*");
    } else {
      globs.insert(globs.end(), own.begin(), own.end());
    }
  }
  return globs;
}

}  // namespace

std::vector<std::string> AcceptLines(const Comparison& comparison, const AskedFor& asked) {
  if (comparison.pair || !comparison.selection.Asks(compare::Question::kDeterminism)) return {};
  std::map<std::size_t, std::vector<const CaseComparison*>> by_folder;
  std::size_t changed = 0;
  std::size_t wavering = 0;
  std::size_t fresh = 0;
  std::size_t asked_otherwise = 0;
  for (const CaseComparison& one : comparison.cases) {
    if (!CanBeAccepted(one)) continue;
    const auto folder = comparison.outputs_folder.find(one.model);
    by_folder[folder == comparison.outputs_folder.end() ? 0 : folder->second].push_back(&one);
    if (one.answers->verdict == AnswerVerdict::kChanged) ++changed;
    if (one.answers->verdict == AnswerVerdict::kNondeterministic) ++wavering;
    if (one.answers->verdict == AnswerVerdict::kNew) ++fresh;
    if (one.answers->verdict == AnswerVerdict::kRequestChanged) ++asked_otherwise;
  }
  if (by_folder.empty() || comparison.baselines.empty()) return {};
  std::vector<std::string> counts;
  if (changed > 0) counts.push_back(std::to_string(changed) + " changed");
  if (wavering > 0) counts.push_back(std::to_string(wavering) + " less steady");
  if (fresh > 0) counts.push_back(std::to_string(fresh) + " new");
  if (asked_otherwise > 0) counts.push_back(std::to_string(asked_otherwise) + " to a changed request");

  std::vector<std::string> lines = {"answers: " + base::Join(counts, ", ") +
                                    "; walk them, or accept those that are right, and commit the baselines:"};
  const std::optional<std::string> policy = FlagOf(asked.arguments, "--policy");
  for (const auto& [folder, cases] : by_folder) {
    std::vector<std::string> common;
    for (const compare::ComparedRun& one : comparison.runs) common.insert(common.end(), {"--run", one.directory});
    common.insert(common.end(), {"--baselines", comparison.baselines.at(folder)});
    if (policy) common.insert(common.end(), {"--policy", *policy});
    std::vector<std::string> review = {"assay", "review"};
    review.insert(review.end(), common.begin(), common.end());
    lines.push_back("  " + CommandLine(review));
    std::vector<std::string> accept = {"assay", "accept"};
    accept.insert(accept.end(), common.begin(), common.end());
    accept.insert(accept.end(), {"--only", "outputs"});
    const std::vector<std::string> globs = Globs(comparison, cases);
    for (std::size_t i = 0; i < std::min(globs.size(), kMostNamed); ++i) {
      accept.insert(accept.end(), {"--case", globs[i]});
    }
    accept.insert(accept.end(), {"--reason", "TEXT"});
    lines.push_back("  " + CommandLine(accept));
    if (globs.size() > kMostNamed) {
      lines.push_back("  (and " + std::to_string(globs.size() - kMostNamed) +
                      " more cases: the same with their ids, or assay review)");
    }
  }
  return lines;
}

}  // namespace assay::report
