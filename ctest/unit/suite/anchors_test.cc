// SPDX-License-Identifier: MIT
// The yardstick on a scripted service: when it is asked, what is kept of it, and what becomes of a service that fails.
#include "benchmarks/suite/anchors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ctest/support/fake_transport.h"
#include "fixtures/base/files.h"
#include "fixtures/base/hash.h"

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using testing::Content;
using testing::Delta;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::EventStream;
using testing::FakeTransport;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JsonAnswer;
using testing::kDone;
using testing::ScriptedExchange;
using ::testing::SizeIs;
using testing::Usage;

constexpr std::size_t kAnchors = 6;
constexpr std::size_t kWarmUps = 2 * kAnchors;

// First text at 20 ms, 3 tokens later 30 ms more: 10 ms a token.
ScriptedExchange Good(const std::string& text = "Hello") {
  ScriptedExchange answer = EventStream({{10ms, Delta(R"({"role":"assistant"})")},
                                         {20ms, Content(text)},
                                         {50ms, Content(" you")},
                                         {51ms, Delta("{}", R"("stop")")},
                                         {51ms, Usage(8, 4)},
                                         {51ms, kDone}});
  answer.connected.reset();
  return answer;
}

class YardstickTest : public ::testing::Test {
 protected:
  std::unique_ptr<Yardstick> Make(std::int64_t repetitions, FakeTransport::Handler service) {
    auto transport = std::make_unique<FakeTransport>([this, service](const http::Request& request) {
      ++asked_;
      return service(request);
    });
    AnchorOptions options;
    options.repetitions = repetitions;
    options.cancelled = [this] { return cancelled_; };
    return std::make_unique<Yardstick>(std::move(transport), "http://127.0.0.1:1", options);
  }
  std::unique_ptr<Yardstick> Make(std::int64_t repetitions) {
    return Make(repetitions, [](const http::Request&) { return Good(); });
  }

  // The passes before the first of `rounds` and after each, of `cases` requests a round.
  static std::vector<std::int64_t> Course(Yardstick& yardstick, std::int64_t rounds, std::int64_t cases) {
    std::vector<std::int64_t> passes;
    for (std::int64_t i = 0; i <= rounds; ++i) {
      Round round;
      round.repetitions = i;
      round.asked = i * cases;
      round.next = std::min(i + 1, rounds) * cases;
      round.planned = rounds * cases;
      EXPECT_THAT(yardstick.Between(round), IsEmpty()) << "anchors settle nothing";
      passes.push_back(yardstick.passes());
    }
    return passes;
  }

  bool cancelled_ = false;
  std::size_t asked_ = 0;
};

TEST_F(YardstickTest, OnePassLiesBeforeEachRound) {
  const auto yardstick = Make(6);
  EXPECT_EQ(asked_, kWarmUps);
  EXPECT_THAT(Course(*yardstick, 6, 3), ElementsAre(1, 2, 3, 4, 5, 6, 6));
  EXPECT_EQ(asked_, kWarmUps + 6 * kAnchors);
}

// One pass before each round, and nothing else: the i-th number of an anchor and of a case are neighbours.
TEST_F(YardstickTest, SaysWhetherItWentInStepWithTheRounds) {
  const auto in_step = [this](std::int64_t repetitions, std::int64_t rounds, bool cold = false) {
    const auto yardstick = Make(repetitions);
    for (std::int64_t i = 0; i <= rounds; ++i) {
      Round round;
      round.phase = cold && i > 2 ? Phase::kCold : Phase::kOneByOne;
      round.repetitions = i;
      round.asked = 3 * i;
      round.next = 3 * std::min(i + 1, rounds);
      round.planned = 3 * rounds;
      yardstick->Between(round);
    }
    return yardstick->Take().in_step;
  };
  EXPECT_TRUE(in_step(6, 6));
  EXPECT_TRUE(in_step(48, 48)) << "a second look of rounds";
  EXPECT_FALSE(in_step(6, 6, true)) << "the last rounds are of another phase";
  EXPECT_FALSE(in_step(49, 49)) << "48 passes are the most";
  EXPECT_FALSE(in_step(6, 1)) << "under load, one block";
  EXPECT_FALSE(in_step(6, 3)) << "two passes before each";
  EXPECT_FALSE(in_step(3, 3)) << "topped up at the end";
}

// One block of 10 requests: half before, half after. Three: spread over the four pauses.
TEST_F(YardstickTest, FewRoundsHavePassesOnBothSides) {
  EXPECT_THAT(Course(*Make(10), 1, 10), ElementsAre(5, 10));
  EXPECT_THAT(Course(*Make(9), 3, 7), ElementsAre(2, 5, 8, 9));
}

TEST_F(YardstickTest, ManyRoundsDoNotEachHaveAPass) {
  const auto yardstick = Make(1000);
  const std::vector<std::int64_t> passes = Course(*yardstick, 1000, 1);
  EXPECT_EQ(passes.back(), 48);
  EXPECT_EQ(passes[500], 25) << "evenly: 48 * 1001 / 2000, rounded up";
}

TEST_F(YardstickTest, KeepsOneNumberPerPassOfEachAnchor) {
  const auto yardstick = Make(6);
  Course(*yardstick, 6, 3);
  const run::Anchors anchors = yardstick->Take();
  EXPECT_EQ(anchors.absent, "");
  ASSERT_THAT(anchors.cases, SizeIs(kAnchors));
  for (const run::AnchorCase& one : anchors.cases) {
    EXPECT_THAT(one.metrics.at("ttft_ms"), SizeIs(6));
    EXPECT_THAT(one.metrics.at("ttft_ms"), Each(20.0)) << one.name;
    EXPECT_THAT(one.metrics.at("tpot_ms"), Each(10.0)) << one.name;
  }
  EXPECT_TRUE(run::AnchorsFromJson(run::ToJson(anchors), "", "").ok());
}

