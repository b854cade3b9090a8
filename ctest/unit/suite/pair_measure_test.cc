// SPDX-License-Identifier: MIT
// Two sides measured in turns: who is asked when, what a failure of one side means for the other, what a block is.
#include "benchmarks/suite/pair_measure.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "ctest/unit/suite/measure_test.h"
#include "fixtures/base/text.h"

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

testing::ScriptedExchange Broken() { return testing::EventStream({{10ms, "no JSON"}}); }

class PairMeasureTest : public ::testing::Test {
 protected:
  static Cases Plan(const std::string& model, const std::vector<std::string>& prompts, const std::string& scenarios) {
    catalogue::ResolvedModel resolved;
    resolved.asked = resolved.variant = model;
    std::vector<catalogue::Prompt> asked;
    for (const std::string& prompt : prompts) asked.push_back(catalogue::PromptFromText(prompt, "Hi", 8));
    catalogue::RequestOptions request;
    if (!scenarios.empty()) request.scenarios = catalogue::ScenariosFromList(scenarios).value();
    return catalogue::BuildCases({resolved}, asked, request).value();
  }

  // Both sides ask one service, so that there is one order of everything.
  void Measure(const std::vector<std::string>& prompts, const std::vector<std::int64_t>& blocks,
               const testing::FakeTransport::Handler& service, const std::string& scenarios = {},
               bool in_turns = false) {
    testing::FakeAsker asker([&service](const http::Request& request) {
      testing::ScriptedExchange exchange = service(request);
      exchange.connected.reset();
      return exchange;
    });
    base_cases_ = Plan("base:1", prompts, scenarios);
    head_cases_ = Plan("head:1", prompts, scenarios);
    MeasureOptions options;
    for (const std::int64_t block : blocks) repetitions_ += block;
    options.repetitions = repetitions_;
    options.clock = &asker;
    options.cancelled = [&] { return cancel_after_ > 0 && asker.asked.size() >= cancel_after_; };
    base::Result<run::RunWriter> base_writer = run::RunWriter::Create(folder_->path() / "base");
    base::Result<run::RunWriter> head_writer = run::RunWriter::Create(folder_->path() / "head");
    ASSERT_TRUE(base_writer.ok() && head_writer.ok());
    std::ostringstream terminal;
    Progress progress(terminal, false);
    std::ostringstream out;
    Measurement base(options, asker, base_cases_, *base_writer, progress, out);
    Measurement head(options, asker, head_cases_, *head_writer, progress, out);
    PairMeasurement pair({base, base_cases_, ""}, {head, head_cases_, ""},
                         {repetitions_, 1, blocks, options.cancelled, nullptr});
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < base_cases_.size(); ++i) all.push_back(i);
    for (std::size_t block = 0; block < blocks.size(); ++block) {
      if (in_turns) {
        ASSERT_TRUE(pair.OneSide(block % 2 == 1, all, block).ok());
        ASSERT_TRUE(pair.OneSide(block % 2 == 0, all, block).ok());
      } else {
        ASSERT_TRUE(pair.Interleaved(all, block).ok());
      }
    }
    base_ = base.Finish();
    head_ = head.Finish();
    asked_ = asker.asked;
    shapes_ = asker.shapes;
  }

  // "base p 0": what was measured, in its order, warm-ups left out.
  std::vector<std::string> Measured() const {
    std::vector<std::string> measured;
    for (const std::string& asked : asked_) {
      const std::size_t blank = asked.find(' ');
      if (asked[blank + 1] == 'w') continue;
      const std::vector<std::string> parts = base::Split(asked.substr(0, blank), '/');
      measured.push_back(parts[1].substr(0, 4) + " " + parts[2] + asked.substr(blank));
    }
    return measured;
  }

  base::Result<base::TemporaryDirectory> folder_ = base::TemporaryDirectory::Create("assay-pair");
  std::int64_t repetitions_ = 0;
  std::size_t cancel_after_ = 0;
  Cases base_cases_;
  Cases head_cases_;
  suite::Measured base_;
  suite::Measured head_;
  std::vector<std::string> asked_;
  std::vector<session::LoadShape> shapes_;
};

TEST_F(PairMeasureTest, PartnersAreAskedRightAfterEachOther) {
  Measure({"p", "q", "r"}, {4}, [](const http::Request&) { return Good(); });
  const std::vector<std::string> measured = Measured();
  ASSERT_EQ(measured.size(), 2U * 3U * 4U);
  bool base_first = false;
  bool head_first = false;
  for (std::size_t i = 0; i < measured.size(); i += 2) {
    EXPECT_EQ(measured[i].substr(4), measured[i + 1].substr(4)) << i;
    EXPECT_NE(measured[i].substr(0, 4), measured[i + 1].substr(0, 4)) << i;
    (measured[i].starts_with("base") ? base_first : head_first) = true;
  }
  EXPECT_TRUE(base_first && head_first) << "twelve throws of one face: the coin is none";
  EXPECT_EQ(base_.validity.measured_requests, 12);
  EXPECT_EQ(head_.validity.measured_requests, 12);
}

