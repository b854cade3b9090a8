// SPDX-License-Identifier: MIT
// --device and --variant on a catalogue of two aliases, one of which has no GPU variant.
#include "benchmarks/suite/pins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/base/text.h"

namespace assay::suite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::pair<std::string, std::vector<std::string>>> kCatalogue = {{"big", {"big-gpu:1", "big-cpu:1"}},
                                                                            {"small", {"small-cpu:2"}}};

class Resolver {
 public:
  int calls = 0;
  std::optional<base::Error> broken;

  Resolve resolve() {
    return [this](const std::vector<catalogue::ModelRequest>& models,
                  const foundry::Pin& pin) -> base::Result<std::vector<catalogue::ResolvedModel>> {
      ++calls;
      if (broken) return *broken;
      std::vector<catalogue::ResolvedModel> resolved;
      for (const catalogue::ModelRequest& model : models) {
        const std::size_t before = resolved.size();
        for (const auto& [alias, variants] : kCatalogue) {
          for (const std::string& variant : variants) {
            const bool asked = model.variant ? *model.variant == variant : model.alias == alias;
            const std::string device = variant.find("gpu") != std::string::npos ? "gpu" : "cpu";
            const bool fits =
                (!pin.device || *pin.device == device) && (!pin.variant || base::GlobMatches(*pin.variant, variant));
            if (!asked || !fits) continue;
            resolved.emplace_back().asked = model.alias;
            resolved.back().variant = variant;
            resolved.back().device = device;
          }
        }
        if (resolved.size() == before) {
          return base::Error{base::ErrorCode::kUnavailable, "no such variant of " + model.alias, ""};
        }
      }
      return resolved;
    };
  }
};

std::vector<catalogue::ModelRequest> Ask(const std::vector<std::string>& aliases) {
  std::vector<catalogue::ModelRequest> models;
  for (const std::string& alias : aliases) models.emplace_back().alias = alias;
  return models;
}

Options Pinning(std::vector<std::string> devices, std::vector<std::string> variants = {}) {
  Options options;
  options.devices = std::move(devices);
  options.variants = std::move(variants);
  return options;
}

std::vector<std::string> Variants(const std::vector<catalogue::ResolvedModel>& models) {
  std::vector<std::string> variants;
  for (const catalogue::ResolvedModel& model : models) variants.push_back(model.variant);
  return variants;
}

TEST(Pins, WithoutFlagsThereIsOneEmptyPin) {
  const std::vector<foundry::Pin> pins = PinsOf(Options{});
  ASSERT_EQ(pins.size(), 1U);
  EXPECT_EQ(pins[0].device, std::nullopt);
  EXPECT_EQ(pins[0].variant, std::nullopt);
}

TEST(Pins, EveryDeviceWithEveryVariant) {
  const std::vector<foundry::Pin> pins = PinsOf(Pinning({"cpu", "gpu"}, {"a*", "b*"}));
  ASSERT_EQ(pins.size(), 4U);
  EXPECT_EQ(pins[0].device, "cpu");
  EXPECT_EQ(pins[0].variant, "a*");
  EXPECT_EQ(pins[1].device, "cpu");
  EXPECT_EQ(pins[1].variant, "b*");
  EXPECT_EQ(pins[3].device, "gpu");
  EXPECT_EQ(pins[3].variant, "b*");
}

TEST(Pins, OnePinIsOneQuestion) {
  Resolver resolver;
  const auto pinned = ResolvePinned(Ask({"big", "small"}), PinsOf(Pinning({"cpu"})), resolver.resolve());
  ASSERT_TRUE(pinned.ok()) << pinned.error().Message();
  EXPECT_THAT(Variants(pinned->models), ElementsAre("big-cpu:1", "small-cpu:2"));
  EXPECT_EQ(resolver.calls, 1);
  EXPECT_THAT(pinned->notes, IsEmpty());
}

TEST(Pins, OnePinThatAModelDoesNotHaveIsAnError) {
  Resolver resolver;
  const auto pinned = ResolvePinned(Ask({"big", "small"}), PinsOf(Pinning({"gpu"})), resolver.resolve());
  ASSERT_FALSE(pinned.ok());
  EXPECT_THAT(pinned.error().what, HasSubstr("no such variant of small"));
}

