// SPDX-License-Identifier: MIT
#include "tools/report/accept_text.h"

#include <algorithm>
#include <map>
#include <optional>

#include "fixtures/base/text.h"
#include "tools/compare/review.h"
#include "tools/report/command_line.h"
#include "tools/report/quality_text.h"

namespace assay::report {
namespace {

using compare::AnswerVerdict;
using compare::CaseComparison;
using compare::Comparison;

constexpr std::size_t kMostNamed = 20;  // cases in one command; a shell takes more, a reader does not

// What `assay accept` would take: a case that is unfinished or disagrees with itself is refused, the latter unless its
// level expects it to.
bool CanBeAccepted(const CaseComparison& one) {
  if (!compare::NeedsReview(one)) return false;
  // A probe asks as often as it needs to; that there are too few of its requests is for it to say.
  if (one.facts.Incomplete() && !one.answers->probe) return false;
  const compare::DeterminismLevel& level = one.answers->level;
  return one.answers->verdict != AnswerVerdict::kNondeterministic || !level.gates() ||
         level.kind == compare::DeterminismLevel::Kind::kRate;
}

// What there is to decide about, in the order it is counted in.
struct Counts {
  std::size_t changed = 0;
  std::size_t wavering = 0;
  std::size_t fresh = 0;
  std::size_t asked_otherwise = 0;
  std::size_t worse_probes = 0;
  std::size_t worse_scores = 0;
  std::size_t other_scores = 0;

  void Add(const CaseComparison& one) {
    if (compare::OnlyScores(one)) {
      ++(QualityFell(one) ? worse_scores : other_scores);
      return;
    }
    const AnswerVerdict verdict = one.answers->verdict;
    if (verdict == AnswerVerdict::kChanged) ++(one.answers->probe ? worse_probes : changed);
    if (verdict == AnswerVerdict::kNondeterministic) ++wavering;
    if (verdict == AnswerVerdict::kNew) ++fresh;
    if (verdict == AnswerVerdict::kRequestChanged) ++asked_otherwise;
  }
  std::string InWords() const {
    std::vector<std::string> words;
    const auto add = [&](std::size_t count, const char* what) {
      if (count > 0) words.push_back(std::to_string(count) + " " + what);
    };
    add(changed, "changed");
    add(wavering, "less steady");
    add(fresh, "new");
    add(asked_otherwise, "to a changed request");
    add(worse_probes, worse_probes == 1 ? "probe with a worse result" : "probes with worse results");
    add(worse_scores, "with worse scores");
    add(other_scores, "with scores that cannot be compared");
    return base::Join(words, ", ");
  }
};

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
  Counts counts;
  for (const CaseComparison& one : comparison.cases) {
    if (!CanBeAccepted(one)) continue;
    const auto folder = comparison.outputs_folder.find(one.model);
    by_folder[folder == comparison.outputs_folder.end() ? 0 : folder->second].push_back(&one);
    counts.Add(one);
  }
  if (by_folder.empty() || comparison.baselines.empty()) return {};
  std::vector<std::string> lines = {"answers: " + counts.InWords() +
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
