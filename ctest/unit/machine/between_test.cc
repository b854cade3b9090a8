// SPDX-License-Identifier: MIT
// What two snapshots say together; the figures are worked out by hand beside each.
#include <gtest/gtest.h>

#include <chrono>

#include "fixtures/machine/snapshot.h"

namespace assay::machine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Snapshot At(milliseconds time, milliseconds service, milliseconds own, milliseconds busy, milliseconds stolen = {}) {
  Snapshot snapshot;
  snapshot.taken = base::Moment(seconds(1000) + time);
  TreeUse use;
  use.root = 10;
  use.cpu = service;
  snapshot.service = use;
  snapshot.own_cpu = base::Nanoseconds(own);
  snapshot.machine = MachineCpu{busy, stolen, 4, milliseconds(10), std::nullopt};
  return snapshot;
}

TEST(SharesBetween, DivideCpuTimeByElapsedTime) {
  // 2 s: the service 3 s, we 0.1 s, the machine 4 s, so 0.9 s for others; 0.2 s stolen; 4 processors.
  const CpuShares shares =
      SharesBetween(At(milliseconds(0), seconds(50), seconds(7), seconds(900), seconds(1)),
                    At(milliseconds(2000), seconds(53), milliseconds(7100), seconds(904), milliseconds(1200)));
  EXPECT_DOUBLE_EQ(shares.service->of_one_core, 1.5);
  EXPECT_DOUBLE_EQ(*shares.service->of_machine, 0.375);
  EXPECT_DOUBLE_EQ(shares.own->of_one_core, 0.05);
  EXPECT_DOUBLE_EQ(*shares.own->of_machine, 0.0125);
  EXPECT_DOUBLE_EQ(shares.others->of_one_core, 0.45);
  EXPECT_DOUBLE_EQ(*shares.others->of_machine, 0.1125);
  EXPECT_DOUBLE_EQ(shares.stolen->of_one_core, 0.1);
}

TEST(SharesBetween, OthersAreNotLessThanNobody) {
  // The machine counts 1 s in ticks, the service and we 1.02 s exactly.
  const CpuShares shares = SharesBetween(At(milliseconds(0), seconds(0), seconds(0), seconds(0)),
                                         At(milliseconds(1000), seconds(1), milliseconds(20), seconds(1)));
  EXPECT_EQ(shares.others->of_one_core, 0.0);
}

TEST(SharesBetween, OthersAreAbsentForLessThanTenTicks) {
  const Snapshot before = At(milliseconds(0), seconds(0), seconds(0), seconds(0));
  const CpuShares just = SharesBetween(before, At(milliseconds(99), milliseconds(40), seconds(0), milliseconds(50)));
  EXPECT_EQ(just.others.reason(), "the time is shorter than ten ticks of the machine's CPU counter");
  EXPECT_NEAR(just.service->of_one_core, 40.0 / 99.0, 1e-12) << "the service's clock is exact";
  EXPECT_TRUE(SharesBetween(before, At(milliseconds(100), seconds(0), seconds(0), seconds(0))).others.has_value());
}

TEST(SharesBetween, WithoutTheServiceOthersAreAbsentUnlessItIsElsewhere) {
  Snapshot before = At(milliseconds(0), seconds(0), seconds(0), seconds(0));
  Snapshot after = At(milliseconds(1000), seconds(0), milliseconds(100), milliseconds(800));
  before.service = after.service = Absent{"the service's process is not known"};
  CpuShares shares = SharesBetween(before, after);
  EXPECT_EQ(shares.service.reason(), "the service's process is not known");
  EXPECT_EQ(shares.others.reason(),
            "the service's share of the machine is not known: the service's process is not known");
  EXPECT_DOUBLE_EQ(shares.own->of_one_core, 0.1);

  before.service_elsewhere = after.service_elsewhere = true;
  shares = SharesBetween(before, after);
  EXPECT_DOUBLE_EQ(shares.others->of_one_core, 0.7);
}

TEST(SharesBetween, AnotherProcessIsNotCompared) {
  const Snapshot before = At(milliseconds(0), seconds(5), seconds(0), seconds(0));
  Snapshot after = At(milliseconds(1000), seconds(6), seconds(0), seconds(2));
  TreeUse other = *after.service;
  other.root = 11;
  after.service = other;
  EXPECT_EQ(SharesBetween(before, after).service.reason(), "the service's process is another one than before");
  EXPECT_FALSE(SharesBetween(before, after).others.has_value());
}

TEST(SharesBetween, NeedTimeToPass) {
  const Snapshot one = At(milliseconds(5), seconds(5), seconds(0), seconds(0));
  for (const Snapshot& after : {one, At(milliseconds(4), seconds(6), seconds(0), seconds(0))}) {
    const CpuShares shares = SharesBetween(one, after);
    EXPECT_EQ(shares.service.reason(), "the second snapshot is not later than the first");
    EXPECT_FALSE(shares.own || shares.others || shares.stolen);
  }
}

