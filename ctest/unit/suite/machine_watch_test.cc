// SPDX-License-Identifier: MIT
// When the machine is looked at, what of it goes with a request, and what a run adds up to.
#include "benchmarks/suite/machine_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "ctest/unit/suite/fake_machine.h"

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class MachineWatchTest : public ::testing::Test {
 protected:
  // A request of 100 ms in which the service computes 60 ms, we 2 ms, others 10 ms.
  run::MachineUse Request(const std::string& variant = "a", base::Nanoseconds time = 100ms,
                          MachineWatch::Between between = {}) {
    watch_.Before(variant);
    machine_.Pass(time, time * 6 / 10, time / 50, time / 10);
    return watch_.After(between);
  }

  FakeMachine machine_;
  std::map<std::string, session::Session::Worker> workers_ = {{"a", {7, false, ""}}, {"b", {7, false, ""}}};
  int asked_for_workers_ = 0;
  std::optional<double> stated_watts_;
  MachineWatch watch_{machine_, machine_,
                      [this](const std::string& variant) {
                        ++asked_for_workers_;
                        return workers_.at(variant);
                      },
                      std::nullopt};
};

TEST_F(MachineWatchTest, ARequestBetweenTwoMomentsHasItsUse) {
  watch_.BeginMeasuring("a");
  machine_.resident_bytes = 5000;
  const run::MachineUse use = Request();
  EXPECT_EQ(use.span, 100ms);
  EXPECT_EQ(use.service_resident_bytes, 5000);
  EXPECT_EQ(use.service_peak_resident_bytes, 10'000);
  EXPECT_EQ(use.service_cpu, 60ms);
  EXPECT_EQ(use.client_cpu, 2ms);
  EXPECT_NEAR(*use.others_cpu_share, 10.0 / 400.0, 1e-12);  // of four processors
  EXPECT_EQ(use.package_microjoules, std::nullopt);
  EXPECT_EQ(use.stated_watts, std::nullopt);
}

// The moment after one request is the moment before the next: 1 + 3 snapshots for 3 requests, and one at the end.
TEST_F(MachineWatchTest, NeighboursShareAMoment) {
  watch_.BeginMeasuring("a");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Request(i == 1 ? "b" : "a").service_cpu, 60ms);
    machine_.Pass(1ms);
  }
  EXPECT_EQ(machine_.taken, 4);
  watch_.EndMeasuring();
  EXPECT_EQ(machine_.taken, 5);
  EXPECT_EQ(asked_for_workers_, 2) << "once per model";
  EXPECT_THAT(machine_.followed, ElementsAre(7));
}

// Requests of 4 ms: a snapshot every third of them, and no pair has one of them alone.
TEST_F(MachineWatchTest, IsNotLookedAtMoreOftenThanEveryTenMilliseconds) {
  watch_.BeginMeasuring("a");
  for (int i = 0; i < 9; ++i) {
    const run::MachineUse use = Request("a", 4ms);
    EXPECT_EQ(use.span, 4ms) << i;
    EXPECT_EQ(use.client_cpu, 80us) << "that is asked for every time";
    EXPECT_EQ(use.service_cpu, std::nullopt) << i;
    EXPECT_EQ(use.service_resident_bytes.has_value(), i % 3 == 2) << i;
  }
  EXPECT_EQ(machine_.taken, 1 + 3);
}

// A snapshot of 1 ms may be taken every 250 ms.
TEST_F(MachineWatchTest, CostsLessThanHalfAPercent) {
  machine_.cost = 1ms;
  watch_.BeginMeasuring("a");
  for (int i = 0; i < 100; ++i) Request("a", 50ms);
  watch_.EndMeasuring();
  EXPECT_LE(machine_.taken, 2 + 20);
  EXPECT_GE(machine_.taken, 15);
  const run::MachineInfo info = watch_.Info();
  EXPECT_LT(*info.sampling_cpu_share, 0.005);
  EXPECT_DOUBLE_EQ(info.snapshot_us, 1000);
  EXPECT_EQ(info.snapshots, machine_.taken);
}

TEST_F(MachineWatchTest, WhatAnotherRequestIsInHasNoTimes) {
  watch_.BeginMeasuring("a");
  MachineWatch::Between between;
  between.one_request = false;
  const run::MachineUse use = Request("a", 100ms, between);
  EXPECT_EQ(use.span, 100ms);
  EXPECT_EQ(use.service_cpu, std::nullopt);
  EXPECT_EQ(use.client_cpu, std::nullopt);
  EXPECT_EQ(use.others_cpu_share, std::nullopt);
  EXPECT_EQ(use.service_resident_bytes, 1000);
}

// Another process is the service afterwards: its memory is stated, and nothing is subtracted from the old one's.
TEST_F(MachineWatchTest, AServiceThatWasStartedAnewIsFollowed) {
  watch_.BeginMeasuring("a");
  watch_.Before("a");
  machine_.Pass(100ms, 60ms);
  workers_["a"].pid = 8;
  MachineWatch::Between between;
  between.moved = true;
  const run::MachineUse use = watch_.After(between);
  EXPECT_EQ(use.service_cpu, std::nullopt);
  EXPECT_EQ(use.service_resident_bytes, 1000);
  EXPECT_THAT(machine_.followed, ElementsAre(7, 8));
  EXPECT_EQ(Request().service_cpu, 60ms);
}

