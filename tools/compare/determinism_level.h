// SPDX-License-Identifier: MIT
// How closely the answers of a case are held to the accepted one: the words of policy.json (policy.md) and their
// values. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fixtures/base/result.h"

namespace assay::compare {

struct DeterminismLevel {
  enum class Kind {
    kExact,    // every byte
    kPrefix,   // the first `characters` of the text, and tool calls
    kRate,     // how often an answer is another one, against how often it was: Fisher's exact test
    kSimilar,  // TextSimilarity of at least `similarity`, and tool calls
    kFacts,    // what the prompt expects, finish reason, refusal, language and tool calls; the words are free
    kOff,      // shown, decides nothing
  };
  Kind kind = Kind::kExact;
  std::int64_t characters = 0;  // code points, >= 1; of kPrefix
  double similarity = 0;        // above 0, at most 1; of kSimilar

  friend bool operator==(const DeterminismLevel&, const DeterminismLevel&) = default;
  static const DeterminismLevel kExact;
  static const DeterminismLevel kRate;
  static const DeterminismLevel kFacts;
  static const DeterminismLevel kOff;

  bool gates() const { return kind != Kind::kOff; }
  // One text is the accepted one, to the byte: what a service said beside it is compared as well.
  bool exact() const { return kind == Kind::kExact || kind == Kind::kRate; }
};
inline constexpr DeterminismLevel DeterminismLevel::kExact{Kind::kExact, 0, 0};
inline constexpr DeterminismLevel DeterminismLevel::kRate{Kind::kRate, 0, 0};
inline constexpr DeterminismLevel DeterminismLevel::kFacts{Kind::kFacts, 0, 0};
inline constexpr DeterminismLevel DeterminismLevel::kOff{Kind::kOff, 0, 0};

// "exact", "prefix:40", "rate", "similar:0.9", "facts", "off". kInvalidInput with what is known.
base::Result<DeterminismLevel> ParseDeterminismLevel(std::string_view text);
// As it is written.
std::string ToString(const DeterminismLevel& level);

}  // namespace assay::compare
