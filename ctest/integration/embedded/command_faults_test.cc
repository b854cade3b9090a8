// SPDX-License-Identifier: MIT
// Every fault of the `foundry` command, by name, in every dialect.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <tuple>

#include "ctest/integration/embedded/foundry_program.h"
#include "ctest/integration/embedded/http_exchange.h"
#include "fixtures/embedded/scenario.h"

namespace assay::embedded {
namespace {

using namespace testing_support;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr char kModel[] = "ember-mini-int8-cpu:1";

std::vector<FaultKind> CommandFaultKinds() {
  std::vector<FaultKind> kinds;
  for (const FaultInfo& info : Faults()) {
    if (info.layer == FaultLayer::kCommand) kinds.push_back(info.kind);
  }
  return kinds;
}

class EveryCommandFault : public FoundryProgram,
                          public testing::WithParamInterface<std::tuple<const char*, FaultKind>> {
 protected:
  EveryCommandFault() { Speak(std::get<0>(GetParam())); }

  bool SaysRunning() const {
    return Status().find(IsG1() ? "🟢 Model management service is running" : "\"running\":true") != std::string::npos;
  }
  // `script` may use "$0", the program.
  process::Command Shell(const std::string& script) const {
    process::Command command = Command({"-c", script, ASSAY_FOUNDRY_PROGRAM});
    command.program = "sh";
    return command;
  }
  std::string StatusWords() const { return IsG1() ? "service status" : "server status"; }

  void Noise();
  void HoldsStdout();
  void EarlyUrl();
  void ReadyDeadPort();
  void StaleStopped();
  void StartLies();
  void StopThrows();
  void Hangs();
  void LoadLingers();
  void DownloadFails();
};

void EveryCommandFault::Noise() {
  const std::vector<std::string> list =
      IsG1() ? std::vector<std::string>{"model", "list"} : std::vector<std::string>{"model", "list", "-o", "json"};
  const std::string quiet = Run(list).standard_output;
  Play("cli_noise");
  const auto started = Server("start");
  EXPECT_EQ(started.exit_code, 0);
  EXPECT_THAT(started.standard_output, testing::StartsWith("[22:34:35 ERR] Failed to process model #0 on page 1.\n"));
  const std::string loud = Run(list).standard_output;
  EXPECT_THAT(loud, EndsWith("\n" + quiet));
  EXPECT_THAT(loud, HasSubstr(IsG1() ? "🕕 Downloading OpenVINOExecutionProvider [1/1]...\n" : "ExecutionProvider ━"));
  EXPECT_THAT(loud.substr(0, loud.size() - quiet.size()), Not(HasSubstr("{"))) << "JSON starts at the first brace";
  EXPECT_TRUE(SaysRunning());
}

void EveryCommandFault::HoldsStdout() {
#ifdef _WIN32
  GTEST_SKIP() << "seen through a shell's pipe";
#endif
  Play("cli_holds_stdout");
  // `cat` ends when nobody can write to the pipe any more.
  const std::string group = IsG1() ? "service" : "server";
  auto child = process::Spawn(Shell("\"$0\" " + group + " start 2>&1 | cat; echo closed"), {});
  ASSERT_TRUE(child.ok()) << child.error().Message();
  ASSERT_TRUE(Eventually([&] { return SaysRunning(); }));
  std::string line;
  do {
    const auto read = (*child)->ReadLine(seconds(30));
    ASSERT_TRUE(read.ok()) << read.error().Message();
    line = *read;
    ASSERT_NE(line, "closed");
  } while (line.find("http://") == std::string::npos);
  EXPECT_FALSE((*child)->ReadLine(milliseconds(300)).ok()) << "the pipe is held open";
  // However the service ends, who holds the pipe ends with it.
  ASSERT_TRUE(process::Terminate(Remembered()->pid, seconds(5)).ok());
  const auto end = (*child)->ReadLine(seconds(30));
  ASSERT_TRUE(end.ok()) << end.error().Message();
  EXPECT_EQ(*end, "closed");
}

void EveryCommandFault::EarlyUrl() {
  Play("cli_early_url=600000");
  const auto started = Server("start");
  EXPECT_EQ(started.exit_code, 0) << started.standard_error;
  const std::string url = FirstUrl(started.standard_output);
  ASSERT_NE(url, "");
  EXPECT_FALSE(SomebodyAnswers(url));
  EXPECT_FALSE(SaysRunning());
  EXPECT_THAT(Server("start").standard_output, HasSubstr("already running")) << "no second service";
  const std::int64_t pid = Remembered()->pid;
  EXPECT_TRUE(process::IsRunning(pid));
  EXPECT_EQ(Server("stop").exit_code, 0);
  EXPECT_FALSE(process::IsRunning(pid));

  Play("cli_early_url=100");
  const std::string later = FirstUrl(Server("start").standard_output);
  EXPECT_TRUE(Eventually([&] { return SomebodyAnswers(later); }));
  EXPECT_TRUE(SaysRunning());
}

void EveryCommandFault::ReadyDeadPort() {
  ASSERT_EQ(Server("start").exit_code, 0);
  Play("cli_ready_dead_port");
  EXPECT_TRUE(SaysRunning());
  const std::string dead = FirstUrl(Status());
  EXPECT_NE(dead, Remembered()->url);
  EXPECT_FALSE(SomebodyAnswers(dead));
  EXPECT_EQ(Server("restart").exit_code, 0);
  EXPECT_EQ(FirstUrl(Status()), Remembered()->url);
  EXPECT_TRUE(SomebodyAnswers(Remembered()->url));
}

void EveryCommandFault::StaleStopped() {
  ASSERT_EQ(Server("start").exit_code, 0);
  const std::string url = Remembered()->url;
  Play("cli_stale_stopped");
  EXPECT_FALSE(SaysRunning());
  EXPECT_TRUE(SomebodyAnswers(url));
  EXPECT_EQ(FirstUrl(Status()), IsG1() ? "" : url) << "what is not running still has an address";
  EXPECT_THAT(Server("start").standard_output, HasSubstr("already running"));
  EXPECT_EQ(Server("stop").exit_code, 0);
  EXPECT_FALSE(SomebodyAnswers(url));
}

void EveryCommandFault::StartLies() {
  Play("cli_start_lies,times=1");
  const auto lied = Server("start");
  EXPECT_EQ(lied.exit_code, 0);
  EXPECT_THAT(lied.standard_output, HasSubstr(IsG1() ? "🟢 Service is Started on http://" : "State    Ready"));
  EXPECT_FALSE(SomebodyAnswers(FirstUrl(lied.standard_output)));
  EXPECT_EQ(Remembered(), std::nullopt);
  EXPECT_FALSE(SaysRunning());
  EXPECT_EQ(Server("start").exit_code, 0);
  EXPECT_TRUE(SaysRunning()) << "it was to lie once";
}

void EveryCommandFault::StopThrows() {
  Play("cli_stop_throws");
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(Server("start").exit_code, 0);
    const std::string url = Remembered()->url;
    const auto threw = Server("stop");
    EXPECT_EQ(threw.exit_code, 1);
    EXPECT_THAT(threw.standard_output, HasSubstr("Exception: 🔴 Failed to stop service!\n"));
    EXPECT_TRUE(SomebodyAnswers(url));
    EXPECT_EQ(Server("stop").exit_code, 0);
    EXPECT_FALSE(SomebodyAnswers(url));
  }
}

void EveryCommandFault::Hangs() {
  Play("cli_noise,cli_hangs");
  const std::string group = IsG1() ? "service" : "server";
  const auto waited = process::Run(Command({group, "status"}), milliseconds(300));
  ASSERT_FALSE(waited.ok());
  EXPECT_EQ(waited.error().code, base::ErrorCode::kTimeout);
#ifndef _WIN32
  // The shell goes away as soon as the command has begun to hang, and tells its pid.
  const auto left = process::Run(Shell("\"$0\" " + StatusWords() +
                                       " >\"$FOUNDRY_EMBEDDED_HOME/out\" & "
                                       "while ! [ -s \"$FOUNDRY_EMBEDDED_HOME/out\" ]; do :; done; echo $!"),
                                 seconds(60));
  ASSERT_TRUE(left.ok()) << left.error().Message();
  const std::int64_t pid = std::stoll(left->standard_output);
  EXPECT_TRUE(Eventually([&] { return !process::IsRunning(pid); })) << "nobody waits for it any more";
  if (process::IsRunning(pid)) {
    EXPECT_TRUE(process::Terminate(pid, seconds(5)).ok());
  }
#endif
}

void EveryCommandFault::LoadLingers() {
  ASSERT_EQ(Server("start").exit_code, 0);
  Play("cli_load_lingers=600000");
  auto loading = process::Spawn(Command({"model", "load", kModel}), {});
  ASSERT_TRUE(loading.ok()) << loading.error().Message();
  EXPECT_TRUE(Eventually([&] { return Loaded() && Loaded()->size() == 1; }));
  EXPECT_FALSE((*loading)->ReadLine(milliseconds(0)).ok() && !(*loading)->running());
  EXPECT_TRUE((*loading)->running());
  EXPECT_TRUE((*loading)->Stop(seconds(5)).ok());
  EXPECT_EQ(Run({"model", "unload", kModel}).exit_code, 0);
  Play("cli_load_lingers=50");
  EXPECT_EQ(Run({"model", "load", kModel}).exit_code, 0);
}

void EveryCommandFault::DownloadFails() {
  Play("not_cached,cli_download_fails=2");
  const std::string unit = IsG1() ? ".00 % " : "%\r";
  const std::string before = IsG1() ? "] " : " ";
  const auto shows = [&](const std::string& text, int percent) {
    return text.find(before + std::to_string(percent) + unit) != std::string::npos;
  };
  const auto first = Run({"model", "download", kModel});
  EXPECT_EQ(first.exit_code, 1);
  EXPECT_THAT(first.standard_output + first.standard_error,
              HasSubstr("● error: IPC error 'op_handler_failed': Error downloading model ember-mini-int8-cpu:1"));
  EXPECT_TRUE(shows(first.standard_output, 0) && shows(first.standard_output, 50)) << first.standard_output;
  EXPECT_FALSE(shows(first.standard_output, 60));
  const auto second = Run({"model", "download", kModel});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_TRUE(shows(second.standard_output, 50) && shows(second.standard_output, 75)) << second.standard_output;
  EXPECT_FALSE(shows(second.standard_output, 40) || shows(second.standard_output, 80));
  EXPECT_EQ(Run({"model", "download", "ember-base-int8-cpu:1"}).exit_code, 1) << "each model has its own attempts";
  const auto third = Run({"model", "download", kModel});
  EXPECT_EQ(third.exit_code, 0) << third.standard_error;
  EXPECT_TRUE(shows(third.standard_output, 75) && shows(third.standard_output, 100)) << third.standard_output;
  EXPECT_THAT(Run({"model", "download", kModel}).standard_output,
              testing::AnyOf(HasSubstr("cached"), HasSubstr("cache")));
}

TEST_P(EveryCommandFault, IsPlayed) {
  switch (std::get<1>(GetParam())) {
    case FaultKind::kCliNoise:
      return Noise();
    case FaultKind::kCliHoldsStdout:
      return HoldsStdout();
    case FaultKind::kCliEarlyUrl:
      return EarlyUrl();
    case FaultKind::kCliReadyDeadPort:
      return ReadyDeadPort();
    case FaultKind::kCliStaleStopped:
      return StaleStopped();
    case FaultKind::kCliStartLies:
      return StartLies();
    case FaultKind::kCliStopThrows:
      return StopThrows();
    case FaultKind::kCliHangs:
      return Hangs();
    case FaultKind::kCliLoadLingers:
      return LoadLingers();
    case FaultKind::kCliDownloadFails:
      return DownloadFails();
    default:
      FAIL() << "a fault of the command that nobody tries: " << InfoOf(std::get<1>(GetParam())).name;
  }
}

INSTANTIATE_TEST_SUITE_P(On, EveryCommandFault,
                         testing::Combine(testing::Values("g1", "g2", "g3"), testing::ValuesIn(CommandFaultKinds())),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param)) + "_" +
                                  std::string(InfoOf(std::get<1>(tested.param)).name);
                         });

class MovedService : public FoundryProgram, public testing::WithParamInterface<const char*> {};

TEST_P(MovedService, IsFoundWhereItWentTo) {
  Speak(GetParam());
  Play("move_port,times=1");
  ASSERT_EQ(Server("start").exit_code, 0);
  const ServiceState before = *Remembered();
  ASSERT_EQ(Run({"model", "load", kModel}).exit_code, 0);
  const auto port = static_cast<std::uint16_t>(std::stoi(before.url.substr(before.url.rfind(':') + 1)));
  Exchange(port, PostRequest("/v1/chat/completions",
                             "{\"model\":\"" + std::string(kModel) +
                                 "\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"));
  EXPECT_TRUE(Eventually([&] { return Status().find("http://127.0.0.1:") != std::string::npos; }));
  EXPECT_NE(Remembered()->url, before.url);
  EXPECT_EQ(Remembered()->pid, before.pid);
  EXPECT_TRUE(SomebodyAnswers(Remembered()->url));
  EXPECT_EQ(Server("stop").exit_code, 0);
  EXPECT_FALSE(process::IsRunning(before.pid));
}

INSTANTIATE_TEST_SUITE_P(On, MovedService, testing::Values("g1", "g2", "g3"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace assay::embedded
