// SPDX-License-Identifier: MIT
#include "fixtures/embedded/model_store.h"

#include <gtest/gtest.h>

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

TEST(ModelCatalog, ResolvesNamesAsTheRealServiceDoesPerRoute) {
  const ModelCatalog catalog;
  ASSERT_EQ(catalog.variants().size(), 4U);
  EXPECT_NE(catalog.FindById("ember-mini-int8-cpu:1"), nullptr);
  EXPECT_EQ(catalog.FindById("ember-mini"), nullptr);
  EXPECT_EQ(catalog.FindById("ember-mini-int8-cpu"), nullptr);
  EXPECT_EQ(catalog.FindByAliasOrName("ember-mini-int8-cpu:1"), nullptr);
  EXPECT_EQ(catalog.FindByAliasOrName("ember-base")->id, "ember-base-generic-cpu:1");
  EXPECT_EQ(catalog.FindByAliasOrName("ember-base-int8-cpu")->id, "ember-base-int8-cpu:1");
  EXPECT_EQ(catalog.Find("ember-mini-int8-cpu:1")->id, "ember-mini-int8-cpu:1");
}

}  // namespace
}  // namespace assay::embedded
