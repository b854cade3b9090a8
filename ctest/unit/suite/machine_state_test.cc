// SPDX-License-Identifier: MIT
#include "benchmarks/suite/machine_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

machine::Gpu Gpu(const std::string& name, std::int64_t memory, double utilisation, std::int64_t milliwatts,
                 std::int64_t celsius, std::int64_t millijoules) {
  machine::Gpu gpu;
  gpu.name = name;
  gpu.memory_used_bytes = memory;
  gpu.utilisation = utilisation;
  gpu.power_milliwatts = milliwatts;
  gpu.celsius = celsius;
  gpu.energy_millijoules = millijoules;
  return gpu;
}

machine::Snapshot At(base::Nanoseconds time) {
  machine::Snapshot snapshot;
  snapshot.taken = snapshot.gpus_taken = snapshot.slow_taken = base::Moment(time);
  return snapshot;
}

// Two processors: memory, power and energy add up; of utilisation and heat the highest counts.
TEST(MachineUse, GraphicsProcessorsTogether) {
  machine::Snapshot before = At(1s);
  before.gpus = std::vector<machine::Gpu>{Gpu("A", 10, 0.1, 1000, 40, 500), Gpu("B", 20, 0.0, 2000, 50, 700)};
  machine::Snapshot after = At(2s);
  after.gpus = std::vector<machine::Gpu>{Gpu("A", 30, 0.9, 3000, 60, 800), Gpu("B", 40, 0.2, 4000, 55, 711)};
  run::MachineUse use = UseOf(&before, after, true);
  EXPECT_EQ(use.span, 1s);
  EXPECT_EQ(use.gpu_memory_bytes, 70);
  EXPECT_EQ(use.gpu_utilisation, 0.9);
  EXPECT_EQ(use.gpu_milliwatts, 7000);
  EXPECT_EQ(use.gpu_celsius, 60);
  EXPECT_EQ(use.gpu_millijoules, 300 + 11);
  EXPECT_EQ(UseOf(&before, after, false).gpu_millijoules, std::nullopt);

  // The second reading is of before the request: nothing of it is the request's.
  after.gpus_taken = base::Moment(1100ms);
  use = UseOf(&before, after, true);
  EXPECT_EQ(use.gpu_memory_bytes, std::nullopt);
  EXPECT_EQ(use.gpu_millijoules, std::nullopt);
}

TEST(MachineUse, WithoutAMomentBefore) {
  machine::Snapshot after = At(2s);
  machine::TreeUse tree;
  tree.resident_bytes = 100;
  tree.peak_resident_bytes = machine::Absent{"not here"};
  after.service = tree;
  const run::MachineUse use = UseOf(nullptr, after, true);
  EXPECT_EQ(use.service_resident_bytes, 100);
  EXPECT_EQ(use.service_peak_resident_bytes, std::nullopt);
  EXPECT_EQ(use.span, 0ns);
}

TEST(MachineState, HoldsWhatCouldBeRead) {
  machine::Snapshot snapshot = At(1s);
  snapshot.power.source = machine::PowerSource::kBattery;
  snapshot.power.battery_percent = 80.0;
  snapshot.load.average = machine::LoadAverage{0.5, 1, 2};
  snapshot.load.cpus = machine::CpuAllowance{8, 1.5};
  snapshot.gpus = std::vector<machine::Gpu>{Gpu("A", 1, 0, 0, 0, 0), machine::Gpu()};
  const run::MachineState state = StateOf(snapshot);
  EXPECT_EQ(state.power_source, "battery");
  EXPECT_EQ(state.battery_percent, 80.0);
  EXPECT_EQ(state.load_average_1m, 0.5);
  EXPECT_EQ(state.available_cpus, 1.5);
  EXPECT_EQ(state.governor, std::nullopt);
  EXPECT_EQ(state.service_resident_bytes, std::nullopt);
  EXPECT_THAT(state.gpus, ElementsAre("A", "unnamed"));
}

TEST(MachineState, WhatCouldNotBeReadHasItsReason) {
  machine::Snapshot snapshot = At(1s);
  snapshot.power.governor = machine::Absent{"no such file"};
  snapshot.power.held_back = false;
  const std::map<std::string, std::string> absent = AbsentIn(snapshot);
  EXPECT_EQ(absent.at("governor"), "no such file");
  EXPECT_TRUE(absent.contains("package_microjoules"));
  EXPECT_TRUE(absent.contains("service_resident_bytes"));
  EXPECT_FALSE(absent.contains("throttle_events")) << "whether it is held back is the other way to tell";
  for (const auto& [name, why] : absent) EXPECT_NE(why, "") << name;
}

}  // namespace
}  // namespace assay::suite
