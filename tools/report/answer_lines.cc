// SPDX-License-Identifier: MIT
#include "tools/report/answer_lines.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "fixtures/base/text.h"
#include "tools/report/answer_text.h"
#include "tools/report/diff_text.h"
#include "tools/report/latency_text.h"
#include "tools/report/numbers.h"

namespace assay::report {
namespace {

using compare::AnswerVerdict;

constexpr std::size_t kSharesShown = 5;
constexpr std::size_t kShareTextShown = 60;  // code points
constexpr std::size_t kRepetitionsShown = 10;
constexpr DiffTextLimits kLargeDiff{50, 2000};

std::string Beginning(const std::string& text, std::size_t count) {
  const std::string_view shown = base::FirstCodePoints(text, count);
  return AnswerText(shown) + (shown.size() < text.size() ? "..." : "");
}

// `text` is shown as an answer's already.
std::string Sides(const compare::TextDifference& difference, const std::string& text, bool cut) {
  return (difference.before_cut ? "..." : "") + AnswerText(difference.before) + ">>" + text + "<<" + (cut ? "..." : "");
}

struct SideNames {
  const char* old_side;
  const char* new_side;
};
SideNames NamesOf(const compare::DeterminismFinding& answers, bool paired) {
  if (answers.difference_within_run) return {"one", "two"};
  return paired ? SideNames{"base", "head"} : SideNames{"old", "new"};
}

// "77.4 %"; never rounded up to all of it, because something differs.
std::string CommonShare(const compare::TextDiff& words) {
  return Fixed(std::floor(words.common_prefix_share * 1000) / 10, 1) + " %";
}

// "dates (2 places), uuids (none)"
std::string Scrubbed(const compare::DeterminismFinding& answers) {
  std::vector<std::string> parts;
  for (const run::Scrubbed& one : answers.scrubbed) {
    parts.push_back(std::string(one.name) + " (" + (one.places == 0 ? "none" : Counted(one.places, "place")) + ")");
  }
  return base::Join(parts, ", ");
}

// Which repetitions gave another answer, where not all of them did.
void AddDiffering(const compare::DeterminismFinding& answers, std::vector<DetailLine>& lines) {
  const std::size_t count = answers.differing.size();
  if (count == 0 || count >= answers.n) return;
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min(count, kRepetitionsShown); ++i) {
    shown.push_back(std::to_string(answers.differing[i]));
  }
  const std::string more =
      count > kRepetitionsShown ? " and " + std::to_string(count - kRepetitionsShown) + " more" : "";
  lines.push_back(DetailLine{1, std::string("another answer in repetition") + (count > 1 ? "s " : " ") +
                                    base::Join(shown, ", ") + more + " of " + std::to_string(answers.n)});
}

}  // namespace

std::vector<DetailLine> AnswerLines(const compare::CaseComparison& one, bool paired, Detail detail) {
  std::vector<DetailLine> lines;
  const compare::DeterminismFinding& answers = *one.answers;
  if (answers.verdict == AnswerVerdict::kUnchanged && answers.notes.empty()) return lines;
  std::string line = "answers " + std::string(compare::ToString(answers.verdict));
  if (!answers.reason.empty()) line += ": " + answers.reason;
  if (!answers.gates) line += " (not gated)";
  lines.push_back(DetailLine{0, line});
  if (answers.difference) {
    const compare::TextDifference& difference = *answers.difference;
    const SideNames names = NamesOf(answers, paired);
    const AnswerTexts texts = AnswerTextsSideBySide(difference.old_text, difference.new_text);
    lines.push_back(DetailLine{
        1, "first difference in the " + difference.part + " at character " + std::to_string(difference.character) +
               " (line " + std::to_string(difference.line) + ", column " + std::to_string(difference.column) +
               "), word " + std::to_string(difference.words.first_word) + "; the first " +
               CommonShare(difference.words) + " are the same"});
    lines.push_back(
        DetailLine{1, std::string(names.old_side) + ": " + Sides(difference, texts.one, difference.old_cut)});
    lines.push_back(
        DetailLine{1, std::string(names.new_side) + ": " + Sides(difference, texts.two, difference.new_cut)});
    for (std::string& hunk : DiffLines(difference.words, detail == Detail::kSmall ? DiffTextLimits{} : kLargeDiff)) {
      lines.push_back(DetailLine{1, std::move(hunk)});
    }
  }
  for (const compare::TextDifference& difference : answers.more_differences) {
    lines.push_back(DetailLine{
        1, "also in the " + difference.part + ", from character " + std::to_string(difference.character) + " on"});
    for (std::string& hunk : DiffLines(difference.words, detail == Detail::kSmall ? DiffTextLimits{1} : kLargeDiff)) {
      lines.push_back(DetailLine{1, std::move(hunk)});
    }
  }
  AddDiffering(answers, lines);
  for (const std::string& cause : answers.causes) lines.push_back(DetailLine{1, "likely cause: " + cause});
  if (!answers.scrubbed.empty()) lines.push_back(DetailLine{1, "compared without " + Scrubbed(answers)});
  if (answers.verdict == AnswerVerdict::kChanged && answers.accepted && !paired) {
    lines.push_back(DetailLine{1, "accepted " + answers.accepted->at + ": " + answers.accepted->reason});
  }
  if (answers.shares.size() > 1) {
    for (std::size_t i = 0; i < std::min(answers.shares.size(), kSharesShown); ++i) {
      const compare::AnswerShare& share = answers.shares[i];
      const bool accepted = share.accepted;
      lines.push_back(
          DetailLine{1, std::to_string(share.count) + " of " + std::to_string(answers.n) + " (first in repetition " +
                            std::to_string(share.first_repetition) +
                            (!accepted ? ""
                             : paired  ? ", the base's"
                                       : ", accepted") +
                            "): " + (share.has_text ? Beginning(share.text, kShareTextShown) : share.sha256)});
    }
    if (answers.shares.size() > kSharesShown) {
      lines.push_back(DetailLine{1, "and " + std::to_string(answers.shares.size() - kSharesShown) + " more answers"});
    }
  }
  for (const std::string& note : answers.notes) lines.push_back(DetailLine{1, note});
  return lines;
}

std::vector<WholeAnswer> WholeAnswers(const compare::CaseComparison& one, bool paired) {
  std::vector<WholeAnswer> whole;
  const compare::DeterminismFinding& answers = *one.answers;
  if (!answers.difference) return whole;
  const SideNames names = NamesOf(answers, paired);
  const auto add = [&](const compare::TextDifference& difference) {
    whole.push_back(
        {std::string(names.old_side) + " " + difference.part, difference.old_whole, difference.old_whole_cut});
    whole.push_back(
        {std::string(names.new_side) + " " + difference.part, difference.new_whole, difference.new_whole_cut});
  };
  add(*answers.difference);
  for (const compare::TextDifference& difference : answers.more_differences) add(difference);
  return whole;
}

}  // namespace assay::report