// With and without the GPU: separate models of one alias; what does not exist is said, not measured.
TEST(Pins, SeveralDevicesAreSeveralModelsOfAnAlias) {
  Resolver resolver;
  const auto pinned = ResolvePinned(Ask({"big", "small"}), PinsOf(Pinning({"cpu", "gpu"})), resolver.resolve());
  ASSERT_TRUE(pinned.ok()) << pinned.error().Message();
  EXPECT_THAT(Variants(pinned->models), ElementsAre("big-cpu:1", "big-gpu:1", "small-cpu:2"));
  EXPECT_THAT(pinned->notes, ElementsAre("small has no variant for gpu"));
}

TEST(Pins, AVariantThatSeveralPinsMeanIsMeasuredOnce) {
  Resolver resolver;
  const auto pinned = ResolvePinned(Ask({"big"}), PinsOf(Pinning({}, {"*-cpu:1", "big*"})), resolver.resolve());
  ASSERT_TRUE(pinned.ok()) << pinned.error().Message();
  EXPECT_THAT(Variants(pinned->models), ElementsAre("big-cpu:1", "big-gpu:1"));
}

TEST(Pins, AModelThatFitsNoPinAndAPinThatFitsNoModelAreErrors) {
  Resolver resolver;
  EXPECT_FALSE(ResolvePinned(Ask({"big", "small"}), PinsOf(Pinning({}, {"big*", "other*"})), resolver.resolve()).ok());
  EXPECT_FALSE(ResolvePinned(Ask({"big"}), PinsOf(Pinning({"cpu", "npu"})), resolver.resolve()).ok());
  EXPECT_FALSE(ResolvePinned(Ask({"small"}), PinsOf(Pinning({"gpu", "npu"})), resolver.resolve()).ok());
}

TEST(Pins, AModelThatPinsItselfIsLeftAlone) {
  Resolver resolver;
  std::vector<catalogue::ModelRequest> models = Ask({"big", "small"});
  models[0].variant = "big-gpu:1";
  const auto pinned = ResolvePinned(models, PinsOf(Pinning({"cpu", "npu"})), resolver.resolve());
  ASSERT_FALSE(pinned.ok());  // nobody has an NPU
  const auto cpu = ResolvePinned(models, PinsOf(Pinning({"cpu"}, {"small*", "*-cpu:2"})), resolver.resolve());
  ASSERT_TRUE(cpu.ok()) << cpu.error().Message();
  EXPECT_THAT(Variants(cpu->models), ElementsAre("big-gpu:1", "small-cpu:2"));
}

// A service that answers no more is no missing variant.
TEST(Pins, OtherErrorsAreNotTakenForAMissingVariant) {
  Resolver resolver;
  resolver.broken = base::Error{base::ErrorCode::kCancelled, "stopped", ""};
  const auto pinned = ResolvePinned(Ask({"big"}), PinsOf(Pinning({"cpu", "gpu"})), resolver.resolve());
  ASSERT_FALSE(pinned.ok());
  EXPECT_EQ(pinned.error().code, base::ErrorCode::kCancelled);
  EXPECT_EQ(resolver.calls, 1);
}

TEST(Pins, ASuiteWithoutModelsIsFiltered) {
  Resolver resolver;
  const auto all = *resolver.resolve()(Ask({"big", "small"}), foundry::Pin{});
  EXPECT_THAT(Variants(*FilterByPins(all, PinsOf(Options{}))), ElementsAre("big-gpu:1", "big-cpu:1", "small-cpu:2"));
  EXPECT_THAT(Variants(*FilterByPins(all, PinsOf(Pinning({"cpu"})))), ElementsAre("big-cpu:1", "small-cpu:2"));
  EXPECT_THAT(Variants(*FilterByPins(all, PinsOf(Pinning({"cpu"}, {"BIG*"})))), ElementsAre("big-cpu:1"));
  EXPECT_THAT(Variants(*FilterByPins(all, PinsOf(Pinning({}, {"small-cpu", "big-gpu:1"})))),
              ElementsAre("big-gpu:1", "small-cpu:2"));
  const auto none = FilterByPins(all, PinsOf(Pinning({"npu"})));
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(none.error().what, HasSubstr("big-gpu:1, big-cpu:1, small-cpu:2"));
}

}  // namespace
}  // namespace assay::suite