TEST(SharesBetween, WithoutTheMachineOwnIsStillOfOneCore) {
  Snapshot before = At(milliseconds(0), seconds(0), seconds(0), seconds(0));
  Snapshot after = At(milliseconds(1000), milliseconds(500), milliseconds(100), seconds(0));
  after.machine = Absent{"no counter"};
  const CpuShares shares = SharesBetween(before, after);
  EXPECT_DOUBLE_EQ(shares.own->of_one_core, 0.1);
  EXPECT_FALSE(shares.own->of_machine.has_value());
  EXPECT_EQ(shares.others.reason(), "no counter");
  EXPECT_EQ(shares.stolen.reason(), "no counter");

  MachineCpu uncounted = *before.machine;
  uncounted.stolen.reset();
  after.machine = uncounted;
  EXPECT_EQ(SharesBetween(before, after).stolen.reason(), "this system counts no stolen time");
}

EnergyZone Zone(const char* zone, const char* name, std::int64_t microjoules) {
  return EnergyZone{zone, name, microjoules, 262'143'328'850};
}

Snapshot With(std::vector<EnergyZone> zones) {
  Snapshot snapshot;
  snapshot.energy = std::move(zones);
  return snapshot;
}

TEST(EnergyBetween, SumsPackagesAndKeepsMemoryApart) {
  const auto energy = EnergyBetween(With({Zone("intel-rapl:0", "package-0", 1000), Zone("intel-rapl:0:0", "core", 500),
                                          Zone("intel-rapl:0:1", "dram", 40), Zone("intel-rapl:1", "package-1", 2000),
                                          Zone("intel-rapl:2", "psys", 1)}),
                                    With({Zone("intel-rapl:0", "package-0", 1700), Zone("intel-rapl:0:0", "core", 900),
                                          Zone("intel-rapl:0:1", "dram", 65), Zone("intel-rapl:1", "package-1", 2030),
                                          Zone("intel-rapl:2", "psys", 9999)}));
  ASSERT_TRUE(energy.has_value()) << energy.reason();
  EXPECT_EQ(energy->package_microjoules, 730);  // 700 + 30; the cores are part of their package, psys is more
  EXPECT_EQ(*energy->memory_microjoules, 25);
}

TEST(EnergyBetween, FollowsACounterThatStartedAgain) {
  // From 850 below the end of its range to 150 above 0: 1000.
  const auto energy = EnergyBetween(With({Zone("intel-rapl:0", "package-0", 262'143'328'000)}),
                                    With({Zone("intel-rapl:0", "package-0", 150)}));
  ASSERT_TRUE(energy.has_value()) << energy.reason();
  EXPECT_EQ(energy->package_microjoules, 1000);
  EXPECT_EQ(energy->memory_microjoules.reason(), "there is no energy counter of memory");
}

TEST(EnergyBetween, IsAbsentWithTheReason) {
  Snapshot without;
  without.energy = Absent{"there is no RAPL counter"};
  const Snapshot with = With({Zone("intel-rapl:0", "package-0", 1)});
  EXPECT_EQ(EnergyBetween(without, with).reason(), "there is no RAPL counter");
  EXPECT_EQ(EnergyBetween(with, without).reason(), "there is no RAPL counter");
  EXPECT_EQ(EnergyBetween(with, With({Zone("intel-rapl:1", "package-1", 1)})).reason(),
            "the energy counters are others than before");
  EXPECT_EQ(EnergyBetween(With({}), With({})).reason(), "no energy counter of a processor package is readable");
  const Snapshot small = With({EnergyZone{"intel-rapl:0", "package-0", 10, 100}});
  EXPECT_FALSE(EnergyBetween(With({EnergyZone{"intel-rapl:0", "package-0", 500, 100}}), small).has_value());
}

TEST(ChangesBetween, NamesWhatIsNotAsItWas) {
  Snapshot before;
  before.power.source = PowerSource::kMains;
  before.power.governor = std::string("performance");
  before.power.highest_frequency_khz = 4'200'000;
  before.power.throttle_events = 17;
  before.power.held_back = false;
  Snapshot after = before;
  Changes same = ChangesBetween(before, after);
  EXPECT_FALSE(*same.power_source);
  EXPECT_FALSE(*same.governor);
  EXPECT_FALSE(*same.highest_frequency);
  EXPECT_EQ(*same.throttle_events, 0);
  EXPECT_FALSE(*same.held_back);

  after.power.source = PowerSource::kBattery;
  after.power.governor = std::string("powersave");
  after.power.highest_frequency_khz = 1'800'000;
  after.power.throttle_events = 20;
  after.power.held_back = true;
  const Changes changed = ChangesBetween(before, after);
  EXPECT_TRUE(*changed.power_source);
  EXPECT_TRUE(*changed.governor);
  EXPECT_TRUE(*changed.highest_frequency);
  EXPECT_EQ(*changed.throttle_events, 3);
  EXPECT_TRUE(*changed.held_back);
  EXPECT_TRUE(*ChangesBetween(after, before).held_back) << "at either moment";
  EXPECT_EQ(*ChangesBetween(after, before).throttle_events, 0);
}

TEST(ChangesBetween, IsAbsentWhereEitherSideIs) {
  Snapshot before;
  before.power.governor = std::string("performance");
  Snapshot after;
  after.power.governor = Absent{"there is no cpufreq"};
  const Changes changes = ChangesBetween(before, after);
  EXPECT_EQ(changes.governor.reason(), "there is no cpufreq");
  EXPECT_EQ(changes.throttle_events.reason(), "not read");
  EXPECT_FALSE(changes.power_source || changes.held_back || changes.highest_frequency);
}

}  // namespace
}  // namespace assay::machine
