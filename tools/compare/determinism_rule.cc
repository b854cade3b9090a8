// SPDX-License-Identifier: MIT
#include "tools/compare/determinism_rule.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "fixtures/base/text.h"

namespace assay::compare {
namespace {

constexpr std::size_t kContextBefore = 30;  // code points
constexpr std::size_t kContextAfter = 40;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Byte offset `count` code points before / after `from`.
std::size_t Back(std::string_view text, std::size_t from, std::size_t count) {
  while (count > 0 && from > 0) {
    --from;
    if (!IsContinuation(text[from])) --count;
  }
  return from;
}
std::size_t Forward(std::string_view text, std::size_t from, std::size_t count) {
  while (count > 0 && from < text.size()) {
    ++from;
    while (from < text.size() && IsContinuation(text[from])) ++from;
    --count;
  }
  return from;
}

struct Shares {
  std::vector<AnswerShare> sorted;
  std::size_t counting = 0;
};

Shares CountAnswers(const run::RunCase& one) {
  Shares result;
  std::unordered_map<std::string, std::size_t> index;
  for (const run::Sample& sample : one.samples) {
    if (!sample.counts()) continue;
    ++result.counting;
    const std::string sha256 = sample.answer_sha256.value_or("");
    const auto [found, inserted] = index.emplace(sha256, result.sorted.size());
    if (inserted) result.sorted.push_back(AnswerShare{sha256, 0, sample.repetition, ""});
    AnswerShare& share = result.sorted[found->second];
    ++share.count;
    share.first_repetition = std::min(share.first_repetition, sample.repetition);
  }
  std::stable_sort(result.sorted.begin(), result.sorted.end(), [](const AnswerShare& a, const AnswerShare& b) {
    return a.count != b.count ? a.count > b.count : a.first_repetition < b.first_repetition;
  });
  for (AnswerShare& share : result.sorted) {
    if (const auto answer = one.answers.find(share.sha256); answer != one.answers.end())
      share.text = answer->second.text;
  }
  return result;
}

// The parts of an answer in the order they are compared.
struct Parts {
  std::string_view text;
  std::string_view reasoning;
  std::string_view tool_calls;
};
Parts PartsOf(const run::Answer& answer) { return {answer.text, answer.reasoning, answer.tool_calls}; }

std::optional<TextDifference> FirstDifferentPart(const Parts& before, const Parts& after) {
  if (auto found = FirstDifference(before.text, after.text, "text")) return found;
  if (auto found = FirstDifference(before.reasoning, after.reasoning, "reasoning")) return found;
  return FirstDifference(before.tool_calls, after.tool_calls, "tool_calls");
}

const run::Answer* FindAnswer(const run::RunCase& one, const std::string& sha256) {
  const auto found = one.answers.find(sha256);
  return found == one.answers.end() ? nullptr : &found->second;
}

std::string Text(const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : "not stated"; }
std::string Text(const std::optional<std::string>& value) { return value.value_or("not stated"); }

void CompareFacts(const AcceptedAnswer& accepted, const AcceptedAnswer& now, DeterminismFinding& finding) {
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
  compare("completion_tokens", accepted.completion_tokens, now.completion_tokens);
}

// Values that differ between repetitions of one answer.
void NoteSpread(const run::RunCase& one, DeterminismFinding& finding) {
  std::set<std::string> finish;
  std::set<std::string> prompt;
  std::set<std::string> completion;
  for (const run::Sample& sample : one.samples) {
    if (!sample.counts() || sample.answer_sha256.value_or("") != finding.shares.front().sha256) continue;
    finish.insert(sample.finish_reason.value_or("not stated"));
    prompt.insert(Text(sample.prompt_tokens));
    completion.insert(Text(sample.completion_tokens));
  }
  const auto note = [&](const char* name, const std::set<std::string>& values) {
    if (values.size() < 2) return;
    finding.notes.push_back(std::string(name) + " varies within the run: " +
                            base::Join(std::vector<std::string>(values.begin(), values.end()), ", "));
  };
  note("finish_reason", finish);
  note("prompt_tokens", prompt);
  note("completion_tokens", completion);
}

std::string ChangedReason(const DeterminismFinding& finding, bool same_answer) {
  std::string reason = same_answer ? "the answer is the same" : "the answer is not the accepted one";
  for (const FactChange& fact : finding.facts) {
    reason += ", " + fact.name + " " + fact.old_value + " -> " + fact.new_value;
    if (fact.name == "prompt_tokens") reason += " (the chat template may have changed)";
  }
  return reason;
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

std::optional<TextDifference> FirstDifference(std::string_view old_text, std::string_view new_text, std::string part) {
  if (old_text == new_text) return std::nullopt;
  const auto parted = std::mismatch(old_text.begin(), old_text.end(), new_text.begin(), new_text.end());
  const auto first = static_cast<std::size_t>(parted.first - old_text.begin());
  // Two characters may share their first bytes: step back to where both begin.
  const std::size_t at = std::min(base::CodePointStart(old_text, first), base::CodePointStart(new_text, first));
  const std::string_view common = old_text.substr(0, at);

  TextDifference difference;
  difference.part = std::move(part);
  difference.character = base::CodePointIndex(old_text, at);
  difference.line = 1 + static_cast<std::size_t>(std::count(common.begin(), common.end(), '\n'));
  const std::size_t newline = common.rfind('\n');
  const std::size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
  difference.column = 1 + base::CodePointIndex(common.substr(line_start), at - line_start);
  const std::size_t from = Back(old_text, at, kContextBefore);
  difference.before = common.substr(from);
  difference.before_cut = from > 0;
  const std::size_t old_end = Forward(old_text, at, kContextAfter);
  difference.old_text = old_text.substr(at, old_end - at);
  difference.old_cut = old_end < old_text.size();
  const std::size_t new_end = Forward(new_text, at, kContextAfter);
  difference.new_text = new_text.substr(at, new_end - at);
  difference.new_cut = new_end < new_text.size();
  return difference;
}

AcceptedAnswer ModalAnswer(const run::RunCase& one) {
  const Shares shares = CountAnswers(one);
  ASSAY_CHECK(!shares.sorted.empty(), "a case without a counting sample has no answer");
  AcceptedAnswer modal;
  modal.answer_sha256 = shares.sorted.front().sha256;
  modal.fingerprint = one.plan.fingerprint;
  if (const run::Answer* answer = FindAnswer(one, modal.answer_sha256)) {
    modal.text = answer->text;
    modal.reasoning = answer->reasoning;
    modal.tool_calls = answer->tool_calls;
  }
  for (const run::Sample& sample : one.samples) {
    if (!sample.counts() || sample.answer_sha256.value_or("") != modal.answer_sha256) continue;
    modal.finish_reason = sample.finish_reason;
    // Counts of our own are no property of the answer and are never compared with the service's.
    if (run::IsServerUsage(sample.token_source)) {
      modal.prompt_tokens = sample.prompt_tokens;
      modal.completion_tokens = sample.completion_tokens;
    }
    break;
  }
  return modal;
}

DeterminismFinding JudgeAnswers(const run::RunCase& one, const AcceptedAnswer* accepted, std::int64_t planned) {
  DeterminismFinding finding;
  Shares shares = CountAnswers(one);
  ASSAY_CHECK(!shares.sorted.empty(), "a case without a counting sample has no answer to judge");
  finding.n = shares.counting;
  if (!HasOneAnswer(one.plan)) {
    finding.verdict = AnswerVerdict::kNotCompared;
    finding.reason = "every repetition asks another text";
    finding.gates = false;
    return finding;
  }
  finding.shares = std::move(shares.sorted);
  NoteSpread(one, finding);
  const bool same_request = accepted != nullptr && accepted->fingerprint == one.plan.fingerprint;
  const AcceptedAnswer modal = ModalAnswer(one);
  if (accepted != nullptr) finding.accepted = accepted->accepted;
  if (same_request) {
    finding.accepted_sha256 = accepted->answer_sha256;
    CompareFacts(*accepted, modal, finding);
  }

  // Show the accepted answer against one that differs; without an accepted one, two answers of the
  // run.
  const bool has_accepted_text = same_request && accepted->text.has_value();
  const std::string& old_sha256 = same_request ? accepted->answer_sha256 : modal.answer_sha256;
  const run::Answer* other = nullptr;
  for (const AnswerShare& share : finding.shares) {
    if (share.sha256 == old_sha256) continue;
    other = FindAnswer(one, share.sha256);
    break;
  }
  if (other != nullptr && has_accepted_text) {
    finding.difference =
        FirstDifferentPart(Parts{*accepted->text, accepted->reasoning, accepted->tool_calls}, PartsOf(*other));
  } else if (other != nullptr && !same_request) {
    if (const run::Answer* first = FindAnswer(one, modal.answer_sha256)) {
      finding.difference = FirstDifferentPart(PartsOf(*first), PartsOf(*other));
      finding.difference_within_run = true;
    }
  }

  if (finding.shares.size() > 1) {
    finding.verdict = AnswerVerdict::kNondeterministic;
    finding.reason = std::to_string(finding.shares.size()) + " different answers in " + std::to_string(finding.n) +
                     " repetitions of one request";
    if (same_request) {
      finding.reason += modal.answer_sha256 == accepted->answer_sha256 ? "; the most frequent is the accepted one"
                                                                       : "; the most frequent is not the accepted one";
    }
  } else if (accepted == nullptr) {
    finding.verdict = AnswerVerdict::kNew;
    finding.reason = "no answer of this case was accepted yet";
  } else if (!same_request) {
    finding.verdict = AnswerVerdict::kRequestChanged;
    finding.reason = "the request is not the one the accepted answer belongs to";
  } else if (modal.answer_sha256 != accepted->answer_sha256 || !finding.facts.empty()) {
    finding.verdict = AnswerVerdict::kChanged;
    finding.reason = ChangedReason(finding, modal.answer_sha256 == accepted->answer_sha256);
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
