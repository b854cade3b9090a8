// SPDX-License-Identifier: MIT
// What a name means in a catalogue (foundry-facts 3.1).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/foundry/service.h"

namespace assay::foundry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Variant Row(const std::string& id, const std::optional<std::string>& alias = std::nullopt) {
  Variant variant;
  variant.id = id;
  variant.alias = alias;
  return variant;
}

// Preferred first, as services sort.
const std::vector<Variant> kCatalogue = {
    Row("Phi-4-mini-instruct-openvino-gpu:1", "phi-4-mini"),    Row("Phi-4-mini-instruct-cuda-gpu:4", "phi-4-mini"),
    Row("Phi-4-mini-instruct-cuda-gpu:10", "phi-4-mini"),       Row("Phi-4-mini-instruct-generic-cpu:5", "phi-4-mini"),
    Row("qwen2.5-0.5b-instruct-generic-cpu:4", "qwen2.5-0.5b"), Row("no-version", "plain")};

// Rows of /v1/models of the C++ service state no alias.
const std::vector<Variant> kWithoutAlias = {Row("ember-mini-generic-cpu:1"), Row("ember-mini-int8-cpu:1"),
                                            Row("ember-base-generic-cpu:1"), Row("Phi-4-mini-instruct-generic-cpu:5"),
                                            Row("Phi-4-mini-reasoning-generic-cpu:3")};

std::string Resolved(const std::vector<Variant>& catalogue, const std::string& wanted) {
  const base::Result<Variant> variant = ResolveVariant(catalogue, wanted);
  return variant.ok() ? variant->id : "error: " + variant.error().what;
}

TEST(ResolveVariant, TakesAnExactIdWhateverItsCase) {
  EXPECT_EQ(Resolved(kCatalogue, "Phi-4-mini-instruct-cuda-gpu:4"), "Phi-4-mini-instruct-cuda-gpu:4");
  EXPECT_EQ(Resolved(kCatalogue, "phi-4-MINI-instruct-cuda-gpu:4"), "Phi-4-mini-instruct-cuda-gpu:4");
  EXPECT_EQ(Resolved(kCatalogue, "no-version"), "no-version");
}

// 10 is newer than 4, as a number.
TEST(ResolveVariant, TakesTheNewestVersionOfAnIdWithoutOne) {
  EXPECT_EQ(Resolved(kCatalogue, "phi-4-mini-instruct-cuda-gpu"), "Phi-4-mini-instruct-cuda-gpu:10");
}

TEST(ResolveVariant, TakesTheFirstRowOfAnAlias) {
  EXPECT_EQ(Resolved(kCatalogue, "PHI-4-mini"), "Phi-4-mini-instruct-openvino-gpu:1");
  EXPECT_EQ(Resolved(kCatalogue, "qwen2.5-0.5b"), "qwen2.5-0.5b-instruct-generic-cpu:4");
}

TEST(ResolveVariant, AnIdBeatsAnAliasOfTheSameName) {
  EXPECT_EQ(Resolved({Row("x-generic-cpu:1", "x"), Row("x:2", "y")}, "x"), "x:2");
}

TEST(ResolveVariant, KeepsTheWholeRow) {
  Variant row = Row("a-cpu:1", "a");
  row.device = "cpu";
  row.size_mib = 7;
  EXPECT_EQ(ResolveVariant({row}, "a")->size_mib, 7);
  EXPECT_EQ(ResolveVariant({row}, "a")->device, "cpu");
}

TEST(ResolveVariant, WithoutAliasesTakesTheOneFamilyThatBeginsSo) {
  EXPECT_EQ(Resolved(kWithoutAlias, "ember-mini"), "ember-mini-generic-cpu:1");
  EXPECT_EQ(Resolved(kWithoutAlias, "Ember-Base"), "ember-base-generic-cpu:1");
  EXPECT_EQ(Resolved(kWithoutAlias, "phi-4-mini-instruct"), "Phi-4-mini-instruct-generic-cpu:5");
}

// Measuring another model than the one that was meant is worse than an error.
TEST(ResolveVariant, AmongSeveralFamiliesAsksForOne) {
  for (const char* wanted : {"ember", "phi-4-mini", "phi-4"}) {
    const base::Result<Variant> variant = ResolveVariant(kWithoutAlias, wanted);
    ASSERT_FALSE(variant.ok()) << wanted << " -> " << variant->id;
    EXPECT_EQ(variant.error().code, base::ErrorCode::kNotFound);
    EXPECT_THAT(variant.error().what, HasSubstr("name one of them"));
  }
  EXPECT_THAT(ResolveVariant(kWithoutAlias, "ember").error().what, HasSubstr("ember-mini-generic-cpu:1"));
  EXPECT_THAT(ResolveVariant(kWithoutAlias, "ember").error().what, HasSubstr("ember-base-generic-cpu:1"));
}

TEST(ResolveVariant, APrefixIsWholeWords) {
  for (const char* wanted : {"ember-m", "emb", "phi-4-mini-instruct-generic-cp", "", "-"}) {
    EXPECT_FALSE(ResolveVariant(kWithoutAlias, wanted).ok()) << wanted;
  }
}

TEST(ResolveVariant, RowsWithAnAliasAreNotGuessedByPrefix) {
  EXPECT_FALSE(ResolveVariant(kCatalogue, "Phi-4-mini-instruct").ok());
  EXPECT_FALSE(ResolveVariant(kCatalogue, "qwen2.5").ok());
}

TEST(ResolveVariant, AnotherVersionIsNotTheOneAskedFor) {
  EXPECT_FALSE(ResolveVariant(kCatalogue, "Phi-4-mini-instruct-cuda-gpu:5").ok());
  EXPECT_FALSE(ResolveVariant(kWithoutAlias, "ember-mini-generic-cpu:2").ok());
}

TEST(ResolveVariant, AnUnknownNameListsWhatThereIs) {
  const base::Result<Variant> variant = ResolveVariant(kCatalogue, "gemma\x1b-2-2b");
  ASSERT_FALSE(variant.ok());
  EXPECT_EQ(variant.error().code, base::ErrorCode::kNotFound);
  EXPECT_THAT(variant.error().what, HasSubstr("no model 'gemma\\x1B-2-2b'"));
  EXPECT_THAT(variant.error().what, HasSubstr("qwen2.5-0.5b (qwen2.5-0.5b-instruct-generic-cpu:4)"));
  EXPECT_THAT(ResolveVariant({}, "a").error().what, HasSubstr("it has: none"));
}

TEST(ResolveVariant, ALongCatalogueIsCutAt20) {
  std::vector<Variant> many;
  for (int i = 0; i < 98; ++i) many.push_back(Row("m" + std::to_string(i) + ":1"));
  const std::string what = ResolveVariant(many, "x").error().what;
  EXPECT_THAT(what, HasSubstr("m19:1"));
  EXPECT_THAT(what, Not(HasSubstr("m20:1")));
  EXPECT_THAT(what, HasSubstr("78 more"));
}

}  // namespace
}  // namespace assay::foundry
