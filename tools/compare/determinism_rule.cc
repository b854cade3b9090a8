// SPDX-License-Identifier: MIT
#include "tools/compare/determinism_rule.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include "fixtures/base/text.h"
#include "tools/compare/answer_causes.h"
#include "tools/compare/answer_rate.h"

namespace assay::compare {
namespace {

// The text of an answer that cannot be read again (its file was changed meanwhile) is as good as not kept.
run::Answer AnswerOf(const run::RunCase& one, const std::string& sha256) {
  base::Result<run::Answer> answer = run::TextOf(one, sha256);
  if (answer.ok()) return *std::move(answer);
  run::Answer unknown;
  unknown.sha256 = unknown.compared_sha256 = sha256;
  unknown.kept = false;
  return unknown;
}

std::string ComparedOf(const run::RunCase& one, const std::string& sha256) {
  const auto found = one.answers.find(sha256);
  if (found == one.answers.end()) return sha256;
  if (!found->second.compared_sha256.empty()) return found->second.compared_sha256;
  return run::ComparedHash(found->second, one.plan.scrub);
}

// The answers of a case, told apart as they are compared.
struct Shares {
  std::vector<AnswerShare> sorted;
  std::unordered_map<std::string, std::string> representative;  // of each answer, by its hash: the share's
  std::unordered_map<std::string, const run::Sample*> first;    // of each answer, by its hash: a sample that gave it
  std::size_t counting = 0;
};

Shares CountAnswers(const run::RunCase& one) {
  Shares result;
  std::unordered_map<std::string, std::size_t> by_compared;
  std::unordered_map<std::string, std::size_t> by_answer;
  for (const run::Sample& sample : one.samples) {
    if (!sample.counts()) continue;
    ++result.counting;
    const std::string sha256 = sample.answer_sha256.value_or("");
    auto known = by_answer.find(sha256);
    if (known == by_answer.end()) {
      const auto [found, inserted] = by_compared.emplace(ComparedOf(one, sha256), result.sorted.size());
      if (inserted) result.sorted.push_back(AnswerShare{sha256, 0, sample.repetition, "", false, false});
      known = by_answer.emplace(sha256, found->second).first;
      result.first.emplace(sha256, &sample);
    }
    AnswerShare& share = result.sorted[known->second];
    ++share.count;
    if (sample.repetition < share.first_repetition) {
      share.first_repetition = sample.repetition;
      share.sha256 = sha256;
    }
  }
  for (const auto& [sha256, share] : by_answer) result.representative.emplace(sha256, result.sorted[share].sha256);
  std::stable_sort(result.sorted.begin(), result.sorted.end(), [](const AnswerShare& a, const AnswerShare& b) {
    return a.count != b.count ? a.count > b.count : a.first_repetition < b.first_repetition;
  });
  for (std::size_t i = 0; i < std::min(result.sorted.size(), kShareTexts); ++i) {
    AnswerShare& share = result.sorted[i];
    const run::Answer answer = AnswerOf(one, share.sha256);
    share.text = answer.text;
    share.has_text = answer.kept;
  }
  return result;
}

ComparableAnswer ComparableIn(const run::RunCase& one, const Shares& shares, const std::string& sha256) {
  ComparableAnswer result = ComparableOf(AnswerOf(one, sha256), one.plan.scrub);
  result.finish_reason = shares.first.at(sha256)->finish_reason;
  result.expect_sha256 = one.plan.expect_sha256;
  return result;
}

// As much of it as the level looks at: of thousands of answers nobody needs all texts to see that they differ.
ComparableAnswer ComparableFor(const DeterminismLevel& level, const run::RunCase& one, const Shares& shares,
                               const std::string& sha256) {
  if (level.gates() && !level.exact()) return ComparableIn(one, shares, sha256);
  ComparableAnswer result;
  result.sha256 = sha256;
  result.compared_sha256 = ComparedOf(one, sha256);
  return result;
}

void Differ(const ComparableAnswer& before, const ComparableAnswer& after, DeterminismFinding& finding) {
  if (!before.kept || !after.kept) return;
  const auto part = [&](const std::string& old_text, const std::string& new_text, const char* name) {
    std::optional<TextDifference> found = FirstDifference(old_text, new_text, name);
    if (found && !finding.difference) {
      finding.difference = std::move(found);
    } else if (found) {
      finding.more_differences.push_back(std::move(*found));
    }
  };
  part(before.compared.text, after.compared.text, "text");
  part(before.compared.reasoning, after.compared.reasoning, "reasoning");
  part(before.compared.tool_calls, after.compared.tool_calls, "tool_calls");
}

std::string Text(const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : "not stated"; }
std::string Text(const std::optional<std::string>& value) { return value.value_or("not stated"); }

// What the service says beside an answer. An answer whose words are free may be of any length.
void CompareFacts(const AcceptedAnswer& accepted, const AcceptedAnswer& now, const DeterminismLevel& level,
                  DeterminismFinding& finding) {
  const auto compare = [&](const char* name, const auto& before, const auto& after) {
    if (before == after) return;
    if (before && after) {
      finding.facts.push_back(FactChange{name, Text(before), Text(after)});
    } else {
      // A service that stopped or began to state this says nothing about the answer: dialects differ in what they send.
      finding.notes.push_back(std::string(name) + ": " + Text(before) + " -> " + Text(after));
    }
  };
  compare("finish_reason", accepted.finish_reason, now.finish_reason);
  compare("prompt_tokens", accepted.prompt_tokens, now.prompt_tokens);
  if (level.exact() || !level.gates()) compare("completion_tokens", accepted.completion_tokens, now.completion_tokens);
}

// What the service says beside its answers and differs between repetitions, in words, one each. At levels where the
// words are free the answers may have any number of tokens, and at exact ones those of another answer are no news.
std::vector<std::string> Wavering(const run::RunCase& one, const Shares& shares, const DeterminismFinding& finding) {
  const bool of_modal = finding.level.exact() || !finding.level.gates();
  std::set<std::string> finish;
  std::set<std::string> prompt;
  std::set<std::string> completion;
  for (const run::Sample& sample : one.samples) {
    if (!sample.counts()) continue;
    const auto share = shares.representative.find(sample.answer_sha256.value_or(""));
    const bool modal = share != shares.representative.end() && share->second == finding.shares.front().sha256;
    if (of_modal && !modal) continue;
    finish.insert(sample.finish_reason.value_or("not stated"));
    if (!run::IsServerUsage(sample.token_source)) continue;
    prompt.insert(Text(sample.prompt_tokens));
    if (of_modal) completion.insert(Text(sample.completion_tokens));
  }
  std::vector<std::string> words;
  const auto say = [&](const char* name, const std::set<std::string>& values) {
    if (values.size() < 2) return;
    words.push_back(std::string(name) + " varies within the run: " +
                    base::Join(std::vector<std::string>(values.begin(), values.end()), ", "));
  };
  say("finish_reason", finish);
  say("prompt_tokens", prompt);
  say("completion_tokens", completion);
  return words;
}

std::string ChangedReason(const DeterminismFinding& finding, bool same_answer) {
  std::string reason = same_answer ? "the answer is the same" : "the answer is not the accepted one";
  for (const FactChange& fact : finding.facts) {
    reason += ", " + fact.name + " " + fact.old_value + " -> " + fact.new_value;
    if (fact.name == "prompt_tokens") reason += " (the chat template may have changed)";
  }
  return reason;
}

// Which shares are the same answer as the modal one and as the accepted one.
struct Agreement {
  bool with_itself = true;
  bool with_accepted = true;  // every share
  bool modal_is_accepted = false;
  bool unknown = false;     // the level needs what is not kept
  std::size_t another = 0;  // index of a share to show against the reference; 0 = none
};

Agreement Agree(const run::RunCase& one, const Shares& shares, const DeterminismLevel& level,
                const ComparableAnswer* accepted, DeterminismFinding& finding) {
  Agreement result;
  const ComparableAnswer modal = ComparableFor(level, one, shares, finding.shares.front().sha256);
  for (std::size_t i = 0; i < finding.shares.size(); ++i) {
    AnswerShare& share = finding.shares[i];
    const ComparableAnswer now = i == 0 ? modal : ComparableFor(level, one, shares, share.sha256);
    const Judged to_modal = i == 0 ? Judged{Sameness::kSame, {}} : SameAnswer(level, modal, now);
    result.with_itself = result.with_itself && to_modal.sameness == Sameness::kSame;
    result.unknown = result.unknown || to_modal.sameness == Sameness::kUnknown;
    bool shown = to_modal.sameness != Sameness::kSame;
    if (accepted != nullptr) {
      const Judged to_accepted = SameAnswer(level, *accepted, now);
      share.accepted = to_accepted.sameness == Sameness::kSame;
      result.with_accepted = result.with_accepted && share.accepted;
      result.unknown = result.unknown || to_accepted.sameness == Sameness::kUnknown;
      if (to_accepted.similarity) {
        finding.similarity = std::min(finding.similarity.value_or(1), *to_accepted.similarity);
      }
      shown = !share.accepted;
    }
    if (shown && result.another == 0 && (i > 0 || accepted != nullptr)) result.another = i + 1;
  }
  result.modal_is_accepted = accepted != nullptr && finding.shares.front().accepted;
  // Answers that are all the accepted one agree, also where likeness does not carry over from one to the next.
  if (accepted != nullptr && result.with_accepted) result.with_itself = true;
  return result;
}

void ListDiffering(const run::RunCase& one, const Shares& shares, bool has_accepted, DeterminismFinding& finding) {
  std::set<std::string> same;
  for (std::size_t i = 0; i < finding.shares.size(); ++i) {
    if (has_accepted ? finding.shares[i].accepted : i == 0) same.insert(finding.shares[i].sha256);
  }
  for (const run::Sample& sample : one.samples) {
    if (!sample.counts()) continue;
    const auto share = shares.representative.find(sample.answer_sha256.value_or(""));
    if (share == shares.representative.end() || same.contains(share->second)) continue;
    finding.differing.push_back(sample.repetition);
  }
  std::sort(finding.differing.begin(), finding.differing.end());
}

std::string NotKept(const DeterminismLevel& level) {
  return "only hashes of the answers are kept, and they differ: how much, the level " + ToString(level) +
         " cannot be told; use exact or rate for this case, or keep its text";
}

std::string NondeterministicReason(const DeterminismFinding& finding, bool has_accepted, bool modal_is_accepted) {
  std::string reason = std::to_string(finding.shares.size()) + " different answers in " + std::to_string(finding.n) +
                       " repetitions of one request";
  if (has_accepted) {
    const bool as_often = std::any_of(finding.shares.begin(), finding.shares.end(), [&](const AnswerShare& share) {
      return share.accepted && share.count == finding.shares.front().count;
    });
    reason += modal_is_accepted ? "; the most frequent is the accepted one"
              : as_often        ? "; another one is as frequent as the accepted one"
                                : "; the most frequent is not the accepted one";
  }
  return reason;
}

AcceptedAnswer ModalOf(const run::RunCase& one, const Shares& shares) {
  ASSAY_CHECK(!shares.sorted.empty(), "a case without a counting sample has no answer");
  const AnswerShare& first = shares.sorted.front();
  AcceptedAnswer modal;
  modal.answer_sha256 = first.sha256;
  modal.fingerprint = one.plan.fingerprint;
  modal.scrub = one.plan.scrub;
  modal.request = run::WithoutMessages(one.plan.request);
  modal.seen =
      SeenAnswers{static_cast<std::int64_t>(first.count), static_cast<std::int64_t>(shares.counting - first.count)};
  const run::Answer answer = AnswerOf(one, modal.answer_sha256);
  if (answer.kept) {
    modal.text = answer.text;
    modal.reasoning = answer.reasoning;
    modal.tool_calls = answer.tool_calls;
  }
  const std::string compared = ComparedOf(one, modal.answer_sha256);
  if (compared != modal.answer_sha256) modal.compared_sha256 = compared;
  modal.facts = answer.facts;
  if (modal.facts && !modal.facts->checks.empty()) modal.expect_sha256 = one.plan.expect_sha256;
  if (modal.facts) {
    for (run::AnswerCheck& check : modal.facts->checks) check.detail.clear();
  }
  const run::Sample& sample = *shares.first.at(modal.answer_sha256);
  modal.finish_reason = sample.finish_reason;
  // Counts of our own are no property of the answer and are never compared with the service's.
  if (run::IsServerUsage(sample.token_source)) {
    modal.prompt_tokens = sample.prompt_tokens;
    modal.completion_tokens = sample.completion_tokens;
  }
  return modal;
}

}  // namespace

std::string_view ToString(AnswerVerdict verdict) {
  switch (verdict) {
    case AnswerVerdict::kUnchanged:
      return "unchanged";
    case AnswerVerdict::kChanged:
      return "changed";
    case AnswerVerdict::kNondeterministic:
      return "nondeterministic";
    case AnswerVerdict::kNew:
      return "new";
    case AnswerVerdict::kRequestChanged:
      return "request_changed";
    case AnswerVerdict::kIncomplete:
      return "incomplete";
    case AnswerVerdict::kNotCompared:
      return "not_compared";
  }
  return "incomplete";
}

bool HasOneAnswer(const run::PlannedCase& plan) {
  return plan.scenario.cache != run::PromptCache::kUnique && !plan.scenario.probe;
}

Verdict AsVerdict(AnswerVerdict verdict) {
  switch (verdict) {
    case AnswerVerdict::kUnchanged:
      return Verdict::kUnchanged;
    case AnswerVerdict::kChanged:
    case AnswerVerdict::kNondeterministic:
      return Verdict::kRegressed;
    case AnswerVerdict::kNew:
    case AnswerVerdict::kRequestChanged:
    case AnswerVerdict::kIncomplete:
    case AnswerVerdict::kNotCompared:
      return Verdict::kCannotTell;
  }
  return Verdict::kCannotTell;
}

AcceptedAnswer ModalAnswer(const run::RunCase& one) { return ModalOf(one, CountAnswers(one)); }

DeterminismFinding JudgeAnswers(const run::RunCase& one, const AcceptedAnswer* accepted, std::int64_t planned,
                                const DeterminismLevel& level) {
  DeterminismFinding finding;
  finding.level = level;
  Shares shares = CountAnswers(one);
  ASSAY_CHECK(!shares.sorted.empty(), "a case without a counting sample has no answer to judge");
  finding.n = shares.counting;
  finding.gates = level.gates();
  if (!HasOneAnswer(one.plan)) {
    finding.verdict = AnswerVerdict::kNotCompared;
    finding.reason = "every repetition asks another text";
    finding.gates = false;
    return finding;
  }
  const AcceptedAnswer modal = ModalOf(one, shares);
  finding.shares = std::move(shares.sorted);
  const std::vector<std::string> wavering = Wavering(one, shares, finding);
  const bool same_request = accepted != nullptr && accepted->fingerprint == one.plan.fingerprint;
  if (accepted != nullptr) finding.accepted = accepted->accepted;
  std::optional<ComparableAnswer> reference;
  if (same_request) {
    finding.accepted_sha256 = accepted->answer_sha256;
    CompareFacts(*accepted, modal, level, finding);
    reference = ComparableOf(*accepted, one.plan.scrub);
  }
  const Agreement agreement = Agree(one, shares, level, reference ? &*reference : nullptr, finding);
  ListDiffering(one, shares, same_request, finding);
  const ComparableAnswer first = ComparableIn(one, shares, finding.shares.front().sha256);
  if (first.kept) finding.scrubbed = run::CountScrubbed(AnswerOf(one, first.sha256).text, one.plan.scrub);
  if (same_request && reference->compared_sha256 != first.compared_sha256) {
    for (FactChange& change : FactDifferences(*reference, first)) finding.facts.push_back(std::move(change));
  }

  finding.notes.insert(finding.notes.begin(), wavering.begin(), wavering.end());
  // Show the accepted answer against one that differs; without an accepted one, two answers of the run.
  if (agreement.another > 0) {
    const ComparableAnswer other = ComparableIn(one, shares, finding.shares[agreement.another - 1].sha256);
    Differ(same_request ? *reference : first, other, finding);
    finding.difference_within_run = finding.difference.has_value() && !same_request;
    if (level.gates() && !level.exact() && !agreement.with_itself) {
      for (const FactChange& change : FactDifferences(first, other)) {
        finding.notes.push_back("within the run " + change.name + " is " + change.old_value + " and " +
                                change.new_value);
      }
    }
  }
  const bool other_scrub = same_request && !reference->kept && accepted->scrub != one.plan.scrub;
  if (agreement.unknown) {
    finding.verdict = AnswerVerdict::kNotCompared;
    finding.reason = level.kind == DeterminismLevel::Kind::kFacts
                         ? "the accepted answer or this one was recorded without facts; measure once more, and accept "
                           "with this policy"
                         : NotKept(level);
  } else if (level.gates() && !wavering.empty() &&
             (agreement.with_itself || level.kind == DeterminismLevel::Kind::kRate)) {
    finding.verdict = AnswerVerdict::kNondeterministic;
    finding.reason = base::Join(wavering, ", ");
  } else if (level.kind == DeterminismLevel::Kind::kRate && same_request && !other_scrub) {
    OpenRate(*accepted, planned, finding);
  } else if (!agreement.with_itself) {
    finding.verdict = AnswerVerdict::kNondeterministic;
    finding.reason = NondeterministicReason(finding, same_request, agreement.modal_is_accepted);
  } else if (accepted == nullptr) {
    finding.verdict = AnswerVerdict::kNew;
    finding.reason = "no answer of this case was accepted yet";
  } else if (!same_request) {
    finding.verdict = AnswerVerdict::kRequestChanged;
    finding.reason = "the request is not the one the accepted answer belongs to" + RequestChanges(*accepted, one.plan);
  } else if (other_scrub && !agreement.with_accepted) {
    finding.verdict = AnswerVerdict::kNotCompared;
    finding.reason = "the accepted answer is a hash of a text that was scrubbed otherwise; accept it once more";
  } else if (!agreement.with_accepted || !finding.facts.empty()) {
    finding.verdict = AnswerVerdict::kChanged;
    finding.reason = ChangedReason(finding, agreement.with_accepted);
    if (finding.similarity) {
      finding.reason +=
          ", similarity " + run::WriteJson(std::round(*finding.similarity * 1000) / 1000, run::JsonStyle::kCompact);
    }
  } else if (planned > 0 && static_cast<std::int64_t>(finding.n) < planned) {
    finding.verdict = AnswerVerdict::kIncomplete;
    finding.reason =
        "only " + std::to_string(finding.n) + " of " + std::to_string(planned) + " repetitions were measured";
  } else {
    finding.verdict = AnswerVerdict::kUnchanged;
  }
  return finding;
}

}  // namespace assay::compare
