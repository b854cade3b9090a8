// SPDX-License-Identifier: MIT
#include "fixtures/embedded/model_store.h"

#include <gtest/gtest.h>

#include <chrono>

namespace assay::embedded {
namespace {

ModelVariant Tiny(const std::string& id) {
  ModelVariant variant;
  variant.id = id;
  variant.shape.layers = 1;
  variant.shape.width = 32;
  variant.shape.hidden_width = 32;
  return variant;
}

TEST(ModelStore, LoadsOnceAndUnloadsOnce) {
  ModelStore store;
  EXPECT_FALSE(store.OpenSession(Tiny("a")).has_value());
  EXPECT_TRUE(store.Load(Tiny("a")));
  EXPECT_FALSE(store.Load(Tiny("a")));
  EXPECT_EQ(store.LoadedIds(), std::vector<std::string>{"a"});
  EXPECT_TRUE(store.Unload(Tiny("a")).was_loaded);
  EXPECT_FALSE(store.Unload(Tiny("a")).was_loaded);
  EXPECT_TRUE(store.LoadedIds().empty());
}

TEST(ModelStore, CountsTheSessionsThatPreventUnloading) {
  ModelStore store;
  store.Load(Tiny("a"));
  {
    const auto first = store.OpenSession(Tiny("a"));
    const auto second = store.OpenSession(Tiny("a"));
    EXPECT_EQ(store.Unload(Tiny("a")).sessions_using_it, 2);
    EXPECT_TRUE(store.IsLoaded(Tiny("a")));
  }
  EXPECT_EQ(store.Unload(Tiny("a")).sessions_using_it, 0);
  EXPECT_FALSE(store.IsLoaded(Tiny("a")));
}

TEST(ModelStore, AnObstacleIsAskedOnceItMattersAndKeepsTheModelOut) {
  ModelStore store;
  store.Load(Tiny("a"));
  std::vector<std::size_t> asked;
  LoadOptions options;
  options.obstacle = [&](std::size_t others) {
    asked.push_back(others);
    return std::string("no memory");
  };
  EXPECT_EQ(store.Load(Tiny("a"), options).failure, "");
  EXPECT_EQ(store.Load(Tiny("b"), options).failure, "no memory");
  EXPECT_EQ(asked, std::vector<std::size_t>{1});
  EXPECT_FALSE(store.IsLoaded(Tiny("b")));
}

TEST(ModelStore, TellsOfLoadsThatWereDoneWithTheObstaclesTimeInside) {
  ModelStore store;
  struct Told {
    std::string id;
    base::Moment start, end;
  };
  std::vector<Told> told;
  store.TellOfLoads([&](const ModelVariant& variant, base::Moment start, base::Moment end) {
    told.push_back({variant.id, start, end});
  });
  base::Moment asked;
  LoadOptions options;
  options.obstacle = [&](std::size_t) {
    asked = std::chrono::steady_clock::now();
    return std::string();
  };
  const base::Moment before = std::chrono::steady_clock::now();
  EXPECT_TRUE(store.Load(Tiny("a"), options).loaded_now);
  const base::Moment after = std::chrono::steady_clock::now();
  store.Load(Tiny("a"));  // is there
  options.obstacle = [](std::size_t) { return std::string("no memory"); };
  store.Load(Tiny("b"), options);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].id, "a");
  EXPECT_TRUE(before <= told[0].start && told[0].start <= asked);
  EXPECT_TRUE(asked <= told[0].end && told[0].end <= after);
}

TEST(ModelStore, ForgetsWhatNobodyUsedForItsTimeToLive) {
  ModelStore store;
  LoadOptions options;
  options.time_to_live = std::chrono::hours(1);
  store.Load(Tiny("a"), options);
  store.Load(Tiny("b"));
  const base::Moment now = std::chrono::steady_clock::now();
  EXPECT_TRUE(store.IsAlive(Tiny("a"), now));
  store.DropExpired(now + std::chrono::minutes(59));
  EXPECT_TRUE(store.IsLoaded(Tiny("a")));
  {
    const auto session = store.OpenSession(Tiny("a"));
    store.DropExpired(now + std::chrono::hours(9));
    EXPECT_TRUE(store.IsLoaded(Tiny("a"))) << "while an answer runs";
  }
  EXPECT_FALSE(store.IsAlive(Tiny("a"), now + std::chrono::hours(9)));
  store.DropExpired(now + std::chrono::hours(9));
  EXPECT_EQ(store.LoadedIds(), std::vector<std::string>{"b"});
}

TEST(ModelStore, CountsTheTimeToLiveFromTheLastUse) {
  ModelStore store;
  LoadOptions options;
  options.time_to_live = base::Nanoseconds(0);
  store.Load(Tiny("a"), options);
  const base::Moment loaded = std::chrono::steady_clock::now();
  EXPECT_TRUE(store.OpenSession(Tiny("a")).has_value());  // used and given back, later than that
  store.DropExpired(loaded - std::chrono::nanoseconds(1));
  EXPECT_TRUE(store.IsLoaded(Tiny("a")));
  options.time_to_live = std::chrono::hours(1);
  EXPECT_FALSE(store.Load(Tiny("a"), options).loaded_now);
  store.DropExpired(std::chrono::steady_clock::now());
  EXPECT_TRUE(store.IsLoaded(Tiny("a"))) << "a second load gives it another time to live";
}

TEST(ModelStore, DropsWhatIsInUseWithoutHurtingIt) {
  ModelStore store;
  store.Load(Tiny("a"));
  store.Load(Tiny("b"));
  const auto session = store.OpenSession(Tiny("a"));
  const ModelVariant kept = Tiny("b");
  store.DropAllBut(&kept);
  EXPECT_EQ(store.LoadedIds(), std::vector<std::string>{"b"});
  EXPECT_NE(session->model(), nullptr);
  store.Drop(Tiny("b"));
  EXPECT_TRUE(store.LoadedIds().empty());
}

TEST(ModelCatalog, ResolvesNamesAsTheRealServiceDoesPerRoute) {
  const ModelCatalog catalog;
  ASSERT_EQ(catalog.variants().size(), 4U);
  EXPECT_NE(catalog.FindById("ember-mini-int8-cpu:1"), nullptr);
  EXPECT_EQ(catalog.FindById("ember-mini"), nullptr);
  EXPECT_EQ(catalog.FindById("ember-mini-int8-cpu"), nullptr);
  EXPECT_EQ(catalog.FindByAliasOrName("ember-mini-int8-cpu:1"), nullptr);
  EXPECT_EQ(catalog.FindByAliasOrName("ember-base")->id, "ember-base-generic-cpu:1");
  EXPECT_EQ(catalog.FindByAliasOrName("ember-base-int8-cpu")->id, "ember-base-int8-cpu:1");
  EXPECT_EQ(catalog.FindByIdOrName("ember-base"), nullptr);
  EXPECT_EQ(catalog.FindByIdOrName("ember-base-int8-cpu")->id, "ember-base-int8-cpu:1");
  EXPECT_EQ(catalog.FindByIdOrName("ember-base-int8-cpu:1")->id, "ember-base-int8-cpu:1");
  EXPECT_EQ(catalog.Find("ember-mini-int8-cpu:1")->id, "ember-mini-int8-cpu:1");
}

}  // namespace
}  // namespace assay::embedded
