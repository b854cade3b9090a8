// SPDX-License-Identifier: MIT
#include "benchmarks/suite/time_account.h"

#include <algorithm>

#include "fixtures/base/units.h"

namespace assay::suite {

void TimeAccount::Sent(base::Moment at) {
  if (!since_) since_ = at;
}

void TimeAccount::Stop(base::Moment at) {
  if (since_) measuring_ += std::max(base::Nanoseconds(0), base::Nanoseconds(at - *since_));
  since_.reset();
}

void TimeAccount::Interrupt(base::Moment at) {
  if (since_) measuring_ += at - *since_;
  interrupted_at_ = at;
  upkeep_before_ = upkeep_;
}

void TimeAccount::EndInterruption(base::Moment at) {
  upkeep_ = upkeep_before_ + (at - interrupted_at_);
  if (since_) since_ = at;
}

void TimeAccount::AddRequests(base::Nanoseconds in_requests, base::Nanoseconds upkeep, base::Nanoseconds pause) {
  in_requests_ += in_requests;
  upkeep_ += upkeep;
  measuring_upkeep_ += upkeep;
  pause_ += pause;
}

void TimeAccount::Fill(run::Validity& validity) const {
  validity.upkeep_s = base::ToSeconds(upkeep_);
  validity.load_pause_s = base::ToSeconds(pause_);
  if (measuring_ <= base::Nanoseconds(0)) return;
  const base::Nanoseconds busy = in_requests_ + measuring_upkeep_ + pause_;
  validity.idle_share = std::clamp(1.0 - base::ToSeconds(busy) / base::ToSeconds(measuring_), 0.0, 1.0);
}

}  // namespace assay::suite
