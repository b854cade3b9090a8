// SPDX-License-Identifier: MIT
#include "benchmarks/suite/machine_watch.h"

#include <algorithm>
#include <utility>

#include "benchmarks/suite/machine_state.h"

namespace assay::suite {
namespace {

// A snapshot of this much of the time between two is a load nobody notices: four fifths of the half percent of one core
// that looking may cost.
constexpr int kTimesItsCost = 250;
constexpr base::Nanoseconds kPause = std::chrono::milliseconds(10);

// Ticks of the machine's CPU counter before it is believed. A tick is charged to whoever runs when it ends: over 50 of
// them on two processors (100 draws) the share of a half-busy machine is off by 5 % (one standard deviation), that of a
// quiet one, 2 % busy, by 1.4 %: neither is near the limit of 10 %.
constexpr int kFewestTicks = 50;

class System final : public SnapshotSource {
 public:
  machine::Snapshot Take() override { return watch_.Take(); }
  machine::Snapshot TakeFresh() override { return machine::Watch(OptionsFor(service_)).Take(); }
  void Follow(std::optional<machine::Pid> service) override {
    service_ = service;
    watch_.Follow(service);
  }
  machine::Reading<base::Nanoseconds> OwnCpu() override { return machine::OwnCpu(); }

 private:
  static machine::WatchOptions OptionsFor(std::optional<machine::Pid> service) {
    machine::WatchOptions options;
    options.service = service;
    return options;
  }
  std::optional<machine::Pid> service_;
  machine::Watch watch_{machine::WatchOptions()};
};

double Share(base::Nanoseconds part, base::Nanoseconds whole) {
  return static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

bool SameService(const machine::Snapshot& before, const machine::Snapshot& after) {
  return before.service && after.service && before.service->root == after.service->root;
}

}  // namespace

std::unique_ptr<SnapshotSource> SystemSnapshots() { return std::make_unique<System>(); }

// Whether another process is followed than before.
bool MachineWatch::FollowWorkerOf(const std::string& variant) {
  variant_ = variant;
  auto known = workers_.find(variant);
  if (known == workers_.end()) known = workers_.emplace(variant, find_(variant)).first;
  const bool other = known->second.pid != worker_.pid || known->second.elsewhere != worker_.elsewhere;
  if (other) source_.Follow(known->second.elsewhere ? std::nullopt : known->second.pid);
  worker_ = known->second;
  return other;
}

base::Nanoseconds MachineWatch::MeanCost() const { return snapshots_ == 0 ? base::Nanoseconds(0) : cost_ / snapshots_; }

// Requests that go to several services in turn need two snapshots each, and so does a short round between two pauses:
// these may follow each other at once, as long as
// all of them together cost no more than they may.
bool MachineWatch::MayTake(base::Moment now, bool two_each) const {
  if (!last_) return true;
  if (two_each) return (cost_while_measuring_ + MeanCost()) * kTimesItsCost <= measured_ + (now - measuring_since_);
  return now - last_->taken >= std::max(kPause, MeanCost() * kTimesItsCost);
}

// Says why the service is not in it.
void MachineWatch::Mend(machine::Snapshot& snapshot) const {
  snapshot.service_elsewhere = worker_.elsewhere;
  if (worker_.elsewhere) {
    snapshot.service = machine::Absent{"the service runs on another machine"};
  } else if (!worker_.pid && !worker_.why.empty()) {
    snapshot.service = machine::Absent{worker_.why};
  }
}

// Returns the one before.
std::optional<machine::Snapshot> MachineWatch::Take() {
  const base::Moment begun = clock_.Now();
  machine::Snapshot snapshot = source_.Take();
  Mend(snapshot);
  if (measuring_ && last_) Add(*last_, snapshot);
  NoteConditions(snapshot);
  std::optional<machine::Snapshot> before = std::exchange(last_, std::move(snapshot));
  untouched_ = true;
  rested_ = false;
  const base::Nanoseconds cost = clock_.Now() - begun;
  ++snapshots_;
  cost_ += cost;
  if (measuring_) cost_while_measuring_ += cost;
  return before;
}

void MachineWatch::Add(const machine::Snapshot& before, const machine::Snapshot& after) {
  const base::Nanoseconds elapsed = after.taken - before.taken;
  if (!before.machine || !after.machine) {
    if (sums_.why.empty()) sums_.why = (before.machine ? after.machine : before.machine).reason();
    return;
  }
  sums_.tick = after.machine->tick;
  const base::Nanoseconds processors = elapsed * after.machine->cpus;
  if (before.machine->stolen && after.machine->stolen) {
    sums_.stolen_processors += processors;
    sums_.stolen += *after.machine->stolen - *before.machine->stolen;
  } else if (sums_.why_not_stolen.empty()) {
    sums_.why_not_stolen = "this system counts no stolen time";
  }
  if (!before.own_cpu || !after.own_cpu) {
    if (sums_.why.empty()) sums_.why = (before.own_cpu ? after.own_cpu : before.own_cpu).reason();
    return;
  }
  base::Nanoseconds ours = *after.own_cpu - *before.own_cpu;
  if (!after.service_elsewhere || !before.service_elsewhere) {
    if (!SameService(before, after)) {
      const bool both = before.service && after.service;
      if (sums_.why.empty() && !both) {
        sums_.why = "the service's share is not known: " + (before.service ? after.service : before.service).reason();
      }
      return;  // another service than before: this stretch is left out
    }
    ours += after.service->cpu - before.service->cpu;
  }
  sums_.elapsed += elapsed;
  sums_.processors += processors;
  sums_.busy += after.machine->busy - before.machine->busy;
  sums_.ours += ours;
}

// Power and load are read once a second at most: the same reading is looked at once.
void MachineWatch::NoteConditions(const machine::Snapshot& snapshot) {
  if (!measuring_ || !first_) return;
  if (conditions_ && conditions_->slow_taken == snapshot.slow_taken) return;
  const machine::Changes changes = machine::ChangesBetween(*first_, snapshot);
  source_changed_ = source_changed_ || (changes.power_source && *changes.power_source);
  governor_changed_ = governor_changed_ || (changes.governor && *changes.governor);
  frequency_changed_ = frequency_changed_ || (changes.highest_frequency && *changes.highest_frequency);
  held_back_ = held_back_ || (changes.held_back && *changes.held_back);
  conditions_ = snapshot;
}

void MachineWatch::BeginMeasuring(const std::string& variant) {
  workers_.clear();  // warm-ups may have loaded, moved or restarted
  FollowWorkerOf(variant);
  if (!first_) {
    first_ = source_.TakeFresh();
    Mend(*first_);
  }
  Take();
  measuring_ = true;
  measuring_since_ = clock_.Now();
}

void MachineWatch::EndMeasuring() {
  if (!measuring_) return;
  Take();
  measured_ += clock_.Now() - measuring_since_;
  measuring_ = false;
}

// Where a snapshot would cost more than looking may, what was since the last one is left out.
void MachineWatch::Pause() {
  if (!measuring_) return;
  if (!untouched_ && MayTake(clock_.Now(), rested_)) Take();
  measured_ += clock_.Now() - measuring_since_;
  measuring_ = false;
}

void MachineWatch::Resume() {
  if (measuring_) return;
  Take();
  rested_ = true;
  measuring_ = true;
  measuring_since_ = clock_.Now();
}

void MachineWatch::Before(const std::string& variant, bool block) {
  const bool other = FollowWorkerOf(variant);
  if ((!untouched_ || other) && (block || MayTake(clock_.Now(), other))) {
    Take();
    is_before_ = true;
  } else {
    is_before_ = untouched_ && !other;
  }
  own_before_ = source_.OwnCpu();
  asked_at_ = clock_.Now();
}

machine::Reading<base::Nanoseconds> MachineWatch::ClientCpu(const machine::Reading<base::Nanoseconds>& now) const {
  if (!own_before_) return own_before_.absent();
  if (!now) return now.absent();
  return *now - *own_before_;
}

void MachineWatch::AddClientCpu(base::Nanoseconds time, const machine::Reading<base::Nanoseconds>& cpu) {
  if (!cpu) {
    why_no_client_cpu_ = cpu.reason();
    return;
  }
  client_time_ += time;
  client_cpu_ += *cpu;
}

run::MachineUse MachineWatch::After(const Between& between) {
  const base::Moment now = clock_.Now();
  const machine::Reading<base::Nanoseconds> client = ClientCpu(source_.OwnCpu());
  AddClientCpu(now - asked_at_, client);
  if (between.moved) {
    workers_.clear();
    FollowWorkerOf(variant_);
  }
  run::MachineUse use;
  if (MayTake(now, rested_)) {
    const std::optional<machine::Snapshot> before = Take();
    use = UseOf(before ? &*before : nullptr, *last_, is_before_ && between.one_request);
  } else {
    untouched_ = false;
  }
  if (use.span == base::Nanoseconds(0)) use.span = now - asked_at_;
  if (client && between.one_request) use.client_cpu = *client;
  if (!use.package_microjoules) use.stated_watts = stated_watts_;
  is_before_ = false;
  return use;
}

void MachineWatch::AfterBlock() {
  AddClientCpu(clock_.Now() - asked_at_, ClientCpu(source_.OwnCpu()));
  Take();
  is_before_ = false;
}

MachineTotals Unwatched() {
  MachineTotals totals;
  const machine::Absent why{"nobody looked at the machine"};
  totals.others_share = totals.stolen_share = why;
  totals.throttle_events = totals.power_changes = why;
  totals.client_cpu = why;
  return totals;
}

MachineTotals MachineWatch::Totals() const {
  MachineTotals totals;
  totals.client_time = client_time_;
  totals.client_cpu = client_time_ > base::Nanoseconds(0)
                          ? machine::Reading<base::Nanoseconds>(client_cpu_)
                          : machine::Absent{why_no_client_cpu_.empty() ? "nothing was asked" : why_no_client_cpu_};
  const auto too_short = [this](base::Nanoseconds elapsed) {
    return elapsed < kFewestTicks * sums_.tick
               ? std::optional("the measuring time is too short for the machine's CPU counter")
               : std::nullopt;
  };
  if (sums_.processors == base::Nanoseconds(0)) {
    totals.others_share = machine::Absent{sums_.why.empty() ? "nothing was measured" : sums_.why};
  } else if (const auto why = too_short(sums_.elapsed)) {
    totals.others_share = machine::Absent{*why};
  } else {
    totals.others_share = Share(std::max(base::Nanoseconds(0), sums_.busy - sums_.ours), sums_.processors);
  }
  if (sums_.stolen_processors == base::Nanoseconds(0)) {
    totals.stolen_share = machine::Absent{sums_.why_not_stolen.empty() ? sums_.why : sums_.why_not_stolen};
  } else if (const auto why = too_short(measured_)) {
    totals.stolen_share = machine::Absent{*why};
  } else {
    totals.stolen_share = Share(std::max(base::Nanoseconds(0), sums_.stolen), sums_.stolen_processors);
  }
  if (!first_ || !conditions_) {
    totals.throttle_events = totals.power_changes = machine::Absent{"nothing was measured"};
    return totals;
  }
  const machine::Changes changes = machine::ChangesBetween(*first_, *conditions_);
  totals.throttle_events = changes.throttle_events;
  if (!changes.throttle_events && changes.held_back) totals.throttle_events = std::int64_t{held_back_ ? 1 : 0};
  if (!changes.power_source && !changes.governor && !changes.highest_frequency) {
    totals.power_changes = changes.power_source.absent();
    return totals;
  }
  std::int64_t count = 0;
  const auto add = [&](bool changed, const char* what) {
    if (!changed) return;
    ++count;
    totals.changed += (totals.changed.empty() ? "" : ", ") + std::string(what);
  };
  add(source_changed_, "the power source");
  add(governor_changed_, "the governor");
  add(frequency_changed_, "the highest frequency that is allowed");
  totals.power_changes = count;
  return totals;
}

run::MachineInfo MachineWatch::Info() {
  run::MachineInfo info;
  info.stated_watts = stated_watts_;
  info.snapshots = snapshots_;
  info.snapshot_us = static_cast<double>(MeanCost().count()) / 1e3;
  if (measured_ > base::Nanoseconds(0)) info.sampling_cpu_share = Share(cost_while_measuring_, measured_);
  if (!first_) {
    info.absent["machine"] = "nothing was measured";
    return info;
  }
  if (!variant_.empty()) {
    workers_.clear();
    FollowWorkerOf(variant_);
  }
  machine::Snapshot now = source_.TakeFresh();
  Mend(now);
  info.before = StateOf(*first_);
  info.after = StateOf(now);
  info.absent = AbsentIn(now);
  const MachineTotals totals = Totals();
  if (!totals.others_share) info.absent["others_cpu"] = totals.others_share.reason();
  if (!totals.stolen_share) info.absent["stolen_cpu"] = totals.stolen_share.reason();
  return info;
}

}  // namespace assay::suite
