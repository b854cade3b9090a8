// SPDX-License-Identifier: MIT
// Closed and open loops of requests: how many are on their way, when each is sent, and when their answers are decoded.
#include "fixtures/chat/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "ctest/unit/chat/complete.h"
#include "ctest/unit/chat/fake_loop.h"
#include "ctest/unit/http/raw_server.h"
#include "fixtures/chat/answering.h"

namespace assay::testing {
namespace {

using chat::Load;
using std::chrono::hours;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const chat::Target kTarget{"http://127.0.0.1:1", {}, {}};

std::string Stream(const std::string& text) {
  return "data: " + Content(text) + "\n\ndata: " + Delta("{}", R"("stop")") + "\n\ndata: [DONE]\n\n";
}

// Each request says which one it is: its seed is its index.
Load ClosedLoop(std::int64_t requests, std::int64_t in_flight) {
  Load load;
  load.requests = requests;
  load.in_flight = in_flight;
  load.request = [](std::int64_t index) {
    run::Json request = ChatRequest();
    (*request.as_object())["seed"] = index;
    return request;
  };
  return load;
}

Load OpenLoop(std::vector<base::Nanoseconds> schedule) {
  Load load = ClosedLoop(static_cast<std::int64_t>(schedule.size()), 0);
  load.schedule = std::move(schedule);
  return load;
}

// Of a request that was sent: the index ClosedLoop gave it.
std::int64_t SeedOf(const FakeLoop::Transfer& transfer) {
  return *run::ParseJson(transfer.request.body, "request").value().Find("seed")->as_integer();
}

// Each is 5 MiB long; `written` is told the index of each that is asked for.
Load Large(Load load, std::vector<std::int64_t>& written) {
  load.request = [of = std::move(load.request), &written](std::int64_t index) {
    written.push_back(index);
    run::Json request = of(index);
    (*request.as_object())["padding"] = std::string(5U << 20, 'x');
    return request;
  };
  return load;
}

struct Told {
  std::vector<std::int64_t> indexes;
  std::vector<chat::Completion> completions;
  chat::LoadCourse course;

