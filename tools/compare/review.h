// SPDX-License-Identifier: MIT
// What a person decides about answers, results of probes and scores that are not the accepted ones: which cases there
// are to decide about, and the rejections, which are kept beside the run (review.json, format page: review_format.md).
// Acceptances are accept.h's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/base/result.h"
#include "tools/compare/comparison.h"

namespace assay::compare {

inline constexpr std::int64_t kReviewSchemaVersion = 1;

// The case with what it was rejected for: another answer, result or score is another question.
struct Rejection {
  std::string case_id;
  std::string answer_sha256 = {};  // the most frequent answer; empty for a probe, and where there is not one answer
  std::string probe = {};          // what a probe found, in words; else empty
  std::string scores = {};         // what became of the scores, where nothing else is to be decided; else empty
  std::string at = {};             // UTC

  bool SameQuestion(const Rejection& other) const;
};

class Rejections {
 public:
  // Of DIR/review.json; none where there is no such file. kInvalidInput with file and place when it cannot be read.
  static base::Result<Rejections> Read(const std::filesystem::path& run_directory);

  // Whenever it was.
  bool Has(const Rejection& rejection) const;
  // Takes the place of an older one of the case.
  void Add(Rejection rejection);
  // True when there was one of the case.
  bool Remove(std::string_view case_id);
  base::Status Write() const;
  const std::filesystem::path& path() const { return path_; }
  const std::vector<Rejection>& entries() const { return entries_; }

 private:
  explicit Rejections(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
  std::vector<Rejection> entries_;  // in the order they were made
};

// True for a case whose answer or result of a probe is changed, disagrees with itself, is new or belongs to a changed
// request, unless the policy does not look at its answers; and for one with a score that needs a review.
bool NeedsReview(const CaseComparison& one);
// True for a score that fell, and for one that cannot be held against the accepted one because that was asked or marked
// otherwise, unless the policy only wants scores shown.
bool NeedsReview(const QualityFinding& finding);
// The case has no more to decide about than its scores; it must need a review.
bool OnlyScores(const CaseComparison& one);
// What a rejection of it would say, without the time; the case must need a review.
Rejection QuestionOf(const CaseComparison& one);

}  // namespace assay::compare