TEST_F(MachineWatchTest, ModelsOfTwoServicesAreToldApart) {
  workers_["b"].pid = 9;
  watch_.BeginMeasuring("a");
  for (const char* variant : {"a", "b", "a", "b"}) EXPECT_EQ(Request(variant).service_cpu, 60ms) << variant;
  EXPECT_THAT(machine_.followed, ElementsAre(7, 9, 7, 9));
}

TEST_F(MachineWatchTest, AServiceElsewhereHasNoNumbersHere) {
  workers_["a"] = {std::nullopt, true, ""};
  watch_.BeginMeasuring("a");
  const run::MachineUse use = Request();
  EXPECT_EQ(use.service_resident_bytes, std::nullopt);
  EXPECT_EQ(use.service_cpu, std::nullopt);
  // What computes here and is not this process is somebody else.
  EXPECT_NEAR(*use.others_cpu_share, 70.0 / 400.0, 1e-12);
  EXPECT_EQ(watch_.Info().absent.at("service_resident_bytes"), "the service runs on another machine");
}

TEST_F(MachineWatchTest, AnUnknownServiceSaysWhy) {
  workers_["a"] = {std::nullopt, false, "nobody listens on the port"};
  watch_.BeginMeasuring("a");
  for (int i = 0; i < 30; ++i) Request();
  watch_.EndMeasuring();
  EXPECT_EQ(watch_.Info().absent.at("service_cpu"), "nobody listens on the port");
  EXPECT_THAT(watch_.Totals().others_share.reason(), HasSubstr("nobody listens on the port"));
}

// 30 requests of 100 ms on four processors: others had 10 of 400 ms in each. What passes between two stretches, here
// with a machine full of others, is not in it.
TEST_F(MachineWatchTest, OthersAreCountedOnlyWhileWeMeasure) {
  watch_.BeginMeasuring("a");
  for (int i = 0; i < 15; ++i) Request();
  watch_.EndMeasuring();
  machine_.Pass(10s, 0s, 0s, 40s);
  watch_.BeginMeasuring("a");
  for (int i = 0; i < 15; ++i) Request();
  watch_.EndMeasuring();
  const MachineTotals totals = watch_.Totals();
  EXPECT_NEAR(*totals.others_share, 0.025, 1e-12);
  EXPECT_EQ(*totals.stolen_share, 0);
  EXPECT_EQ(totals.client_time, 3s);
  EXPECT_EQ(*totals.client_cpu, 60ms);
}

// As above, with a pause of ours between every two requests in which our own processes fill the machine.
TEST_F(MachineWatchTest, APauseIsNobodysAndNoMeasuringTime) {
  watch_.BeginMeasuring("a");
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(Request().service_cpu, 60ms) << i;
    watch_.Pause();
    machine_.Pass(1s, 0s, 0s, 4s);
    if (i < 29) watch_.Resume();
  }
  watch_.EndMeasuring();
  const MachineTotals totals = watch_.Totals();
  EXPECT_NEAR(*totals.others_share, 0.025, 1e-12);
  EXPECT_EQ(totals.client_time, 3s);
}

// Snapshots of 1 ms, rounds of one request of 50 ms: what is looked at after pauses costs nothing while we measure, and
// what is looked at before them no more than one snapshot in 250 ms.
TEST_F(MachineWatchTest, PausesDoNotMakeLookingExpensive) {
  machine_.cost = 1ms;
  watch_.BeginMeasuring("a");
  for (int i = 0; i < 100; ++i) {
    Request("a", 50ms);
    watch_.Pause();
    machine_.Pass(100ms);
    if (i < 99) watch_.Resume();
  }
  watch_.EndMeasuring();
  EXPECT_LT(*watch_.Info().sampling_cpu_share, 0.005);
  EXPECT_TRUE(watch_.Totals().others_share) << "some of the rounds are known";
}

// 0.4 s are 40 ticks of 10 ms.
TEST_F(MachineWatchTest, TooShortARunSaysNothingOfOthers) {
  watch_.BeginMeasuring("a");
  for (int i = 0; i < 4; ++i) Request();
  watch_.EndMeasuring();
  EXPECT_THAT(watch_.Totals().others_share.reason(), HasSubstr("too short"));
  EXPECT_THAT(watch_.Totals().stolen_share.reason(), HasSubstr("too short"));
}

TEST_F(MachineWatchTest, StolenTimeIsOfAllProcessors) {
  watch_.BeginMeasuring("a");
  for (int i = 0; i < 20; ++i) Request();
  machine::MachineCpu cpu = *machine_.now().machine;
  cpu.stolen = 800ms;  // of 8 s
  machine_.now().machine = cpu;
  watch_.EndMeasuring();
  EXPECT_NEAR(*watch_.Totals().stolen_share, 0.1, 1e-12);
}