// A request takes 52 ms after 1 ms of idle time: the partner's time is nobody's idle time.
TEST_F(PairMeasureTest, IdleTimeIsThatBeforeOnesOwnRequests) {
  Measure({"p"}, {10}, [](const http::Request&) { return Good(); });
  EXPECT_NEAR(base_.validity.idle_share, 1.0 / 53, 0.005);
  EXPECT_NEAR(head_.validity.idle_share, 1.0 / 53, 0.005);
}

TEST_F(PairMeasureTest, EveryBlockIsWarmedAndGoesOnWhereTheLastOneEnded) {
  Measure({"p"}, {2, 1}, [](const http::Request&) { return Good(); });
  std::vector<std::string> measured = Measured();
  ASSERT_EQ(measured.size(), 6U);
  EXPECT_THAT(measured[0], HasSubstr(" 0"));
  EXPECT_THAT(measured[2], HasSubstr(" 1"));
  EXPECT_THAT(measured[4], HasSubstr(" 2"));
  // Before the last two requests both sides were warmed again.
  const auto warm = [](const std::string& asked) { return asked.find(" w") != std::string::npos; };
  EXPECT_TRUE(warm(asked_[asked_.size() - 3]));
  EXPECT_TRUE(std::ranges::any_of(asked_.end() - 6, asked_.end() - 2,
                                  [](const std::string& asked) { return asked.starts_with("chat/base"); }));
}

TEST_F(PairMeasureTest, AFailureOfOneSideIsItsOwn) {
  int of_head = 0;
  Measure({"p"}, {4}, [&](const http::Request& request) {
    // Two warm-ups, then the first measured one fails.
    return ModelOf(request) == "head:1" && ++of_head == 3 ? Broken() : Good();
  });
  EXPECT_EQ(Measured().size(), 8U);
  EXPECT_EQ(base_.validity.failed_requests, 0);
  EXPECT_EQ(head_.validity.failed_requests, 1);
  EXPECT_EQ(base_cases_[0].failure, "");
  EXPECT_NE(head_cases_[0].failure, "");
}

TEST_F(PairMeasureTest, ThreeFailuresInARowEndTheCaseOnBothSides) {
  int of_head = 0;
  Measure({"p"}, {10}, [&](const http::Request& request) {
    return ModelOf(request) == "head:1" && ++of_head > 2 ? Broken() : Good();
  });
  EXPECT_EQ(head_.validity.failed_requests, 3);
  EXPECT_LE(base_.validity.measured_requests, 3);
  EXPECT_THAT(base_cases_[0].failure, HasSubstr("the partner of this case in the head failed"));
}

TEST_F(PairMeasureTest, WhatCannotBeWarmedOnOneSideIsAskedOnNeither) {
  Measure({"p"}, {3}, [](const http::Request& request) { return ModelOf(request) == "base:1" ? Broken() : Good(); });
  EXPECT_THAT(Measured(), IsEmpty());
  EXPECT_NE(base_cases_[0].failure, "");
  EXPECT_THAT(head_cases_[0].failure, HasSubstr("in the base failed"));
}

TEST_F(PairMeasureTest, ALoadIsAskedOnceAsAWhole) {
  Measure(
      {"p"}, {2, 2}, [](const http::Request&) { return Good(); }, "warm,concurrency:2");
  // Four requests per one in flight: 2 x 4.
  ASSERT_EQ(shapes_.size(), 2U) << "one of each side, in the first block";
  for (const session::LoadShape& shape : shapes_) EXPECT_EQ(shape.requests, 8);
  EXPECT_EQ(base_.validity.measured_requests, 4 + 8);
  EXPECT_EQ(head_.validity.measured_requests, 4 + 8);
}

TEST_F(PairMeasureTest, SidesThatDoNotFitTakeTurnsByTheBlock) {
  Measure(
      {"p"}, {2, 1}, [](const http::Request&) { return Good(); }, {}, true);
  EXPECT_THAT(Measured(), ElementsAre("base p 0", "base p 1", "head p 0", "head p 1", "head p 2", "base p 2"));
}

TEST_F(PairMeasureTest, CancellingStopsBothSides) {
  cancel_after_ = 7;  // of these four are warm-ups
  Measure({"p"}, {50}, [](const http::Request&) { return Good(); });
  EXPECT_EQ(asked_.size(), 7U);
  EXPECT_TRUE(base_.validity.interrupted);
  EXPECT_TRUE(head_.validity.interrupted);
}

}  // namespace
}  // namespace assay::suite
