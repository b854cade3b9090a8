// SPDX-License-Identifier: MIT
#include "benchmarks/suite/inputs.h"

#include <algorithm>
#include <regex>

#include "fixtures/base/files.h"
#include "fixtures/process/interrupt.h"
#include "fixtures/process/process.h"

namespace assay::suite {
namespace {

std::filesystem::path ShareDirectory() {
  return process::ProgramDirectory().parent_path() / "share" / "assay" / "suite";
}

std::filesystem::path PromptsFile(const Options& options) {
  return options.prompts.value_or(ShareDirectory() / "prompts.json");
}

std::string Executable(const std::string& name) {
#ifdef _WIN32
  return name + ".exe";
#else
  return name;
#endif
}

}  // namespace

base::Result<AskedModels> ReadModels(const Options& options) {
  if (!options.models) return AskedModels();
  std::error_code ec;
  const bool is_file = options.models->ends_with(".json") || std::filesystem::is_regular_file(*options.models, ec);
  ASSAY_TRY(std::vector<catalogue::ModelRequest> models,
            is_file ? catalogue::ReadModels(*options.models) : catalogue::ModelsFromList(*options.models));
  return AskedModels(std::move(models));
}

base::Result<std::vector<catalogue::Prompt>> ReadPrompts(const Options& options) {
  constexpr std::int64_t kWorkshopMaxTokens = 120;  // the workshop's own default for BENCH_PROMPT
  if (options.prompt_text)
    return std::vector{catalogue::PromptFromText("prompt", *options.prompt_text, kWorkshopMaxTokens)};
  return catalogue::ReadPrompts(PromptsFile(options));
}

base::Result<ExpectedAnswers> ReadExpected(const Options& options, const std::vector<catalogue::Prompt>& prompts) {
  return ReadExpectations(prompts, base::ToUtf8(PromptsFile(options)));
}

base::Result<std::vector<run::PlannedCase>> FilterCases(std::vector<run::PlannedCase> cases,
                                                        const std::string& filter) {
  if (filter.empty() || filter == "all") return cases;
  const bool negate = filter.front() == '-';
  std::vector<run::PlannedCase> chosen;
  try {
    const std::regex pattern(negate ? filter.substr(1) : filter, std::regex::ECMAScript);
    for (run::PlannedCase& plan : cases) {
      if (std::regex_search(plan.id, pattern) != negate) chosen.push_back(std::move(plan));
    }
  } catch (const std::regex_error& error) {
    return base::Error{base::ErrorCode::kUsage,
                       "--benchmark_filter=" + filter + " is no regular expression: " + error.what(), ""};
  }
  if (chosen.empty()) {
    return base::Error{base::ErrorCode::kUsage,
                       "--benchmark_filter=" + filter + " matches none of the " + std::to_string(cases.size()) +
                           " cases; --benchmark_list_tests shows their ids",
                       ""};
  }
  return chosen;
}

std::filesystem::path EmbeddedProgram() { return process::ProgramDirectory() / Executable("foundry-embedded"); }

std::filesystem::path JudgingProgram() { return process::ProgramDirectory() / Executable("assay"); }

session::SessionOptions MakeSessionOptions(const Options& options, const Environment& environment,
                                           const AskedModels& models) {
  session::SessionOptions session;
  session.service = options.service;
  session.needs_service = !models || std::ranges::any_of(*models, [](const catalogue::ModelRequest& model) {
    return !model.endpoint.has_value();
  });
  session.unmanaged = options.unmanaged;
  session.endpoint = options.endpoint;
  session.api_key = options.api_key;
  session.ca_file = options.ca_file;
  session.scenario = options.scenario;
  session.embedded_program = EmbeddedProgram();
  session.embedded_cli = process::ProgramDirectory() / "foundry-cli" / Executable("foundry");
  session.foundry_program = options.foundry_program;
  session.state_folder = options.state_folder;
  session.more_state_folders = options.more_state_folders;
  session.start_deadline = options.start_deadline;
  session.drain_deadline = options.drain_deadline;
  session.keep_warm_after = options.keep_warm_after;
  session.timeouts = options.timeouts;
  session.environment = environment;
  session.cancelled = process::InterruptRequested;
  return session;
}

base::Status CheckRunDirectory(const std::filesystem::path& directory, const std::vector<run::PlannedCase>& cases) {
  if (std::ranges::none_of(cases, &run::PlannedCase::store_hash)) return {};
  for (const char* kept : {"annotations.json", "judge"}) {
    std::error_code none;
    if (!std::filesystem::exists(directory / kept, none)) continue;
    return base::Error{
        base::ErrorCode::kUsage,
        "this run keeps only hashes of confidential prompts, and marks of an older run with its texts are "
        "here; move them away, or name another folder with --run",
        (directory / kept).string()};
  }
  return {};
}

}  // namespace assay::suite
