// SPDX-License-Identifier: MIT
#include "fixtures/machine/gpu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace assay::machine {
namespace {

using testing::SizeIs;

TEST(Gpus, StateWhatTheLibraryStates) {
  const auto source = SystemGpus({ASSAY_TEST_NVML_GOOD});
  for (int round = 0; round < 2; ++round) {
    const Reading<std::vector<Gpu>> gpus = source->Read();
    ASSERT_TRUE(gpus.has_value()) << gpus.reason();
    ASSERT_THAT(*gpus, SizeIs(2));
    const Gpu& gpu = (*gpus)[0];
    EXPECT_EQ(*gpu.name, "NVIDIA Test 4090");
    EXPECT_EQ(*gpu.memory_used_bytes, 4LL << 30);
    EXPECT_EQ(*gpu.memory_total_bytes, 24LL << 30);
    EXPECT_DOUBLE_EQ(*gpu.utilisation, 0.73);
    EXPECT_EQ(*gpu.power_milliwatts, 312'500);
    EXPECT_EQ(*gpu.celsius, 61);
    EXPECT_EQ(*gpu.energy_millijoules, 8'123'456'789);
  }
}

TEST(Gpus, EachNumberIsAbsentWithItsOwnReason) {
  const auto gpus = SystemGpus({ASSAY_TEST_NVML_GOOD})->Read();
  ASSERT_TRUE(gpus.has_value()) << gpus.reason();
  ASSERT_THAT(*gpus, SizeIs(2));
  const Gpu& gpu = (*gpus)[1];
  EXPECT_EQ(*gpu.name, std::string(96, 'x')) << "a name without an end is cut";
  EXPECT_EQ(gpu.memory_used_bytes.reason(), "NVIDIA's library answers error 15: GPU is lost");
  EXPECT_EQ(gpu.memory_total_bytes.reason(), gpu.memory_used_bytes.reason());
  EXPECT_EQ(gpu.utilisation.reason(), "NVIDIA's library answers error 999");
  EXPECT_EQ(gpu.power_milliwatts.reason(), "this NVIDIA device does not state it");
  EXPECT_EQ(gpu.celsius.reason(), "this NVIDIA device does not state it");
  EXPECT_EQ(gpu.energy_millijoules.reason(), "this NVIDIA device does not state it");
}

TEST(Gpus, DoWithoutFunctionsAnOldLibraryLacks) {
  const auto gpus = SystemGpus({ASSAY_TEST_NVML_OLD})->Read();
  ASSERT_TRUE(gpus.has_value()) << gpus.reason();
  ASSERT_THAT(*gpus, SizeIs(1));
  EXPECT_EQ(*(*gpus)[0].memory_used_bytes, 4LL << 30);
  EXPECT_FALSE((*gpus)[0].name.has_value());
  EXPECT_EQ((*gpus)[0].energy_millijoules.reason(), "this NVIDIA driver library does not state it");
}

TEST(Gpus, AreAbsentWhenTheDriverDoesNotRun) {
  EXPECT_EQ(SystemGpus({ASSAY_TEST_NVML_REFUSING})->Read().reason(),
            "NVIDIA's library answers error 9: Driver Not Loaded");
}

TEST(Gpus, AreAbsentWithoutTheLibrary) {
  EXPECT_EQ(SystemGpus({"/no/such/folder/libnvidia-ml.so.1"})->Read().reason(), "no NVIDIA driver library");
}

TEST(Gpus, TakeTheFirstLibraryThatLoads) {
  const auto gpus = SystemGpus({"/no/such/folder/nvml", ASSAY_TEST_NVML_GOOD})->Read();
  EXPECT_TRUE(gpus.has_value()) << gpus.reason();
}

TEST(Gpus, CanBeNone) {
  const auto gpus = SystemGpus({ASSAY_TEST_NVML_EMPTY})->Read();
  ASSERT_TRUE(gpus.has_value()) << gpus.reason();
  EXPECT_THAT(*gpus, SizeIs(0));
}

// Whatever this machine has: a value or a reason, and the library may be taken twice.
TEST(Gpus, OfThisMachineAreThereOrAbsentWithAReason) {
  const auto one = SystemGpus();
  const auto two = SystemGpus();
  for (const auto& source : {one->Read(), two->Read()}) EXPECT_NE(source.has_value(), !source.reason().empty());
}

}  // namespace
}  // namespace assay::machine
