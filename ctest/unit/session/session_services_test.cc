// SPDX-License-Identifier: MIT
// Sessions on real services: the embedded service in each of its dialects, as a bare endpoint, as our own child, and
// through its `foundry` command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ostream>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/catalogue/cases.h"
#include "fixtures/foundry/cli.h"
#include "fixtures/process/process.h"
#include "fixtures/session/leftover.h"
#include "fixtures/session/session.h"

namespace assay::session {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kMini = "ember-mini-int8-cpu:1";
constexpr const char* kBase = "ember-base-int8-cpu:1";

void SetVariable(const char* name, const std::string& value) {
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
    url_ = child_->ReadLine(30s).value().substr(std::string("listening ").size());
  }
  const std::string& url() const { return url_; }
  std::int64_t pid() const { return child_->pid(); }
  void Stop() { EXPECT_TRUE(child_->Stop(10s).ok()); }

 private:
  std::unique_ptr<process::Child> child_;
  std::string url_;
};

catalogue::ModelRequest Model(const std::string& id) {
  catalogue::ModelRequest model;
  model.alias = id;
  return model;
}

run::PlannedCase Case(const catalogue::ResolvedModel& model) {
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

TEST_F(SessionServicesTest, TheEmbeddedServiceStatesItsModelsAndEndsWithTheSession) {
  SessionOptions options = Options();
  options.service = ServiceChoice::kEmbedded;
  const std::unique_ptr<Session> session = Open(options);
  EXPECT_EQ(session->info().kind, "embedded");
  EXPECT_EQ(session->info().generation, "g3");
  EXPECT_TRUE(session->info().started_here);
  EXPECT_TRUE(session->info().version.has_value());
  ASSERT_TRUE(session->info().pid.has_value());
  const auto models = session->Resolve({Model("ember-mini")}, {});
  ASSERT_TRUE(models.ok()) << models.error().Message();
  ASSERT_THAT(*models, SizeIs(1));
  EXPECT_EQ((*models)[0].asked, "ember-mini");
  EXPECT_EQ((*models)[0].device, "cpu");
  EXPECT_TRUE((*models)[0].license.has_value());
  EXPECT_TRUE((*models)[0].size_mib.has_value());
  const run::ModelInfo described = session->Describe((*models)[0]);
  EXPECT_EQ(described.generation, "g3");
  EXPECT_EQ(described.endpoint, session->info().endpoint);
  EXPECT_EQ(described.sampling, std::nullopt);

  const std::int64_t pid = *session->info().pid;
  EXPECT_TRUE(process::IsRunning(pid));
  EXPECT_THAT(session->Close(), IsEmpty());
  EXPECT_FALSE(process::IsRunning(pid));
  EXPECT_THAT(session->Close(), IsEmpty());
}

TEST_F(SessionServicesTest, EveryModelIsAVariantOfTheService) {
  SessionOptions options = Options();
  options.service = ServiceChoice::kEmbedded;
  const std::unique_ptr<Session> session = Open(options);
  const auto models = session->EveryModel();
  ASSERT_TRUE(models.ok());
  EXPECT_THAT(*models, SizeIs(testing::Ge(4U)));
  const auto resolved = session->Resolve(*models, {});
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->size(), models->size());
}

TEST_F(SessionServicesTest, AProbeIsRememberedForTheRun) {
  SessionOptions options = Options();
  options.service = ServiceChoice::kEmbedded;
  const std::unique_ptr<Session> session = Open(options);
  const auto models = session->Resolve({Model(kMini)}, {});
  ASSERT_EQ(session->Load((*models)[0]).outcome, LoadOutcome::kLoaded);
  const SamplingFindings findings = session->Probe((*models)[0]);
  EXPECT_EQ(findings.failure, "");
  EXPECT_EQ(findings.verdict(), "deterministic");
  EXPECT_EQ(session->Describe((*models)[0]).sampling, "deterministic");
  EXPECT_EQ(session->Describe((*models)[0]).findings, findings.lines);
}

