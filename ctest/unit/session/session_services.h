// SPDX-License-Identifier: MIT
// What tests of sessions on real services share: the embedded service as a program of its own, and sessions in a folder
// of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "fixtures/base/files.h"
#include "fixtures/catalogue/cases.h"
#include "fixtures/process/process.h"
#include "fixtures/session/session.h"

namespace assay::session {

inline constexpr const char* kMini = "ember-mini-int8-cpu:1";
inline constexpr const char* kBase = "ember-base-int8-cpu:1";

inline void SetVariable(const char* name, const std::string& value) {
#ifdef _WIN32
  _putenv_s(name, value.c_str());
#else
  if (value.empty()) {
    ::unsetenv(name);
  } else {
    ::setenv(name, value.c_str(), 1);
  }
#endif
}

// A service of its own, gone with this object.
class Served {
 public:
  explicit Served(const std::string& generation, const std::vector<std::string>& more = {}) {
    process::Command command{
        ASSAY_FOUNDRY_EMBEDDED_PROGRAM, {"serve", "--port=0", "--exit-with-stdin", "--generation=" + generation}, {}};
    command.arguments.insert(command.arguments.end(), more.begin(), more.end());
    child_ = process::Spawn(command, {}).value();
    url_ = child_->ReadLine(std::chrono::seconds(30)).value().substr(std::string("listening ").size());
  }
  const std::string& url() const { return url_; }
  std::int64_t pid() const { return child_->pid(); }
  void Stop() { EXPECT_TRUE(child_->Stop(std::chrono::seconds(10)).ok()); }

 private:
  std::unique_ptr<process::Child> child_;
  std::string url_;
};

inline catalogue::ModelRequest Model(const std::string& id) {
  catalogue::ModelRequest model;
  model.alias = id;
  return model;
}

inline run::PlannedCase Case(const catalogue::ResolvedModel& model) {
  catalogue::Prompt prompt = catalogue::PromptFromText("p", "Hello", 6);
  return catalogue::BuildCases({model}, {prompt}, {}).value().front();
}

class SessionServicesTest : public ::testing::Test {
 protected:
  SessionServicesTest() : folder_(base::TemporaryDirectory::Create("session-test").value()) {}

  SessionOptions Options() const {
    SessionOptions options;
    options.foundry_program = "no-such-program-of-foundry-local";
    options.embedded_program = ASSAY_FOUNDRY_EMBEDDED_PROGRAM;
    options.embedded_cli = ASSAY_FOUNDRY_PROGRAM;
    options.state_folder = folder_.path() / "state";
    return options;
  }
  static std::unique_ptr<Session> Open(SessionOptions options) {
    base::Result<std::unique_ptr<Session>> session = Session::Open(std::move(options));
    EXPECT_TRUE(session.ok()) << session.error().Message();
    return session.ok() ? std::move(session).value() : nullptr;
  }
  std::unique_ptr<Session> OpenAt(const std::string& endpoint) const {
    SessionOptions options = Options();
    options.endpoint = endpoint;
    return Open(options);
  }
  // Two sessions at one service: what one leaves, the other sees.
  std::vector<std::string> LoadedAt(const std::string& endpoint) const {
    return OpenAt(endpoint)->service()->LoadedIds().value();
  }

  base::TemporaryDirectory folder_;
};

}  // namespace assay::session
