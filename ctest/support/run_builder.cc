// SPDX-License-Identifier: MIT
#include "ctest/support/run_builder.h"

#include <cmath>

#include "fixtures/run/case_id.h"

namespace assay::testing {
namespace {

base::Nanoseconds FromMs(double ms) { return base::Nanoseconds(std::llround(ms * 1e6)); }

}  // namespace

RunBuilder::RunBuilder() {
  run_.info.environment.os = "linux";
  run_.info.environment.os_version = "6.1";
  run_.info.environment.arch = "x86_64";
  run_.info.environment.cpu = "Test CPU";
  run_.info.environment.cores = 2;
  run_.info.environment.host = "somewhere";
  run_.info.service.kind = "embedded";
  run_.info.service.generation = "g3";
  run_.info.service.endpoint = "http://127.0.0.1:1";
  run_.info.service.version = "0.1.0";
  run_.info.provenance.assay_version = "0.1.0";
  run_.info.provenance.started_at = "2026-03-01T12:00:00Z";
  run_.info.provenance.git_revision = "0123abc";
  run_.info.provenance.git_dirty = false;
  run_.info.provenance.build_type = "Release";
  run_.info.validity.idle_share = 0.01;
}

RunBuilder& RunBuilder::StartedAt(std::string utc) {
  run_.info.provenance.started_at = std::move(utc);
  return *this;
}

RunBuilder& RunBuilder::Repetitions(std::int64_t planned) {
  run_.info.provenance.repetitions = planned;
  return *this;
}

RunBuilder& RunBuilder::Cpu(std::string name) {
  run_.info.environment.cpu = std::move(name);
  return *this;
}

RunBuilder& RunBuilder::Interrupted() {
  run_.info.validity.interrupted = true;
  return *this;
}

RunBuilder& RunBuilder::Arguments(std::vector<std::string> arguments) {
  run_.info.provenance.arguments = std::move(arguments);
  return *this;
}

RunBuilder& RunBuilder::Model(run::ModelInfo model) {
  run_.info.models.push_back(std::move(model));
  return *this;
}

RunBuilder& RunBuilder::Warn(std::string code, std::string case_id, std::string message) {
  run_.info.validity.warnings.push_back(run::Warning{std::move(code), std::move(case_id), std::move(message)});
  return *this;
}

std::string RunBuilder::CaseIdOf(const std::string& prompt, const std::string& model) {
  return run::BuildCaseId(run::CaseId{model, prompt, true, 64});
}

RunBuilder& RunBuilder::Case(const std::string& prompt, const std::string& model) {
  run::RunCase one;
  one.plan.id = CaseIdOf(prompt, model);
  one.plan.model = model;
  one.plan.alias = model.substr(0, model.find("-generic"));
  one.plan.prompt = prompt;
  one.plan.fingerprint = "fingerprint of " + prompt;
  one.plan.request = run::JsonObject{{"max_tokens", 64}, {"temperature", 0}};
  run_.cases.push_back(std::move(one));
  return *this;
}

RunBuilder& RunBuilder::Flag(run::Flag flag) {
  run_.info.validity.flags.push_back(std::move(flag));
  return *this;
}

RunBuilder& RunBuilder::Machine(run::MachineInfo machine) {
  run_.info.machine = std::move(machine);
  return *this;
}

RunBuilder& RunBuilder::Overhead(run::Overhead overhead) {
  run_.info.overhead = std::move(overhead);
  return *this;
}

RunBuilder& RunBuilder::Scenario(run::Scenario scenario, bool stream) {
  run::PlannedCase& plan = run_.cases.back().plan;
  plan.id = run::BuildCaseId(run::CaseId{plan.model, plan.prompt, stream, 64, scenario});
  plan.scenario = std::move(scenario);
  return *this;
}

RunBuilder& RunBuilder::Probe(run::ProbeFinding finding) {
  run::Scenario scenario;
  scenario.probe = finding.probe;
  Scenario(scenario);
  finding.case_id = run_.cases.back().plan.id;
  run_.cases.back().plan.repetitions = finding.n;
  run_.info.probes.push_back(std::move(finding));
  return *this;
}

RunBuilder& RunBuilder::CaseRepetitions(std::int64_t planned) {
  run_.cases.back().plan.repetitions = planned;
  return *this;
}

RunBuilder& RunBuilder::Fingerprint(std::string fingerprint) {
  run_.cases.back().plan.fingerprint = std::move(fingerprint);
  return *this;
}

RunBuilder& RunBuilder::Failure(std::string reason) {
  run_.cases.back().plan.failure = std::move(reason);
  return *this;
}

RunBuilder& RunBuilder::Add(const SampleSpec& spec) {
  run::RunCase& one = run_.cases.back();
  run::Sample sample;
  sample.case_id = one.plan.id;
  sample.model = one.plan.model;
  sample.prompt = one.plan.prompt;
  sample.warmup = spec.warmup;
  for (const run::Sample& other : one.samples) {
    if (other.warmup == spec.warmup && other.disturbed.empty()) ++sample.repetition;
  }
  sample.disturbed = spec.disturbed;
  sample.outcome = spec.outcome;
  sample.error = spec.error;
  sample.token_source = spec.token_source;
  sample.timeline.start_ns = 1'000'000'000 + FromMs(spec.start_ms).count();
  if (spec.scheduled_ms) sample.timeline.scheduled_ns = 1'000'000'000 + FromMs(*spec.scheduled_ms).count();
  if (spec.load_ms) sample.load = FromMs(*spec.load_ms);
  if (spec.warm_ttft_ms) sample.warm_ttft = FromMs(*spec.warm_ttft_ms);
  if (spec.machine) sample.machine = *spec.machine;
  if (spec.outcome == run::Outcome::kOk) {
    const double step =
        spec.completion_tokens > 1 ? (spec.e2e_ms - spec.ttft_ms) / static_cast<double>(spec.completion_tokens - 1) : 0;
    for (std::int64_t i = 0; i < spec.completion_tokens; ++i) {
      const bool last = i + 1 == spec.completion_tokens;
      sample.timeline.events.push_back(run::Event{
          FromMs(last ? spec.e2e_ms : spec.ttft_ms + step * static_cast<double>(i)), run::EventKind::kContent});
    }
    sample.timeline.closed = FromMs(spec.e2e_ms + 0.5);
    sample.prompt_tokens = spec.prompt_tokens;
    if (spec.token_source != run::TokenSource::kNone) sample.completion_tokens = spec.completion_tokens;
    sample.finish_reason = spec.finish_reason;
    sample.http_status = 200;
    run::Answer answer;
    answer.case_id = one.plan.id;
    answer.text = spec.text;
    answer.sha256 = run::HashAnswer(spec.text, "", "");
    sample.answer_sha256 = answer.sha256;
    one.answers.emplace(answer.sha256, answer);
  }
  run::Validity& validity = run_.info.validity;
  if (!spec.disturbed.empty()) {
    ++validity.disturbed_requests;
  } else if (!spec.warmup) {
    ++validity.measured_requests;
    if (spec.outcome != run::Outcome::kOk) ++validity.failed_requests;
  }
  one.samples.push_back(std::move(sample));
  return *this;
}

RunBuilder& RunBuilder::AddRamp(int n, double first_ms, double step_ms, const SampleSpec& like) {
  for (int i = 0; i < n; ++i) {
    SampleSpec sample = like;
    sample.e2e_ms = first_ms + step_ms * i;
    sample.ttft_ms = sample.e2e_ms / 5;
    Add(sample);
  }
  return *this;
}

run::Run RunBuilder::Build(const std::filesystem::path& directory) const {
  run::Run run = run_;
  run.directory = directory;
  for (const run::RunCase& one : run.cases) run.info.cases.push_back(one.plan);
  return run;
}

base::Status RunBuilder::Write(const std::filesystem::path& directory) const {
  const run::Run run = Build(directory);
  ASSAY_TRY(run::RunWriter writer, run::RunWriter::Create(directory));
  for (const run::RunCase& one : run.cases) {
    for (const run::Sample& sample : one.samples) {
      const run::Answer* answer = sample.answer_sha256 ? &one.answers.at(*sample.answer_sha256) : nullptr;
      ASSAY_RETURN_IF_ERROR(writer.Append(sample, answer));
    }
  }
  const run::GoogleBenchmarkText benchmarks = [](const run::TakeText& take) {
    return take(R"({"context": {}, "benchmarks": []})");
  };
  return writer.Finish(benchmarks, run.info);
}

}  // namespace assay::testing
