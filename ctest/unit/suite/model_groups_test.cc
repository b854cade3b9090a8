// SPDX-License-Identifier: MIT
// Models that do not fit into memory together, on a memory of so many places.
#include "benchmarks/suite/model_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace assay::suite {
namespace {

using session::Loaded;
using session::LoadOutcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<catalogue::ResolvedModel> Models(const std::vector<std::string>& variants) {
  std::vector<catalogue::ResolvedModel> models;
  for (const std::string& variant : variants) models.emplace_back().variant = variant;
  return models;
}

// Each model takes so many places; what is loaded by others (`used`) counts as ours, as session::Load sees it.
class Memory {
 public:
  explicit Memory(int places) : places_(places) {}
  std::map<std::string, int> sizes;
  int used = 0;
  std::vector<std::string> log;
  bool cancel = false;

  Loader loader() {
    return {[this](const catalogue::ResolvedModel& model) {
              log.push_back("load " + model.variant);
              const int size = sizes.contains(model.variant) ? sizes[model.variant] : 1;
              if (size < 0) return Loaded{LoadOutcome::kFailed, "no such file"};
              if (used + size <= places_) {
                used += size;
                return Loaded{};
              }
              return Loaded{used > 0 ? LoadOutcome::kDoesNotFit : LoadOutcome::kFailed, "out of memory"};
            },
            [this] {
              log.push_back("unload");
              used = 0;
            },
            [this](const catalogue::ResolvedModel& model, const std::string& why) {
              log.push_back("failed " + model.variant + ": " + why);
            },
            [this] { return cancel; }};
  }

 private:
  int places_;
};

std::vector<std::string> Names(const std::vector<catalogue::ResolvedModel>& group) {
  std::vector<std::string> names;
  for (const catalogue::ResolvedModel& model : group) names.push_back(model.variant);
  return names;
}

TEST(ModelGroups, WhatFitsIsOneGroupAndNothingIsUnloaded) {
  Memory memory(3);
  ModelGroups groups(Models({"a", "b", "c"}), memory.loader());
  EXPECT_THAT(Names(groups.Next()), ElementsAre("a", "b", "c"));
  EXPECT_THAT(groups.Next(), IsEmpty());
  EXPECT_THAT(memory.log, ElementsAre("load a", "load b", "load c"));
  EXPECT_EQ(groups.groups().size(), 1U);
}

TEST(ModelGroups, AsManyAsFitThenTheOthers) {
  Memory memory(2);
  memory.sizes = {{"b", 2}};
  ModelGroups groups(Models({"a", "b", "c", "d"}), memory.loader());
  EXPECT_THAT(Names(groups.Next()), ElementsAre("a", "c"));  // the small one behind the big one still fits
  EXPECT_THAT(Names(groups.Next()), ElementsAre("b"));
  EXPECT_THAT(Names(groups.Next()), ElementsAre("d"));
  EXPECT_THAT(groups.Next(), IsEmpty());
  EXPECT_THAT(groups.groups(), ElementsAre(ElementsAre("a", "c"), ElementsAre("b"), ElementsAre("d")));
  EXPECT_EQ(std::count(memory.log.begin(), memory.log.end(), "unload"), 2);
  EXPECT_NE(memory.log.back(), "unload");  // the last group is the session's to unload
}

TEST(ModelGroups, AModelThatIsTooBigAloneFailsAndTheOthersGoOn) {
  Memory memory(1);
  memory.sizes = {{"b", 2}};
  ModelGroups groups(Models({"a", "b", "c"}), memory.loader());
  EXPECT_THAT(Names(groups.Next()), ElementsAre("a"));
  EXPECT_THAT(Names(groups.Next()), ElementsAre("c"));
  EXPECT_THAT(groups.Next(), IsEmpty());
  EXPECT_THAT(memory.log, ::testing::Contains("failed b: out of memory"));
  EXPECT_EQ(groups.groups().size(), 2U);
}

TEST(ModelGroups, AModelThatCannotBeLoadedIsNoReasonForASecondGroup) {
  Memory memory(3);
  memory.sizes = {{"b", -1}};
  ModelGroups groups(Models({"a", "b", "c"}), memory.loader());
  EXPECT_THAT(Names(groups.Next()), ElementsAre("a", "c"));
  EXPECT_THAT(groups.Next(), IsEmpty());
  EXPECT_THAT(memory.log, ElementsAre("load a", "load b", "failed b: no such file", "load c"));
}

TEST(ModelGroups, NothingThatCanBeLoadedIsNoGroup) {
  Memory memory(3);
  memory.sizes = {{"a", -1}, {"b", -1}};
  ModelGroups groups(Models({"a", "b"}), memory.loader());
  EXPECT_THAT(groups.Next(), IsEmpty());
  EXPECT_EQ(groups.groups().size(), 0U);
}

// A service that tells versions only of loaded models has some in memory before the first group.
TEST(ModelGroups, WhatWasLoadedBeforeMakesRoom) {
  Memory memory(2);
  memory.used = 2;
  ModelGroups groups(Models({"a", "b", "c"}), memory.loader());
  EXPECT_THAT(Names(groups.Next()), ElementsAre("a", "b"));
  EXPECT_THAT(Names(groups.Next()), ElementsAre("c"));
}

// A service that always says so must not be asked for ever.
TEST(ModelGroups, AModelThatNeverFitsEnds) {
  int loads = 0;
  int failed = 0;
  ModelGroups groups(Models({"a"}),
                     {[&](const catalogue::ResolvedModel&) {
                        ++loads;
                        return Loaded{LoadOutcome::kDoesNotFit, "full"};
                      },
                      [] {}, [&](const catalogue::ResolvedModel&, const std::string&) { ++failed; }, nullptr});
  EXPECT_THAT(groups.Next(), IsEmpty());
  EXPECT_EQ(loads, 2);
  EXPECT_EQ(failed, 1);
}

TEST(ModelGroups, CancelledIsNoFailure) {
  Memory memory(1);
  memory.cancel = true;
  ModelGroups groups(Models({"a"}), memory.loader());
  EXPECT_THAT(groups.Next(), IsEmpty());
  EXPECT_THAT(memory.log, IsEmpty());
}

}  // namespace
}  // namespace assay::suite
