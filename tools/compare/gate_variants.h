// SPDX-License-Identifier: MIT
// The cases of one variant beside those of all others: a model that got slower is half of a suite of two, and what half
// of a family does is neither its centre nor an outlier. Nobody but gate_rule.cc includes this.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tools/compare/latency_rule.h"
#include "tools/stats/gate.h"

namespace assay::compare::parts {

// A family by variants. `family` and `cases` (ToStored of it) outlive it.
class FamilyVariants {
 public:
  FamilyVariants(std::span<const LatencySeries> family, std::span<const stats::StoredCase> cases);

  // Of latency.suite.alpha what is left for all cases together: half, where variants share the other half.
  double WholeAlpha(double alpha) const { return variants_.empty() ? alpha : alpha / 2; }

  // Judges each variant by the heads of `cases`. `machine`: what the anchors did (ln), where there are some.
  void Judge(std::optional<double> machine, const FamilyOptions& asked);
  // The cases to judge one by one and all together: with what a variant did taken out of its heads where it moved so
  // surely that its finding speaks for it. Else a variant that got slower makes everything around it look like noise.
  // After JudgeTwice by what both looks said of it.
  std::vector<stats::StoredCase> Centred() const;

  // Where a second look was taken, a variant is slower only when each look says so for itself. `second` are its heads,
  // `suspects` the cases that the first look (of Centred()) suspects: chosen for being slow, they are no witnesses of
  // what a variant did, except where all of it is suspect.
  void JudgeTwice(std::span<const stats::Values> second, const std::vector<bool>& suspects,
                  std::optional<double> machine, const FamilyOptions& asked);
  // `second` like Centred(), by what the variants did in the second look; after JudgeTwice.
  std::vector<stats::Values> CentredAgain(std::vector<stats::Values> second) const;

  std::vector<SuiteFinding> Findings() const;

 private:
  struct Look {
    std::optional<stats::AnchoredShift> shift;  // of the variant beyond all others
    std::optional<double> machine;
  };
  struct Variant {
    std::string name;
    std::vector<std::size_t> own;  // indices into the family
    std::vector<std::size_t> others;
    Look first;
    Look again;
    std::optional<SuiteFinding> finding;
    bool moved = false;
    bool acquitted = false;  // moved in the first look, and the second one does not confirm it
  };
  double Level(const FamilyOptions& asked) const;
  Look LookAt(const Variant& one, std::span<const stats::StoredCase> cases, std::optional<double> machine,
              const FamilyOptions& asked) const;
  void TakeOut(Look Variant::*look, const std::function<void(std::size_t, double)>& subtract) const;
  static void JudgeSlower(const Look& look, double level, const FamilyOptions& asked, SuiteFinding& finding);
  static void JudgeFaster(const Look& look, double level, const FamilyOptions& asked, SuiteFinding& finding);
  static void DecideTwice(const Look& first, const Look& again, double level, const FamilyOptions& asked,
                          SuiteFinding& finding);

  std::span<const stats::StoredCase> all_;
  std::vector<Variant> variants_;
};

}  // namespace assay::compare::parts
