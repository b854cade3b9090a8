// SPDX-License-Identifier: MIT
#include "ctest/integration/embedded/foundry_program.h"

#include <chrono>
#include <thread>

namespace assay::embedded::testing_support {

FoundryProgram::FoundryProgram() {
  auto folder = base::TemporaryDirectory::Create("foundry-home");
  if (!folder.ok()) {
    ADD_FAILURE() << folder.error().Message();
    return;
  }
  home_.emplace(std::move(*folder));
  environment_ = {{"FOUNDRY_EMBEDDED_HOME", home_->path().string()},
                  {"FOUNDRY_EMBEDDED_ENDPOINT", ""},
                  {"FOUNDRY_EMBEDDED_GENERATION", "g3"},
                  {"ASSAY_SCENARIO", ""}};
}

FoundryProgram::~FoundryProgram() {
  // By its pid, not by a command under test.
  const std::optional<ServiceState> state = Remembered();
  if (!state || state->pid <= 1 || !process::IsRunning(state->pid)) return;
  const base::Status ended = process::Terminate(state->pid, std::chrono::seconds(5));
  EXPECT_TRUE(ended.ok() || !process::IsRunning(state->pid));
}

process::Command FoundryProgram::Command(std::vector<std::string> arguments) const {
  return {ASSAY_FOUNDRY_PROGRAM, std::move(arguments), environment_};
}

process::Completed FoundryProgram::Run(std::vector<std::string> arguments) const {
  const auto completed = process::Run(Command(std::move(arguments)), std::chrono::seconds(90));
  EXPECT_TRUE(completed.ok()) << (completed.ok() ? "" : completed.error().Message());
  return completed.ok() ? *completed : process::Completed{-1, "", ""};
}

process::Completed FoundryProgram::Server(const std::string& verb) const {
  return Run({IsG1() ? "service" : "server", verb});
}

std::string FoundryProgram::Status() const {
  std::vector<std::string> arguments = {IsG1() ? "service" : "server", "status"};
  if (!IsG1()) arguments.insert(arguments.end(), {"-o", "json"});
  return Run(arguments).standard_output;
}

std::optional<ServiceState> FoundryProgram::Remembered() const {
  const base::Result<ServiceState> state = ReadState(home());
  return state.ok() ? std::optional(*state) : std::nullopt;
}

std::optional<std::vector<std::string>> FoundryProgram::Loaded() const {
  const std::optional<ServiceState> state = Remembered();
  if (!state) return std::nullopt;
  const base::Result<ServiceClient> client = ServiceClient::At(state->url);
  if (!client.ok()) return std::nullopt;
  const base::Result<std::vector<std::string>> ids = client->LoadedIds(state->dialect);
  return ids.ok() ? std::optional(*ids) : std::nullopt;
}

bool FoundryProgram::SomebodyAnswers(const std::string& url) {
  const base::Result<ServiceClient> client = ServiceClient::At(url);
  return client.ok() && client->Identify(std::nullopt).ok();
}

bool Eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < until) {
    if (condition()) return true;
    std::this_thread::yield();
  }
  return false;
}

std::string FirstUrl(const std::string& text) {
  const std::size_t from = text.find("http://");
  if (from == std::string::npos) return "";
  const std::size_t port = text.find(':', from + 7);
  const std::size_t to = text.find_first_not_of("0123456789", port + 1);
  return text.substr(from, to == std::string::npos ? to : to - from);
}

}  // namespace assay::embedded::testing_support
