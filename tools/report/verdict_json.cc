// SPDX-License-Identifier: MIT
#include "tools/report/verdict_json.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "fixtures/base/result.h"
#include "fixtures/base/text.h"
#include "fixtures/run/json.h"
#include "tools/report/comparison_text.h"
#include "tools/report/decision_text.h"
#include "tools/report/numbers.h"
#include "tools/report/run_conditions.h"

namespace assay::report {
namespace {

using compare::CaseComparison;
using compare::Comparison;
using run::Json;
using run::JsonArray;
using run::JsonObject;

constexpr std::size_t kAnswers = 1000;             // distinct ones of a case
constexpr std::size_t kAnswerCharacters = 65'536;  // code points of a distinct answer; the whole one is in the run

Json Count(std::size_t value) { return static_cast<std::int64_t>(value); }

// Absent and what is no number are null alike.
Json Number(const std::optional<double>& value) {
  if (!value || !std::isfinite(*value)) return {};
  return Stable(*value);
}

Json Strings(const std::vector<std::string>& texts) {
  JsonArray array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

Json ToJson(const compare::LatencyFinding& finding) {
  return JsonObject{{"metric", std::string(finding.metric->name)},
                    {"unit", std::string(finding.metric->unit)},
                    {"verdict", std::string(compare::ToString(finding.verdict))},
                    {"code", std::string(compare::ToString(finding.code))},
                    {"reason", finding.reason},
                    {"base_median", Number(finding.base_median)},
                    {"head_median", Number(finding.head_median)},
                    {"change", Number(finding.change)},
                    {"change_lower", Number(finding.lower)},
                    {"change_upper", Number(finding.upper)},
                    {"p", Number(finding.p)},
                    {"p_adjusted", Number(finding.p_adjusted)},
                    {"mde", Number(finding.mde)},
                    {"ln_se", Number(finding.se)},
                    {"df", Number(finding.df)},
                    {"suspect", finding.suspect},
                    {"family_name", finding.kind ? Json(std::string(compare::ToString(*finding.kind))) : Json()},
                    {"alpha", Number(finding.alpha)},
                    {"family", Count(finding.family)},
                    {"min_effect", Number(finding.min_effect)},
                    {"tolerance", Number(finding.tolerance)},
                    {"n_second", Count(finding.n_second)},
                    {"first_change", Number(finding.first_change)},
                    {"second_change", Number(finding.second_change)},
                    {"n_head", Count(finding.n_head)},
                    {"n_base", Count(finding.n_base)},
                    {"sessions", Count(finding.sessions)},
                    {"gates", finding.gates},
                    {"decides", finding.decides}};
}

std::string_view Name(compare::DiffKind kind) {
  switch (kind) {
    case compare::DiffKind::kSame:
      return "same";
    case compare::DiffKind::kRemoved:
      return "removed";
    case compare::DiffKind::kAdded:
      return "added";
  }
  return "same";
}

Json ToJson(const compare::DiffHunk& hunk) {
  JsonArray pieces;
  for (const compare::DiffPiece& piece : hunk.pieces) {
    pieces.push_back(
        JsonObject{{"kind", std::string(Name(piece.kind))}, {"text", piece.text}, {"left_out", Count(piece.left_out)}});
  }
  return JsonObject{{"old_character", Count(hunk.old_character)},
                    {"new_character", Count(hunk.new_character)},
                    {"cut_before", hunk.cut_before},
                    {"cut_after", hunk.cut_after},
                    {"pieces", std::move(pieces)}};
}

Json ToJson(const compare::TextDifference& difference, bool within_run) {
  JsonArray hunks;
  for (const compare::DiffHunk& hunk : difference.words.hunks) hunks.push_back(ToJson(hunk));
  return JsonObject{{"part", difference.part},
                    {"within_run", within_run},
                    {"character", Count(difference.character)},
                    {"line", Count(difference.line)},
                    {"column", Count(difference.column)},
                    {"word", Count(difference.words.first_word)},
                    {"common_prefix_share", Number(difference.words.common_prefix_share)},
                    {"old_characters", Count(difference.words.old_characters)},
                    {"new_characters", Count(difference.words.new_characters)},
                    {"bounded", difference.words.bounded},
                    {"hunks", std::move(hunks)},
                    {"before", difference.before},
                    {"before_cut", difference.before_cut},
                    {"old", difference.old_text},
                    {"old_cut", difference.old_cut},
                    {"new", difference.new_text},
                    {"new_cut", difference.new_cut}};
}

Json ToJson(const std::optional<compare::RateEvidence>& rate) {
  if (!rate) return {};
  return JsonObject{
      {"others", rate->others},         {"n", rate->n},         {"accepted_others", rate->accepted_others},
      {"accepted_n", rate->accepted_n}, {"p", Number(rate->p)}, {"p_adjusted", Number(rate->p_adjusted)},
      {"fewest", rate->fewest}};
}

Json ToJson(const compare::DeterminismFinding& finding) {
  JsonArray shares;
  for (const compare::AnswerShare& share : std::span(finding.shares).first(std::min(finding.shares.size(), kAnswers))) {
    std::string text(base::FirstCodePoints(share.text, kAnswerCharacters));
    const bool cut = text.size() < share.text.size();
    shares.push_back(JsonObject{{"sha256", share.sha256},
                                {"count", Count(share.count)},
                                {"first_repetition", share.first_repetition},
                                {"accepted", share.accepted},
                                {"text", share.has_text ? Json(std::move(text)) : Json()},
                                {"text_cut", cut}});
  }
  JsonArray facts;
  for (const compare::FactChange& fact : finding.facts) {
    facts.push_back(JsonObject{{"name", fact.name}, {"old", fact.old_value}, {"new", fact.new_value}});
  }
  JsonArray more;
  for (const compare::TextDifference& difference : finding.more_differences) {
    more.push_back(ToJson(difference, finding.difference_within_run));
  }
  JsonArray differing;
  for (const std::int64_t repetition :
       std::span(finding.differing).first(std::min(finding.differing.size(), kAnswers))) {
    differing.emplace_back(repetition);
  }
  JsonArray scrubbed;
  for (const run::Scrubbed& one : finding.scrubbed) {
    scrubbed.push_back(JsonObject{{"name", std::string(one.name)}, {"places", Count(one.places)}});
  }
  Json accepted;
  if (finding.accepted) {
    accepted = JsonObject{{"at", finding.accepted->at},
                          {"reason", finding.accepted->reason},
                          {"assay_version", finding.accepted->assay_version},
                          {"git_revision", finding.accepted->git_revision}};
  }
  JsonObject object{
      {"verdict", std::string(compare::ToString(finding.verdict))},
      {"reason", finding.reason},
      {"n", Count(finding.n)},
      {"accepted_sha256", finding.accepted_sha256},
      {"accepted", std::move(accepted)},
      {"shares", std::move(shares)},
      {"distinct", Count(finding.shares.size())},
      {"level", compare::ToString(finding.level)},
      {"differing", std::move(differing)},
      {"differing_count", Count(finding.differing.size())},
      {"causes", Strings(finding.causes)},
      {"scrubbed", std::move(scrubbed)},
      {"similarity", Number(finding.similarity)},
      {"rate", ToJson(finding.rate)},
      {"more_differences", std::move(more)},
      {"difference", finding.difference ? ToJson(*finding.difference, finding.difference_within_run) : Json()},
      {"facts", std::move(facts)},
      {"notes", Strings(finding.notes)}};
  if (finding.probe) object.emplace("probe", ToJson(*finding.probe));
  if (finding.accepted_probe) object.emplace("accepted_probe", compare::ToJson(*finding.accepted_probe));
  return object;
}

Json ToJson(const compare::QualityFinding& finding) {
  return JsonObject{{"source", std::string(run::ToString(finding.source))},
                    {"dimension", finding.dimension.empty() ? Json() : Json(finding.dimension)},
                    {"judge", finding.judge ? Json(finding.judge->model) : Json()},
                    {"template_version", finding.judge ? Json(finding.judge->template_version) : Json()},
                    {"mean", Number(finding.mean)},
                    {"accepted_mean", Number(finding.accepted_mean)},
                    {"n", Count(finding.n)},
                    {"accepted_n", Count(finding.accepted_n)},
                    {"tolerance", Number(finding.tolerance)},
                    {"varies", finding.varies},
                    {"p", Number(finding.p)},
                    {"p_adjusted", Number(finding.p_adjusted)},
                    {"verdict", std::string(compare::ToString(finding.verdict))},
                    {"decides", finding.decides},
                    {"reason", finding.reason}};
}

Json ToJson(const compare::BudgetFinding& finding) {
  return JsonObject{{"metric", std::string(finding.metric->name)},
                    {"unit", std::string(finding.metric->unit)},
                    {"quantile", compare::QuantileName(finding.quantile)},
                    {"limit", Number(finding.limit)},
                    {"observed", Number(finding.observed)},
                    {"n", Count(finding.n)},
                    {"verdict", std::string(compare::ToString(finding.verdict))},
                    {"reason", finding.reason},
                    {"gates", finding.gates}};
}

Json ToJson(const std::optional<compare::Quarantined>& quarantine) {
  if (!quarantine) return {};
  return JsonObject{{"until", quarantine->until}, {"reason", quarantine->reason}, {"expired", quarantine->expired}};
}

Json ToJson(const std::optional<run::PairInfo>& pair) {
  if (!pair) return {};
  const auto side = [](const run::PairSide& one) {
    return JsonObject{{"stated", one.stated}, {"directory", one.directory}};
  };
  JsonArray blocks;
  for (const std::int64_t size : pair->blocks) blocks.emplace_back(size);
  return JsonObject{{"order", pair->order == run::PairOrder::kInterleaved ? "interleaved" : "blocks"},
                    {"seed", pair->seed},
                    {"base", side(pair->base)},
                    {"head", side(pair->head)},
                    {"blocks", std::move(blocks)},
                    {"restarted", pair->restarted},
                    {"renewal", !pair->renewal                                  ? Json()
                                : *pair->renewal == run::PairRenewal::kServices ? Json("services")
                                                                                : Json("models")},
                    {"notes", Strings(pair->notes)}};
}

Json SecondLook(const Comparison& comparison) {
  if (!comparison.second_look) return {};
  JsonArray started;
  for (const compare::ComparedRun& one : comparison.runs) started.emplace_back(one.provenance.started_at);
  return JsonObject{{"suspects", Strings(comparison.second_look->suspects)},
                    {"controls", Strings(comparison.second_look->controls)},
                    {"repetitions", comparison.second_look->repetitions},
                    {"first_started_at", std::move(started)}};
}

Json ToJson(const CaseComparison& one) {
  JsonArray metrics;
  JsonArray budgets;
  JsonArray quality;
  for (const compare::QualityFinding& finding : one.quality) quality.push_back(ToJson(finding));
  for (const compare::BudgetFinding& finding : one.budgets) budgets.push_back(ToJson(finding));
  for (const compare::LatencyFinding& finding : one.latency) metrics.push_back(ToJson(finding));
  return JsonObject{{"id", one.id},
                    {"model", one.model},
                    {"alias", one.alias},
                    {"prompt", one.prompt},
                    {"status", std::string(compare::ToString(one.status))},
                    {"outcome", one.outcome},
                    {"reason", one.reason},
                    {"samples", JsonObject{{"counting", Count(one.facts.counting)},
                                           {"failed", Count(one.facts.failed)},
                                           {"planned", one.facts.planned}}},
                    {"verdict", std::string(compare::ToString(one.verdict))},
                    {"decides", one.decides},
                    {"budgets", std::move(budgets)},
                    {"quarantine", ToJson(one.quarantine)},
                    {"paired_with", one.paired_with.empty() ? Json() : Json(one.paired_with)},
                    {"latency", JsonObject{{"verdict", std::string(compare::ToString(one.latency_verdict))},
                                           {"decides", one.latency_decides},
                                           {"metrics", std::move(metrics)}}},
                    {"determinism", JsonObject{{"verdict", std::string(compare::ToString(one.answers_verdict))},
                                               {"decides", one.answers_decide},
                                               {"answers", one.answers ? ToJson(*one.answers) : Json()},
                                               {"quality", std::move(quality)}}}};
}

Json ToJson(const compare::SuiteFinding& suite) {
  return JsonObject{{"family_name", std::string(compare::ToString(suite.kind))},
                    {"variant", suite.variant.empty() ? Json() : Json(suite.variant)},
                    {"verdict", std::string(compare::ToString(suite.verdict))},
                    {"reason", suite.reason},
                    {"change", Number(suite.change)},
                    {"change_lower", Number(suite.lower)},
                    {"change_upper", Number(suite.upper)},
                    {"p", Number(suite.p)},
                    {"mde", Number(suite.mde)},
                    {"anchors", Count(suite.anchors)},
                    {"anchor_change", Number(suite.anchor_change)},
                    {"beyond_anchors", Number(suite.beyond_anchors)},
                    {"beyond_lower", Number(suite.beyond_lower)},
                    {"beyond_upper", Number(suite.beyond_upper)},
                    {"beyond_p", Number(suite.beyond_p)},
                    {"beyond_again", Number(suite.beyond_again)},
                    {"why_no_anchors", suite.why_no_anchors},
                    {"cases", Count(suite.cases)},
                    {"sessions", Count(suite.sessions)},
                    {"gates", suite.gates},
                    {"decides", suite.decides}};
}

Json ToJson(const compare::JudgedFlag& one) {
  return JsonObject{{"run", one.run},
                    {"name", one.flag.name},
                    {"case", one.flag.case_id.empty() ? Json() : Json(one.flag.case_id)},
                    {"figure", Number(one.flag.figure)},
                    {"unit", one.flag.unit},
                    {"limit", Number(one.flag.limit)},
                    {"raised", one.flag.raised},
                    {"effect", std::string(compare::ToString(one.effect))},
                    {"message", one.flag.message}};
}

Json ToJson(const std::optional<run::Overhead>& overhead) {
  if (!overhead) return {};
  return JsonObject{{"requests", overhead->requests},
                    {"events", overhead->events},
                    {"request_us_p50", Number(overhead->request_us_p50)},
                    {"request_us_p99", Number(overhead->request_us_p99)},
                    {"event_us_p50", Number(overhead->event_us_p50)},
                    {"event_us_p99", Number(overhead->event_us_p99)},
                    {"cpu_us_per_request", Number(overhead->cpu_us_per_request)},
                    {"cpu_us_per_event", Number(overhead->cpu_us_per_event)},
                    {"absent", overhead->absent}};
}

Json ToJson(const compare::ComparedRun& one) {
  const std::string machine = MachineLine(one.machine);
  return JsonObject{{"directory", one.directory},
                    {"started_at", one.provenance.started_at},
                    {"assay_version", one.provenance.assay_version},
                    {"git_revision", one.provenance.git_revision},
                    {"git_dirty", one.provenance.git_dirty},
                    {"interrupted", one.validity.interrupted},
                    {"overhead", ToJson(one.overhead)},
                    {"machine", machine.empty() ? Json() : Json(machine)},
                    {"service", JsonObject{{"kind", one.service.kind},
                                           {"generation", one.service.generation},
                                           {"version", one.service.version}}}};
}

// No string has a line break in it: this stands nowhere else.
constexpr std::string_view kNoCases = "\n  \"cases\": []";

// The cases of a large suite are nearly all of its verdict: as one tree they take more memory than all that was judged.
void WriteElement(const Json& element, std::ostream& out) {
  const std::string text = run::WriteJson(element, run::JsonStyle::kPretty);
  std::string_view rest = text;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    out << "\n    " << rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
}

}  // namespace

void WriteVerdictJson(const Comparison& comparison, std::ostream& out) {
  JsonArray runs;
  for (const compare::ComparedRun& one : comparison.runs) runs.push_back(ToJson(one));
  JsonArray suite;
  for (const compare::SuiteFinding& one : comparison.suite) suite.push_back(ToJson(one));
  JsonArray flags;
  for (const compare::JudgedFlag& flag : comparison.flags) flags.push_back(ToJson(flag));
  JsonArray warnings;
  for (const run::Warning& warning : comparison.warnings) {
    warnings.push_back(JsonObject{{"code", warning.code},
                                  {"case", warning.case_id.empty() ? Json() : Json(warning.case_id)},
                                  {"message", warning.message}});
  }
  const std::string decided = DecidedByLine(comparison);
  const Json question = comparison.selection.question
                            ? Json(std::string(compare::ToString(*comparison.selection.question)))
                            : Json("both");
  const std::string all_but_cases = run::WriteJson(
      JsonObject{{"schema_version", kVerdictSchemaVersion},
                 {"verdict", std::string(compare::ToString(comparison.verdict))},
                 {"exit_code", comparison.exit_code},
                 {"summary", SummaryLine(comparison)},
                 {"question", question},
                 {"environment", run::ToJson(comparison.environment)},
                 {"latency_baseline", comparison.latency_baseline},
                 {"without_latency_baseline", Strings(comparison.without_latency_baseline)},
                 {"baselines", Strings(comparison.baselines)},
                 {"policy", JsonObject{{"source", comparison.policy_source}, {"alpha", Number(comparison.alpha)}}},
                 {"pair", ToJson(comparison.pair)},
                 {"second_look", SecondLook(comparison)},
                 {"second_looks", Strings(comparison.second_looks)},
                 {"decided_by", decided.empty() ? Json() : Json(decided)},
                 {"runs", std::move(runs)},
                 {"cases_in_family", Count(comparison.cases_in_family)},
                 {"suite", std::move(suite)},
                 {"cases", JsonArray{}},
                 {"flags", std::move(flags)},
                 {"warnings", std::move(warnings)}},
      run::JsonStyle::kPretty);
  const std::size_t place = all_but_cases.find(kNoCases);
  ASSAY_CHECK(place != std::string::npos, "the cases have their place between the other keys");
  const std::string_view text = all_but_cases;
  out << text.substr(0, place + kNoCases.size() - 1);
  for (std::size_t i = 0; i < comparison.cases.size(); ++i) {
    out << (i > 0 ? "," : "");
    WriteElement(ToJson(comparison.cases[i]), out);
  }
  out << (comparison.cases.empty() ? "" : "\n  ") << text.substr(place + kNoCases.size() - 1);
}

}  // namespace assay::report
