// SPDX-License-Identifier: MIT
#include "fixtures/run/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::run {
namespace {

Environment Machine(const std::string& cpu) {
  Environment environment;
  environment.os = "linux";
  environment.os_version = "6.1";
  environment.arch = "x86_64";
  environment.cpu = cpu;
  environment.cores = 2;
  environment.host = "here";
  return environment;
}

TEST(EnvironmentKey, IsASlugOfTheMachine) {
  EXPECT_EQ(Machine("Intel(R) Xeon(R) Processor").Key(), "linux-x86_64-intel-xeon-processor-2c");
  EXPECT_EQ(Machine("Intel(R) Core(TM) i7-1185G7 CPU @ 3.00GHz").Key(),
            "linux-x86_64-intel-core-i7-1185g7-cpu-3.00ghz-2c");
  EXPECT_EQ(Machine("implementer 0x41 part 0xd0c").Key(), "linux-x86_64-implementer-0x41-part-0xd0c-2c");
}

TEST(EnvironmentKey, NamesTheGpuAndTheBattery) {
  Environment environment = Machine("CPU");
  environment.gpu = "NVIDIA GeForce RTX 4060";
  EXPECT_EQ(environment.Key(), "linux-x86_64-cpu-2c-nvidia-geforce-rtx-4060");
  environment.power_source = "ac";
  EXPECT_EQ(environment.Key(), "linux-x86_64-cpu-2c-nvidia-geforce-rtx-4060");
  environment.power_source = "battery";
  EXPECT_EQ(environment.Key(), "linux-x86_64-cpu-2c-nvidia-geforce-rtx-4060-battery");
}

TEST(EnvironmentKey, DoesNotDependOnWhatIsInformational) {
  Environment environment = Machine("CPU");
  const std::string key = environment.Key();
  environment.os_version = "7";
  environment.host = "elsewhere";
  environment.memory_mib = 1;
  EXPECT_EQ(environment.Key(), key);
  environment.cores = 4;
  EXPECT_NE(environment.Key(), key);
}

// It names a folder of baselines on every file system.
TEST(EnvironmentKey, IsASafeFolderName) {
  for (const char* cpu : {"", "   ", "///", "../../etc", "a\\b:c*?\"<>|", "日本 CPU\n", "--x--"}) {
    const std::string key = Machine(cpu).Key();
    EXPECT_EQ(key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_"), std::string::npos) << key;
    EXPECT_EQ(key.find("--"), std::string::npos) << key;
    EXPECT_TRUE(key.starts_with("linux-x86_64-")) << key;
    EXPECT_TRUE(key.ends_with("-2c")) << key;
  }
  EXPECT_EQ(Machine("///").Key(), "linux-x86_64-unknown-2c");
}

TEST(DetectEnvironment, FindsThisMachineTheSameWayTwice) {
  const Environment environment = DetectEnvironment();
  EXPECT_FALSE(environment.os.empty());
  EXPECT_FALSE(environment.arch.empty());
  EXPECT_FALSE(environment.cpu.empty());
  EXPECT_GE(environment.cores, 1);
  EXPECT_EQ(DetectEnvironment().Key(), environment.Key());
  const base::Result<Environment> read = EnvironmentFromJson(ToJson(environment), "f");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(read->Key(), environment.Key());
}

}  // namespace
}  // namespace assay::run
