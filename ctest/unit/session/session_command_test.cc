// SPDX-License-Identifier: MIT
// Sessions on a service that is found, started, adopted and stopped through the `foundry` command, in each dialect.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/session/session_services.h"
#include "fixtures/base/text.h"
#include "fixtures/foundry/cli.h"
#include "fixtures/session/leftover.h"

namespace assay::session {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ThroughTheCommand : public SessionServicesTest, public ::testing::WithParamInterface<const char*> {
 protected:
  ThroughTheCommand() {
    SetVariable("FOUNDRY_EMBEDDED_HOME", base::ToUtf8(folder_.path() / "home"));
    SetVariable("FOUNDRY_EMBEDDED_GENERATION", GetParam());
  }
  ~ThroughTheCommand() override {
    static_cast<void>(process::Run({ASSAY_FOUNDRY_PROGRAM, {Verb(), "stop"}, {}}, 30s));
    for (const char* name : {"FOUNDRY_EMBEDDED_HOME", "FOUNDRY_EMBEDDED_GENERATION", "ASSAY_SCENARIO"}) {
      SetVariable(name, "");
    }
  }
  static std::string Verb() { return std::string(GetParam()) == "g1" ? "service" : "server"; }
  SessionOptions Options() const {
    SessionOptions options = SessionServicesTest::Options();
    options.foundry_program = ASSAY_FOUNDRY_PROGRAM;
    return options;
  }
  std::filesystem::path state() const { return folder_.path() / "state"; }
  bool Answers(const std::string& url) const {
    SessionOptions options = SessionServicesTest::Options();
    options.endpoint = url;
    options.state_folder.clear();
    return Session::Open(options).ok();
  }
};

TEST_P(ThroughTheCommand, AServiceIsStartedRememberedAndStopped) {
  const std::unique_ptr<Session> session = Open(Options());
  ASSERT_NE(session, nullptr);
  EXPECT_EQ(session->info().kind, "foundry");
  EXPECT_EQ(session->info().generation, GetParam());
  EXPECT_TRUE(session->info().started_here);
  const std::string url = session->info().endpoint;
  const std::string record =
      base::ReadFile(state() / ("started-" + std::to_string(process::CurrentPid()) + ".json")).value();
  EXPECT_THAT(record, HasSubstr(url));
  const auto models = session->Resolve({Model(kMini)}, {});
  ASSERT_TRUE(models.ok()) << models.error().Message();
  EXPECT_EQ((*models)[0].device, "cpu");
  ASSERT_EQ(session->Load((*models)[0]).outcome, LoadOutcome::kLoaded);
  EXPECT_EQ(session->Ask(Case((*models)[0]), {}).completion.sample.outcome, run::Outcome::kOk);
  EXPECT_THAT(session->Close(), IsEmpty());
  EXPECT_FALSE(Answers(url));
  EXPECT_TRUE(std::filesystem::is_empty(state()));
}

TEST_P(ThroughTheCommand, AServiceThatRunsIsUsedAndLeftRunning) {
  ASSERT_EQ(process::Run({ASSAY_FOUNDRY_PROGRAM, {Verb(), "start"}, {}}, 60s).value().exit_code, 0);
  SessionOptions options = Options();
  options.service = ServiceChoice::kNone;
  const std::unique_ptr<Session> session = Open(options);
  ASSERT_NE(session, nullptr);
  const std::string url = session->info().endpoint;
  EXPECT_FALSE(session->info().started_here);
  EXPECT_THAT(session->Close(), IsEmpty());
  EXPECT_TRUE(Answers(url));
}

TEST_P(ThroughTheCommand, WithoutLeaveNothingIsStarted) {
  for (const bool unmanaged : {false, true}) {
    SessionOptions options = Options();
    options.service = unmanaged ? ServiceChoice::kAuto : ServiceChoice::kNone;
    options.unmanaged = unmanaged;
    const base::Result<std::unique_ptr<Session>> session = Session::Open(options);
    ASSERT_FALSE(session.ok());
    EXPECT_EQ(session.error().code, base::ErrorCode::kUnavailable);
    EXPECT_THAT(session.error().what, HasSubstr(Verb() + " start"));
  }
}

TEST_P(ThroughTheCommand, AServiceThatAnInterruptedRunLeftIsAdoptedAndStopped) {
  std::string url;
  {
    // As if killed: the record stays, and so does the service.
    const auto started = process::Run({ASSAY_FOUNDRY_PROGRAM, {Verb(), "start"}, {}}, 60s);
    ASSERT_EQ(started.value().exit_code, 0);
    SessionOptions options = Options();
    options.service = ServiceChoice::kNone;
    url = Open(options)->info().endpoint;
    const std::optional<std::int64_t> pid = foundry::FindPid(started.value().standard_output);
    ASSERT_TRUE(pid.has_value()) << started.value().standard_output;
    ASSERT_TRUE(
        RememberStart(state(), {process::CurrentPid(), pid, url, "foundry start", "2026-03-01T12:30:05Z"}).ok());
  }
  const std::unique_ptr<Session> session = Open(Options());
  ASSERT_NE(session, nullptr);
  EXPECT_EQ(session->info().endpoint, url);
  EXPECT_TRUE(session->info().started_here);
  EXPECT_THAT(session->notes(), ElementsAre(HasSubstr("left behind"), HasSubstr("stops it at its end")));
  EXPECT_THAT(session->Close(), IsEmpty());
  EXPECT_FALSE(Answers(url));
  EXPECT_TRUE(std::filesystem::is_empty(state()));
}

// The user may have started one of their own at the same address since.
TEST_P(ThroughTheCommand, AServiceThatIsNotTheOneThatWasLeftIsNotStopped) {
  ASSERT_EQ(process::Run({ASSAY_FOUNDRY_PROGRAM, {Verb(), "start"}, {}}, 60s).value().exit_code, 0);
  std::string url;
  {
    SessionOptions options = Options();
    options.service = ServiceChoice::kNone;
    url = Open(options)->info().endpoint;
  }
  for (const std::optional<std::int64_t>& pid : {std::optional(process::CurrentPid()), std::optional<std::int64_t>()}) {
    ASSERT_TRUE(
        RememberStart(state(), {process::CurrentPid(), pid, url, "foundry start", "2026-03-01T12:30:05Z"}).ok());
    const std::unique_ptr<Session> session = Open(Options());
    ASSERT_NE(session, nullptr);
    EXPECT_FALSE(session->info().started_here);
    EXPECT_THAT(session->Close(), IsEmpty());
    EXPECT_TRUE(Answers(url));
  }
  EXPECT_EQ(process::Run({ASSAY_FOUNDRY_PROGRAM, {Verb(), "stop"}, {}}, 60s).value().exit_code, 0);
}

TEST_P(ThroughTheCommand, AServiceThatMovesIsFoundAgainAndStoppedWhereItIs) {
  SetVariable("ASSAY_SCENARIO", "move_port,after=1,times=1");
  const std::unique_ptr<Session> session = Open(Options());
  ASSERT_NE(session, nullptr);
  const std::string before = session->info().endpoint;
  const auto models = session->Resolve({Model(kMini)}, {});
  ASSERT_TRUE(models.ok()) << models.error().Message();
  ASSERT_EQ(session->Load((*models)[0]).outcome, LoadOutcome::kLoaded);
  std::vector<std::string> disturbed;
  for (int i = 0; i < 3; ++i) {
    const Asked asked = session->Ask(Case((*models)[0]), {});
    EXPECT_EQ(asked.completion.sample.outcome, run::Outcome::kOk) << asked.completion.sample.error;
    for (const chat::Completion& one : asked.disturbed) disturbed.push_back(one.sample.disturbed);
  }
  const std::string after = session->info().endpoint;
  EXPECT_NE(after, before);
  // Where a light request met it first, no measured one was disturbed.
  EXPECT_THAT(disturbed, testing::AnyOf(ElementsAre("service_moved"), IsEmpty()));
  EXPECT_THAT(session->Close(), IsEmpty());
  EXPECT_FALSE(Answers(after));
}

// Started, stopped and started again through the command; the note about it goes along.
TEST_P(ThroughTheCommand, AServiceThatWasStartedHereIsStartedAnew) {
  const std::unique_ptr<Session> session = Open(Options());
  ASSERT_NE(session, nullptr);
  const auto models = session->Resolve({Model(kMini)}, {});
  ASSERT_TRUE(models.ok()) << models.error().Message();
  ASSERT_EQ(session->Load((*models)[0]).outcome, LoadOutcome::kLoaded);
  const std::optional<std::int64_t> pid = session->WorkerOf((*models)[0].variant).pid;
  ASSERT_TRUE(pid.has_value());
  run::PlannedCase plan = Case((*models)[0]);
  plan.scenario.start = run::Start::kAfterRestart;
  ASSERT_TRUE(session->CanPlay(plan).ok());
  const Asked asked = session->Ask(plan, {});
  const run::Sample& sample = asked.completion.sample;
  ASSERT_EQ(sample.outcome, run::Outcome::kOk) << sample.error;
  EXPECT_THAT(asked.disturbed, IsEmpty());
  ASSERT_TRUE(sample.restart && sample.load && sample.warm_ttft);
  EXPECT_GT(*sample.restart, 0ns);
  EXPECT_GE(asked.upkeep, *sample.restart + *sample.load);
  EXPECT_FALSE(process::IsRunning(*pid));
  EXPECT_NE(session->WorkerOf((*models)[0].variant).pid, pid);
  EXPECT_TRUE(session->info().started_here);
  EXPECT_EQ(session->service()->base_url(), session->info().endpoint);
  const std::string record =
      base::ReadFile(state() / ("started-" + std::to_string(process::CurrentPid()) + ".json")).value();
  EXPECT_THAT(record, HasSubstr(session->info().endpoint));
  const std::string url = session->info().endpoint;
  EXPECT_THAT(session->Close(), IsEmpty());
  EXPECT_FALSE(Answers(url));
  EXPECT_TRUE(std::filesystem::is_empty(state()));
}

// The restart of a service that is another user's is not ours to do.
TEST_P(ThroughTheCommand, AServiceThatRanBeforeIsNotStartedAnew) {
  ASSERT_EQ(process::Run({ASSAY_FOUNDRY_PROGRAM, {Verb(), "start"}, {}}, 60s).value().exit_code, 0);
  const std::unique_ptr<Session> session = Open(Options());
  ASSERT_NE(session, nullptr);
  const auto models = session->Resolve({Model(kMini)}, {});
  ASSERT_TRUE(models.ok()) << models.error().Message();
  run::PlannedCase plan = Case((*models)[0]);
  plan.scenario.start = run::Start::kAfterRestart;
  EXPECT_EQ(session->CanPlay(plan).error().code, base::ErrorCode::kUnavailable);
  const std::string url = session->info().endpoint;
  const Asked asked = session->Ask(plan, {});  // who asks all the same gets a failed sample
  EXPECT_NE(asked.completion.sample.outcome, run::Outcome::kOk);
  EXPECT_THAT(asked.completion.sample.error, HasSubstr("did not start it"));
  EXPECT_TRUE(Answers(url));
  EXPECT_THAT(session->Close(), IsEmpty());
}

// Its address is printed at once and answers ten seconds later: Ctrl-C comes between.
TEST_P(ThroughTheCommand, AStartThatWasCancelledIsTakenBack) {
  SetVariable("ASSAY_SCENARIO", "cli_early_url=10000");
  SessionOptions options = Options();
  const std::filesystem::path record = state() / ("started-" + std::to_string(process::CurrentPid()) + ".json");
  int looks = 0;
  options.cancelled = [&] {
    if (std::filesystem::exists(record)) ++looks;
    return looks > 20;
  };
  const base::Result<std::unique_ptr<Session>> session = Session::Open(options);
  ASSERT_FALSE(session.ok());
  EXPECT_EQ(session.error().code, base::ErrorCode::kCancelled);
  EXPECT_GT(looks, 20);
  EXPECT_TRUE(std::filesystem::is_empty(state()));
  const process::Completed status =
      process::Run({ASSAY_FOUNDRY_PROGRAM, {Verb(), "status"}, {{"ASSAY_SCENARIO", "seed=1"}}}, 30s).value();
  EXPECT_THAT(base::ToLower(status.standard_output), testing::AnyOf(HasSubstr("not running"), HasSubstr("stopped")));
}

INSTANTIATE_TEST_SUITE_P(On, ThroughTheCommand, ::testing::Values("g1", "g2", "g3"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace assay::session
