// SPDX-License-Identifier: MIT
// The gate against the Python reference, on the random data of ctest/golden/stats/stored.txt and paired.txt.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "ctest/unit/stats/reference.h"
#include "tools/stats/gate.h"

namespace assay::stats {
namespace {

using reference::Comparison;
using reference::Line;
using reference::Numbers;

struct Set {
  GateOptions options;
  std::vector<StoredCase> stored;
  std::vector<StoredCase> anchors;
  std::vector<Values> again;
  std::vector<PairedCase> pairs;
  std::vector<PairedCase> pairs_again;
  std::map<std::string, Numbers> expected;
};

StoredCase& CaseAt(std::vector<StoredCase>& cases, double index) {
  const auto at = static_cast<std::size_t>(index);
  if (cases.size() <= at) cases.resize(at + 1);
  return cases[at];
}

void Take(Set& set, const Line& line) {
  const auto& groups = line.groups;
  if (line.name == "options") {
    set.options.tolerance = groups[0][0];
    set.options.min_effect = groups[0][1];
    set.options.alpha = groups[0][2];
    set.options.centre = groups[0][3] != 0;
    set.options.guard = groups[0][4] != 0;
  } else if (line.name == "base" || line.name == "anchor_base") {
    CaseAt(line.name == "base" ? set.stored : set.anchors, groups[0][0]).sessions.push_back(groups[1]);
  } else if (line.name == "head" || line.name == "anchor_head") {
    CaseAt(line.name == "head" ? set.stored : set.anchors, groups[0][0]).head = groups[1];
  } else if (line.name == "pairs") {
    set.pairs.push_back({{groups.begin() + 1, groups.end()}, {}, {}});
  } else if (line.name == "again") {
    set.again.push_back(groups[1]);
    set.pairs_again.push_back({{groups.begin() + 1, groups.end()}, {}, {}});
  } else {
    ASSERT_EQ(line.name.rfind("expect_", 0), 0U) << line.name;
    set.expected[line.name.substr(7)] = groups[0];
  }
}

std::vector<Set> ReadSets(const std::string& file) {
  std::vector<Set> sets;
  for (const Line& line : reference::ReadLines(file)) {
    if (line.name == "set") {
      sets.emplace_back();
    } else {
      Take(sets.back(), line);
    }
  }
  EXPECT_GE(sets.size(), 14U);
  return sets;
}

void ExpectCases(Comparison& comparison, const GateResult& gate, const Set& set) {
  const auto& expected = set.expected;
  ASSERT_EQ(gate.cases.size(), expected.at("r").size());
  EXPECT_EQ(gate.family, gate.cases.size());
  comparison.Expect("centre", gate.centre, expected.at("family")[0]);
  comparison.Expect("lambda", gate.lambda, expected.at("family")[1]);
  EXPECT_EQ(gate.blind, expected.at("family")[2] != 0);
  EXPECT_EQ(gate.advisory, gate.blind && gate.family < 8);
  for (std::size_t c = 0; c < gate.cases.size(); ++c) {
    ASSERT_TRUE(gate.cases[c].has_value());
    const CaseEstimate& one = *gate.cases[c];
    comparison.Expect("r", one.shift, expected.at("r")[c]);
    comparison.Expect("se", one.se, expected.at("se")[c]);
    const Numbers& df = expected.at("df");
    comparison.Expect("df", one.df, df.size() == 1 ? df[0] : df[c]);
    comparison.Expect("z", one.z, expected.at("z")[c]);
    comparison.Expect("p", one.p, expected.at("p")[c]);
    comparison.Expect("p_holm", one.p_holm, expected.at("holm")[c]);
    comparison.Expect("p_faster", one.p_faster, expected.at("faster")[c]);
    comparison.Expect("lower", one.lower, expected.at("lower")[c]);
    comparison.Expect("upper", one.upper, expected.at("upper")[c]);
    comparison.Expect("mde", one.mde, expected.at("mde")[c]);
    EXPECT_GE(one.mde_flagged, one.mde);
    EXPECT_EQ(one.flagged, expected.at("flagged")[c] != 0);
  }
  if (expected.count("session_variance") != 0) {
    comparison.Expect("session_variance", gate.session_variance, expected.at("session_variance")[0]);
  }
}

void ExpectConfirmed(Comparison& comparison, const ConfirmedGate& gate, const Set& set) {
  const auto& expected = set.expected;
  std::size_t suspects = 0;
  for (std::size_t c = 0; c < gate.cases.size(); ++c) {
    ASSERT_EQ(gate.cases[c].has_value(), expected.at("confirm_suspect")[c] != 0) << "case " << c;
    if (!gate.cases[c]) continue;
    ++suspects;
    comparison.Expect("confirm_r", gate.cases[c]->shift, expected.at("confirm_r")[c]);
    comparison.Expect("confirm_p", gate.cases[c]->p, expected.at("confirm_p")[c]);
    comparison.Expect("confirm_holm", gate.cases[c]->p_holm, expected.at("confirm_holm")[c]);
    EXPECT_EQ(gate.cases[c]->flagged, expected.at("confirm_flagged")[c] != 0);
    comparison.Expect("confirm_flagged", gate.cases[c]->flagged ? 1 : 0, expected.at("confirm_flagged")[c]);
  }
  EXPECT_EQ(gate.suspects.size(), suspects);
}

// The reference's second look is always centred and guarded.
GateOptions ConfirmOptions(GateOptions options) {
  options.centre = true;
  options.guard = true;
  return options;
}

TEST(Reference, StoredGate) {
  Comparison comparison;
  std::size_t shifts = 0;
  std::size_t anchored = 0;
  for (const Set& set : ReadSets("stored.txt")) {
    const auto gate = GateStored(set.stored, set.options);
    ASSERT_TRUE(gate.has_value());
    ExpectCases(comparison, *gate, set);
    for (std::size_t c = 0; c < gate->cases.size(); ++c) {
      comparison.Expect("base_share", gate->cases[c]->base_share, set.expected.at("base_share")[c]);
    }
    ASSERT_TRUE(gate->suite.has_value());
    EXPECT_EQ(gate->suite->p.has_value(), set.expected.count("suite") != 0);
    if (gate->suite->p) {
      ++shifts;
      const Numbers& suite = set.expected.at("suite");
      comparison.Expect("suite", gate->suite->shift, suite[0]);
      comparison.Expect("suite_p", gate->suite->p.value(), suite[1]);
      comparison.Expect("suite_t", gate->suite->shift / gate->suite->se.value(), suite[2]);
    }
    const auto beyond = AnchoredSuiteShift(set.stored, set.anchors, set.options);
    EXPECT_EQ(beyond && beyond->sessions > 1, set.expected.count("anchored") != 0);
    if (set.expected.count("anchored") != 0) {
      ASSERT_TRUE(beyond.has_value());
      ++anchored;
      const Numbers& numbers = set.expected.at("anchored");
      comparison.Expect("anchored", beyond->beyond.shift, numbers[0]);
      comparison.Expect("anchored_se", beyond->beyond.se.value(), numbers[1]);
      comparison.Expect("anchored_df", beyond->beyond.df, numbers[2]);
      comparison.Expect("anchored_p", beyond->beyond.p.value(), numbers[3]);
    }
  }
  EXPECT_GT(shifts, 0U);
  EXPECT_GT(anchored, 0U);
}

TEST(Reference, StoredGateWithSecondLook) {
  Comparison comparison;
  for (const Set& set : ReadSets("stored.txt")) {
    if (set.again.empty()) continue;
    const auto confirmed = ConfirmStored(set.stored, set.again, ConfirmOptions(set.options));
    ASSERT_TRUE(confirmed.has_value());
    EXPECT_EQ(confirmed->controls.size(), 8U);
    ExpectConfirmed(comparison, *confirmed, set);
  }
  EXPECT_GT(comparison.Count("confirm_p"), 10U);
}

TEST(Reference, PairedGate) {
  Comparison comparison;
  for (const Set& set : ReadSets("paired.txt")) {
    const auto gate = GatePaired(set.pairs, set.options);
    ASSERT_TRUE(gate.has_value());
    ExpectCases(comparison, *gate, set);
    comparison.Expect("suite", gate->suite.value().shift, set.expected.at("suite")[0]);
  }
}

TEST(Reference, PairedGateWithSecondLook) {
  Comparison comparison;
  for (const Set& set : ReadSets("paired.txt")) {
    const auto confirmed = ConfirmPaired(set.pairs, set.pairs_again, ConfirmOptions(set.options));
    ASSERT_TRUE(confirmed.has_value());
    ExpectConfirmed(comparison, *confirmed, set);
  }
  EXPECT_GT(comparison.Count("confirm_p"), 10U);
}

}  // namespace
}  // namespace assay::stats
