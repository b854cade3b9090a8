// SPDX-License-Identifier: MIT
// Runs built by hand for tests: cases, samples and answers with stated numbers, in memory or as a
// run directory written by the real writer. Times are exact, so that expected medians can be
// counted on fingers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fixtures/run/run_directory.h"

namespace assay::testing {

// One request. Tokens arrive evenly between `ttft_ms` and `e2e_ms`, so tpot = (e2e - ttft) /
// (tokens - 1).
struct SampleSpec {
  double e2e_ms = 100;
  double ttft_ms = 20;
  std::int64_t prompt_tokens = 7;
  std::int64_t completion_tokens = 5;
  std::string text = "Paris is the capital of France.";
  std::string finish_reason = "stop";
  run::TokenSource token_source = run::TokenSource::kServerUsage;
  bool warmup = false;
  run::Outcome outcome = run::Outcome::kOk;
  std::string error;
  std::string disturbed;  // shares its repetition with the next one
  double start_ms = 0;    // of the request, on the clock of `scheduled_ms`
  std::optional<double> scheduled_ms = std::nullopt;
  std::optional<double> load_ms = std::nullopt;
  std::optional<double> warm_ttft_ms = std::nullopt;
  std::optional<run::MachineUse> machine = std::nullopt;
};

class RunBuilder {
 public:
  static constexpr const char* kModel = "ember-mini-generic-cpu:1";

  RunBuilder();

  RunBuilder& StartedAt(std::string utc);
  RunBuilder& Repetitions(std::int64_t planned);
  RunBuilder& Cpu(std::string name);  // another environment
  RunBuilder& Interrupted();
  RunBuilder& Arguments(std::vector<std::string> arguments);  // of assay-bench; none when it is not called
  RunBuilder& Model(run::ModelInfo model);
  RunBuilder& Warn(std::string code, std::string case_id, std::string message);
  RunBuilder& Flag(run::Flag flag);
  RunBuilder& Machine(run::MachineInfo machine);
  RunBuilder& Overhead(run::Overhead overhead);

  // Plans a case; what follows is about it. Its id is
  // chat/<model>/<prompt>/stream:on/max_tokens:64.
  RunBuilder& Case(const std::string& prompt, const std::string& model = kModel);
  // Changes the id of the case, so it comes before its samples.
  RunBuilder& Scenario(run::Scenario scenario, bool stream = true);
  // Makes it a case of this probe, which found that; `finding.case_id` is filled in. Its samples are added as ever.
  RunBuilder& Probe(run::ProbeFinding finding);
  RunBuilder& CaseRepetitions(std::int64_t planned);
  RunBuilder& Fingerprint(std::string fingerprint);
  RunBuilder& Failure(std::string reason);
  RunBuilder& Add(const SampleSpec& sample);
  // n samples of e2e = first_ms + i * step_ms and ttft a fifth of it: no two are equal, so rank
  // tests are exact.
  RunBuilder& AddRamp(int n, double first_ms, double step_ms, const SampleSpec& like = {});

  run::Run Build(const std::filesystem::path& directory = "run") const;
  // By RunWriter, as assay-bench does.
  base::Status Write(const std::filesystem::path& directory) const;

  static std::string CaseIdOf(const std::string& prompt, const std::string& model = kModel);

 private:
  run::Run run_;
};

}  // namespace assay::testing
