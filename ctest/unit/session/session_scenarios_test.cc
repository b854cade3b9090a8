// SPDX-License-Identifier: MIT
// Scenarios on real services: cold starts, restarts, prompts of a wanted length, several requests at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "ctest/unit/session/session_services.h"
#include "fixtures/base/text.h"
#include "fixtures/catalogue/variations.h"
#include "fixtures/process/process.h"
#include "fixtures/run/metrics.h"
#include "fixtures/session/session.h"

namespace assay::session {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

run::PlannedCase Playing(const catalogue::ResolvedModel& model, const run::Scenario& scenario) {
  run::PlannedCase plan = Case(model);
  plan.scenario = scenario;
  return plan;
}
run::Scenario Starting(run::Start start) {
  run::Scenario scenario;
  scenario.start = start;
  return scenario;
}

// What the service itself noted: requests and loads.
struct ServiceLog {
  int requests = 0;
  std::vector<base::Nanoseconds> loads;
};
ServiceLog ReadLog(const std::filesystem::path& file) {
  ServiceLog log;
  for (const std::string& line : base::Split(base::ReadFile(file).value(), '\n')) {
    if (line.empty()) continue;
    const run::Json json = run::ParseJson(line, "request log").value();
    if (const run::Json* load = json.Find("load")) {
      log.loads.emplace_back(*load->Find("end_ns")->as_integer() - *load->Find("start_ns")->as_integer());
    } else {
      ++log.requests;
    }
  }
  return log;
}

class ScenarioTest : public SessionServicesTest {
 protected:
  std::unique_ptr<Session> OpenEmbedded(std::optional<std::string> scenario = {}) const {
    SessionOptions options = Options();
    options.service = ServiceChoice::kEmbedded;
    options.scenario = std::move(scenario);
    return Open(options);
  }
  static catalogue::ResolvedModel Loaded(Session& session, const std::string& id = kMini) {
    const auto models = session.Resolve({Model(id)}, {});
    EXPECT_TRUE(models.ok()) << models.error().Message();
    EXPECT_EQ(session.Load(models->front()).outcome, LoadOutcome::kLoaded);
    return models->front();
  }
};

class ColdOnEach : public ScenarioTest, public ::testing::WithParamInterface<const char*> {};

// A load takes 300 ms longer, and a small model answers in a few: what is in the load is not in the answer.
TEST_P(ColdOnEach, TheLoadIsTimedAndTheFirstRequestMeasured) {
  const std::filesystem::path log_file = folder_.path() / "requests.jsonl";
  Served served(GetParam(), {"--scenario=slow_load=300", "--request-log=" + base::ToUtf8(log_file)});
  const std::unique_ptr<Session> session = OpenAt(served.url());
  const catalogue::ResolvedModel model = Loaded(*session);
  const run::PlannedCase plan = Playing(model, Starting(run::Start::kCold));
  EXPECT_TRUE(session->CanPlay(plan).ok());
  const Asked asked = session->Ask(plan, {});

  const run::Sample& sample = asked.completion.sample;
  ASSERT_EQ(sample.outcome, run::Outcome::kOk) << sample.error;
  EXPECT_THAT(asked.disturbed, IsEmpty());
  ASSERT_TRUE(sample.load.has_value());
  EXPECT_GE(*sample.load, 300ms);
  EXPECT_LT(run::TtftMs(sample).value(), 300);
  ASSERT_TRUE(asked.reference.has_value());
  EXPECT_EQ(asked.reference->answer->text, asked.completion.answer->text);
  EXPECT_TRUE(sample.warm_ttft.has_value());
  EXPECT_EQ(sample.restart, std::nullopt);
  EXPECT_GE(asked.upkeep, *sample.load);
  EXPECT_THAT(LoadedAt(served.url()), SizeIs(1));
  EXPECT_THAT(session->TakeWarnings(), IsEmpty());
  EXPECT_THAT(session->Close(), IsEmpty());
  EXPECT_THAT(LoadedAt(served.url()), IsEmpty());  // it was loaded here

  // By the service's own account: two loads, and nothing but the request and its reference.
  served.Stop();
  const ServiceLog log = ReadLog(log_file);
  EXPECT_EQ(log.requests, 2);
  ASSERT_THAT(log.loads, SizeIs(2));
  EXPECT_GE(*sample.load, log.loads[1]);
}

TEST_P(ColdOnEach, WhatOthersLoadedStaysLoadedAfterAColdStart) {
  Served served(GetParam(), {std::string("--preload=") + kMini});
  const std::unique_ptr<Session> session = OpenAt(served.url());
  const catalogue::ResolvedModel model = Loaded(*session);
  EXPECT_EQ(session->Ask(Playing(model, Starting(run::Start::kCold)), {}).completion.sample.outcome, run::Outcome::kOk);
  EXPECT_THAT(session->Close(), IsEmpty());
  EXPECT_THAT(LoadedAt(served.url()), SizeIs(1));
}

// Tokens are what the samples of the case will say, whoever counts them.
TEST_P(ColdOnEach, APromptIsFilledUpToTheTokensOfTheCase) {
  Served served(GetParam());
  const std::unique_ptr<Session> session = OpenAt(served.url());
  const catalogue::ResolvedModel model = Loaded(*session);
  for (const std::int64_t tokens : {40, 200}) {
    run::Scenario scenario;
    scenario.input_tokens = tokens;
    run::PlannedCase plan = Playing(model, scenario);
    const run::Json bare = plan.request;
    const base::Status fitted = session->FitInput(plan);
    ASSERT_TRUE(fitted.ok()) << fitted.error().Message();
    EXPECT_NE(plan.request, bare);
    EXPECT_EQ(plan.fingerprint, catalogue::Fingerprint(plan.request));
    EXPECT_EQ(session->Ask(plan, {}).completion.sample.prompt_tokens, tokens);
    // Another session finds the same words.
    run::PlannedCase again = Playing(model, scenario);
    ASSERT_TRUE(OpenAt(served.url())->Resolve({Model(kMini)}, {}).ok());
    ASSERT_TRUE(session->FitInput(again).ok());
    EXPECT_EQ(again.fingerprint, plan.fingerprint);
  }
  EXPECT_THAT(session->TakeWarnings(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(On, ColdOnEach, ::testing::Values("g1", "g2", "g3"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_F(ScenarioTest, APromptThatIsLongerThanItMayBeIsWrongUsage) {
  const std::unique_ptr<Session> session = OpenEmbedded();
  run::Scenario scenario;
  scenario.input_tokens = 1;
  run::PlannedCase plan = Playing(Loaded(*session), scenario);
  const std::string fingerprint = plan.fingerprint;
  const base::Status fitted = session->FitInput(plan);
  ASSERT_FALSE(fitted.ok());
  EXPECT_EQ(fitted.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(fitted.error().what, AllOf(HasSubstr("input_tokens:1"), HasSubstr("'p'")));
  EXPECT_EQ(plan.fingerprint, fingerprint);
}

// "Hello" has 5 tokens here, and 14 with the first word of filler: 9 is nearer to none.
TEST_F(ScenarioTest, ALengthThatCannotBeMetIsAWarning) {
  const std::unique_ptr<Session> session = OpenEmbedded();
  run::Scenario scenario;
  scenario.input_tokens = 9;
  run::PlannedCase plan = Playing(Loaded(*session), scenario);
  const run::Json bare = plan.request;
  ASSERT_TRUE(session->FitInput(plan).ok());
  EXPECT_EQ(plan.request, bare);
  const std::vector<run::Warning> warnings = session->TakeWarnings();
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_EQ(warnings[0].code, "input_tokens_off");
  EXPECT_EQ(warnings[0].case_id, plan.id);
  EXPECT_THAT(warnings[0].message, AllOf(HasSubstr("9"), HasSubstr("5")));
}

TEST_F(ScenarioTest, ALengthThatCannotBeToldIsUnavailable) {
  const std::unique_ptr<Session> session = OpenEmbedded("no_usage");
  run::Scenario scenario;
  scenario.input_tokens = 40;
  run::PlannedCase plan = Playing(Loaded(*session), scenario);
  const base::Status fitted = session->FitInput(plan);
  ASSERT_FALSE(fitted.ok());
  EXPECT_EQ(fitted.error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(fitted.error().what, HasSubstr("usage"));
}

// --- a service that is started anew ---

TEST_F(ScenarioTest, OurOwnServiceIsStartedAnewWithWhatWasLoaded) {
  const std::unique_ptr<Session> session = OpenEmbedded();
  const catalogue::ResolvedModel model = Loaded(*session);
  const catalogue::ResolvedModel other = Loaded(*session, kBase);
  const std::int64_t pid = session->info().pid.value();
  const run::PlannedCase plan = Playing(model, Starting(run::Start::kAfterRestart));
  ASSERT_TRUE(session->CanPlay(plan).ok());
  for (int i = 0; i < 2; ++i) {
    const Asked asked = session->Ask(plan, {i, false});
    const run::Sample& sample = asked.completion.sample;
    ASSERT_EQ(sample.outcome, run::Outcome::kOk) << sample.error;
    EXPECT_THAT(asked.disturbed, IsEmpty());
    ASSERT_TRUE(sample.restart && sample.load && sample.warm_ttft);
    EXPECT_GT(*sample.restart, 0ns);
    EXPECT_TRUE(asked.reference.has_value());
    EXPECT_GE(asked.upkeep, *sample.restart + *sample.load);
  }
  ASSERT_TRUE(session->info().pid.has_value());
  EXPECT_NE(*session->info().pid, pid);
  EXPECT_FALSE(process::IsRunning(pid));
  EXPECT_TRUE(process::IsRunning(*session->info().pid));
  EXPECT_EQ(session->service()->base_url(), session->info().endpoint);
  EXPECT_THAT(session->service()->LoadedIds().value(), ::testing::UnorderedElementsAre(kMini, kBase));
  // Warm cases of both go on.
  EXPECT_EQ(session->Ask(Case(other), {}).completion.sample.outcome, run::Outcome::kOk);
  EXPECT_EQ(session->Ask(Case(model), {}).completion.sample.outcome, run::Outcome::kOk);
  EXPECT_EQ(session->WorkerOf(kMini).pid, session->info().pid);
  EXPECT_THAT(session->TakeWarnings(), IsEmpty());
  const std::int64_t last = *session->info().pid;
  EXPECT_THAT(session->Close(), IsEmpty());
  EXPECT_FALSE(process::IsRunning(last));
}

TEST_F(ScenarioTest, WhatASessionCannotPlayIsSaidWithTheReason) {
  const auto why = [](Session& session, const catalogue::ResolvedModel& model, run::Start start) -> std::string {
    const base::Status can = session.CanPlay(Playing(model, Starting(start)));
    if (can.ok()) return "";
    EXPECT_EQ(can.error().code, base::ErrorCode::kUnavailable);
    return can.error().what;
  };
  {
    Served served("plain");
    const std::unique_ptr<Session> session = OpenAt(served.url());
    const catalogue::ResolvedModel model = Loaded(*session);
    EXPECT_EQ(why(*session, model, run::Start::kWarm), "");
    EXPECT_THAT(why(*session, model, run::Start::kCold), AllOf(HasSubstr("cold"), HasSubstr("plain")));
  }
  Served served("g3", {std::string("--preload=") + kMini});
  {
    const std::unique_ptr<Session> session = OpenAt(served.url());
    const catalogue::ResolvedModel model = Loaded(*session);
    EXPECT_EQ(why(*session, model, run::Start::kCold), "");
    EXPECT_THAT(why(*session, model, run::Start::kAfterRestart),
                AllOf(HasSubstr("after_restart"), HasSubstr("ran before")));
  }
  {
    SessionOptions options = Options();
    options.endpoint = served.url();
    options.unmanaged = true;
    const std::unique_ptr<Session> session = Open(options);
    EXPECT_THAT(why(*session, Loaded(*session), run::Start::kCold), HasSubstr("--unmanaged"));
  }
  {
    const std::unique_ptr<Session> session = OpenEmbedded();
    catalogue::ModelRequest own = Model(kMini);
    own.endpoint = served.url();
    const auto models = session->Resolve({own}, {});
    ASSERT_TRUE(models.ok());
    EXPECT_EQ(why(*session, models->front(), run::Start::kCold), "");
    EXPECT_THAT(why(*session, models->front(), run::Start::kAfterRestart), HasSubstr("not this run's"));
  }
}

TEST_F(ScenarioTest, TheWorkerIsTheProcessThatHasTheModel) {
  for (const char* generation : {"g3", "plain"}) {  // one states its process, the other is found by its port
    Served served(generation);
    const std::unique_ptr<Session> session = OpenAt(served.url());
    const Session::Worker worker = session->WorkerOf(Loaded(*session).variant);
    EXPECT_EQ(worker.pid, served.pid()) << worker.why;
    EXPECT_FALSE(worker.elsewhere);
    EXPECT_EQ(worker.why, "");
  }
}

// --- several requests at once ---

class UnderLoad : public ScenarioTest {
 protected:
  // Completions by index; an index told twice fails the test.
  static std::map<std::int64_t, chat::Completion> Run(Session& session, const run::PlannedCase& plan,
                                                      const LoadShape& shape) {
    std::map<std::int64_t, chat::Completion> told;
    const AskedLoad asked = session.AskUnderLoad(plan, shape, [&](std::int64_t index, chat::Completion completion) {
      EXPECT_TRUE(told.emplace(index, std::move(completion)).second) << index;
    });
    EXPECT_GE(asked.upkeep, 0ns);
    EXPECT_FALSE(asked.gave_up);
    EXPECT_GE(asked.pause, 0ns);
    return told;
  }
  static void ExpectAll(const std::map<std::int64_t, chat::Completion>& told, std::int64_t count) {
    ASSERT_EQ(static_cast<std::int64_t>(told.size()), count);
    EXPECT_EQ(told.begin()->first, 0);
    EXPECT_EQ(told.rbegin()->first, count - 1);
    for (const auto& [index, completion] : told) {
      EXPECT_EQ(completion.sample.outcome, run::Outcome::kOk) << completion.sample.error;
      EXPECT_EQ(completion.sample.completion_tokens, 6);
    }
  }
};

TEST_F(UnderLoad, AClosedLoopSendsEveryRequest) {
  const std::unique_ptr<Session> session = OpenEmbedded();
  run::Scenario scenario;
  scenario.concurrency = 3;
  const run::PlannedCase plan = Playing(Loaded(*session), scenario);
  EXPECT_EQ(session->Ask(plan, {0, true}).completion.sample.outcome, run::Outcome::kOk);  // warmed one by one
  for (int block = 0; block < 2; ++block) {
    const auto told = Run(*session, plan, {10, 3, {}});
    ExpectAll(told, 10);
    for (const auto& [index, completion] : told) EXPECT_EQ(completion.sample.timeline.scheduled_ns, std::nullopt);
  }
  EXPECT_THAT(session->TakeWarnings(), IsEmpty());
}

TEST_F(UnderLoad, AnOpenLoopSendsEveryRequestOnItsSchedule) {
  const std::unique_ptr<Session> session = OpenEmbedded();
  run::Scenario scenario;
  scenario.rate_per_s = 100;
  const run::PlannedCase plan = Playing(Loaded(*session), scenario);
  const auto told = Run(*session, plan, {5, 0, {0ms, 10ms, 10ms, 25ms, 40ms}});
  ExpectAll(told, 5);
  const std::int64_t first = told.at(0).sample.timeline.scheduled_ns.value();
  EXPECT_EQ(told.at(1).sample.timeline.scheduled_ns.value() - first, 10'000'000);
  EXPECT_EQ(told.at(4).sample.timeline.scheduled_ns.value() - first, 40'000'000);
  for (const auto& [index, completion] : told) {
    EXPECT_GE(completion.sample.timeline.start_ns, *completion.sample.timeline.scheduled_ns);
  }
}

TEST_F(UnderLoad, ServicesThatOnlyCountTokensAreAskedAfterwards) {
  Served served("g1");
  const std::unique_ptr<Session> session = OpenAt(served.url());
  run::Scenario scenario;
  scenario.concurrency = 2;
  const auto told = Run(*session, Playing(Loaded(*session), scenario), {4, 2, {}});
  ExpectAll(told, 4);
  for (const auto& [index, completion] : told) {
    EXPECT_EQ(completion.sample.token_source, run::TokenSource::kTokenizerCount);
    EXPECT_TRUE(completion.sample.prompt_tokens.has_value());
  }
}

TEST_F(UnderLoad, RequestsOfAUniqueCaseDiffer) {
  const std::unique_ptr<Session> session = OpenEmbedded();
  run::Scenario scenario;
  scenario.concurrency = 2;
  const catalogue::ResolvedModel model = Loaded(*session);
  const auto answers = [&] {
    std::map<std::int64_t, std::string> texts;
    for (const auto& [index, completion] : Run(*session, Playing(model, scenario), {6, 2, {}})) {
      texts[index] = completion.answer ? completion.answer->text : "";
    }
    return texts;
  };
  const auto distinct = [](const std::map<std::int64_t, std::string>& texts) {
    std::set<std::string> set;
    for (const auto& [index, text] : texts) set.insert(text);
    return set.size();
  };
  EXPECT_EQ(distinct(answers()), 1U);
  scenario.cache = run::PromptCache::kUnique;
  const std::map<std::int64_t, std::string> unique = answers();
  EXPECT_GT(distinct(unique), 1U);
  EXPECT_EQ(answers(), unique);  // the same texts in every run
}

TEST_F(UnderLoad, AServiceThatIsGoneFailsEveryRequestOfItsOwn) {
  Served served("g3");
  const std::unique_ptr<Session> session = OpenAt(served.url());
  run::Scenario scenario;
  scenario.concurrency = 2;
  const run::PlannedCase plan = Playing(Loaded(*session), scenario);
  served.Stop();
  const auto told = Run(*session, plan, {4, 2, {}});
  ASSERT_THAT(told, SizeIs(4));
  for (const auto& [index, completion] : told) {
    EXPECT_EQ(completion.sample.outcome, run::Outcome::kConnect);
    EXPECT_EQ(completion.sample.disturbed, "");
  }
}

}  // namespace
}  // namespace assay::session
