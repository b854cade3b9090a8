// SPDX-License-Identifier: MIT
#include "fixtures/session/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/session/fakes.h"
#include "fixtures/base/files.h"

namespace assay::session {
namespace {

using namespace std::chrono_literals;
using assay::testing::FakeCommand;
using assay::testing::FakeService;
using assay::testing::FakeTime;
using assay::testing::Refused;
using assay::testing::Row;
using assay::testing::World;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DownloadTest : public ::testing::Test {
 protected:
  DownloadTest() : waits_(time_.Waits()), folder_(base::TemporaryDirectory::Create("download-test").value()) {
    world_.can.download = true;
    world_.rows = {Row("m:1")};
    world_.rows[0].cached = false;
    model_.variant = "m:1";
    model_.cached = false;
  }
  Site& site(const std::string& url = "http://127.0.0.1:1") {
    if (!site_) site_ = std::make_unique<Site>(options_, std::make_unique<FakeService>(world_, url), waits_);
    return *site_;
  }
  base::Status FetchIt(const DownloadOptions& options = {}) {
    return Fetch(site(), model_, options, [this](const std::string& line) { said_.push_back(line); });
  }
  base::Status Check(std::int64_t size_mib, const DownloadOptions& options = {}) {
    model_.size_mib = size_mib;
    return CheckDisk(site(), {&model_}, options, [this](const std::string& line) { said_.push_back(line); });
  }

  FakeTime time_;
  Waits waits_;
  base::TemporaryDirectory folder_;
  World world_;
  FakeCommand command_;
  SiteOptions options_;
  std::unique_ptr<Site> site_;
  catalogue::ResolvedModel model_;
  std::vector<std::string> said_;
};

TEST_F(DownloadTest, TellsEveryTenPercentAndThatItIsCached) {
  ASSERT_TRUE(FetchIt().ok());
  EXPECT_EQ(model_.cached, true);
  EXPECT_THAT(said_, ElementsAre("downloading m:1", "downloading m:1: 10 %", "downloading m:1: 50 %",
                                 "downloading m:1: 100 %"));
}

TEST_F(DownloadTest, TheCommandIsAskedWhereThereIsOne) {
  options_.command = &command_;
  command_.rows = world_.rows;
  ASSERT_TRUE(FetchIt().ok());
  EXPECT_EQ(command_.Calls("download m:1"), 1);
  EXPECT_EQ(world_.Calls("download m:1"), 0);
}

TEST_F(DownloadTest, AFailureIsTriedAgainAfterPausesThatDouble) {
  world_.download_errors = {Refused("IPC error 'op_handler_failed'"), Refused("time-out"), std::nullopt};
  ASSERT_TRUE(FetchIt().ok());
  EXPECT_EQ(world_.Calls("download m:1"), 3);
  EXPECT_EQ(time_.slept, 2s + 4s);
  EXPECT_THAT(said_, Contains(AllOf(HasSubstr("attempt 1 of 3"), HasSubstr("op_handler_failed"))));
}

TEST_F(DownloadTest, TheLastWordsAreSaidWhenAllAttemptsFailed) {
  world_.download_errors.assign(9, Refused("registry time-out"));
  const base::Status status = FetchIt({.attempts = 2});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(status.error().what, AllOf(HasSubstr("m:1"), HasSubstr("registry time-out")));
  EXPECT_EQ(world_.Calls("download m:1"), 2);
  EXPECT_EQ(time_.slept, 2s);
  EXPECT_EQ(model_.cached, false);
}

TEST_F(DownloadTest, AnUnknownNameIsNotTriedAgain) {
  world_.download_errors.assign(9, Refused("no such model", base::ErrorCode::kNotFound));
  EXPECT_FALSE(FetchIt().ok());
  EXPECT_EQ(world_.Calls("download m:1"), 1);
}

// A command that ends well proves nothing.
TEST_F(DownloadTest, WhatTheCatalogueStillCallsMissingIsNotDownloaded) {
  options_.command = &command_;
  command_.rows = world_.rows;
  command_.lies_about_downloads = true;
  const base::Status status = FetchIt({.attempts = 1});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().what, HasSubstr("still says that it is not in the cache"));
}

TEST_F(DownloadTest, AServiceThatDownloadsNothingSaysHow) {
  world_.can.download = false;
  const base::Status status = FetchIt();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(status.error().what, HasSubstr("`foundry model download m:1`"));
  EXPECT_EQ(time_.slept, 0s);
}

TEST_F(DownloadTest, CancelledInAPauseStopsThere) {
  world_.download_errors.assign(9, Refused("broken"));
  time_.cancelled = [this] { return time_.slept >= 1s; };
  const base::Status status = FetchIt();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::kCancelled);
  EXPECT_EQ(world_.Calls("download m:1"), 1);
  EXPECT_LT(time_.slept, 2s);
}

TEST_F(DownloadTest, MoreThanIsFreeIsRefusedWithBothNumbers) {
  world_.folder = base::ToUtf8(folder_.path());
  const base::Status status = Check(std::int64_t{1} << 40);  // an exbibyte: 2^60 bytes
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(status.error().what, AllOf(HasSubstr("1152921504.6 GB"), HasSubstr("are free")));
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(DownloadTest, LittleSpaceIsAWarning) {
  world_.folder = base::ToUtf8(folder_.path());
  ASSERT_TRUE(Check(1, {.warn_below_bytes = INT64_MAX}).ok());
  EXPECT_THAT(said_, ElementsAre(HasSubstr("are recommended")));
  said_.clear();
  ASSERT_TRUE(Check(1, {.warn_below_bytes = 0}).ok());
  EXPECT_THAT(said_, IsEmpty());
}

// Before the first download the folder is not there; its disk is.
TEST_F(DownloadTest, AFolderThatIsNotThereYetIsMeasuredWhereItWillBe) {
  world_.folder = base::ToUtf8(folder_.path() / "cache" / "models");
  EXPECT_TRUE(FreeDiskBytes(site()).has_value());
}

TEST_F(DownloadTest, TheCommandKnowsTheFolderWhereTheServiceDoesNot) {
  options_.command = &command_;
  EXPECT_EQ(FreeDiskBytes(site()), std::nullopt);
  command_.cache = base::ToUtf8(folder_.path());
  EXPECT_TRUE(FreeDiskBytes(site()).has_value());
}

// The folder of another machine says nothing about this one's disk.
TEST_F(DownloadTest, TheDiskOfAnotherMachineIsUnknown) {
  world_.folder = base::ToUtf8(folder_.path());
  EXPECT_EQ(FreeDiskBytes(site("http://10.0.0.1:1")), std::nullopt);
  EXPECT_TRUE(Check(std::int64_t{1} << 40).ok());
}

}  // namespace
}  // namespace assay::session
