// SPDX-License-Identifier: MIT
// The real `foundry` as a child process, with a state folder per test; what it started ends with the test.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fixtures/base/files.h"
#include "fixtures/embedded/service_client.h"
#include "fixtures/embedded/service_state.h"
#include "fixtures/process/process.h"

namespace assay::embedded::testing_support {

class FoundryProgram : public testing::Test {
 protected:
  FoundryProgram();
  ~FoundryProgram() override;

  // Of calls from now on.
  void Speak(const std::string& generation) { environment_["FOUNDRY_EMBEDDED_GENERATION"] = generation; }
  void Play(const std::string& scenario) { environment_["ASSAY_SCENARIO"] = scenario; }
  bool IsG1() const { return environment_.at("FOUNDRY_EMBEDDED_GENERATION") == "g1"; }

  process::Command Command(std::vector<std::string> arguments) const;
  process::Completed Run(std::vector<std::string> arguments) const;
  // `service` or `server`, as this generation calls it.
  process::Completed Server(const std::string& verb) const;
  // What status prints for machines, where it does, else for people.
  std::string Status() const;

  std::filesystem::path home() const { return home_->path(); }
  // What the command remembers of the service it started.
  std::optional<ServiceState> Remembered() const;
  // Ids of the models the remembered service has loaded; nothing when it does not answer.
  std::optional<std::vector<std::string>> Loaded() const;
  static bool SomebodyAnswers(const std::string& url);

  std::map<std::string, std::string> environment_;

 private:
  std::optional<base::TemporaryDirectory> home_;
};

// Waits for a condition, with a deadline that only a broken program meets.
bool Eventually(const std::function<bool()>& condition);
// The first http address in a text, up to the end of its port.
std::string FirstUrl(const std::string& text);

}  // namespace assay::embedded::testing_support
