// SPDX-License-Identifier: MIT
// The parts of the gate against the Python reference and SciPy, on the random data of ctest/golden/stats/pieces.txt.
#include <gtest/gtest.h>

#include <string>

#include "ctest/unit/stats/reference.h"
#include "tools/stats/fisher.h"
#include "tools/stats/location.h"
#include "tools/stats/order_interval.h"
#include "tools/stats/scale.h"
#include "tools/stats/session_variance.h"
#include "tools/stats/shrinkage.h"

namespace assay::stats {
namespace {

using reference::Comparison;
using reference::Line;
using reference::Numbers;

// The lines of one name, at least the 25 that the file has of each.
std::vector<Line> LinesOf(const std::string& name) {
  std::vector<Line> lines;
  for (Line& line : reference::ReadLines("pieces.txt")) {
    if (line.name == name) lines.push_back(std::move(line));
  }
  EXPECT_GE(lines.size(), 25U) << name;
  return lines;
}

TEST(Reference, Location) {
  Comparison comparison;
  for (const Line& line : LinesOf("location")) {
    const auto location = TrimmedLocation(line.groups[1], line.groups[0][0] == 0 ? Trim::kLatency : Trim::kPaired);
    ASSERT_TRUE(location.has_value());
    comparison.Expect("mean", location->mean, line.groups[2][0]);
    comparison.Expect("df", location->df, line.groups[2][1]);
    ASSERT_EQ(location->variance.has_value(), line.groups[2].size() == 3);
    if (location->variance) comparison.Expect("variance", *location->variance, line.groups[2][2]);
  }
}

TEST(Reference, ModeratedVariances) {
  Comparison comparison;
  for (const Line& line : LinesOf("moderate")) {
    std::vector<VarianceEstimate> family;
    for (const double variance : line.groups[1]) family.push_back({variance, line.groups[0][0]});
    const auto moderated = ModerateVariances(family);
    ASSERT_TRUE(moderated.has_value());
    for (std::size_t c = 0; c < family.size(); ++c) {
      comparison.Expect("variance", (*moderated)[c].variance, line.groups[2][c]);
      comparison.Expect("df", (*moderated)[c].df, line.groups[3].size() == 1 ? line.groups[3][0] : line.groups[3][c]);
    }
  }
}

TEST(Reference, SessionVariance) {
  Comparison comparison;
  bool some_zero = false;
  bool some_positive = false;
  for (const Line& line : LinesOf("session_variance")) {
    std::vector<SpreadOfCase> cases;
    for (std::size_t c = 0; c < line.groups[1].size(); ++c) {
      cases.push_back({line.groups[1][c], line.groups[2][c], line.groups[0][0]});
    }
    const auto variance = SessionVariance(cases);
    ASSERT_TRUE(variance.has_value());
    comparison.Expect("session_variance", *variance, line.groups[3][0]);
    (*variance > 0 ? some_positive : some_zero) = true;
  }
  EXPECT_TRUE(some_zero);
  EXPECT_TRUE(some_positive);
}

TEST(Reference, Qn) {
  Comparison comparison;
  for (const Line& line : LinesOf("qn")) comparison.Expect("qn", Qn(line.groups[0]).value(), line.groups[1][0]);
}

TEST(Reference, ScaleBelow) {
  Comparison comparison;
  for (const Line& line : LinesOf("below")) {
    const auto below = ScaleBelow(line.groups[1], line.groups[0][0]);
    ASSERT_TRUE(below.has_value());
    comparison.Expect("scale", below->scale, line.groups[2][0]);
    EXPECT_EQ(static_cast<double>(std::max<std::size_t>(below->count, 1)), line.groups[2][1]);
  }
}

TEST(Reference, TrigammaInverse) {
  Comparison comparison;
  for (const Line& line : LinesOf("trigamma_inverse")) {
    comparison.Expect("x", TrigammaInverse(line.groups[0][0]).value(), line.groups[1][0]);
  }
}

TEST(Reference, FisherExact) {
  Comparison comparison;
  for (const Line& line : LinesOf("fisher")) {
    const auto whole = [&](std::size_t i) { return static_cast<std::int64_t>(line.groups[0][i]); };
    const auto p = FisherExactGreater({whole(0), whole(1)}, {whole(2), whole(3)});
    ASSERT_TRUE(p.has_value());
    comparison.Expect("p", *p, line.groups[1][0]);
  }
}

TEST(Reference, QuantileInterval) {
  std::size_t refused = 0;
  for (const Line& line : LinesOf("interval")) {
    const double p = line.groups[0][0];
    const double confidence = line.groups[0][1];
    const auto interval = QuantileInterval(line.groups[1], p, confidence);
    ASSERT_EQ(interval.has_value(), !line.groups[2].empty()) << line.groups[1].size() << " values, p " << p;
    EXPECT_EQ(interval.has_value(), line.groups[1].size() >= FewestForInterval(p, confidence).value());
    if (!interval) {
      ++refused;
      continue;
    }
    EXPECT_EQ(static_cast<double>(interval->lower_rank), line.groups[2][0]);
    EXPECT_EQ(static_cast<double>(interval->upper_rank), line.groups[2][1]);
    EXPECT_GE(interval->coverage, confidence);
  }
  EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace assay::stats