TEST_F(SessionServicesTest, AModelThatIgnoresTheTemperatureIsFoundOut) {
  SessionOptions options = Options();
  options.service = ServiceChoice::kEmbedded;
  options.scenario = "ignore_temperature,ignore_max_tokens";
  const std::unique_ptr<Session> session = Open(options);
  const auto models = session->Resolve({Model(kMini)}, {});
  ASSERT_EQ(session->Load((*models)[0]).outcome, LoadOutcome::kLoaded);
  const SamplingFindings findings = session->Probe((*models)[0]);
  EXPECT_EQ(findings.verdict(), "sampling_ignored");
  EXPECT_EQ(findings.max_tokens_obeyed, false);
}

TEST_F(SessionServicesTest, OurOwnChildThatMovesIsFoundAgain) {
  SessionOptions options = Options();
  options.service = ServiceChoice::kEmbedded;
  options.scenario = "move_port,after=1,times=1";
  const std::unique_ptr<Session> session = Open(options);
  const std::string before = session->info().endpoint;
  const auto models = session->Resolve({Model(kMini)}, {});
  ASSERT_EQ(session->Load((*models)[0]).outcome, LoadOutcome::kLoaded);
  EXPECT_THAT(session->Ask(Case((*models)[0])).disturbed, IsEmpty());
  const Asked asked = session->Ask(Case((*models)[0]));
  EXPECT_EQ(asked.completion.sample.outcome, run::Outcome::kOk) << asked.completion.sample.error;
  ASSERT_THAT(asked.disturbed, SizeIs(1));
  EXPECT_EQ(asked.disturbed[0].sample.disturbed, "service_moved");
  EXPECT_NE(session->info().endpoint, before);
  EXPECT_THAT(session->Close(), IsEmpty());
}

// --- bare endpoints ---

class EachDialect : public SessionServicesTest, public ::testing::WithParamInterface<const char*> {
 protected:
  bool Loads() const { return std::string(GetParam()) != "plain"; }
};

class EachThatLoads : public SessionServicesTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(EachDialect, AModelIsLoadedAskedAndUnloaded) {
  Served served(GetParam());
  const std::unique_ptr<Session> session = OpenAt(served.url() + "/v1");
  EXPECT_EQ(session->info().kind, "endpoint");
  EXPECT_EQ(session->info().generation, GetParam());
  EXPECT_EQ(session->info().endpoint, served.url());
  EXPECT_FALSE(session->info().started_here);
  const auto models = session->Resolve({Model(kMini)}, {});
  ASSERT_TRUE(models.ok()) << models.error().Message();
  EXPECT_EQ((*models)[0].variant, kMini);
  EXPECT_EQ((*models)[0].endpoint, served.url());
  const Loaded loaded = session->Load((*models)[0]);
  ASSERT_EQ(loaded.outcome, LoadOutcome::kLoaded) << loaded.why;
  for (int i = 0; i < 3; ++i) {
    const Asked asked = session->Ask(Case((*models)[0]));
    ASSERT_EQ(asked.completion.sample.outcome, run::Outcome::kOk) << asked.completion.sample.error;
    EXPECT_THAT(asked.disturbed, IsEmpty());
    EXPECT_EQ(asked.completion.sample.completion_tokens, 6);
    EXPECT_EQ(asked.completion.sample.token_source,
              std::string(GetParam()) == "g1" ? run::TokenSource::kTokenizerCount : run::TokenSource::kServerUsage);
  }
  EXPECT_THAT(session->TakeWarnings(), IsEmpty());
  const auto loaded_now = [&] { return Loads() ? LoadedAt(served.url()).size() : 0; };
  EXPECT_EQ(loaded_now(), Loads() ? 1U : 0U);
  EXPECT_THAT(session->Close(), IsEmpty());
  EXPECT_EQ(loaded_now(), 0U);
}

TEST_P(EachThatLoads, WhatOthersLoadedStaysLoaded) {
  Served served(GetParam(), {std::string("--preload=") + kBase});
  const std::unique_ptr<Session> session = OpenAt(served.url());
  const auto models = session->Resolve({Model(kMini), Model(kBase)}, {});
  ASSERT_TRUE(models.ok()) << models.error().Message();
  for (const catalogue::ResolvedModel& model : *models) {
    ASSERT_EQ(session->Load(model).outcome, LoadOutcome::kLoaded);
  }
  EXPECT_THAT(LoadedAt(served.url()), SizeIs(2));
  EXPECT_THAT(session->UnloadOurs(), IsEmpty());
  const std::vector<std::string> left = LoadedAt(served.url());
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_TRUE(foundry::SameVariant(left[0], kBase)) << left[0];
}

