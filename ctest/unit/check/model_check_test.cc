// SPDX-License-Identifier: MIT
// The steps of one model against a machine made of functions: what is asked, in which order, and where it stops.
#include "fixtures/check/model_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace assay::check {
namespace {

using session::Loaded;
using session::LoadOutcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ModelCheck : public ::testing::Test {
 protected:
  ModelCheck() {
    facts_.model.variant = "phi-cpu:1";
    facts_.model.cached = true;
    facts_.generation = "g2";
    sampling_.zero_repeats = sampling_.same_seed_repeats = sampling_.seeds_differ = true;
    sampling_.max_tokens_obeyed = sampling_.usage_reported = sampling_.stream_well_formed = true;
  }

  base::Status Check() {
    const ModelActions actions{
        [this](const catalogue::ResolvedModel& model) {
          calls_.push_back("load " + model.variant);
          const Loaded next = loads_.front();
          if (loads_.size() > 1) loads_.pop_front();
          return next;
        },
        [this] {
          calls_.push_back("unload");
          return left_;
        },
        [this](const catalogue::ResolvedModel& model) {
          calls_.push_back("probe " + model.variant);
          return sampling_;
        },
        [this] { return static_cast<int>(calls_.size()) >= cancel_after_; },
    };
    return CheckModel(facts_, actions, [this](const Finding& finding) { findings_.push_back(finding); });
  }

  // "cached:ok load:failure"
  std::string Seen() const {
    std::string text;
    for (const Finding& finding : findings_) {
      text += (text.empty() ? "" : " ") + finding.id + ":" + std::string(ToString(finding.level));
    }
    return text;
  }

  ModelFacts facts_;
  std::deque<Loaded> loads_ = {Loaded{}};  // the last one stays
  std::vector<std::string> left_;
  session::SamplingFindings sampling_;
  int cancel_after_ = 1000;  // calls
  std::vector<std::string> calls_;
  std::vector<Finding> findings_;
};

TEST_F(ModelCheck, AsksEverythingOfAHealthyModel) {
  ASSERT_TRUE(Check().ok());
  EXPECT_THAT(calls_, ElementsAre("load phi-cpu:1", "probe phi-cpu:1"));
  EXPECT_EQ(Seen(), "cached:ok load:ok chat:ok temperature:ok seed:ok max_tokens:ok usage:ok stream:ok");
}

TEST_F(ModelCheck, DoesNotLoadWhatIsNotOnTheDisk) {
  facts_.model.cached = false;
  ASSERT_TRUE(Check().ok());
  EXPECT_THAT(calls_, IsEmpty());
  EXPECT_EQ(Seen(), "cached:failure");
}

TEST_F(ModelCheck, AsksNothingOfAModelThatDoesNotLoad) {
  loads_ = {{LoadOutcome::kFailed, "Failed loading model phi-cpu:1"}};
  ASSERT_TRUE(Check().ok());
  EXPECT_THAT(calls_, ElementsAre("load phi-cpu:1"));
  EXPECT_EQ(Seen(), "cached:ok load:failure");
  EXPECT_THAT(findings_.back().text, HasSubstr("Failed loading model phi-cpu:1"));
}

TEST_F(ModelCheck, MakesRoomOnceAndWarnsThatTheModelsDoNotFitTogether) {
  loads_ = {{LoadOutcome::kDoesNotFit, "Failed to allocate memory for requested buffer"}, Loaded{}};
  left_ = {"the model qwen:1 stays loaded"};
  ASSERT_TRUE(Check().ok());
  EXPECT_THAT(calls_, ElementsAre("load phi-cpu:1", "unload", "load phi-cpu:1", "probe phi-cpu:1"));
  EXPECT_EQ(Seen(), "cached:ok load:warning chat:ok temperature:ok seed:ok max_tokens:ok usage:ok stream:ok");
  EXPECT_THAT(findings_[1].text, HasSubstr("do not fit into memory together"));
  EXPECT_THAT(findings_[1].text, HasSubstr("Failed to allocate memory"));
  EXPECT_THAT(findings_[1].text, HasSubstr("the model qwen:1 stays loaded"));
  EXPECT_THAT(findings_[1].next, HasSubstr("--models=phi-cpu:1"));
}

TEST_F(ModelCheck, AModelThatDoesNotFitAloneEitherIsAFailure) {
  loads_ = {{LoadOutcome::kDoesNotFit, "out of memory"}};
  ASSERT_TRUE(Check().ok());
  EXPECT_THAT(calls_, ElementsAre("load phi-cpu:1", "unload", "load phi-cpu:1"));
  EXPECT_EQ(Seen(), "cached:ok load:failure");
}

TEST_F(ModelCheck, AModelThatDoesNotAnswerIsAFailure) {
  sampling_ = {};
  sampling_.failure = "the answer is empty";
  ASSERT_TRUE(Check().ok());
  EXPECT_EQ(Seen(), "cached:ok load:ok chat:failure");
}

TEST_F(ModelCheck, StopsAtOnceWhenCancelledAndClaimsNothing) {
  const char* seen_until[] = {"", "cached:ok", "cached:ok load:ok"};
  for (int calls = 0; calls < 3; ++calls) {
    calls_.clear();
    findings_.clear();
    cancel_after_ = calls;
    const base::Status status = Check();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, base::ErrorCode::kCancelled);
    EXPECT_EQ(Seen(), seen_until[calls]);
    EXPECT_EQ(static_cast<int>(calls_.size()), calls);
  }
}

}  // namespace
}  // namespace assay::check
