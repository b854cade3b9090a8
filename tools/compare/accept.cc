// SPDX-License-Identifier: MIT
#include "tools/compare/accept.h"

#include <algorithm>
#include <map>
#include <set>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "tools/compare/answer_causes.h"
#include "tools/compare/baseline_store.h"
#include "tools/compare/case_facts.h"
#include "tools/compare/determinism_rule.h"

namespace assay::compare {
namespace {

constexpr std::size_t kShown = 5;

struct Candidate {
  const RunSet::Entry* entry;
  CaseFacts facts;
  CasePolicy policy;
  std::string spoiled;  // why its latency must not become a baseline; empty when it may
};

struct File {
  std::filesystem::path path;
  std::string content;
};

std::optional<std::string> Revision(const run::Provenance& provenance) {
  if (!provenance.git_revision) return std::nullopt;
  return *provenance.git_revision + (provenance.git_dirty.value_or(false) ? "-dirty" : "");
}

bool AcceptsAnswers(const Candidate& one) {
  return one.policy.determinism.gates() && HasOneAnswer(one.entry->one->plan);
}

// Why the case must not become a baseline; empty when it may.
std::string Problem(const Candidate& one) {
  const run::PlannedCase& plan = one.entry->one->plan;
  const std::string outcomes = one.facts.Outcomes();
  if (!plan.failure.empty() || (one.facts.counting == 0 && one.facts.failed > 0)) {
    const std::string& why = plan.failure.empty() ? one.facts.last_error : plan.failure;
    return "failed" + (outcomes.empty() ? "" : " (" + outcomes + ")") + ": " + base::EscapeForTerminal(why);
  }
  if (one.facts.counting == 0) return "missing: planned, but never measured";
  if (one.facts.Incomplete()) {
    return "interrupted: only " + std::to_string(one.facts.counting) + " of " + std::to_string(one.facts.planned) +
           " repetitions were measured";
  }
  if (!AcceptsAnswers(one) || one.policy.determinism.kind == DeterminismLevel::Kind::kRate) return "";
  const DeterminismFinding finding = JudgeAnswers(*one.entry->one, nullptr, one.facts.planned, one.policy.determinism);
  const bool disagrees =
      finding.verdict == AnswerVerdict::kNondeterministic || finding.verdict == AnswerVerdict::kNotCompared;
  return disagrees ? std::string(ToString(finding.verdict)) + ": " + finding.reason : "";
}

// The first few, and how many more there are.
std::string FirstOf(std::vector<std::string> texts, std::string_view separator) {
  const std::size_t count = texts.size();
  if (count > kShown) {
    texts.resize(kShown);
    texts.push_back("and " + std::to_string(count - kShown) + " more");
  }
  return base::Join(texts, separator);
}

base::Status CheckRuns(const RunSet& runs) {
  for (const run::Run& run : runs.runs()) {
    if (run.info.validity.interrupted) {
      return base::Error{base::ErrorCode::kInvalidInput,
                         "an interrupted run must not become a baseline; nothing was written; measure it to its end",
                         run.directory.string()};
    }
    if (run.info.second_look) {
      return base::Error{base::ErrorCode::kInvalidInput,
                         "a second look must not become a baseline, because its cases were chosen by what the first "
                         "look saw; nothing was written; accept an ordinary run",
                         run.directory.string()};
    }
  }
  return {};
}

base::Result<std::vector<Candidate>> Candidates(const RunSet& runs, const AcceptRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckRuns(runs));
  std::vector<Candidate> candidates;
  std::set<std::string> matched;
  for (const RunSet::Entry& entry : runs.cases()) {
    const std::string& id = entry.one->plan.id;
    bool wanted = request.cases.empty();
    for (const std::string& glob : request.cases) {
      if (!base::GlobMatches(glob, id)) continue;
      wanted = true;
      matched.insert(glob);
    }
    if (wanted) candidates.push_back(Candidate{&entry, FactsOf(*entry.one, *entry.run), request.policy.For(id), ""});
  }
  for (const std::string& glob : request.cases) {
    if (matched.contains(glob)) continue;
    return base::Error{base::ErrorCode::kUsage,
                       "--case '" + base::EscapeForTerminal(glob) + "' matches none of the " +
                           std::to_string(runs.cases().size()) + " cases; the first is '" +
                           runs.cases().front().one->plan.id + "'",
                       ""};
  }
  return candidates;
}

base::Status RefuseProblems(const std::vector<Candidate>& candidates) {
  // A reason is said once, after the cases that share it: what befell a service befell all of its cases.
  struct Group {
    std::string problem;
    std::vector<std::string> ids;
  };
  std::vector<Group> groups;
  std::size_t count = 0;
  for (const Candidate& one : candidates) {
    const std::string problem = Problem(one);
    if (problem.empty()) continue;
    ++count;
    auto found = std::ranges::find(groups, problem, &Group::problem);
    if (found == groups.end()) found = groups.insert(groups.end(), Group{problem, {}});
    found->ids.push_back(one.entry->one->plan.id);
  }
  if (groups.empty()) return {};
  std::vector<std::string> problems;
  for (Group& group : groups) problems.push_back(FirstOf(std::move(group.ids), ", ") + " " + group.problem);
  const std::string said = FirstOf(std::move(problems), "; ");
  return base::Error{base::ErrorCode::kInvalidInput,
                     std::to_string(count) + " of " + std::to_string(candidates.size()) +
                         " cases must not become a baseline, nothing was written: " + said +
                         "; measure again, or choose others with --case",
                     candidates.front().entry->run->directory.string()};
}

// Notes which latencies were measured under conditions the policy does not take.
base::Status MarkSpoiled(const RunSet& runs, const Policy& policy, std::vector<Candidate>& candidates,
                         AcceptSummary& summary) {
  const std::string instead = "; nothing was written; measure again, or accept the answers alone with --only outputs";
  std::vector<JudgedFlag> flags;
  for (const run::Run& run : runs.runs()) {
    std::vector<JudgedFlag> own = JudgeFlags(run, policy.validity);
    flags.insert(flags.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  }
  for (Candidate& one : candidates) {
    const std::string directory = one.entry->run->directory.string();
    const std::string whole_run = WhyNotValid(flags, directory, "");
    if (!whole_run.empty()) {
      return base::Error{base::ErrorCode::kInvalidInput, "latencies must not become a baseline: " + whole_run + instead,
                         directory};
    }
    const std::string& id = one.entry->one->plan.id;
    one.spoiled = WhyNotValid(flags, directory, id);
    if (!one.spoiled.empty()) summary.latency_left_out.push_back(NotAccepted{id, one.spoiled});
  }
  if (summary.latency_left_out.size() < candidates.size()) return {};
  const NotAccepted& first = summary.latency_left_out.front();
  return base::Error{base::ErrorCode::kInvalidInput,
                     "the latency of none of the " + std::to_string(candidates.size()) +
                         " cases may become a baseline; the first is " + first.case_id + ": " + first.reason + instead,
                     candidates.front().entry->run->directory.string()};
}

AcceptedAnswer AnswerToAccept(const Candidate& one, const AcceptRequest& request) {
  const run::RunCase& measured = *one.entry->one;
  AcceptedAnswer answer = ModalAnswer(measured);
  const run::Provenance& provenance = one.entry->run->info.provenance;
  answer.accepted = Acceptance{request.at, request.reason, provenance.assay_version, Revision(provenance)};
  DescribeMeasured(*one.entry->run, measured.plan, answer.accepted);
  if (one.policy.determinism.kind != DeterminismLevel::Kind::kRate) answer.seen.reset();
  // What nobody compares would only make the file longer.
  const bool compares_facts = one.policy.determinism.kind == DeterminismLevel::Kind::kFacts;
  if (answer.facts && answer.facts->checks.empty() && !answer.facts->refusal && !compares_facts) answer.facts.reset();
  return answer;
}

// The same answer once more, of another run than the one it was last counted in.
bool CountsSeen(const AcceptedAnswer& known, const AcceptedAnswer& answer) {
  return known.SameContent(answer) && known.accepted.started_at != answer.accepted.started_at;
}

SeenAnswers Together(const std::optional<SeenAnswers>& known, const SeenAnswers& more) {
  const SeenAnswers before = known.value_or(SeenAnswers{});
  return {before.same + more.same, before.others + more.others};
}

// Scores of this run, as they would be accepted; without any it has no series. Marks that nobody gave this time stay as
// they were accepted: the bar does not go away because nobody looked.
AcceptedScores ScoresToAccept(const Candidate& one, const run::Scores& marks, const AcceptRequest& request,
                              const AcceptedScores* known) {
  const run::PlannedCase& plan = one.entry->one->plan;
  AcceptedScores scores{plan.fingerprint, plan.expect_sha256, request.at, request.reason, {}};
  for (const run::ScoreSeries& series : run::ScoresOf(*one.entry->one, marks))
    scores.series.push_back(AcceptedSeriesOf(series));
  if (known == nullptr || known->fingerprint != scores.fingerprint) return scores;
  const std::size_t own = scores.series.size();
  for (const AcceptedSeries& old : known->series) {
    const bool again = std::any_of(
        scores.series.begin(), scores.series.begin() + static_cast<std::ptrdiff_t>(own),
        [&](const AcceptedSeries& series) { return series.source == old.source && series.dimension == old.dimension; });
    if (!again && old.source != run::ScoreSource::kAutomatic) scores.series.push_back(old);
  }
  return scores;
}

// Whether anything of the file changed.
base::Result<bool> AcceptScores(const std::vector<const Candidate*>& candidates, const AcceptRequest& request,
                                OutputsBaseline& baseline, AcceptSummary& summary) {
  bool changed = false;
  std::map<const run::Run*, run::Scores> marks;
  for (const Candidate* one : candidates) {
    const auto [of_run, added] = marks.try_emplace(one->entry->run);
    if (added) {
      ASSAY_TRY(of_run->second, run::ReadScores(one->entry->run->directory));
    }
    const std::string& id = one->entry->one->plan.id;
    const auto known = baseline.scores.find(id);
    AcceptedScores scores =
        ScoresToAccept(*one, of_run->second, request, known != baseline.scores.end() ? &known->second : nullptr);
    if (!scores.series.empty()) ++summary.scored;
    if (known != baseline.scores.end() && known->second.SameContent(scores)) continue;
    if (scores.series.empty()) {
      changed = baseline.scores.erase(id) > 0 || changed;
      continue;
    }
    baseline.scores.insert_or_assign(id, std::move(scores));
    changed = true;
  }
  return changed;
}

base::Result<std::optional<File>> PrepareOutputs(const AcceptRequest& request, const std::string& variant,
                                                 const std::vector<const Candidate*>& candidates,
                                                 AcceptSummary& summary) {
  File file{OutputsPath(request.baselines, variant), ""};
  ASSAY_TRY(std::optional<OutputsBaseline> known, ReadOutputs(file.path, variant));
  OutputsBaseline baseline = known ? std::move(*known) : OutputsBaseline{variant, {}, {}};
  bool changed = false;
  for (const Candidate* one : candidates) {
    if (!AcceptsAnswers(*one)) continue;
    AcceptedAnswer answer = AnswerToAccept(*one, request);
    const auto found = baseline.cases.find(one->entry->one->plan.id);
    const bool at_rate = one->policy.determinism.kind == DeterminismLevel::Kind::kRate;
    if (at_rate && found != baseline.cases.end() && CountsSeen(found->second, answer)) {
      ++summary.answers_unchanged;
      found->second.seen = Together(found->second.seen, *answer.seen);
      found->second.accepted.started_at = answer.accepted.started_at;
      changed = true;
      continue;
    }
    if (found == baseline.cases.end()) {
      ++summary.answers_new;
    } else if (found->second.SameContent(answer)) {
      ++summary.answers_unchanged;
      continue;
    } else {
      ++summary.answers_changed;
    }
    baseline.cases.insert_or_assign(one->entry->one->plan.id, std::move(answer));
    changed = true;
  }
  ASSAY_TRY(const bool scores_changed, AcceptScores(candidates, request, baseline, summary));
  if (!changed && !scores_changed) return std::optional<File>();
  file.content = WriteOutputs(baseline);
  return std::optional<File>(std::move(file));
}

SessionCase MeasuredCase(const Candidate& one) {
  SessionCase measured;
  measured.fingerprint = one.entry->one->plan.fingerprint;
  measured.completion_tokens = one.facts.CompletionTokens();
  measured.token_source = one.facts.TokenSource();
  std::array<std::vector<double>, kStoredMetricCount> numbers;
  for (std::size_t i = 0; i < kStoredMetricCount; ++i) {
    numbers[i] = NumbersOf(*one.entry->one, *StoredMetrics()[i]);
  }
  measured.metrics = StoredValues(numbers);
  return measured;
}

// Keeps the newest kMaxSessions of each case, not of the file: accepting one case often must not
// cost the others theirs.
void DropOldSessions(LatencyBaseline& baseline) {
  std::map<std::string, std::size_t> kept;
  for (auto session = baseline.sessions.rbegin(); session != baseline.sessions.rend(); ++session) {
    std::erase_if(session->cases, [&](const auto& entry) { return ++kept[entry.first] > kMaxSessions; });
  }
  std::erase_if(baseline.sessions, [](const BaselineSession& session) { return session.cases.empty(); });
}

// The session of this run in the file: the one accepted before, or a new last one.
BaselineSession& SessionOf(LatencyBaseline& baseline, const AcceptRequest& request, const run::Run& run,
                           AcceptSummary& summary) {
  const run::Provenance& provenance = run.info.provenance;
  const auto found =
      std::find_if(baseline.sessions.begin(), baseline.sessions.end(),
                   [&](const BaselineSession& session) { return session.started_at == provenance.started_at; });
  if (found != baseline.sessions.end()) {
    ++summary.sessions_replaced;
  } else {
    ++summary.sessions_added;
  }
  BaselineSession& session = found != baseline.sessions.end() ? *found : baseline.sessions.emplace_back();
  session.accepted_at = request.at;
  session.reason = request.reason;
  session.started_at = provenance.started_at;
  session.assay_version = provenance.assay_version;
  session.git_revision = Revision(provenance);
  session.build_type = Unoptimised(provenance.build_type) ? provenance.build_type : "";
  session.service_kind = run.info.service.kind;
  session.service_generation = run.info.service.generation;
  session.service_version = run.info.service.version;
  session.anchors = run.info.anchors;
  // That there are none needs no words: a comparison sees it.
  if (session.anchors && session.anchors->cases.empty()) session.anchors.reset();
  return session;
}

base::Result<std::optional<File>> PrepareLatency(const AcceptRequest& request, const RunSet& runs,
                                                 const std::string& variant,
                                                 const std::vector<const Candidate*>& candidates,
                                                 AcceptSummary& summary) {
  const std::string key = runs.environment().Key();
  File file{LatencyPath(request.baselines, key, variant), ""};
  ASSAY_TRY(std::optional<LatencyBaseline> known, ReadLatency(file.path, variant, key));
  LatencyBaseline baseline = known ? std::move(*known) : LatencyBaseline{variant, {}, {}};
  baseline.environment = runs.environment();
  const run::Run* current = nullptr;
  BaselineSession* session = nullptr;
  for (const Candidate* one : candidates) {
    if (!one->spoiled.empty()) continue;
    SessionCase measured = MeasuredCase(*one);
    if (measured.metrics.empty()) continue;
    if (one->entry->run != current) {  // candidates stand in the order of their runs
      current = one->entry->run;
      session = &SessionOf(baseline, request, *current, summary);
    }
    session->cases.insert_or_assign(one->entry->one->plan.id, std::move(measured));
  }
  if (session == nullptr) return std::optional<File>();
  DropOldSessions(baseline);
  file.content = WriteLatency(baseline);
  return std::optional<File>(std::move(file));
}

}  // namespace

base::Result<AcceptSummary> Accept(const RunSet& runs, const AcceptRequest& request) {
  if (base::Trim(request.reason).empty()) {
    return base::Error{base::ErrorCode::kUsage,
                       "an acceptance needs its reason; say with --reason TEXT why this run is right", ""};
  }
  ASSAY_TRY(std::vector<Candidate> candidates, Candidates(runs, request));
  ASSAY_RETURN_IF_ERROR(RefuseProblems(candidates));
  AcceptSummary summary;
  if (request.latency) ASSAY_RETURN_IF_ERROR(MarkSpoiled(runs, request.policy, candidates, summary));

  std::map<std::string, std::vector<const Candidate*>> by_variant;
  for (const Candidate& one : candidates) by_variant[one.entry->one->plan.model].push_back(&one);
  summary.cases = candidates.size();
  std::vector<File> files;
  for (const auto& [variant, own] : by_variant) {
    if (request.outputs) {
      ASSAY_TRY(std::optional<File> file, PrepareOutputs(request, variant, own, summary));
      if (file) files.push_back(std::move(*file));
    }
    if (request.latency) {
      ASSAY_TRY(std::optional<File> file, PrepareLatency(request, runs, variant, own, summary));
      if (file) files.push_back(std::move(*file));
    }
  }
  for (const File& file : files) {
    ASSAY_RETURN_IF_ERROR(base::WriteFileAtomically(file.path, file.content));
    summary.written.push_back(file.path);
  }
  return summary;
}

}  // namespace assay::compare