  chat::OnCompletion Listen() {
    return [this](std::int64_t index, chat::Completion completion) {
      indexes.push_back(index);
      completions.push_back(std::move(completion));
    };
  }
  std::vector<std::string> Texts() const {
    std::vector<std::string> texts;
    for (const chat::Completion& each : completions) texts.push_back(Text(each));
    return texts;
  }
  std::vector<std::string> Outcomes() const {
    std::vector<std::string> outcomes;
    for (const chat::Completion& each : completions) outcomes.push_back(OutcomeName(each.sample));
    return outcomes;
  }
};

Told RunAll(http::Loop& loop, const Load& load, const std::function<bool()>& cancelled = {},
            const chat::Target& target = kTarget) {
  Told told;
  told.course = RunLoad(loop, target, "tiny:1", load, told.Listen(), cancelled);
  return told;
}

TEST(ClosedLoop, KeepsSoManyOnTheirWayUntilAllAreSent) {
  std::vector<std::size_t> on_their_way;
  std::vector<std::int64_t> answered;
  FakeLoop loop([&](FakeLoop& it) {
    on_their_way.push_back(it.waiting.size());
    answered.push_back(SeedOf(it.waiting.back()));
    it.End(it.waiting.size() - 1, Stream("to " + std::to_string(answered.back())));  // the last first
  });
  const Told told = RunAll(loop, ClosedLoop(7, 3));
  EXPECT_EQ(loop.most_at_once, 3U);
  EXPECT_THAT(on_their_way, ElementsAre(3, 3, 3, 3, 3, 2, 1));
  EXPECT_THAT(answered, ElementsAre(2, 3, 4, 5, 6, 1, 0));
  // Decoded when the last one is in: in the order of the requests.
  EXPECT_THAT(told.indexes, ElementsAre(0, 1, 2, 3, 4, 5, 6));
  EXPECT_THAT(told.Texts(), ElementsAre("to 0", "to 1", "to 2", "to 3", "to 4", "to 5", "to 6"));
  for (const chat::Completion& each : told.completions) {
    EXPECT_EQ(OutcomeName(each.sample), "ok") << each.sample.error;
    EXPECT_FALSE(each.sample.timeline.scheduled_ns.has_value());
    EXPECT_EQ(each.sample.timeline.reads, 1);
    EXPECT_FALSE(each.sample.new_connection);
  }
}

TEST(ClosedLoop, SendsNoMoreThanThereAre) {
  FakeLoop loop([](FakeLoop& it) { it.End(0, Stream("x")); });
  EXPECT_THAT(RunAll(loop, ClosedLoop(2, 8)).indexes, ElementsAre(0, 1));
  EXPECT_EQ(loop.most_at_once, 2U);
  EXPECT_THAT(RunAll(loop, ClosedLoop(0, 8)).indexes, IsEmpty());
}

TEST(ClosedLoop, RequestsOfManyBytesAreWrittenDownWhenTheirTurnComes) {
  std::vector<std::int64_t> written;
  const Load load = Large(ClosedLoop(6, 2), written);
  std::vector<std::size_t> written_by_then;
  FakeLoop loop([&](FakeLoop& it) {
    written_by_then.push_back(written.size());
    it.End(0, Stream("to " + std::to_string(SeedOf(it.waiting[0]))));
  });
  const Told told = RunAll(loop, load);
  EXPECT_THAT(written, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(written_by_then, ElementsAre(2, 3, 4, 5, 6, 6));  // two of 5 MiB are more than 8 MiB
  EXPECT_THAT(told.Texts(), ElementsAre("to 0", "to 1", "to 2", "to 3", "to 4", "to 5"));
}

TEST(ClosedLoop, AFailureIsThatOfItsRequestOnly) {
  FakeLoop loop([](FakeLoop& it) {
    switch (SeedOf(it.waiting[0])) {
      case 1:
        return it.End(0, "", base::Error{base::ErrorCode::kTransport, "refused", "url"}, false);
      case 3:
        return it.End(0, "data: " + Content("a") + "\n\n", base::Error{base::ErrorCode::kTransport, "reset", "url"});
      default:
        return it.End(0, Stream("x"));
    }
  });
  const Told told = RunAll(loop, ClosedLoop(5, 2));
  EXPECT_THAT(told.indexes, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(told.Outcomes(), ElementsAre("ok", "connect", "ok", "reset", "ok"));
  EXPECT_THAT(told.Texts(), ElementsAre("x", "", "x", "a", "x"));
}

TEST(ClosedLoop, EachOnAConnectionOfItsOwnWhenAskedTo) {
  std::vector<bool> fresh;
  FakeLoop loop([&](FakeLoop& it) {
    fresh.push_back(it.waiting[0].request.fresh_connection);
    it.End(0, Stream("x"));
  });
  Load load = ClosedLoop(3, 1);
  load.new_connections = true;
  for (const chat::Completion& each : RunAll(loop, load).completions) EXPECT_TRUE(each.sample.new_connection);
  EXPECT_THAT(fresh, ElementsAre(true, true, true));
}

// Decoding waits until nothing is on its way, which is when nobody's stamps can suffer from it.
TEST(RunLoad, DecodesWhenTheLastAnswerIsIn) {
  FakeLoop loop([](FakeLoop& it) { it.End(0, Stream("x")); });
  std::vector<std::size_t> on_their_way;
  RunLoad(loop, kTarget, "tiny:1", ClosedLoop(4, 2),
          [&](std::int64_t, const chat::Completion&) { on_their_way.push_back(loop.waiting.size()); }, {});
  EXPECT_THAT(on_their_way, ElementsAre(0, 0, 0, 0));
}

TEST(RunLoad, DecodesTheOldestWhenTooMuchWaits) {
  FakeLoop loop([](FakeLoop& it) { it.End(0, Stream("x")); });
  Load load = ClosedLoop(5, 1);
  chat::Answering one(kTarget, "tiny:1", load.request(0));
  const http::Request sent = std::move(one.request());
  ASSERT_TRUE(one.OnBytes(Stream("x"), base::Moment()));
  load.hold_at_most_bytes = 2 * one.held_bytes();
  std::vector<std::pair<std::int64_t, std::size_t>> told;  // index, requests on their way
  RunLoad(loop, kTarget, "tiny:1", load,
          [&](std::int64_t index, const chat::Completion&) { told.emplace_back(index, loop.waiting.size()); }, {});
  // Two may wait: the third answer has the first decoded while the fourth request is on its way, and so on.
  using Pair = std::pair<std::int64_t, std::size_t>;
  EXPECT_THAT(told, ElementsAre(Pair(0, 1), Pair(1, 1), Pair(2, 0), Pair(3, 0), Pair(4, 0)));
}

TEST(RunLoad, CancelledSendsNoMoreAndTellsWhatWasSent) {
  bool cancelled = false;
  FakeLoop loop([&](FakeLoop& it) {
    if (!it.waiting[0].cancelled) {
      it.End(0, Stream("x"));
      cancelled = true;
      return;
    }
    // One was sent, of the others one was being connected.
    const bool sent = SeedOf(it.waiting[0]) == 1;
    it.End(0, "", base::Error{base::ErrorCode::kCancelled, "the request was cancelled", "url"}, sent);
  });
  const Told told = RunAll(loop, ClosedLoop(9, 3), [&] { return cancelled; });
  EXPECT_THAT(told.indexes, ElementsAre(0, 1));
  EXPECT_THAT(told.Outcomes(), ElementsAre("ok", "cancelled"));
  EXPECT_THAT(loop.waiting, IsEmpty());
  EXPECT_EQ(loop.most_at_once, 3U);
}

TEST(RunLoad, CancelledBeforeItBeganSendsNothing) {
  FakeLoop loop([](FakeLoop&) { FAIL() << "nothing was to be sent"; });
  const auto yes = [] { return true; };
  EXPECT_THAT(RunAll(loop, ClosedLoop(3, 2), yes).indexes, IsEmpty());
  EXPECT_THAT(RunAll(loop, OpenLoop({0ms, 1ms}), yes).indexes, IsEmpty());
  EXPECT_EQ(loop.most_at_once, 0U);
}

TEST(OpenLoop, SendsAtTheMomentsOfItsScheduleWhateverIsAnswered) {
  std::vector<base::Moment> moments;
  const base::Moment before = steady_clock::now();
  FakeLoop loop([&](FakeLoop& it) {
    if (moments.empty()) {
      EXPECT_THAT(it.waiting, SizeIs(4)) << "all of them before the first is answered";
      for (const FakeLoop::Transfer& each : it.waiting) moments.push_back(each.moment);
    }
    it.End(it.waiting.size() - 1, Stream("to " + std::to_string(SeedOf(it.waiting.back()))));
  });
  const Told told = RunAll(loop, OpenLoop({0ms, 3ms, 3ms, 250ms}));
  ASSERT_THAT(moments, SizeIs(4));
  EXPECT_GT(moments[0], before);
  EXPECT_EQ(moments[1] - moments[0], 3ms);
  EXPECT_EQ(moments[2] - moments[0], 3ms);
  EXPECT_EQ(moments[3] - moments[0], 250ms);
  EXPECT_THAT(told.Texts(), ElementsAre("to 0", "to 1", "to 2", "to 3"));
  for (std::size_t i = 0; i < told.completions.size(); ++i) {
    EXPECT_EQ(told.completions[i].sample.timeline.scheduled_ns, base::SteadyNanoseconds(moments[i]));
  }
}

TEST(OpenLoop, WhatWasNotSentYetIsNotTold) {
  bool cancelled = false;
  FakeLoop loop([&](FakeLoop& it) {
    if (!it.waiting[0].cancelled) {
      it.End(0, Stream("x"));
      cancelled = true;
    } else {
      it.End(0, "", base::Error{base::ErrorCode::kCancelled, "cancelled before it began", "url"}, false);
    }
  });
  EXPECT_THAT(RunAll(loop, OpenLoop({0ms, hours(1), hours(2)}), [&] { return cancelled; }).indexes, ElementsAre(0));
}

TEST(OpenLoop, RequestsOfManyBytesAreWrittenDownWhileNothingIsOnItsWay) {
  std::vector<std::int64_t> written;
  std::vector<std::size_t> written_by_then;
  int turn = 0;
  FakeLoop loop([&](FakeLoop& it) {
    written_by_then.push_back(written.size());
    if (++turn < 3) return;  // the first one was due an hour ago: it is on its way until the third turn
    it.End(0, Stream("to " + std::to_string(SeedOf(it.waiting[0]))));
  });
  const Told told = RunAll(loop, Large(OpenLoop({-hours(1), hours(1), hours(2), hours(3), hours(4)}), written));
  // Two of 5 MiB are more than 8 MiB. Those that end make room for others.
  EXPECT_THAT(written_by_then, ElementsAre(2, 2, 2, 3, 4, 5, 5));
  EXPECT_THAT(written, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(told.Texts(), ElementsAre("to 0", "to 1", "to 2", "to 3", "to 4"));
  EXPECT_EQ(loop.most_at_once, 2U);
}

TEST(OpenLoop, WhatIsDueSoonIsWrittenDownHoweverLongItIs) {
  std::vector<std::int64_t> written;
  std::vector<std::size_t> written_by_then;
  std::vector<base::Moment> moments;
  FakeLoop loop([&](FakeLoop& it) {
    written_by_then.push_back(written.size());
    for (const FakeLoop::Transfer& each : it.waiting) {
      if (SeedOf(each) == std::ssize(moments)) moments.push_back(each.moment);
    }
    it.End(0, Stream("x"));
  });
  const Told told = RunAll(loop, Large(OpenLoop({0ms, 500ms, 1000ms, 1999ms, hours(2)}), written));
  EXPECT_EQ(written_by_then.at(0), 4U) << "all that are due within two seconds";
  ASSERT_THAT(moments, SizeIs(5));
  EXPECT_EQ(moments[3] - moments[0], 1999ms);
  EXPECT_EQ(moments[4] - moments[0], hours(2)) << "of the same schedule, if written down later";
  EXPECT_THAT(told.indexes, ElementsAre(0, 1, 2, 3, 4));
  // The loop comes back in time for the fifth, and once that is scheduled, when there is something to tell.
  EXPECT_EQ(loop.deadlines.at(0), moments[0] + hours(2) - std::chrono::seconds(2));
  EXPECT_EQ(loop.deadlines.back(), base::Moment::max());
}

const base::Error kRefused{base::ErrorCode::kTransport, "refused", "url"};

// In the fake loop request n (from 0) starts at n + 1 s and takes 6 ms.
TEST(GiveUp, OnceNothingWasAnsweredForSoLong) {
  FakeLoop loop([](FakeLoop& it) { it.End(0, "", kRefused, false); });
  Load load = ClosedLoop(100, 1);
  load.give_up_after = 3s;
  const Told told = RunAll(loop, load);
  EXPECT_TRUE(told.course.gave_up);
  EXPECT_THAT(told.indexes,
              ElementsAre(0, 1, 2, 3));  // since 1 s: the third ended after 2.006 s, the fourth after 3.006
  EXPECT_EQ(told.course.in_flight, 3006ms);
  EXPECT_THAT(told.Outcomes(), ElementsAre("connect", "connect", "connect", "connect"));
}

TEST(GiveUp, NotBeforeThreeHaveFailedInARow) {
  FakeLoop loop([](FakeLoop& it) {
    const bool good = SeedOf(it.waiting[0]) == 2;
    it.End(0, good ? Stream("x") : "busy", std::nullopt, true, good ? 200 : 503);
  });
  Load load = ClosedLoop(100, 1);
  load.give_up_after = 1ms;
  const Told told = RunAll(loop, load);
  EXPECT_TRUE(told.course.gave_up);
  EXPECT_THAT(told.Outcomes(),
              ElementsAre("http_status", "http_status", "ok", "http_status", "http_status", "http_status"));
}

TEST(GiveUp, TimeCountsFromTheLastThatSucceeded) {
  FakeLoop loop([](FakeLoop& it) {
    const bool good = SeedOf(it.waiting[0]) == 1;
    it.End(0, good ? Stream("x") : "", good ? std::optional<base::Error>() : kRefused);
  });
  Load load = ClosedLoop(100, 1);
  load.give_up_after = 5s;
  const Told told = RunAll(loop, load);
  EXPECT_TRUE(told.course.gave_up);
  EXPECT_THAT(told.indexes, SizeIs(7));  // the second ended at 2.006 s, the seventh at 7.006
}

TEST(GiveUp, WhatIsOnItsWayIsWaitedFor) {
  FakeLoop loop([](FakeLoop& it) {
    const bool good = SeedOf(it.waiting[0]) >= 3;
    it.End(0, good ? Stream("x") : "", good ? std::optional<base::Error>() : kRefused, good);
  });
  Load load = ClosedLoop(100, 3);
  load.give_up_after = 1ms;
  const Told told = RunAll(loop, load);
  EXPECT_TRUE(told.course.gave_up);
  // Two more were sent for the first two that failed. They are answered after the third has failed, which is too late.
  EXPECT_THAT(told.Outcomes(), ElementsAre("connect", "connect", "connect", "ok", "ok"));
}

TEST(GiveUp, OnlyWhereThatIsWantedAndSomethingIsLeftToSend) {
  FakeLoop loop([](FakeLoop& it) { it.End(0, "", kRefused, false); });
  Load load = ClosedLoop(50, 2);
  Told told = RunAll(loop, load);
  EXPECT_FALSE(told.course.gave_up);
  EXPECT_THAT(told.indexes, SizeIs(50));
  load = ClosedLoop(3, 1);
  load.give_up_after = 1ms;
  told = RunAll(loop, load);
  EXPECT_FALSE(told.course.gave_up) << "all were sent";
  EXPECT_THAT(told.indexes, SizeIs(3));
}

TEST(GiveUp, AnOpenLoopSendsWhatItsScheduleSays) {
  FakeLoop loop([](FakeLoop& it) { it.End(0, "", kRefused, false); });
  Load load = OpenLoop({0ms, 1s, 2s, 3s, 250s});
  load.give_up_after = 1ms;
  const Told told = RunAll(loop, load);
  EXPECT_FALSE(told.course.gave_up);
  EXPECT_THAT(told.indexes, SizeIs(5));
  EXPECT_EQ(told.course.in_flight, 250s + 6ms);  // from the first moment of the schedule to the end of the last
}

TEST(LoadCourse, KnowsWhatWasSentOnly) {
  bool cancelled = false;
  FakeLoop loop([&](FakeLoop& it) {
    if (!std::exchange(cancelled, true)) return it.End(0, Stream("x"));
    it.End(0, "", base::Error{base::ErrorCode::kCancelled, "cancelled before it began", "url"}, false);
  });
  Load load = OpenLoop({0ms, hours(1), hours(2)});
  load.give_up_after = 1ms;
  const Told told = RunAll(loop, load, [&] { return cancelled; });
  EXPECT_EQ(told.course.in_flight, 6ms);
  EXPECT_FALSE(told.course.gave_up);
  FakeLoop nothing([](FakeLoop&) {});
  EXPECT_EQ(RunAll(nothing, ClosedLoop(0, 2)).course.in_flight, 0ms);
}

chat::Target TargetOf(const http::RawServer& server) {
  chat::Target target = kTarget;
  target.base_url = server.Url("");
  return target;
}

// Over real connections: three requests are there before one is answered, and the next three come on the same.
TEST(ClosedLoop, KeepsItsConnections) {
  http::RawServer server([](http::RawServer::Listener& listener) {
    std::vector<std::unique_ptr<http::RawServer::Connection>> connections;
    for (int i = 0; i < 3; ++i) {
      connections.push_back(listener.Accept());
      connections.back()->ReadRequest();
    }
    for (const auto& each : connections) each->Write(http::Answer(Stream("first")));
    for (const auto& each : connections) each->ReadRequest();
    for (const auto& each : connections) each->Write(http::Answer(Stream("second")));
    for (const auto& each : connections) each->WaitForClose();
  });
  const auto loop = http::MakeCurlLoop({});
  const chat::Target target = TargetOf(server);
  const Told told = RunAll(*loop, ClosedLoop(6, 3), {}, target);
  EXPECT_THAT(told.indexes, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(told.Texts(), ElementsAre("first", "first", "first", "second", "second", "second"));
  for (std::size_t i = 0; i < told.completions.size(); ++i) {
    EXPECT_EQ(told.completions[i].sample.timeline.connected.has_value(), i < 3) << i;
  }
}

// No request is answered before the last has come: a client that waited for answers would wait for ever.
TEST(OpenLoop, TakesAsManyConnectionsAsItNeeds) {
  http::RawServer server([](http::RawServer::Listener& listener) {
    std::vector<std::unique_ptr<http::RawServer::Connection>> connections;
    for (int i = 0; i < 4; ++i) {
      connections.push_back(listener.Accept());
      connections.back()->ReadRequest();
    }
    for (const auto& each : connections) each->Write(http::Answer(Stream("late")));
    for (const auto& each : connections) each->WaitForClose();
  });
  const auto loop = http::MakeCurlLoop({});
  const chat::Target target = TargetOf(server);
  const Told told = RunAll(*loop, OpenLoop({0ms, 4ms, 8ms, 12ms}), {}, target);
  ASSERT_THAT(told.Texts(), ElementsAre("late", "late", "late", "late"));
  std::int64_t last_start = 0;
  for (const chat::Completion& each : told.completions) {
    const run::Timeline& timeline = each.sample.timeline;
    ASSERT_TRUE(timeline.scheduled_ns.has_value());
    EXPECT_GE(timeline.start_ns, *timeline.scheduled_ns);
    EXPECT_GT(timeline.start_ns, last_start);
    last_start = timeline.start_ns;
  }
}

TEST(ClosedLoop, OneConnectionThatDiesCostsOneAnswer) {
  http::RawServer server([](http::RawServer::Listener& listener) {
    const auto bad = listener.Accept();
    bad->ReadRequest();
    const auto good = listener.Accept();
    good->ReadRequest();
    bad->Write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\ndata: {");
    bad->Reset();
    const auto third = listener.Accept();  // in the place of the one that died
    third->ReadRequest();
    third->Write(http::Answer(Stream("third")));
    good->Write(http::Answer(Stream("good")));
    third->WaitForClose();
    good->WaitForClose();
  });
  const auto loop = http::MakeCurlLoop({});
  const chat::Target target = TargetOf(server);
  const Told told = RunAll(*loop, ClosedLoop(3, 2), {}, target);
  EXPECT_THAT(told.Outcomes(), ::testing::UnorderedElementsAre("reset", "ok", "ok"));
  EXPECT_THAT(told.Texts(), ::testing::UnorderedElementsAre("", "good", "third"));
}

TEST(RunLoad, CancelEndsWhatNobodyAnswers) {
  std::atomic<bool> asked = false;
  http::RawServer server([&](http::RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    connection->ReadRequest();
    asked = true;
    connection->WaitForClose();
  });
  const auto loop = http::MakeCurlLoop({});
  const chat::Target target = TargetOf(server);
  const Told told = RunAll(
      *loop, OpenLoop({0ms, hours(1)}), [&] { return asked.load(); }, target);
  EXPECT_THAT(told.indexes, ElementsAre(0));
  EXPECT_THAT(told.Outcomes(), ElementsAre("cancelled"));
  EXPECT_FALSE(loop->RunOnce(base::Moment::max())) << "nothing is left behind";
}

}  // namespace
}  // namespace assay::testing
