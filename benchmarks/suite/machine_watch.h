// SPDX-License-Identifier: MIT
// Looks at the machine and at the service around requests, never between a request's first and last stamp, and so
// seldom that it costs less than half a percent of one core. What two moments say about one request goes with its
// sample; what all of them say is judged at the end. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "fixtures/base/clock.h"
#include "fixtures/machine/snapshot.h"
#include "fixtures/run/machine_use.h"
#include "fixtures/session/session.h"

namespace assay::suite {

// The machine as it is; tests have their own.
class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;
  virtual machine::Snapshot Take() = 0;
  virtual machine::Snapshot TakeFresh() = 0;  // nothing in it is older than the call
  virtual void Follow(std::optional<machine::Pid> service) = 0;
  virtual machine::Reading<base::Nanoseconds> OwnCpu() = 0;
};
std::unique_ptr<SnapshotSource> SystemSnapshots();

// What all moments of the measuring time say together.
struct MachineTotals {
  machine::Reading<double> others_share;           // of all processors
  machine::Reading<double> stolen_share;           // of all processors
  machine::Reading<std::int64_t> throttle_events;  // that were added; 1 when the processor was held back uncounted
  machine::Reading<std::int64_t> power_changes;    // of source, governor and highest frequency: how many changed
  std::string changed;                             // which
  machine::Reading<base::Nanoseconds> client_cpu;  // of this process in `client_time`
  base::Nanoseconds client_time{0};                // in requests asked one by one and in blocks
};

// Where nobody looked.
MachineTotals Unwatched();

class MachineWatch {
 public:
  using FindWorker = std::function<session::Session::Worker(const std::string& variant)>;
  // All must outlive it. `clock` is the one of the snapshots.
  MachineWatch(SnapshotSource& source, const base::Clock& clock, FindWorker find, std::optional<double> stated_watts)
      : source_(source), clock_(clock), find_(std::move(find)), stated_watts_(stated_watts) {}

  // A stretch of time that is measured; whatever lies between two of them counts for nothing.
  void BeginMeasuring(const std::string& variant);
  void EndMeasuring();
  // Something else is done meanwhile, by us: what it costs the machine is nobody's.
  void Pause();
  void Resume();

  // Right before a request is asked for, and right after. A block of requests is always looked at.
  void Before(const std::string& variant, bool block = false);
  struct Between {
    bool one_request = true;  // nothing but this one was asked
    bool moved = false;       // the service may be another process now
  };
  run::MachineUse After(const Between& between);
  void AfterBlock();

  MachineTotals Totals() const;
  // At the end of the run, while the service still runs.
  run::MachineInfo Info();

 private:
  // What consecutive snapshots of measured time add up to.
  struct Sums {
    base::Nanoseconds elapsed{0};  // where all of it is known
    base::Nanoseconds processors{0};
    base::Nanoseconds busy{0};
    base::Nanoseconds ours{0};  // this process and the service
    base::Nanoseconds stolen{0};
    base::Nanoseconds stolen_processors{0};
    base::Nanoseconds tick{0};
    std::string why;  // nothing is known, for the first reason there was
    std::string why_not_stolen;
  };

  bool FollowWorkerOf(const std::string& variant);
  bool MayTake(base::Moment now, bool two_each) const;
  std::optional<machine::Snapshot> Take();
  void Mend(machine::Snapshot& snapshot) const;
  void Add(const machine::Snapshot& before, const machine::Snapshot& after);
  void NoteConditions(const machine::Snapshot& snapshot);
  void AddClientCpu(base::Nanoseconds time, const machine::Reading<base::Nanoseconds>& cpu);
  machine::Reading<base::Nanoseconds> ClientCpu(const machine::Reading<base::Nanoseconds>& now) const;
  base::Nanoseconds MeanCost() const;

  SnapshotSource& source_;
  const base::Clock& clock_;
  FindWorker find_;
  std::optional<double> stated_watts_;
  std::map<std::string, session::Session::Worker> workers_;  // by variant
  session::Session::Worker worker_;
  std::string variant_;

  std::optional<machine::Snapshot> last_;
  bool untouched_ = false;  // nothing was asked since `last_`
  bool rested_ = false;     // `last_` is the end of a pause
  bool is_before_ = false;  // `last_` is the moment before the request in hand
  base::Moment asked_at_{};
  machine::Reading<base::Nanoseconds> own_before_;

  bool measuring_ = false;
  base::Moment measuring_since_{};
  base::Nanoseconds measured_{0};
  Sums sums_;
  base::Nanoseconds client_cpu_{0};
  base::Nanoseconds client_time_{0};
  std::string why_no_client_cpu_;

  std::optional<machine::Snapshot> first_;  // fresh, before anything was measured
  std::optional<machine::Snapshot> conditions_;
  bool source_changed_ = false;
  bool governor_changed_ = false;
  bool frequency_changed_ = false;
  bool held_back_ = false;

  std::int64_t snapshots_ = 0;
  base::Nanoseconds cost_{0};
  base::Nanoseconds cost_while_measuring_{0};
};

}  // namespace assay::suite
