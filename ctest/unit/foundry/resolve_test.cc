// SPDX-License-Identifier: MIT
// What a name means in a catalogue (foundry-facts 3.1).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/foundry/service.h"

namespace assay::foundry {
namespace {

using ::testing::ElementsAre;
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

std::vector<std::string> Pinned(const std::vector<Variant>& catalogue, const std::string& wanted, const Pin& pin) {
  const base::Result<std::vector<Variant>> variants = ResolveVariants(catalogue, wanted, pin);
  if (!variants.ok()) return {"error: " + variants.error().what};
  std::vector<std::string> ids;
  for (const Variant& variant : *variants) ids.push_back(variant.id);
  return ids;
}

// Without a pin a name is one variant.
std::string Resolved(const std::vector<Variant>& catalogue, const std::string& wanted) {
  const std::vector<std::string> ids = Pinned(catalogue, wanted, {});
  EXPECT_EQ(ids.size(), 1U);
  return ids[0];
}

base::Error ErrorOf(const std::vector<Variant>& catalogue, const std::string& wanted, const Pin& pin = {}) {
  const base::Result<std::vector<Variant>> variants = ResolveVariants(catalogue, wanted, pin);
  EXPECT_FALSE(variants.ok()) << wanted;
  return variants.ok() ? base::Error{} : variants.error();
}

Pin Device(const std::string& device) { return {.device = device, .variant = std::nullopt}; }
Pin Named(const std::string& variant) { return {.device = std::nullopt, .variant = variant}; }

TEST(ResolveVariants, TakesAnExactIdWhateverItsCase) {
  EXPECT_EQ(Resolved(kCatalogue, "Phi-4-mini-instruct-cuda-gpu:4"), "Phi-4-mini-instruct-cuda-gpu:4");
  EXPECT_EQ(Resolved(kCatalogue, "phi-4-MINI-instruct-cuda-gpu:4"), "Phi-4-mini-instruct-cuda-gpu:4");
  EXPECT_EQ(Resolved(kCatalogue, "no-version"), "no-version");
}

// 10 is newer than 4, as a number.
TEST(ResolveVariants, TakesTheNewestVersionOfAnIdWithoutOne) {
  EXPECT_EQ(Resolved(kCatalogue, "phi-4-mini-instruct-cuda-gpu"), "Phi-4-mini-instruct-cuda-gpu:10");
}

TEST(ResolveVariants, TakesTheFirstRowOfAnAlias) {
  EXPECT_EQ(Resolved(kCatalogue, "PHI-4-mini"), "Phi-4-mini-instruct-openvino-gpu:1");
  EXPECT_EQ(Resolved(kCatalogue, "qwen2.5-0.5b"), "qwen2.5-0.5b-instruct-generic-cpu:4");
}

TEST(ResolveVariants, AnIdBeatsAnAliasOfTheSameName) {
  EXPECT_EQ(Resolved({Row("x-generic-cpu:1", "x"), Row("x:2", "y")}, "x"), "x:2");
}

TEST(ResolveVariants, KeepsTheWholeRow) {
  Variant row = Row("a-cpu:1", "a");
  row.device = "cpu";
  row.size_mib = 7;
  const auto variants = ResolveVariants({row}, "a", {});
  ASSERT_TRUE(variants.ok());
  EXPECT_EQ(variants->at(0).size_mib, 7);
  EXPECT_EQ(variants->at(0).device, "cpu");
}

TEST(ResolveVariants, WithoutAliasesTakesTheOneFamilyThatBeginsSo) {
  EXPECT_EQ(Resolved(kWithoutAlias, "ember-mini"), "ember-mini-generic-cpu:1");
  EXPECT_EQ(Resolved(kWithoutAlias, "Ember-Base"), "ember-base-generic-cpu:1");
  EXPECT_EQ(Resolved(kWithoutAlias, "phi-4-mini-instruct"), "Phi-4-mini-instruct-generic-cpu:5");
}

// Measuring another model than the one that was meant is worse than an error.
TEST(ResolveVariants, AmongSeveralFamiliesAsksForOne) {
  for (const char* wanted : {"ember", "phi-4-mini", "phi-4"}) {
    const base::Error error = ErrorOf(kWithoutAlias, wanted);
    EXPECT_EQ(error.code, base::ErrorCode::kNotFound);
    EXPECT_THAT(error.what, HasSubstr("name one of them"));
  }
  EXPECT_THAT(ErrorOf(kWithoutAlias, "ember").what, HasSubstr("ember-mini-generic-cpu:1"));
  EXPECT_THAT(ErrorOf(kWithoutAlias, "ember").what, HasSubstr("ember-base-generic-cpu:1"));
}

TEST(ResolveVariants, APrefixIsWholeWords) {
  for (const char* wanted : {"ember-m", "emb", "phi-4-mini-instruct-generic-cp", "", "-"}) {
    EXPECT_EQ(ErrorOf(kWithoutAlias, wanted).code, base::ErrorCode::kNotFound) << wanted;
  }
}

TEST(ResolveVariants, RowsWithAnAliasAreNotGuessedByPrefix) {
  EXPECT_EQ(ErrorOf(kCatalogue, "Phi-4-mini-instruct").code, base::ErrorCode::kNotFound);
  EXPECT_EQ(ErrorOf(kCatalogue, "qwen2.5").code, base::ErrorCode::kNotFound);
}

TEST(ResolveVariants, AnotherVersionIsNotTheOneAskedFor) {
  EXPECT_EQ(ErrorOf(kCatalogue, "Phi-4-mini-instruct-cuda-gpu:5").code, base::ErrorCode::kNotFound);
  EXPECT_EQ(ErrorOf(kWithoutAlias, "ember-mini-generic-cpu:2").code, base::ErrorCode::kNotFound);
}

TEST(ResolveVariants, AnUnknownNameListsWhatThereIs) {
  const base::Error error = ErrorOf(kCatalogue, "gemma\x1b-2-2b");
  EXPECT_EQ(error.code, base::ErrorCode::kNotFound);
  EXPECT_THAT(error.what, HasSubstr("no model 'gemma\\x1B-2-2b'"));
  EXPECT_THAT(error.what, HasSubstr("qwen2.5-0.5b (qwen2.5-0.5b-instruct-generic-cpu:4)"));
  EXPECT_THAT(ErrorOf({}, "a").what, HasSubstr("it has: none"));
}

TEST(ResolveVariants, ALongCatalogueIsCutAt20) {
  std::vector<Variant> many;
  for (int i = 0; i < 98; ++i) many.push_back(Row("m" + std::to_string(i) + ":1"));
  const std::string what = ErrorOf(many, "x").what;
  EXPECT_THAT(what, HasSubstr("m19:1"));
  EXPECT_THAT(what, Not(HasSubstr("m20:1")));
  EXPECT_THAT(what, HasSubstr("78 more"));
}

// The second generation's REST lists no versions.
TEST(ResolveVariants, ARowWithoutAVersionIsAnyVersion) {
  EXPECT_EQ(Resolved({Row("a-cpu", "a")}, "A-cpu:4"), "a-cpu");
  EXPECT_EQ(Resolved({Row("a-cpu", "a"), Row("a-cpu:4", "a")}, "a-cpu:4"), "a-cpu:4") << "the exact one first";
}

// Models of Ollama and the like: the part behind the colon is a name.
TEST(ResolveVariants, ATagIsNoVersion) {
  EXPECT_EQ(Resolved({Row("llama3.2:1b"), Row("llama3.2:3b")}, "llama3.2:3b"), "llama3.2:3b");
  EXPECT_EQ(ErrorOf({Row("llama3.2:1b")}, "llama3.2").code, base::ErrorCode::kNotFound);
}

// "With and without GPU": every variant of the alias that fits, of each only the newest.
TEST(ResolveVariants, ADeviceTakesEveryVariantForIt) {
  for (const char* device : {"gpu", "GPU", "Gpu"}) {
    EXPECT_THAT(Pinned(kCatalogue, "phi-4-mini", Device(device)),
                ElementsAre("Phi-4-mini-instruct-openvino-gpu:1", "Phi-4-mini-instruct-cuda-gpu:10"));
  }
  EXPECT_THAT(Pinned(kCatalogue, "phi-4-mini", Device("cpu")), ElementsAre("Phi-4-mini-instruct-generic-cpu:5"));
  EXPECT_THAT(Pinned(kWithoutAlias, "ember-mini", Device("cpu")),
              ElementsAre("ember-mini-generic-cpu:1", "ember-mini-int8-cpu:1"));
}

TEST(ResolveVariants, WhatTheRowSaysOfItsDeviceCountsMoreThanItsName) {
  Variant row = Row("a-generic-gpu:1", "a");
  row.device = "NPU";
  EXPECT_THAT(Pinned({row}, "a", Device("npu")), ElementsAre("a-generic-gpu:1"));
  EXPECT_EQ(ErrorOf({row}, "a", Device("gpu")).code, base::ErrorCode::kNotFound);
}

TEST(ResolveVariants, ADeviceDerivedForThePinIsNotFilledIn) {
  const auto variants = ResolveVariants({Row("a-cpu:1", "a")}, "a", Device("cpu"));
  ASSERT_TRUE(variants.ok());
  EXPECT_EQ(variants->at(0).device, std::nullopt);
}

TEST(ResolveVariants, APinnedVariantIsAnIdWithOrWithoutVersionOrAGlob) {
  EXPECT_THAT(Pinned(kCatalogue, "phi-4-mini", Named("phi-4-mini-instruct-cuda-gpu:4")),
              ElementsAre("Phi-4-mini-instruct-cuda-gpu:4"));
  EXPECT_THAT(Pinned(kCatalogue, "phi-4-mini", Named("phi-4-mini-instruct-cuda-gpu")),
              ElementsAre("Phi-4-mini-instruct-cuda-gpu:10"));
  EXPECT_THAT(Pinned(kCatalogue, "phi-4-mini", Named("*-GENERIC-*")), ElementsAre("Phi-4-mini-instruct-generic-cpu:5"));
  EXPECT_THAT(Pinned(kCatalogue, "phi-4-mini", Named("*-gpu")),
              ElementsAre("Phi-4-mini-instruct-openvino-gpu:1", "Phi-4-mini-instruct-cuda-gpu:10"));
  EXPECT_THAT(Pinned(kCatalogue, "phi-4-mini", Named("*cuda-gpu:?")), ElementsAre("Phi-4-mini-instruct-cuda-gpu:4"));
  EXPECT_THAT(Pinned(kCatalogue, "phi-4-mini", {.device = "cpu", .variant = "*"}),
              ElementsAre("Phi-4-mini-instruct-generic-cpu:5"));
}

TEST(ResolveVariants, APinHoldsForAnIdToo) {
  EXPECT_THAT(Pinned(kCatalogue, "Phi-4-mini-instruct-cuda-gpu:4", Device("gpu")),
              ElementsAre("Phi-4-mini-instruct-cuda-gpu:4"));
  EXPECT_EQ(ErrorOf(kCatalogue, "Phi-4-mini-instruct-cuda-gpu:4", Device("cpu")).code, base::ErrorCode::kNotFound);
}

TEST(ResolveVariants, APinThatFitsNothingListsTheVariantsOfThatAlias) {
  for (const Pin& pin : {Device("npu"), Named("*-npu"), Named("qwen2.5-0.5b-instruct-generic-cpu:4"), Named("nope")}) {
    const base::Error error = ErrorOf(kCatalogue, "phi-4-mini", pin);
    EXPECT_EQ(error.code, base::ErrorCode::kNotFound);
    EXPECT_THAT(error.what, HasSubstr("Phi-4-mini-instruct-openvino-gpu:1 (gpu)"));
    EXPECT_THAT(error.what, HasSubstr("Phi-4-mini-instruct-generic-cpu:5 (cpu)"));
    EXPECT_THAT(error.what, Not(HasSubstr("qwen2.5-0.5b-instruct-generic-cpu:4 (cpu)")));
  }
  EXPECT_THAT(ErrorOf(kCatalogue, "phi-4-mini", Device("n\x1bpu")).what, HasSubstr("device n\\x1Bpu"));
  EXPECT_THAT(ErrorOf(kCatalogue, "plain", Device("cpu")).what, HasSubstr("no-version (device not stated)"));
}

}  // namespace
}  // namespace assay::foundry
