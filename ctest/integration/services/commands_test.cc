// SPDX-License-Identifier: MIT
// The words of the foundry command are hints, never proof: noise, lies and hangs of every dialect, and a service that
// is found, started and stopped in spite of them.
#include <gmock/gmock.h>

#include "ctest/integration/services/services.h"

namespace assay::integration {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kDialects[] = {"g1", "g2", "g3"};

struct Trouble {
  const char* name;
  const char* scenario;
};
void PrintTo(const Trouble& trouble, std::ostream* out) { *out << trouble.name; }

// What a run survives without a word to the user.
const Trouble kSurvived[] = {
    {"noise", "cli_noise"},
    {"stdout_held_open", "cli_holds_stdout"},
    {"address_before_the_port_listens", "cli_early_url=400"},
    {"status_says_stopped", "cli_stale_stopped"},
    {"stop_throws", "cli_stop_throws"},
    {"load_lingers", "cli_load_lingers=60000"},
    {"noise_and_held_stdout", "cli_noise,cli_holds_stdout,cli_stop_throws"},
};

class Survived : public ServicesTest, public ::testing::WithParamInterface<std::tuple<const char*, Trouble>> {};

TEST_P(Survived, TheRunIsGoodAndTheServiceIsStopped) {
  const auto& [generation, trouble] = GetParam();
  const process::Completed done = Measure({}, Machine(generation, trouble.scenario));
  ASSERT_EQ(done.exit_code, 0) << done.standard_output << done.standard_error;
  EXPECT_EQ(ReadMeasured().info.service.generation, generation);
  const std::optional<std::int64_t> pid = ReadMeasured().info.service.pid;
  if (pid) {
    EXPECT_FALSE(process::IsRunning(*pid)) << "the service it started still runs";
  }
  EXPECT_FALSE(FoundryRuns(generation));
}

INSTANTIATE_TEST_SUITE_P(On, Survived,
                         ::testing::Combine(::testing::ValuesIn(kDialects), ::testing::ValuesIn(kSurvived)),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param)) + "_" + std::get<1>(tested.param).name;
                         });

class Commands : public ServicesTest, public ::testing::WithParamInterface<const char*> {
 protected:
  std::string Verb() const { return std::string(GetParam()) == "g1" ? "service" : "server"; }
};

TEST_P(Commands, AServiceThatRunsIsUsedAndLeftRunning) {
  ASSERT_EQ(Foundry(GetParam(), {Verb(), "start"}).exit_code, 0);
  const process::Completed done = Measure({"--service=none"}, Machine(GetParam()));
  EXPECT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_FALSE(ReadMeasured().info.service.started_here);
  EXPECT_TRUE(FoundryRuns(GetParam()));
  EXPECT_EQ(Foundry(GetParam(), {Verb(), "stop"}).exit_code, 0);
}

TEST_P(Commands, NothingIsStartedWhenNothingMayBe) {
  const process::Completed done = Measure({"--service=none"}, Machine(GetParam()));
  EXPECT_EQ(done.exit_code, 3);
  EXPECT_THAT(done.standard_error, HasSubstr("foundry " + Verb() + " start"));
  EXPECT_FALSE(FoundryRuns(GetParam()));
}

TEST_P(Commands, AStartThatLiesEndsInTimeAndSaysWhatWasSaid) {
  const process::Completed done = Measure({"--start-timeout=2s"}, Machine(GetParam(), "cli_start_lies"));
  EXPECT_EQ(done.exit_code, 3);
  EXPECT_THAT(done.standard_error, AllOf(HasSubstr("foundry " + Verb()), HasSubstr("2 s")));
}

TEST_P(Commands, ReadyWithADeadPortIsStartedAnew) {
  ASSERT_EQ(Foundry(GetParam(), {Verb(), "start"}).exit_code, 0);
  const std::optional<std::int64_t> first = FoundryPid();
  ASSERT_TRUE(first.has_value());
  ASSERT_TRUE(process::Terminate(*first, std::chrono::seconds(5)).ok());
  const process::Completed done = Measure({}, Machine(GetParam(), "cli_ready_dead_port"));
  EXPECT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_FALSE(FoundryRuns(GetParam()));
}

TEST_P(Commands, WhatTheUserHasLoadedStaysLoadedAndTheRestDoesNot) {
  ASSERT_EQ(Foundry(GetParam(), {Verb(), "start"}).exit_code, 0);
  ASSERT_EQ(Foundry(GetParam(), {"model", "load", "ember-base-int8-cpu:1"}).exit_code, 0);
  EXPECT_EQ(Measure({}, Machine(GetParam())).exit_code, 0);
  // Its model answers on, without a load; ours does not.
  EXPECT_EQ(Measure({"--unmanaged", "--models=ember-base-int8-cpu:1", "--run=" + Path("user")}, Machine(GetParam()))
                .exit_code,
            0);
  EXPECT_EQ(Measure({"--unmanaged", "--run=" + Path("ours")}, Machine(GetParam())).exit_code, 3);
  EXPECT_EQ(Foundry(GetParam(), {Verb(), "stop"}).exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(On, Commands, ::testing::ValuesIn(kDialects),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace assay::integration