// A run of one repetition has one pass on either side of its round; five are the fewest.
TEST_F(YardstickTest, AShortRunIsToppedUp) {
  const auto yardstick = Make(1);
  EXPECT_THAT(Course(*yardstick, 1, 1), ElementsAre(3, 5));
  const auto stopped = Make(20);
  Round round;
  round.next = 1;
  round.planned = 20;
  stopped->Between(round);  // and then every case was settled
  EXPECT_EQ(stopped->passes(), 1);
  const run::Anchors anchors = stopped->Take();
  ASSERT_THAT(anchors.cases, SizeIs(kAnchors));
  EXPECT_THAT(anchors.cases[0].metrics.at("ttft_ms"), SizeIs(5));
}

TEST_F(YardstickTest, OtherAnswersAreAnotherYardstick) {
  const auto name = [&](const char* text) {
    const auto yardstick = Make(5, [text](const http::Request&) { return Good(text); });
    Course(*yardstick, 5, 1);
    return yardstick->Take().yardstick;
  };
  EXPECT_EQ(name("a"), name("a"));
  EXPECT_NE(name("a"), name("b"));
  EXPECT_THAT(name("a"), HasSubstr("code " + std::to_string(kAnchorCode)));
}

TEST_F(YardstickTest, AnswersThatDifferAreNoYardstick) {
  const auto yardstick = Make(5, [this](const http::Request&) { return Good(asked_ == kWarmUps ? "x" : "a"); });
  Course(*yardstick, 5, 1);
  const run::Anchors anchors = yardstick->Take();
  EXPECT_THAT(anchors.absent, HasSubstr("in two ways"));
  EXPECT_THAT(anchors.cases, IsEmpty());
  EXPECT_EQ(asked_, kWarmUps) << "nothing was asked any more";
}

TEST_F(YardstickTest, AServiceThatNeverAnswersIsSaidAndLeftAlone) {
  const auto yardstick = Make(5, [](const http::Request&) { return JsonAnswer("broken", 500); });
  Course(*yardstick, 5, 1);
  EXPECT_THAT(yardstick->Take().absent, HasSubstr("did not answer: http_status"));
  EXPECT_EQ(asked_, 1U);
}

TEST_F(YardstickTest, OneFailureIsLeftOutAndManyEndIt) {
  const auto once =
      Make(6, [this](const http::Request&) { return asked_ == kWarmUps + 3 ? JsonAnswer("busy", 500) : Good(); });
  Course(*once, 6, 1);
  run::Anchors anchors = once->Take();
  ASSERT_EQ(anchors.absent, "");
  EXPECT_THAT(anchors.cases[2].metrics.at("ttft_ms"), SizeIs(5));
  EXPECT_THAT(anchors.cases[3].metrics.at("ttft_ms"), SizeIs(6));

  asked_ = 0;
  const auto dead =
      Make(6, [this](const http::Request&) { return asked_ > kWarmUps + kAnchors ? JsonAnswer("dead", 500) : Good(); });
  Course(*dead, 6, 1);
  anchors = dead->Take();
  EXPECT_THAT(anchors.absent, HasSubstr("did not answer any more: http_status"));
  EXPECT_THAT(anchors.cases, IsEmpty());
  EXPECT_EQ(asked_, kWarmUps + kAnchors + 3);
}

TEST_F(YardstickTest, NothingIsAskedOnceTheRunIsInterrupted) {
  const auto yardstick = Make(5);
  cancelled_ = true;
  Course(*yardstick, 5, 1);
  EXPECT_EQ(asked_, kWarmUps);
  EXPECT_EQ(yardstick->Take().absent, "interrupted");
}

TEST_F(YardstickTest, NothingIsAskedWhenNothingWasMeasured) {
  const auto yardstick = Make(5);
  EXPECT_EQ(yardstick->Take().absent, "nothing was measured");
  EXPECT_EQ(asked_, kWarmUps);
}

TEST(Yardstick, WithoutTheProgramItSaysWhy) {
  const auto yardstick = Yardstick::Start(std::filesystem::path("no") / "such" / "program", {});
  Round round;
  round.next = round.planned = 1;
  yardstick->Between(round);
  EXPECT_THAT(yardstick->Take().absent, HasSubstr("program"));
}

TEST(AnchorQuestions, AreSixOrMoreWithNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const AnchorQuestion& question : AnchorQuestions()) {
    names.insert(question.name);
    EXPECT_EQ(*question.request.Find("temperature")->as_number(), 0);
  }
  EXPECT_EQ(names.size(), kAnchors);
}

// Numbers of two builds are compared as of one yardstick as long as kAnchorCode is the same. Whoever changes these
// files measures (benchmarks/micro), raises kAnchorCode when the model became faster or slower, and writes the new
// digest down here.
TEST(AnchorCode, IsThatOfTheKernels) {
  std::string sources;
  for (const char* name : {"kernels.h", "kernels.cc", "numerics.h", "numerics.cc", "transformer.h", "transformer.cc"}) {
    base::Result<std::string> text =
        base::ReadFile(std::filesystem::path(ASSAY_SOURCE_DIR) / "fixtures/embedded" / name);
    ASSERT_TRUE(text.ok()) << text.error().Message();
    std::erase(*text, '\r');
    sources += *text;
  }
  EXPECT_EQ(kAnchorCode, 1);
  EXPECT_EQ(base::Sha256Hex(sources).substr(0, 16), "e78dae9cf7de3263");
}

}  // namespace
}  // namespace assay::suite
