// SPDX-License-Identifier: MIT
#include "benchmarks/suite/pair_measure.h"

#include <algorithm>
#include <set>
#include <utility>

#include "fixtures/catalogue/cases.h"

namespace assay::suite {
namespace {

std::string PartnerFailed(const std::string& side, const std::string& why) {
  return "the partner of this case in the " + side + " failed: " + why;
}

// A stretch that the watch looks at, however it ends.
class Watched {
 public:
  Watched(MachineWatch* watch, const std::string& variant) : watch_(watch) {
    if (watch_ != nullptr) watch_->BeginMeasuring(variant);
  }
  ~Watched() {
    if (watch_ != nullptr) watch_->EndMeasuring();
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

 private:
  MachineWatch* watch_;
};

}  // namespace

PairMeasurement::PairMeasurement(Half base, Half head, Course course)
    : base_(std::move(base)), head_(std::move(head)), course_(std::move(course)) {
  ASSAY_CHECK(base_.cases.size() == head_.cases.size(), "every case has a partner");
  std::int64_t requests = 0;
  for (const run::PlannedCase& plan : base_.cases) {
    const bool loaded = plan.scenario.loaded();
    const std::int64_t ordinary =
        loaded ? catalogue::RequestsUnderLoad(plan.scenario, course_.repetitions) : course_.repetitions;
    plan_.push_back({PhaseOf(plan.scenario), plan.repetitions.value_or(ordinary)});
    requests += plan_.back().repetitions;
  }
  base_.measurement.Expect(requests);
  head_.measurement.Expect(requests);
}

std::vector<std::size_t> PairMeasurement::Open(const std::vector<std::size_t>& cases, Phase phase) const {
  std::vector<std::size_t> open;
  for (const std::size_t i : cases) {
    if (plan_[i].phase == phase && !Failed(base_.cases[i]) && !Failed(head_.cases[i])) open.push_back(i);
  }
  return open;
}

void PairMeasurement::FailPartners(const std::vector<std::size_t>& cases) {
  for (const std::size_t i : cases) {
    std::string& base = base_.cases[i].failure;
    std::string& head = head_.cases[i].failure;
    if (base.empty() && !head.empty()) base = PartnerFailed("head", head);
    if (head.empty() && !base.empty()) head = PartnerFailed("base", base);
  }
}

void PairMeasurement::Settle(const std::vector<std::size_t>& cases) {
  for (const std::size_t i : cases) {
    if (base_.measurement.GaveUp(i) || head_.measurement.GaveUp(i)) FailPartners({i});
  }
}

std::vector<PairTurn> PairMeasurement::Turns(const std::vector<std::size_t>& cases, Phase phase,
                                             std::size_t block) const {
  std::int64_t first = 0;
  for (std::size_t i = 0; i < block; ++i) first += course_.blocks[i];
  const std::int64_t end = first + course_.blocks[block];
  const std::set<std::size_t> members(cases.begin(), cases.end());
  std::vector<PairTurn> turns;
  for (const PairTurn& turn : PairTurns(plan_, phase, course_.seed)) {
    const bool in_block = phase == Phase::kUnderLoad ? block == 0 : turn.repetition >= first && turn.repetition < end;
    if (in_block && members.contains(turn.pair)) turns.push_back(turn);
  }
  return turns;
}

std::vector<Slot> PairMeasurement::SlotsOf(const PairTurn& turn) const {
  if (plan_[turn.pair].phase != Phase::kUnderLoad) return {{turn.pair, turn.repetition}};
  std::vector<Slot> slots;
  for (std::int64_t request = 0; request < plan_[turn.pair].repetitions; ++request) {
    slots.push_back({turn.pair, request});
  }
  return slots;
}

base::Status PairMeasurement::Ask(Half& half, const std::vector<Slot>& slots) {
  ASSAY_TRY(since_, half.measurement.Ask(slots, since_));
  return {};
}

base::Status PairMeasurement::Take(const PairTurn& turn) {
  if (base_.measurement.GaveUp(turn.pair) || head_.measurement.GaveUp(turn.pair)) return {};
  const std::vector<Slot> slots = SlotsOf(turn);
  ASSAY_RETURN_IF_ERROR(Ask(turn.head_first ? head_ : base_, slots));
  return Ask(turn.head_first ? base_ : head_, slots);
}

base::Status PairMeasurement::Interleaved(const std::vector<std::size_t>& cases, std::size_t block) {
  FailPartners(cases);
  for (const Phase phase : kPhases) {
    if (Cancelled()) return {};
    const std::vector<std::size_t> open = Open(cases, phase);
    if (Turns(open, phase, block).empty()) continue;
    ASSAY_RETURN_IF_ERROR(base_.measurement.Warm(open));
    ASSAY_RETURN_IF_ERROR(head_.measurement.Warm(open));
    if (Cancelled()) return {};
    FailPartners(open);  // what could not be warmed
    const std::vector<PairTurn> turns = Turns(Open(open, phase), phase, block);
    if (turns.empty()) continue;
    const Half& begins = turns.front().head_first ? head_ : base_;
    const Watched watched(course_.watch, begins.watch_prefix + begins.cases[turns.front().pair].model);
    since_.reset();
    for (const PairTurn& turn : turns) {
      if (Cancelled()) return {};
      ASSAY_RETURN_IF_ERROR(Take(turn));
    }
    Settle(open);
  }
  return {};
}

base::Status PairMeasurement::OneSide(bool head, const std::vector<std::size_t>& cases, std::size_t block) {
  Half& half = head ? head_ : base_;
  FailPartners(cases);
  for (const Phase phase : kPhases) {
    if (Cancelled()) return {};
    const std::vector<std::size_t> open = Open(cases, phase);
    if (Turns(open, phase, block).empty()) continue;
    ASSAY_RETURN_IF_ERROR(half.measurement.Warm(open));
    if (!Cancelled()) FailPartners(open);
    std::vector<Slot> slots;
    for (const PairTurn& turn : Turns(Open(open, phase), phase, block)) {
      const std::vector<Slot> of_turn = SlotsOf(turn);
      slots.insert(slots.end(), of_turn.begin(), of_turn.end());
    }
    if (slots.empty() || Cancelled()) continue;
    const Watched watched(course_.watch, half.watch_prefix + half.cases[slots.front().case_index].model);
    since_.reset();
    ASSAY_RETURN_IF_ERROR(Ask(half, slots));
    Settle(open);
  }
  return {};
}

}  // namespace assay::suite
