// SPDX-License-Identifier: MIT
// A machine whose numbers a test sets, and its clock.
#pragma once

#include <optional>
#include <vector>

#include "benchmarks/suite/machine_watch.h"
#include "fixtures/base/clock.h"

namespace assay::suite {

class FakeMachine final : public SnapshotSource, public base::Clock {
 public:
  FakeMachine() {
    using namespace std::chrono_literals;
    now_.machine = machine::MachineCpu{0ns, 0ns, 4, 10ms, std::nullopt};
    now_.own_cpu = base::Nanoseconds(0);
    now_.power.source = machine::PowerSource::kMains;
    now_.power.governor = std::string("performance");
    now_.power.highest_frequency_khz = std::int64_t{3'000'000};
    now_.power.throttle_events = std::int64_t{5};
  }

  machine::Snapshot Take() override {
    ++taken;
    machine::Snapshot snapshot = At(time_);
    time_ += cost;
    return snapshot;
  }
  machine::Snapshot TakeFresh() override {
    ++fresh;
    return At(time_);
  }
  void Follow(std::optional<machine::Pid> service) override {
    followed.push_back(service);
    service_ = service;
  }
  machine::Reading<base::Nanoseconds> OwnCpu() override { return now_.own_cpu; }
  base::Moment Now() const override { return time_; }

  // Time passes in which the service, this process and others compute so long.
  void Pass(base::Nanoseconds time, base::Nanoseconds service = {}, base::Nanoseconds own = {},
            base::Nanoseconds others = {}) {
    time_ += time;
    service_cpu_ += service;
    if (now_.own_cpu) now_.own_cpu = *now_.own_cpu + own;
    machine::MachineCpu cpu = *now_.machine;
    cpu.busy += service + own + others;
    now_.machine = cpu;
  }

  machine::Snapshot& now() { return now_; }

  base::Nanoseconds cost{0};  // of every snapshot
  std::int64_t resident_bytes = 1000;
  int taken = 0;
  int fresh = 0;
  std::vector<std::optional<machine::Pid>> followed;

 private:
  machine::Snapshot At(base::Moment moment) {
    machine::Snapshot snapshot = now_;
    snapshot.taken = snapshot.slow_taken = snapshot.gpus_taken = moment;
    if (service_) {
      machine::TreeUse use;
      use.root = *service_;
      use.processes = 1;
      use.resident_bytes = resident_bytes;
      use.peak_resident_bytes = 2 * resident_bytes;
      use.cpu = service_cpu_;
      snapshot.service = use;
    }
    return snapshot;
  }

  machine::Snapshot now_;
  base::Moment time_{std::chrono::seconds(1)};
  base::Nanoseconds service_cpu_{0};
  std::optional<machine::Pid> service_;
};

}  // namespace assay::suite
