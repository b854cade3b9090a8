// SPDX-License-Identifier: MIT
// Sessions on real services: the embedded service in each of its dialects as a bare endpoint, and as our own child.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "ctest/unit/session/session_services.h"
#include "fixtures/base/text.h"
#include "fixtures/catalogue/cases.h"
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
  EXPECT_THAT(session->Ask(Case((*models)[0]), {}).disturbed, IsEmpty());
  const Asked asked = session->Ask(Case((*models)[0]), {});
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
    const Asked asked = session->Ask(Case((*models)[0]), {});
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
  EXPECT_EQ(session->Ask(Case((*models)[1]), {}).completion.sample.outcome, run::Outcome::kOk);
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
    EXPECT_EQ(session->Ask(Case(model), {}).completion.sample.outcome, run::Outcome::kOk);
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
  const Asked asked = session->Ask(Case((*models)[0]), {});
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

}  // namespace
}  // namespace assay::session
