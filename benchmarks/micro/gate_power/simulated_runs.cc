// SPDX-License-Identifier: MIT
#include "benchmarks/micro/gate_power/simulated_runs.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "fixtures/base/hash.h"
#include "fixtures/run/case_id.h"
#include "fixtures/run/pair.h"

namespace assay::micro {
namespace {

constexpr std::int64_t kTokens = 17;
constexpr double kTtftMs = 20;
constexpr double kShortestTpotMs = 8;
constexpr double kLongestTpotMs = 60;

base::Nanoseconds FromMs(double ms) { return base::Nanoseconds(std::llround(ms * 1e6)); }

std::string Model(std::size_t place, std::size_t models) {
  return "simulated-generic-cpu:" + std::to_string(1 + place % models);
}

std::string Prompt(std::size_t place) { return "p" + std::to_string(place); }

run::RunInfo InfoOf(const SimulatedSession& session, std::size_t requests) {
  run::RunInfo info;
  info.environment.os = "linux";
  info.environment.arch = "x86_64";
  info.environment.cpu = "simulated";
  info.environment.cores = 2;
  info.service.kind = "embedded";
  info.service.generation = "g3";
  info.service.endpoint = "http://127.0.0.1:1";
  info.provenance.assay_version = "simulated";
  info.provenance.started_at = session.started_at;
  info.provenance.build_type = "Release";
  info.provenance.repetitions = static_cast<std::int64_t>(requests);
  for (const std::size_t place : session.places) {
    run::PlannedCase plan;
    plan.id = SimulatedCaseId(place, session.models);
    plan.model = plan.alias = Model(place, session.models);
    plan.prompt = Prompt(place);
    plan.fingerprint = base::Sha256Hex(plan.prompt);
    plan.request = run::JsonObject{{"max_tokens", kTokens}, {"temperature", 0}};
    info.cases.push_back(std::move(plan));
  }
  if (session.anchors > 0) {
    info.anchors.emplace();
    info.anchors->yardstick = "simulated-1";
    for (std::size_t a = 0; a < session.anchors; ++a) {
      run::AnchorCase anchor;
      anchor.name = "a" + std::to_string(a);
      std::vector<double>& values = anchor.metrics["tpot_ms"];
      for (const double log : session.logs[session.places.size() + a]) values.push_back(std::exp(log));
      info.anchors->cases.push_back(std::move(anchor));
    }
  }
  return info;
}

run::Sample SampleOf(std::size_t place, std::size_t models, std::size_t repetition, double log_tpot) {
  run::Sample sample;
  sample.case_id = SimulatedCaseId(place, models);
  sample.model = Model(place, models);
  sample.prompt = Prompt(place);
  sample.repetition = static_cast<std::int64_t>(repetition);
  sample.timeline.start_ns = 1'000'000'000 + static_cast<std::int64_t>(repetition) * 1'000'000'000;
  const base::Nanoseconds first = FromMs(kTtftMs);
  const base::Nanoseconds last = first + FromMs(std::exp(log_tpot) * static_cast<double>(kTokens - 1));
  sample.timeline.events = {{first, run::EventKind::kContent}, {last, run::EventKind::kContent}};
  sample.timeline.closed = last + FromMs(0.1);
  sample.prompt_tokens = 7;
  sample.completion_tokens = kTokens;
  sample.token_source = run::TokenSource::kServerUsage;
  sample.finish_reason = "stop";
  sample.http_status = 200;
  return sample;
}

base::Status Append(run::RunWriter& writer, run::Sample sample) {
  run::Answer answer;
  answer.case_id = sample.case_id;
  answer.text = "The answer.";
  answer.sha256 = run::HashAnswer(answer.text, "", "");
  sample.answer_sha256 = answer.sha256;
  return writer.Append(sample, &answer);
}

base::Status NoEntries(const run::TakeText& take) { return take(R"({"context": {}, "benchmarks": []})"); }

}  // namespace

std::vector<double> CaseLevels(std::size_t cases) {
  std::vector<double> levels;
  for (std::size_t c = 0; c < cases; ++c) {
    const double share = cases > 1 ? static_cast<double>(c) / static_cast<double>(cases - 1) : 0;
    levels.push_back(std::log(kShortestTpotMs) + share * std::log(kLongestTpotMs / kShortestTpotMs));
  }
  return levels;
}

std::string SimulatedCaseId(std::size_t place, std::size_t models) {
  return run::BuildCaseId(run::CaseId{Model(place, models), Prompt(place), true, kTokens});
}

base::Status WriteSession(const std::filesystem::path& directory, const SimulatedSession& session,
                          const std::optional<run::SecondLook>& second_look) {
  ASSAY_TRY(run::RunWriter writer, run::RunWriter::Create(directory));
  for (std::size_t i = 0; i < session.places.size(); ++i) {
    for (std::size_t r = 0; r < session.logs[i].size(); ++r) {
      ASSAY_RETURN_IF_ERROR(Append(writer, SampleOf(session.places[i], session.models, r, session.logs[i][r])));
    }
  }
  run::RunInfo info = InfoOf(session, session.logs.front().size());
  info.second_look = second_look;
  return writer.Finish(NoEntries, info);
}

base::Status WritePairedRun(const std::filesystem::path& directory, const std::string& started_at,
                            const std::vector<std::size_t>& places, const SimulatedPair& pair, std::size_t restarts,
                            const std::optional<run::SecondLook>& second_look) {
  ASSAY_RETURN_IF_ERROR(WriteSession(directory / "base", {started_at, places, pair.base, 0}, second_look));
  ASSAY_RETURN_IF_ERROR(WriteSession(directory / "head", {started_at, places, pair.head, 0}, second_look));
  return WritePairPlan(directory, places, pair.base.front().size(), restarts);
}

base::Status WritePairPlan(const std::filesystem::path& directory, const std::vector<std::size_t>& places,
                           std::size_t requests, std::size_t restarts) {
  run::PairInfo info;
  info.base = {"service=embedded", "base"};
  info.head = {"service=embedded", "head"};
  for (const std::size_t place : places) info.cases.push_back({SimulatedCaseId(place), SimulatedCaseId(place)});
  for (std::size_t b = 0; b < restarts; ++b) {
    // Request r is in block r * restarts / requests.
    const auto first = (b * requests + restarts - 1) / restarts;
    const auto next = ((b + 1) * requests + restarts - 1) / restarts;
    info.blocks.push_back(static_cast<std::int64_t>(next - first));
  }
  info.restarted = restarts > 1;
  return run::WritePair(directory, info);
}

SimulatedRounds::SimulatedRounds(std::filesystem::path directory, SimulatedSession session,
                                 std::optional<run::SecondLook> second_look)
    : directory_(std::move(directory)),
      session_(std::move(session)),
      second_look_(std::move(second_look)),
      asked_(session_.places.size(), 0) {}

run::RunInfo SimulatedRounds::Info() const {
  run::RunInfo info = InfoOf(session_, *std::max_element(asked_.begin(), asked_.end()));
  for (std::size_t i = 0; i < asked_.size(); ++i) info.cases[i].repetitions = static_cast<std::int64_t>(asked_[i]);
  info.second_look = second_look_;
  return info;
}

base::Status SimulatedRounds::Ask(const std::vector<bool>& open, std::size_t upto) {
  if (!writer_) {
    ASSAY_TRY(writer_, run::RunWriter::Create(directory_));
  }
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    for (; open[i] && asked_[i] < upto; ++asked_[i]) {
      ASSAY_RETURN_IF_ERROR(
          Append(*writer_, SampleOf(session_.places[i], session_.models, asked_[i], session_.logs[i][asked_[i]])));
    }
  }
  return writer_->WriteInterim(Info());
}

base::Status SimulatedRounds::Finish(const run::Rounds& rounds) {
  run::RunInfo info = Info();
  info.rounds = rounds;
  return writer_->Finish(NoEntries, info);
}

}  // namespace assay::micro
