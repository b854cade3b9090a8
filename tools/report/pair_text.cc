// SPDX-License-Identifier: MIT
#include "tools/report/pair_text.h"

#include "fixtures/base/text.h"

namespace assay::report {
namespace {

std::string Renewed(const std::optional<run::PairRenewal>& renewal) {
  if (!renewal) return "sides restarted or loaded anew";
  return *renewal == run::PairRenewal::kServices ? "services restarted" : "models loaded anew";
}

}  // namespace

std::vector<std::string> PairLines(const compare::Comparison& comparison) {
  if (!comparison.pair) return {};
  const run::PairInfo& pair = *comparison.pair;
  std::vector<std::string> lines = {"head against base: base = " + pair.base.stated + ", head = " + pair.head.stated};
  std::string how = pair.order == run::PairOrder::kInterleaved
                        ? "asked in turns, which side first by the coin of seed " + std::to_string(pair.seed)
                        : "asked in blocks, base head head base, because both do not fit into memory";
  std::vector<std::string> sizes;
  for (const std::int64_t size : pair.blocks) sizes.push_back(std::to_string(size));
  if (sizes.size() > 1) {
    how += "; " + std::to_string(sizes.size()) + " blocks of " + base::Join(sizes, " + ") + " requests per case";
    if (pair.restarted) how += ", " + Renewed(pair.renewal) + " between them";
  }
  if (!pair.restarted) how += "; nothing was restarted: what a start does by chance is not in these numbers";
  lines.push_back(how);
  for (const std::string& note : pair.notes) lines.push_back("note: " + note);
  return lines;
}

}  // namespace assay::report