TEST_F(MachineWatchTest, ABlockIsAlwaysLookedAt) {
  watch_.BeginMeasuring("a");
  watch_.Before("a", true);
  EXPECT_EQ(machine_.taken, 1) << "the moment before is there";
  machine_.Pass(1ms, 0ms, 500us);
  watch_.AfterBlock();
  machine_.Pass(1ms);
  watch_.Before("a", true);
  machine_.Pass(1ms, 0ms, 500us);
  watch_.AfterBlock();
  EXPECT_EQ(machine_.taken, 3);
  EXPECT_EQ(watch_.Totals().client_time, 2ms);
  EXPECT_EQ(*watch_.Totals().client_cpu, 1ms);
}

// It changed and changed back: it did change.
TEST_F(MachineWatchTest, ConditionsThatChangedAreNamed) {
  watch_.BeginMeasuring("a");
  Request();
  machine_.now().power.source = machine::PowerSource::kBattery;
  machine_.now().power.highest_frequency_khz = std::int64_t{2'000'000};
  Request();
  machine_.now().power.source = machine::PowerSource::kMains;
  machine_.now().power.throttle_events = std::int64_t{9};
  Request();
  watch_.EndMeasuring();
  const MachineTotals totals = watch_.Totals();
  EXPECT_EQ(*totals.power_changes, 2);
  EXPECT_EQ(totals.changed, "the power source, the highest frequency that is allowed");
  EXPECT_EQ(*totals.throttle_events, 4);
}

TEST_F(MachineWatchTest, HeldBackCountsWhereNothingIsCounted) {
  const machine::Absent none{"no such counter"};
  machine_.now().power.throttle_events = none;
  machine_.now().power.held_back = false;
  watch_.BeginMeasuring("a");
  Request();
  EXPECT_EQ(*watch_.Totals().throttle_events, 0);
  machine_.now().power.held_back = true;
  Request();
  EXPECT_EQ(*watch_.Totals().throttle_events, 1);
  machine_.now().power.held_back = none;
  Request();
  EXPECT_EQ(watch_.Totals().throttle_events.reason(), "no such counter");
}

TEST_F(MachineWatchTest, StatedWattsStandInForACounter) {
  MachineWatch watch(
      machine_, machine_,
      [](const std::string&) {
        return session::Session::Worker{7, false, ""};
      },
      65);
  watch.BeginMeasuring("a");
  watch.Before("a");
  machine_.Pass(1ms);
  EXPECT_EQ(watch.After({}).stated_watts, 65) << "also where nothing was looked at";
  machine_.Pass(20ms);
  machine_.now().energy = std::vector<machine::EnergyZone>{{"intel-rapl:0", "package-0", 100, 1000}};
  watch.Before("a");
  machine_.now().energy = std::vector<machine::EnergyZone>{{"intel-rapl:0", "package-0", 450, 1000}};
  machine_.Pass(20ms);
  const run::MachineUse use = watch.After({});
  EXPECT_EQ(use.package_microjoules, 350);
  EXPECT_EQ(use.stated_watts, std::nullopt);
  EXPECT_EQ(watch.Info().stated_watts, 65);
}

TEST_F(MachineWatchTest, TheEndsOfTheRunAreReadFresh) {
  watch_.BeginMeasuring("a");
  machine_.now().power.governor = std::string("powersave");
  machine_.resident_bytes = 3000;
  watch_.EndMeasuring();
  const run::MachineInfo info = watch_.Info();
  EXPECT_EQ(info.before.governor, "performance");
  EXPECT_EQ(info.before.service_resident_bytes, 1000);
  EXPECT_EQ(info.after.governor, "powersave");
  EXPECT_EQ(info.after.service_resident_bytes, 3000);
  EXPECT_EQ(info.after.service_processes, 1);
  EXPECT_EQ(machine_.fresh, 2);
}

TEST_F(MachineWatchTest, NothingMeasuredIsSaid) {
  EXPECT_EQ(watch_.Info().absent.at("machine"), "nothing was measured");
  EXPECT_FALSE(watch_.Totals().others_share);
  EXPECT_FALSE(watch_.Totals().client_cpu);
  EXPECT_FALSE(watch_.Totals().power_changes);
}

// The real thing, so that nothing above is about a machine that does not exist.
TEST(SystemSnapshots, ReadsThisMachine) {
  const std::unique_ptr<SnapshotSource> source = SystemSnapshots();
  source->Follow(machine::OwnPid());
  const machine::Snapshot snapshot = source->Take();
  ASSERT_TRUE(snapshot.service) << snapshot.service.reason();
  EXPECT_GT(snapshot.service->resident_bytes, 1'000'000);
  EXPECT_TRUE(snapshot.own_cpu);
  EXPECT_TRUE(source->OwnCpu());
  EXPECT_EQ(source->TakeFresh().service->root, machine::OwnPid());
}

}  // namespace
}  // namespace assay::suite
