// SPDX-License-Identifier: MIT
// Reads the files of ctest/golden/stats (format: README.md there) and compares with them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fixtures/base/files.h"

namespace assay::stats::reference {

using Numbers = std::vector<double>;

struct Line {
  std::string name;
  std::vector<Numbers> groups;
};

inline std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

inline Numbers ParseNumbers(std::string_view text) {
  Numbers numbers;
  if (text.empty()) return numbers;
  for (const std::string_view part : Split(text, ',')) {
    // Not from_chars: libc++ has none for double.
    std::size_t used = 0;
    numbers.push_back(std::stod(std::string(part), &used));
    EXPECT_EQ(used, part.size()) << "no number: " << part;
  }
  return numbers;
}

inline std::vector<Line> ReadLines(const std::string& file) {
  const auto text = base::ReadFile(std::filesystem::path(ASSAY_TEST_DATA_DIR) / "golden" / "stats" / file);
  EXPECT_TRUE(text.ok()) << "cannot read " << file;
  std::vector<Line> lines;
  if (!text.ok()) return lines;
  for (const std::string_view one : Split(*text, '\n')) {
    if (one.empty() || one.front() == '#') continue;
    const auto parts = Split(one, '|');
    Line line{std::string(parts.front()), {}};
    for (std::size_t i = 1; i < parts.size(); ++i) line.groups.push_back(ParseNumbers(parts[i]));
    lines.push_back(std::move(line));
  }
  return lines;
}

// Keeps the worst disagreement of each quantity, so that a run on more data can say it.
class Comparison {
 public:
  // Relative to the expectation, below 1e-6 relative to that.
  void Expect(const std::string& quantity, double actual, double expected) {
    const double error = std::abs(actual - expected) / std::max(std::abs(expected), 1e-6);
    EXPECT_LE(error, 1e-9) << quantity << ": " << actual << " instead of " << expected;
    double& worst = worst_[quantity];
    worst = std::max(worst, std::isfinite(error) ? error : HUGE_VAL);
    ++count_[quantity];
  }

  std::size_t Count(const std::string& quantity) const {
    const auto found = count_.find(quantity);
    return found == count_.end() ? 0 : found->second;
  }

  ~Comparison() {
    for (const auto& [quantity, worst] : worst_) {
      testing::Test::RecordProperty("worst_" + quantity, std::to_string(std::log10(std::max(worst, 1e-300))) +
                                                             " (log10) of " + std::to_string(count_[quantity]));
    }
  }

 private:
  std::map<std::string, double> worst_;
  std::map<std::string, std::size_t> count_;
};

}  // namespace assay::stats::reference
