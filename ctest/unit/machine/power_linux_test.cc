// SPDX-License-Identifier: MIT
// A /sys of our own, after the kernel's Documentation/ABI/testing/sysfs-class-power, admin-guide/pm/cpufreq.rst,
// power/powercap/powercap.rst, driver-api/thermal/sysfs-api.rst and hwmon/coretemp.rst.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <tuple>

#include "ctest/unit/machine/fake_tree.h"
#include "fixtures/machine/power.h"

namespace assay::machine {
namespace {

using testing::ElementsAre;

class Sys : public testing::Test {
 protected:
  void Supply(const std::string& name, const std::string& file, const std::string& content) {
    tree_.Write("sys/class/power_supply/" + name + "/" + file, content + "\n");
  }
  Power Read() { return ReadPower(tree_.roots()); }
  FakeTree tree_;
};

TEST_F(Sys, WithoutAnythingEveryValueIsAbsentWithItsReason) {
  const Power power = Read();
  const std::string sys = tree_.roots().sys;
  EXPECT_EQ(power.source.reason(), "no power supply is listed in " + sys +
                                       "/class/power_supply, as on desktops, servers and virtual machines");
  EXPECT_EQ(power.battery_percent.reason(), "no battery is listed in " + sys + "/class/power_supply");
  EXPECT_EQ(power.governor.reason(), "there is no " + sys +
                                         "/devices/system/cpu/cpufreq/policy*: a virtual machine, or the frequency is "
                                         "fixed");
  EXPECT_EQ(power.frequency_khz.reason(), power.governor.reason());
  EXPECT_EQ(power.cpu_celsius.reason(),
            "no CPU temperature is listed in " + sys + "/class/thermal or " + sys + "/class/hwmon");
  EXPECT_EQ(power.throttle_events.reason(), "there is no thermal_throttle below " + sys + "/devices/system/cpu/cpu*");
  EXPECT_FALSE(power.held_back.has_value());
}

TEST_F(Sys, LaptopOnMains) {
  Supply("AC", "type", "Mains");
  Supply("AC", "online", "1");
  Supply("BAT0", "type", "Battery");
  Supply("BAT0", "status", "Not charging");
  Supply("BAT0", "capacity", "80");
  const Power power = Read();
  EXPECT_EQ(*power.source, PowerSource::kMains);
  EXPECT_EQ(*power.battery_percent, 80.0);
}

TEST_F(Sys, LaptopOnItsBatteries) {
  Supply("AC", "type", "Mains");
  Supply("AC", "online", "0");
  Supply("BAT0", "type", "Battery");
  Supply("BAT0", "status", "Full");
  Supply("BAT0", "capacity", "100");
  Supply("BAT1", "type", "Battery");
  Supply("BAT1", "status", "Discharging");
  Supply("BAT1", "capacity", "50");
  const Power power = Read();
  EXPECT_EQ(*power.source, PowerSource::kBattery);
  EXPECT_EQ(*power.battery_percent, 75.0);
}

TEST_F(Sys, PluggedOutBeforeTheBatteryNoticed) {
  Supply("AC", "type", "Mains");
  Supply("AC", "online", "0");
  Supply("BAT0", "type", "Battery");
  Supply("BAT0", "status", "Unknown");
  EXPECT_EQ(*Read().source, PowerSource::kBattery);
  EXPECT_FALSE(Read().battery_percent.has_value());
}

TEST_F(Sys, PoweredByUsb) {
  Supply("ucsi-source-psy-1", "type", "USB");
  Supply("ucsi-source-psy-1", "online", "0");
  Supply("ucsi-source-psy-2", "type", "USB");
  Supply("ucsi-source-psy-2", "online", "1");
  EXPECT_EQ(*Read().source, PowerSource::kMains);
}

TEST_F(Sys, BatteryOfAMouseIsNotTheMachines) {
  Supply("hidpp_battery_0", "type", "Battery");
  Supply("hidpp_battery_0", "scope", "Device");
  Supply("hidpp_battery_0", "status", "Discharging");
  Supply("hidpp_battery_0", "capacity", "5");
  EXPECT_FALSE(Read().source.has_value());
  EXPECT_FALSE(Read().battery_percent.has_value());
}

TEST_F(Sys, FrequencyIsThatOfTheFastestProcessorAndGovernorsAreAllNamed) {
  const std::string folder = "sys/devices/system/cpu/cpufreq/";
  tree_.Write(folder + "policy0/scaling_governor", "powersave\n");
  tree_.Write(folder + "policy0/scaling_cur_freq", "800000\n");
  tree_.Write(folder + "policy0/scaling_max_freq", "3400000\n");
  tree_.Write(folder + "policy10/scaling_governor", "performance\n");
  tree_.Write(folder + "policy10/scaling_cur_freq", "4200123\n");
  tree_.Write(folder + "policy10/scaling_max_freq", "4700000\n");
  tree_.Write(folder + "policy2/scaling_governor", "powersave\n");
  tree_.Write(folder + "policy2/scaling_cur_freq", "<unknown>\n");
  const Power power = Read();
  EXPECT_EQ(*power.governor, "performance+powersave");
  EXPECT_EQ(*power.frequency_khz, 4'200'123);
  EXPECT_EQ(*power.highest_frequency_khz, 4'700'000);
}

TEST_F(Sys, FrequencyThatIsNoNumberIsAbsent) {
  tree_.Write("sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "<unknown>\n");
  const Power power = Read();
  EXPECT_EQ(power.frequency_khz.reason(),
            tree_.roots().sys + "/devices/system/cpu/cpufreq/policy0/scaling_cur_freq holds no number");
  EXPECT_EQ(power.governor.reason(),
            "there is no " + tree_.roots().sys + "/devices/system/cpu/cpufreq/policy0/scaling_governor");
}

TEST_F(Sys, TemperatureIsThatOfTheHottestPackage) {
  tree_.Write("sys/class/thermal/thermal_zone0/type", "acpitz\n");
  tree_.Write("sys/class/thermal/thermal_zone0/temp", "99000\n");
  tree_.Write("sys/class/thermal/thermal_zone1/type", "x86_pkg_temp\n");
  tree_.Write("sys/class/thermal/thermal_zone1/temp", "61500\n");
  tree_.Write("sys/class/thermal/thermal_zone2/type", "x86_pkg_temp\n");
  tree_.Write("sys/class/thermal/thermal_zone2/temp", "58000\n");
  tree_.Write("sys/class/thermal/cooling_device0/type", "Processor\n");
  EXPECT_EQ(*Read().cpu_celsius, 61.5);
}

TEST_F(Sys, TemperatureComesFromHwmonWithoutAZone) {
  tree_.Write("sys/class/hwmon/hwmon0/name", "nvme\n");
  tree_.Write("sys/class/hwmon/hwmon0/temp1_label", "Composite\n");
  tree_.Write("sys/class/hwmon/hwmon0/temp1_input", "99000\n");
  tree_.Write("sys/class/hwmon/hwmon1/name", "coretemp\n");
  tree_.Write("sys/class/hwmon/hwmon1/temp1_label", "Package id 0\n");
  tree_.Write("sys/class/hwmon/hwmon1/temp1_input", "47000\n");
  tree_.Write("sys/class/hwmon/hwmon1/temp2_label", "Core 0\n");
  tree_.Write("sys/class/hwmon/hwmon1/temp2_input", "49000\n");
  EXPECT_EQ(*Read().cpu_celsius, 47.0);
}

TEST_F(Sys, ThrottlingSumsCoresAndCountsThePackageOnce) {
  const std::string folder = "sys/devices/system/cpu/";
  for (const auto& [cpu, core, package] : {std::tuple{"cpu0", 3, 40}, {"cpu1", 4, 41}, {"cpu10", 5, 40}}) {
    tree_.Write(folder + cpu + "/thermal_throttle/core_throttle_count", std::to_string(core) + "\n");
    tree_.Write(folder + cpu + "/thermal_throttle/package_throttle_count", std::to_string(package) + "\n");
  }
  tree_.Write(folder + "cpufreq/boost", "1\n");
  tree_.Write(folder + "cpuidle/current_driver", "intel_idle\n");
  EXPECT_EQ(*Read().throttle_events, 53);  // 3 + 4 + 5 and 41
}

class Rapl : public Sys {
 protected:
  void Zone(const std::string& zone, const std::string& name, const std::string& microjoules) {
    const std::string folder = "sys/class/powercap/" + zone + "/";
    tree_.Write(folder + "name", name + "\n");
    tree_.Write(folder + "energy_uj", microjoules + "\n");
    tree_.Write(folder + "max_energy_range_uj", "262143328850\n");
  }
  std::string Counter(const std::string& zone) { return tree_.roots().sys + "/class/powercap/" + zone + "/energy_uj"; }
};

MATCHER_P3(IsZone, zone, name, microjoules, "") {
  return arg.zone == zone && arg.name == name && arg.microjoules == microjoules &&
         arg.range_microjoules == 262'143'328'850;
}

TEST_F(Rapl, ZonesAreReadEachTime) {
  tree_.Write("sys/class/powercap/intel-rapl/enabled", "1\n");
  Zone("intel-rapl:0", "package-0", "123456");
  Zone("intel-rapl:0:0", "core", "23456");
  Zone("intel-rapl-mmio:0", "package-0", "777");  // the same package once more
  const auto source = SystemEnergy(tree_.roots());
  auto zones = source->Read();
  ASSERT_TRUE(zones.has_value()) << zones.reason();
  EXPECT_THAT(*zones,
              ElementsAre(IsZone("intel-rapl:0", "package-0", 123'456), IsZone("intel-rapl:0:0", "core", 23'456)));
  // In place, as a counter changes; a renamed file would be another one.
  std::FILE* const file = std::fopen(Counter("intel-rapl:0").c_str(), "r+");
  ASSERT_NE(file, nullptr);
  std::fputs("199999\n", file);
  std::fclose(file);
  zones = source->Read();
  ASSERT_TRUE(zones.has_value()) << zones.reason();
  EXPECT_EQ((*zones)[0].microjoules, 199'999);
}

TEST_F(Rapl, IsAbsentWithoutACounter) {
  EXPECT_EQ(SystemEnergy(tree_.roots())->Read().reason(),
            "there is no RAPL counter (" + tree_.roots().sys + "/class/powercap/intel-rapl:*)");
}

TEST_F(Rapl, IsAbsentWhenACounterMakesNoSense) {
  Zone("intel-rapl:0", "package-0", "not a number");
  EXPECT_EQ(SystemEnergy(tree_.roots())->Read().reason(), "the energy counter of intel-rapl:0 holds no number");
  Zone("intel-rapl:0", "package-0", "1");
  tree_.Write("sys/class/powercap/intel-rapl:0/max_energy_range_uj", "0\n");
  EXPECT_EQ(SystemEnergy(tree_.roots())->Read().reason(),
            tree_.roots().sys + "/class/powercap/intel-rapl:0/max_energy_range_uj is not positive");
}

// Since Linux 5.10 only root may read energy_uj (CVE-2020-8694).
TEST_F(Rapl, IsAbsentWhenTheUserMayNotReadIt) {
  Zone("intel-rapl:0", "package-0", "1");
  namespace fs = std::filesystem;
  fs::permissions(Counter("intel-rapl:0"), fs::perms::owner_read);
  const bool root = geteuid() == 0;
  if (root) {
    // As somebody else, who may come as far as the counter's folder.
    const fs::path sys = tree_.roots().sys;
    for (const fs::path& folder :
         {sys.parent_path(), sys, sys / "class", sys / "class/powercap", sys / "class/powercap/intel-rapl:0"}) {
      fs::permissions(folder, static_cast<fs::perms>(0755));
    }
    ASSERT_EQ(seteuid(65534), 0);
  } else {
    fs::permissions(Counter("intel-rapl:0"), fs::perms::none);
  }
  const auto zones = SystemEnergy(tree_.roots())->Read();
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  EXPECT_EQ(zones.reason(), Counter("intel-rapl:0") + " is not readable by this user");
}

}  // namespace
}  // namespace assay::machine
