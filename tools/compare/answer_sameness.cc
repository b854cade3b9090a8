// SPDX-License-Identifier: MIT
#include "tools/compare/answer_sameness.h"

#include <algorithm>

#include "fixtures/base/text.h"
#include "fixtures/run/json.h"
#include "tools/compare/similarity.h"

namespace assay::compare {
namespace {

constexpr std::string_view kLanguageCheck = "language";

std::string Text(double number) { return run::WriteJson(number, run::JsonStyle::kCompact); }
std::string Met(double score) { return score >= 1 ? "met" : score <= 0 ? "not met" : Text(score); }

const run::AnswerCheck* Find(const run::AnswerFacts& facts, const std::string& name) {
  const auto found = std::find_if(facts.checks.begin(), facts.checks.end(),
                                  [&](const run::AnswerCheck& check) { return check.name == name; });
  return found == facts.checks.end() ? nullptr : &*found;
}

Sameness When(bool same) { return same ? Sameness::kSame : Sameness::kDifferent; }

}  // namespace

ComparableAnswer ComparableOf(const run::Answer& answer, std::span<const std::string> scrub) {
  ComparableAnswer result;
  result.sha256 = answer.sha256;
  result.compared_sha256 = answer.compared_sha256.empty() ? run::ComparedHash(answer, scrub) : answer.compared_sha256;
  result.kept = answer.kept;
  if (answer.kept) result.compared = run::AsCompared(answer.text, answer.reasoning, answer.tool_calls, scrub);
  result.facts = answer.facts;
  return result;
}

ComparableAnswer ComparableOf(const AcceptedAnswer& accepted, std::span<const std::string> scrub) {
  run::Answer answer;
  answer.sha256 = accepted.answer_sha256;
  answer.kept = accepted.text.has_value();
  answer.text = accepted.text.value_or("");
  answer.reasoning = accepted.reasoning;
  answer.tool_calls = accepted.tool_calls;
  answer.facts = accepted.facts;
  if (!answer.kept) answer.compared_sha256 = accepted.compared_sha256.value_or(accepted.answer_sha256);
  ComparableAnswer result = ComparableOf(answer, scrub);
  result.finish_reason = accepted.finish_reason;
  result.expect_sha256 = accepted.expect_sha256;
  return result;
}

std::vector<FactChange> FactDifferences(const ComparableAnswer& before, const ComparableAnswer& now) {
  std::vector<FactChange> changes;
  if (!before.facts || !now.facts) return changes;
  if (before.facts->refusal != now.facts->refusal) {
    const auto word = [](bool refusal) { return refusal ? "yes" : "no"; };
    changes.push_back(FactChange{"refusal", word(before.facts->refusal), word(now.facts->refusal)});
  }
  if (before.expect_sha256 != now.expect_sha256) return changes;
  for (const run::AnswerCheck& check : before.facts->checks) {
    const run::AnswerCheck* const other = Find(*now.facts, check.name);
    if (other == nullptr || other->score >= check.score) continue;
    if (check.name == kLanguageCheck) {
      changes.push_back(
          FactChange{"language", before.facts->language.value_or("unknown"), now.facts->language.value_or("unknown")});
    } else {
      changes.push_back(FactChange{check.name, Met(check.score), Met(other->score)});
    }
  }
  return changes;
}

Judged SameAnswer(const DeterminismLevel& level, const ComparableAnswer& before, const ComparableAnswer& now) {
  using Kind = DeterminismLevel::Kind;
  if (before.compared_sha256 == now.compared_sha256) {
    return {Sameness::kSame, level.kind == Kind::kSimilar ? std::optional<double>(1) : std::nullopt};
  }
  const bool texts = before.kept && now.kept;
  switch (level.kind) {
    case Kind::kExact:
    case Kind::kRate:
    case Kind::kOff:
      return {Sameness::kDifferent, {}};
    case Kind::kPrefix: {
      if (!texts) return {Sameness::kUnknown, {}};
      const auto count = static_cast<std::size_t>(level.characters);
      const bool same =
          base::FirstCodePoints(before.compared.text, count) == base::FirstCodePoints(now.compared.text, count) &&
          before.compared.tool_calls == now.compared.tool_calls;
      return {When(same), {}};
    }
    case Kind::kSimilar: {
      if (!texts) return {Sameness::kUnknown, {}};
      const double similarity = TextSimilarity(before.compared.text, now.compared.text);
      const bool same = similarity >= level.similarity && before.compared.tool_calls == now.compared.tool_calls &&
                        FactDifferences(before, now).empty();
      return {When(same), similarity};
    }
    case Kind::kFacts:
      if (!before.facts || !now.facts) return {Sameness::kUnknown, {}};
      // Tool calls of an answer that is not kept cannot be told; what can be told of it is compared.
      return {When(FactDifferences(before, now).empty() && before.finish_reason == now.finish_reason &&
                   (!texts || before.compared.tool_calls == now.compared.tool_calls)),
              {}};
  }
  return {Sameness::kDifferent, {}};
}

}  // namespace assay::compare
