// SPDX-License-Identifier: MIT
#include "ctest/integration/services/services.h"

#include <chrono>
#include <cstdlib>
#include <thread>

#include "fixtures/base/text.h"
#include "fixtures/run/json.h"

namespace assay::integration {

namespace {

#ifdef _WIN32
constexpr char kPathSeparator = ';';
#else
constexpr char kPathSeparator = ':';
#endif

}  // namespace

bool Eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < until) {
    if (condition()) return true;
    std::this_thread::yield();
  }
  return false;
}

ServicesTest::~ServicesTest() {
  // What a failed test left running, by the pid it remembers; our own children end with their pipes.
  if (const std::optional<std::int64_t> pid = FoundryPid(); pid && process::IsRunning(*pid)) {
    const base::Status ended = process::Terminate(*pid, std::chrono::seconds(5));
    EXPECT_TRUE(ended.ok() || !process::IsRunning(*pid));
  }
}

std::string ServicesTest::Serve(const std::string& generation, const std::string& scenario,
                                std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"serve", "--exit-with-stdin", "--generation=" + generation});
  if (!scenario.empty()) arguments.push_back("--scenario=" + scenario);
  const process::Command command{Program("foundry-embedded"), std::move(arguments),
                                 CleanEnvironment({{"FOUNDRY_EMBEDDED_HOME", Path("home")}})};
  base::Result<std::unique_ptr<process::Child>> child =
      process::Spawn(command, {Path("service-" + std::to_string(services_.size()) + ".log")});
  if (!child.ok()) {
    ADD_FAILURE() << child.error().Message();
    return "";
  }
  const base::Result<std::string> line = (*child)->ReadLine(std::chrono::seconds(30));
  services_.push_back(std::move(child).value());
  if (!line.ok() || !line->starts_with("listening ")) {
    ADD_FAILURE() << command.ToString() << ": " << (line.ok() ? *line : line.error().Message());
    return "";
  }
  return line->substr(std::string("listening ").size());
}

std::map<std::string, std::string> ServicesTest::Machine(const std::string& generation, const std::string& scenario) {
  const char* path = std::getenv("PATH");
  return {{"PATH", Program("foundry-cli") + (path == nullptr ? "" : kPathSeparator + std::string(path))},
          {"FOUNDRY_EMBEDDED_GENERATION", generation},
          {"FOUNDRY_EMBEDDED_HOME", Path("home")},
          {"ASSAY_STATE_HOME", Path("state")},
          {"ASSAY_SCENARIO", scenario}};
}

process::Completed ServicesTest::Foundry(const std::string& generation, std::vector<std::string> arguments,
                                         const std::string& scenario) {
  return Run("foundry-cli/foundry", std::move(arguments), Machine(generation, scenario));
}

bool ServicesTest::FoundryRuns(const std::string& generation) {
  const process::Completed status = Foundry(generation, {generation == "g1" ? "service" : "server", "status"});
  return status.standard_output.find("http://") != std::string::npos;
}

std::optional<std::int64_t> ServicesTest::FoundryPid() const {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           Path("home"), std::filesystem::directory_options::skip_permission_denied,
           *std::make_unique<std::error_code>())) {
    if (entry.path().extension() != ".json") continue;
    const base::Result<run::Json> state = run::ReadJsonFile(entry.path());
    if (!state.ok()) continue;
    const run::Json* pid = state->Find("pid");
    if (pid != nullptr && pid->as_integer() != nullptr) return *pid->as_integer();
  }
  return std::nullopt;
}

process::Completed ServicesTest::Measure(std::vector<std::string> arguments,
                                         const std::map<std::string, std::string>& environment) {
  const std::vector<std::pair<std::string, std::string>> defaults = {
      {"--models", "ember-mini-int8-cpu:1"},
      {"--prompt", "List 3 privacy benefits of local inference."},
      {"--max-tokens", "12"},
      {"--repetitions", "4"},
      {"--warmup-limit", "2"},
      {"--probe", "off"},
      {"--anchors", "off"},
      {"--run", Path("run")},
      {"--drain-timeout", "10s"}};
  for (const auto& [flag, value] : defaults) {
    bool given = false;
    for (const std::string& argument : arguments) given = given || argument.starts_with(flag);
    if (!given) arguments.push_back(flag + "=" + value);
  }
  std::map<std::string, std::string> all = environment;
  all.emplace("ASSAY_STATE_HOME", Path("state"));
  return Run("assay-bench", std::move(arguments), std::move(all));
}

process::Completed ServicesTest::MeasureAt(const std::string& endpoint, std::vector<std::string> arguments) {
  arguments.push_back("--endpoint=" + endpoint);
  return Measure(std::move(arguments), {});
}

run::Run ServicesTest::ReadMeasured(const std::string& name) const {
  base::Result<run::Run> run = run::ReadRun(Path(name));
  if (!run.ok()) {
    ADD_FAILURE() << run.error().Message();
    return {};
  }
  return std::move(run).value();
}

}  // namespace assay::integration
