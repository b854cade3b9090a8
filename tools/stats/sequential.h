// SPDX-License-Identifier: MIT
// Measuring in rounds: which cases need no more requests, because their verdict cannot change or is sure already. Pure;
// thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tools/stats/gate.h"

namespace assay::stats {

struct SequentialOptions {
  std::size_t look = 1;            // this one, from 1
  std::size_t looks = 3;           // planned; at the last one nothing needs settling
  std::size_t most_requests = 20;  // per case, when it is never settled
  // Of alpha, for all looks before the last together. Simulated (gate_power, typical noise) .2 saves no more requests
  // and finds 1 to 2 % less of +10 % at the last look.
  double early_share = 0.1;
};

enum class Settlement {
  kOpen,           // ask on
  kCannotRegress,  // unlikely to be even a suspect at the end
  kRegressed,      // flagged at the level of an early look
};

// Requests per case after each look: two fifths and three fifths of the largest number, at least 8 and 12, and all.
// Below 8 a trimmed mean of latencies keeps too few values to settle anything.
std::vector<std::size_t> RecommendedLooks(std::size_t most_requests);
// The same of a second look, whose cases are few and which goes on for longer: a fifth, three tenths and a half of the
// largest number, at least 8, 12 and 20, and all.
std::vector<std::size_t> RecommendedSecondLooks(std::size_t most_requests);

// The level of one early look, alpha share/(looks-1), and of the last, alpha (1 - share). A false alarm of the run is
// one at some look, and looks are compared as separate tests of the same hypotheses, each over the whole family: by
// Bonferroni's inequality, which asks for no independence, the chance is at most the sum, alpha, although each look's
// data contains that of the one before.
double EarlyAlpha(double alpha, const SequentialOptions& sequential);
double FinalAlpha(double alpha, double early_share);

// One per case, in order. Cases settled at earlier looks stay in `cases` with the values they have: the family is
// always the whole one. Values of a head are in the order measured.
//  kRegressed: flagged by GateStored at EarlyAlpha.
//  kCannotRegress: futility. With r now and v the part of V that more requests make smaller, the estimate at the end is
//   taken as normal about r with variance v (1 - n / most_requests); settled when the chance that it is then a suspect
//   (raw p < screen, at least half of min_effect) is below 30 % at the first look, below 60 % later. Not binding: it
//   can only lower the false-alarm rate.
//  Stored mode: while any other case is open, options.controls cases with the smallest |z| of the first look stay open;
//   they show what the session does to all (GateOptions::first_look; when that is 0, the smallest number of values, at
//   least 5, that a head has). The final judgement needs the same first_look.
// Everything is open at the last look, when the gate gives no answer, or is blind.
std::vector<Settlement> SettleStored(std::span<const StoredCase> cases, const GateOptions& options,
                                     const SequentialOptions& sequential);
// Of a second look that is measured in rounds, `second` as in ConfirmStored. A suspect is kCannotRegress when the
// chance that both looks together flag it at the end is below 3 %, their estimate then taken as normal about the
// present one like above, and the level as alpha over the family. The controls stay open while any suspect is. Nothing
// is sure early: early_share plays no part, and what is settled can only lower the false-alarm rate.
std::vector<Settlement> SettleConfirmed(std::span<const StoredCase> cases, std::span<const Values> second,
                                        const GateOptions& options, const SequentialOptions& sequential);
std::vector<Settlement> SettlePaired(std::span<const PairedCase> cases, const GateOptions& options,
                                     const SequentialOptions& sequential);

}  // namespace assay::stats
