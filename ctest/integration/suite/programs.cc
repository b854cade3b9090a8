// SPDX-License-Identifier: MIT
#include "ctest/integration/suite/programs.h"

namespace assay::integration {
namespace {

base::TemporaryDirectory MakeFolder() {
  base::Result<base::TemporaryDirectory> folder = base::TemporaryDirectory::Create("assay-test");
  ASSAY_CHECK(folder.ok(), folder.error().Message());
  return std::move(folder).value();
}

}  // namespace

ProgramTest::ProgramTest() : folder_(MakeFolder()) {}

std::string ProgramTest::Program(const std::string& name) {
  return std::string(ASSAY_BIN_DIR) + "/" + name + ASSAY_EXECUTABLE_SUFFIX;
}

std::map<std::string, std::string> ProgramTest::CleanEnvironment(std::map<std::string, std::string> extra) const {
  extra.emplace("ASSAY_STATE_HOME", Path("state"));
  extra.emplace("ASSAY_CI", "off");  // what these tests accept is theirs, also where a CI runs them
  for (const char* name :
       {"FOUNDRY_LOCAL_ENDPOINT", "BENCH_MODELS", "BENCH_ROUNDS", "BENCH_PROMPT", "BENCH_STREAM", "BENCH_MAX_TOKENS",
        "BENCH_TEMPERATURE", "API_KEY", "ASSAY_SCENARIO", "CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    extra.emplace(name, "");
  }
  return extra;
}

process::Completed ProgramTest::Run(const std::string& program, std::vector<std::string> arguments,
                                    std::map<std::string, std::string> environment) {
  const process::Command command{Program(program), std::move(arguments), CleanEnvironment(std::move(environment))};
  base::Result<process::Completed> done = process::Run(command, std::chrono::seconds(100));
  if (!done.ok()) {
    ADD_FAILURE() << command.ToString() << ": " << done.error().Message();
    return {-1, "", ""};
  }
  return std::move(done).value();
}

process::Completed ProgramTest::Bench(std::vector<std::string> arguments,
                                      std::map<std::string, std::string> environment) {
  const auto has = [&](const std::string& flag) {
    for (const std::string& argument : arguments) {
      if (argument.starts_with(flag)) return true;
    }
    return false;
  };
  if (!has("--service") && !has("--endpoint")) arguments.push_back("--service=embedded");
  if (!has("--models")) arguments.push_back("--models=ember-mini-int8-cpu:1");
  if (!has("--prompt")) arguments.push_back("--prompt=List 3 privacy benefits of local inference.");
  if (!has("--max-tokens")) arguments.push_back("--max-tokens=16");
  if (!has("--repetitions")) arguments.push_back("--repetitions=8");
  if (!has("--probe")) arguments.push_back("--probe=off");
  if (!has("--anchors")) arguments.push_back("--anchors=off");
  return Run("assay-bench", std::move(arguments), std::move(environment));
}

std::string ProgramTest::Write(const std::string& name, const std::string& content) const {
  const base::Status status = base::WriteFileAtomically(folder_.path() / name, content);
  EXPECT_TRUE(status.ok());
  return Path(name);
}

std::string ProgramTest::Read(const std::string& path) {
  base::Result<std::string> text = base::ReadFile(path);
  if (!text.ok()) {
    ADD_FAILURE() << text.error().Message();
    return {};
  }
  return std::move(text).value();
}

}  // namespace assay::integration