TEST_P(EachThatLoads, AnObserverTouchesNothing) {
  Served served(GetParam(), {std::string("--preload=") + kBase});
  SessionOptions options = Options();
  options.endpoint = served.url();
  options.unmanaged = true;
  const std::unique_ptr<Session> session = Open(options);
  const auto models = session->Resolve({Model(kMini), Model(kBase)}, {}, false);
  ASSERT_TRUE(models.ok()) << models.error().Message();
  const Loaded loaded = session->Load((*models)[0]);
  EXPECT_EQ(loaded.outcome, LoadOutcome::kFailed);
  EXPECT_THAT(loaded.why, HasSubstr("only observes"));
  EXPECT_EQ(session->Load((*models)[1]).outcome, LoadOutcome::kLoaded);
  EXPECT_EQ(session->Ask(Case((*models)[1])).completion.sample.outcome, run::Outcome::kOk);
  EXPECT_THAT(session->Close(), IsEmpty());
  EXPECT_THAT(LoadedAt(served.url()), SizeIs(1));
}

TEST_P(EachDialect, AnUnknownModelIsNamedWithWhatThereIs) {
  Served served(GetParam());
  const auto models = OpenAt(served.url())->Resolve({Model("no-such-model")}, {});
  ASSERT_FALSE(models.ok());
  EXPECT_EQ(models.error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(models.error().what, AllOf(HasSubstr("no-such-model"), HasSubstr("ember-mini-int8-cpu")));
}

INSTANTIATE_TEST_SUITE_P(On, EachDialect, ::testing::Values("g1", "g2", "g3", "plain"),
                         [](const auto& tested) { return std::string(tested.param); });

INSTANTIATE_TEST_SUITE_P(On, EachThatLoads, ::testing::Values("g1", "g2", "g3"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_F(SessionServicesTest, OneVariantUnderTwoNamesIsWrongUsage) {
  Served served("g3");
  const auto models = OpenAt(served.url())->Resolve({Model(kMini), Model("ember-mini-int8-cpu")}, {});
  ASSERT_FALSE(models.ok());
  EXPECT_EQ(models.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(models.error().what, HasSubstr(kMini));
}

TEST_F(SessionServicesTest, AModelsOwnPinBeatsTheOneOfTheSession) {
  Served served("g1");  // its catalogue states devices
  const std::unique_ptr<Session> session = OpenAt(served.url());
  catalogue::ModelRequest pinned = Model("ember-base");
  pinned.variant = kBase;
  const auto models = session->Resolve({Model("ember-mini"), pinned}, {std::nullopt, "ember-mini-int8*"});
  ASSERT_TRUE(models.ok()) << models.error().Message();
  ASSERT_THAT(*models, SizeIs(2));
  EXPECT_EQ((*models)[0].variant, kMini);
  EXPECT_EQ((*models)[1].variant, kBase);
  EXPECT_EQ((*models)[1].asked, "ember-base");
}

TEST_F(SessionServicesTest, ModelsBehindServersOfTheirOwnNeedNoOther) {
  Served first("plain");
  Served second("g3");
  SessionOptions options = Options();
  options.needs_service = false;
  options.api_key = "key-of-the-main-service";
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "TUNED_KEY") return "sk-tuned";
    return std::nullopt;
  };
  const std::unique_ptr<Session> session = Open(options);
  EXPECT_EQ(session->service(), nullptr);
  EXPECT_EQ(session->FreeDiskBytes(), std::nullopt);
  catalogue::ModelRequest one = Model(kMini);
  one.endpoint = first.url() + "/v1/";
  one.api_key_env = "TUNED_KEY";
  catalogue::ModelRequest two = Model(kBase);
  two.endpoint = second.url();
  const auto models = session->Resolve({one, two}, {});
  ASSERT_TRUE(models.ok()) << models.error().Message();
  EXPECT_EQ(session->info().kind, "endpoint");
  EXPECT_EQ(session->info().endpoint, first.url());  // the first one of them
  EXPECT_EQ(session->Describe((*models)[0]).generation, "plain");
  EXPECT_EQ(session->Describe((*models)[1]).generation, "g3");
  for (const catalogue::ResolvedModel& model : *models) {
    ASSERT_EQ(session->Load(model).outcome, LoadOutcome::kLoaded);
    EXPECT_EQ(session->Ask(Case(model)).completion.sample.outcome, run::Outcome::kOk);
  }
  EXPECT_THAT(LoadedAt(second.url()), ElementsAre(kBase));
  EXPECT_THAT(session->Close(), IsEmpty());
  EXPECT_THAT(LoadedAt(second.url()), IsEmpty());
}

TEST_F(SessionServicesTest, AVariableThatIsNotSetIsNamedAndNothingIsContacted) {
  SessionOptions options = Options();
  options.needs_service = false;
  options.environment = [](const std::string&) { return std::nullopt; };
  const std::unique_ptr<Session> session = Open(options);
  catalogue::ModelRequest model = Model("tuned");
  model.endpoint = "http://127.0.0.1:1";
  model.headers_env = {{"X-Token", "TUNED_TOKEN"}};
  const auto models = session->Resolve({model}, {});
  ASSERT_FALSE(models.ok());
  EXPECT_EQ(models.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(models.error().what, AllOf(HasSubstr("TUNED_TOKEN"), HasSubstr("tuned")));
}

TEST_F(SessionServicesTest, AModelWithoutAServiceIsWrongUsage) {
  SessionOptions options = Options();
  options.needs_service = false;
  const std::unique_ptr<Session> session = Open(options);
  EXPECT_EQ(session->Resolve({Model(kMini)}, {}).error().code, base::ErrorCode::kUsage);
  EXPECT_EQ(session->EveryModel().error().code, base::ErrorCode::kUsage);
}

// A moved service is not to be found at a bare address; the failure stands.
TEST_F(SessionServicesTest, AServiceThatEndedFailsTheRequest) {
  Served served("g3");
  const std::unique_ptr<Session> session = OpenAt(served.url());
  const auto models = session->Resolve({Model(kMini)}, {});
  ASSERT_EQ(session->Load((*models)[0]).outcome, LoadOutcome::kLoaded);
  served.Stop();
  const Asked asked = session->Ask(Case((*models)[0]));
  EXPECT_EQ(asked.completion.sample.outcome, run::Outcome::kConnect);
  EXPECT_THAT(asked.disturbed, IsEmpty());
  EXPECT_GE(asked.upkeep, 3s);  // it was looked for
  EXPECT_THAT(session->Close(), ElementsAre(HasSubstr(served.url())));
}

TEST_F(SessionServicesTest, ALeftoverIsReportedWhereverTheRunGoes) {
  Served served("g3");
  const std::int64_t dead = [] {
    const std::unique_ptr<process::Child> child =
        process::Spawn({ASSAY_FOUNDRY_EMBEDDED_PROGRAM, {"--help"}, {}}, {}).value();
    static_cast<void>(child->Stop(10s));
    return child->pid();
  }();
  const std::filesystem::path state = folder_.path() / "state";
  ASSERT_TRUE(
      RememberStart(state, {dead, served.pid(), served.url(), "foundry server start", "2026-03-01T12:30:05Z"}).ok());
  {
    Served other("g3");
    const std::unique_ptr<Session> session = OpenAt(other.url());
    EXPECT_THAT(session->notes(),
                ElementsAre(AllOf(HasSubstr("left behind"), HasSubstr(served.url()),
                                  HasSubstr(std::to_string(served.pid())), HasSubstr("foundry server stop"))));
    EXPECT_THAT(session->Close(), IsEmpty());
  }
  EXPECT_TRUE(process::IsRunning(served.pid()));
  served.Stop();
  // Nothing answers there any more: nothing to say, nothing to keep.
  Served other("g3");
  EXPECT_THAT(OpenAt(other.url())->notes(), IsEmpty());
  EXPECT_TRUE(std::filesystem::is_empty(state));
}

// --- through the command ---

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
  EXPECT_EQ(session->Ask(Case((*models)[0])).completion.sample.outcome, run::Outcome::kOk);
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
    const Asked asked = session->Ask(Case((*models)[0]));
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
