// SPDX-License-Identifier: MIT
#include "fixtures/embedded/model_cache.h"

#include <gtest/gtest.h>

#include "fixtures/base/files.h"

namespace assay::embedded {
namespace {

class ModelCacheTest : public testing::Test {
 protected:
  ModelCacheTest() : home_(*base::TemporaryDirectory::Create("model-cache")), cache_(ModelCache::Under(home_.path())) {}

  base::TemporaryDirectory home_;
  ModelCache cache_;
  const ModelVariant mini_ = ModelCatalog().variants()[0];
  const ModelVariant other_ = ModelCatalog().variants()[1];
};

TEST_F(ModelCacheTest, LiesWhereFoundryKeepsModels) {
  EXPECT_EQ(cache_.folder(), home_.path() / "cache" / "models");
  EXPECT_EQ(cache_.FolderOf(mini_), cache_.folder() / "Assay" / "ember-mini-generic-cpu-1");
}

TEST_F(ModelCacheTest, RemembersWhatWasDownloaded) {
  EXPECT_FALSE(cache_.IsCached(mini_));
  ASSERT_TRUE(cache_.MarkDownloaded(mini_).ok());
  EXPECT_TRUE(cache_.IsCached(mini_));
  EXPECT_FALSE(cache_.IsCached(other_));
  cache_.Remove(mini_);
  EXPECT_FALSE(cache_.IsCached(mini_));
}

TEST_F(ModelCacheTest, CountsNoUnfinishedDownload) {
  ASSERT_TRUE(cache_.MarkDownloaded(mini_).ok());
  ASSERT_TRUE(base::WriteFileAtomically(cache_.FolderOf(mini_) / "download.tmp", "").ok());
  EXPECT_FALSE(cache_.IsCached(mini_));
  ASSERT_TRUE(cache_.MarkDownloaded(mini_).ok());
  EXPECT_TRUE(cache_.IsCached(mini_));
}

TEST_F(ModelCacheTest, HoldsEverythingUnlessTheScenarioSaysOtherwise) {
  const ScenarioPlayer plain{Scenario()};
  EXPECT_TRUE(cache_.Holds(mini_, plain));
  const ScenarioPlayer player(*ParseScenarioInline("not_cached,match=ember-mini-*"));
  EXPECT_FALSE(cache_.Holds(mini_, player));
  EXPECT_TRUE(cache_.Holds(ModelCatalog().variants()[2], player));
  ASSERT_TRUE(cache_.MarkDownloaded(mini_).ok());
  EXPECT_TRUE(cache_.Holds(mini_, player));
}

}  // namespace
}  // namespace assay::embedded
