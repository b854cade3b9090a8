// SPDX-License-Identifier: MIT
// Where the time of a run goes: what of it counts as measuring, how much of that lay in requests, and what was upkeep.
// Told moment by moment by who measures; asks no clock itself.
#pragma once

#include <optional>

#include "fixtures/base/clock.h"
#include "fixtures/run/run_directory.h"

namespace assay::suite {

class TimeAccount {
 public:
  // Measuring lasts from the first request that is sent, or from an earlier moment, until Stop.
  void BeginAt(std::optional<base::Moment> earlier) { since_ = earlier; }
  void Sent(base::Moment at);
  void Ended(base::Moment at) { last_ = at; }
  base::Moment last_ended() const { return last_; }
  void Stop(base::Moment at);
  void StopAtTheLast() { Stop(last_); }

  // What lies between the two is upkeep as a whole, whatever was added meanwhile, and no measuring.
  void Interrupt(base::Moment at);
  void EndInterruption(base::Moment at);

  void AddUpkeep(base::Nanoseconds time) { upkeep_ += time; }
  // While measuring.
  void AddRequests(base::Nanoseconds in_requests, base::Nanoseconds upkeep, base::Nanoseconds pause);

  base::Nanoseconds measuring() const { return measuring_; }
  // upkeep_s, load_pause_s and idle_share.
  void Fill(run::Validity& validity) const;

 private:
  std::optional<base::Moment> since_;  // absent: nothing is measured just now
  base::Moment last_{};
  base::Moment interrupted_at_{};
  base::Nanoseconds upkeep_before_{0};  // the interruption
  base::Nanoseconds measuring_{0};
  base::Nanoseconds in_requests_{0};
  base::Nanoseconds upkeep_{0};
  base::Nanoseconds measuring_upkeep_{0};  // warm-ups and interruptions left out
  base::Nanoseconds pause_{0};
};

}  // namespace assay::suite
