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

struct Told {
  std::vector<std::int64_t> indexes;
  std::vector<chat::Completion> completions;

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
  RunLoad(loop, target, "tiny:1", load, told.Listen(), cancelled);
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
  Load load = ClosedLoop(6, 2);
  std::vector<std::int64_t> written;
  load.request = [&](std::int64_t index) {
    written.push_back(index);
    run::Json request = ChatRequest();
    (*request.as_object())["seed"] = index;
    (*request.as_object())["padding"] = std::string(5U << 20, 'x');
    return request;
  };
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
  load.hold_at_most_bytes = 2 * Stream("x").size();
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
