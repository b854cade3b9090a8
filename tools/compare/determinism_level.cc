// SPDX-License-Identifier: MIT
#include "tools/compare/determinism_level.h"

#include "fixtures/base/text.h"
#include "fixtures/run/json.h"

namespace assay::compare {
namespace {

constexpr std::string_view kPrefixWord = "prefix:";
constexpr std::string_view kSimilarWord = "similar:";

base::Error Unknown(std::string_view text) {
  return base::Error{
      base::ErrorCode::kInvalidInput,
      "should be exact, prefix:N (characters, N >= 1), rate, similar:T (0 < T <= 1), facts or off, found "
      "'" +
          base::EscapeForTerminal(text) + "'",
      ""};
}

}  // namespace

base::Result<DeterminismLevel> ParseDeterminismLevel(std::string_view text) {
  using Kind = DeterminismLevel::Kind;
  if (text == "exact") return DeterminismLevel::kExact;
  if (text == "rate") return DeterminismLevel::kRate;
  if (text == "facts") return DeterminismLevel::kFacts;
  if (text == "off") return DeterminismLevel::kOff;
  if (text.starts_with(kPrefixWord)) {
    const auto characters = base::ParseInt(text.substr(kPrefixWord.size()));
    if (!characters || *characters < 1) return Unknown(text);
    return DeterminismLevel{Kind::kPrefix, *characters, 0};
  }
  if (text.starts_with(kSimilarWord)) {
    const auto similarity = base::ParseDouble(text.substr(kSimilarWord.size()));
    if (!similarity || !(*similarity > 0 && *similarity <= 1)) return Unknown(text);
    return DeterminismLevel{Kind::kSimilar, 0, *similarity};
  }
  return Unknown(text);
}

std::string ToString(const DeterminismLevel& level) {
  switch (level.kind) {
    case DeterminismLevel::Kind::kExact:
      return "exact";
    case DeterminismLevel::Kind::kPrefix:
      return std::string(kPrefixWord) + std::to_string(level.characters);
    case DeterminismLevel::Kind::kRate:
      return "rate";
    case DeterminismLevel::Kind::kSimilar:
      return std::string(kSimilarWord) + run::WriteJson(level.similarity, run::JsonStyle::kCompact);
    case DeterminismLevel::Kind::kFacts:
      return "facts";
    case DeterminismLevel::Kind::kOff:
      return "off";
  }
  return "exact";
}

}  // namespace assay::compare
