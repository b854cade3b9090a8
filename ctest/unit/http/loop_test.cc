// SPDX-License-Identifier: MIT
// Many transfers on one thread: each goes its own way, whatever befalls the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ctest/unit/http/raw_server.h"
#include "fixtures/http/loop.h"

namespace assay::http {
namespace {

using base::ErrorCode;
using base::Moment;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

// Far above what a busy machine needs, far below what would be waited for without what is under test.
constexpr seconds kSoon{20};

struct Outcome {
  std::string body;
  std::vector<Moment> stamps;
  std::optional<Failure> failure;
  Exchange exchange;
  int ends = 0;
};

Receiver Into(Outcome& outcome) {
  return {[&outcome](std::string_view bytes, Moment at) {
            outcome.body.append(bytes);
            outcome.stamps.push_back(at);
            return true;
          },
          [&outcome](const std::optional<Failure>& failure, const Exchange& exchange) {
            outcome.failure = failure;
            outcome.exchange = exchange;
            ++outcome.ends;
          }};
}

Request Get(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}

void RunToTheEnd(Loop& loop) { ASSERT_TRUE(loop.Run(steady_clock::now() + kSoon)); }

void ExpectGood(const Outcome& outcome, std::string_view body) {
  EXPECT_EQ(outcome.ends, 1);
  EXPECT_FALSE(outcome.failure.has_value()) << outcome.failure->error.Message();
  EXPECT_EQ(outcome.body, body);
  EXPECT_EQ(outcome.exchange.status, 200);
}

void ExpectFailed(const Outcome& outcome, ErrorCode code) {
  EXPECT_EQ(outcome.ends, 1);
  ASSERT_TRUE(outcome.failure.has_value());
  EXPECT_EQ(outcome.failure->error.code, code) << outcome.failure->error.Message();
}

// Takes that many connections and a request from each before it answers any; by the path that was asked for.
std::map<std::string, std::unique_ptr<RawServer::Connection>> AcceptAll(RawServer::Listener& listener, int count) {
  std::map<std::string, std::unique_ptr<RawServer::Connection>> by_path;
  for (int i = 0; i < count; ++i) {
    auto connection = listener.Accept();
    const std::string request = connection->ReadRequest();
    by_path[request.substr(4, request.find(' ', 4) - 4)] = std::move(connection);
  }
  return by_path;
}

RawServer::Script Silent() {
  return [](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    connection->ReadRequest();
    connection->WaitForClose();
  };
}

constexpr std::string_view kHalf = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf";

TEST(Loop, EightTransfersAreOnTheirWayAtOnce) {
  RawServer server([](RawServer::Listener& listener) {
    // None is answered before all have asked.
    const auto connections = AcceptAll(listener, 8);
    for (auto each = connections.rbegin(); each != connections.rend(); ++each) {
      each->second->Write(Answer("answer to " + each->first));
    }
    for (const auto& each : connections) each.second->WaitForClose();
  });
  const auto loop = MakeCurlLoop({});
  std::vector<Outcome> outcomes(8);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    loop->Start(Get(server.Url("/" + std::to_string(i))), Into(outcomes[i]));
  }
  RunToTheEnd(*loop);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    ExpectGood(outcomes[i], "answer to /" + std::to_string(i));
    EXPECT_FALSE(outcomes[i].exchange.reused_connection);
    ASSERT_EQ(outcomes[i].stamps.size(), 1U);
    EXPECT_GT(outcomes[i].stamps[0], outcomes[i].exchange.start);
  }
  EXPECT_FALSE(loop->RunOnce(Moment::max()));  // nothing left, nothing waited for
}

TEST(Loop, OneFailsAndTheOthersGoOn) {
  std::promise<void> failed;
  RawServer server([&](RawServer::Listener& listener) {
    const auto connections = AcceptAll(listener, 3);
    for (const auto& each : connections) each.second->Write(kHalf);
    connections.at("/b")->Reset();
    failed.get_future().wait();
    connections.at("/a")->Write("more");
    connections.at("/c")->Write("more");
    connections.at("/a")->WaitForClose();
  });
  const auto loop = MakeCurlLoop({});
  Outcome a;
  Outcome b;
  Outcome c;
  loop->Start(Get(server.Url("/a")), Into(a));
  Receiver receiver = Into(b);
  receiver.on_done = [&, told = receiver.on_done](const std::optional<Failure>& failure, const Exchange& exchange) {
    told(failure, exchange);
    failed.set_value();
  };
  loop->Start(Get(server.Url("/b")), std::move(receiver));
  loop->Start(Get(server.Url("/c")), Into(c));
  RunToTheEnd(*loop);
  ExpectGood(a, "halfmore");
  ExpectGood(c, "halfmore");
  ExpectFailed(b, ErrorCode::kTransport);
  EXPECT_THAT(b.failure->error.what, HasSubstr("reset"));
  EXPECT_EQ(b.failure->exchange.start, b.exchange.start);
}

TEST(Loop, CancelsOneInTheMiddleOfItsAnswer) {
  RawServer server([](RawServer::Listener& listener) {
    const auto connections = AcceptAll(listener, 2);
    for (const auto& each : connections) each.second->Write(kHalf);
    connections.at("/cancelled")->WaitForClose();
    connections.at("/kept")->Write("more");
    connections.at("/kept")->WaitForClose();
  });
  const auto loop = MakeCurlLoop({});
  Outcome cancelled;
  Outcome kept;
  Loop::Id id = 0;
  Receiver receiver = Into(cancelled);
  receiver.on_bytes = [&](std::string_view bytes, Moment) {
    cancelled.body.append(bytes);
    loop->Cancel(id);
    return true;
  };
  id = loop->Start(Get(server.Url("/cancelled")), std::move(receiver));
  loop->Start(Get(server.Url("/kept")), Into(kept));
  RunToTheEnd(*loop);
  ExpectFailed(cancelled, ErrorCode::kCancelled);
  EXPECT_EQ(cancelled.body, "half");
  EXPECT_EQ(cancelled.failure->exchange.status, 200);
  ExpectGood(kept, "halfmore");
  loop->Cancel(id);  // has ended
  EXPECT_FALSE(loop->RunOnce(Moment::max()));
  EXPECT_EQ(cancelled.ends, 1);
}

TEST(Loop, CancelsWhatHasNotBegun) {
  const auto loop = MakeCurlLoop({});
  Outcome outcome;
  const Moment before = steady_clock::now();
  const Loop::Id id = loop->StartAt(before + hours(1), Get("http://127.0.0.1:1/"), Into(outcome));
  loop->Cancel(id);
  EXPECT_EQ(outcome.ends, 0);  // told by the loop, not by Cancel
  RunToTheEnd(*loop);
  ExpectFailed(outcome, ErrorCode::kCancelled);
  EXPECT_EQ(outcome.exchange.status, 0);
  EXPECT_GE(outcome.exchange.start, before);
  EXPECT_LT(outcome.exchange.start, before + kSoon);
}

TEST(Loop, ADeadlinePassesWhileOthersAreOnTheirWay) {
  std::promise<void> late;
  RawServer silent(Silent());
  RawServer waiting([&](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    connection->ReadRequest();
    late.get_future().wait();
    connection->Write(Answer("still here"));
    connection->WaitForClose();
  });
  const auto loop = MakeCurlLoop({});
  Outcome other;
  Outcome outcome;
  loop->Start(Get(waiting.Url()), Into(other));
  Request request = Get(silent.Url());
  request.timeouts.first_byte = milliseconds(40);
  Receiver receiver = Into(outcome);
  receiver.on_done = [&, told = receiver.on_done](const std::optional<Failure>& failure, const Exchange& exchange) {
    told(failure, exchange);
    late.set_value();
  };
  loop->Start(std::move(request), std::move(receiver));
  RunToTheEnd(*loop);
  ExpectFailed(outcome, ErrorCode::kTimeout);
  EXPECT_GE(outcome.exchange.closed, milliseconds(40));
  ExpectGood(other, "still here");
}

TEST(Loop, EachDeadlineOfATransferIsItsOwn) {
  RawServer stalling([](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    connection->ReadRequest();
    connection->Write(kHalf);
    connection->WaitForClose();
  });
  RawServer silent(Silent());
  const auto loop = MakeCurlLoop({});
  Outcome stalled;
  Outcome slow;
  Request request = Get(stalling.Url());
  request.timeouts.idle = milliseconds(30);
  loop->Start(request, Into(stalled));
  request = Get(silent.Url());
  request.timeouts.idle = milliseconds(1);  // of a body that never begins
  request.timeouts.total = milliseconds(120);
  loop->Start(request, Into(slow));
  RunToTheEnd(*loop);
  ExpectFailed(stalled, ErrorCode::kTimeout);
  EXPECT_THAT(stalled.failure->error.what, HasSubstr("stalled"));
  ExpectFailed(slow, ErrorCode::kTimeout);
  EXPECT_THAT(slow.failure->error.what, HasSubstr("not complete within 120 ms"));
  EXPECT_GE(slow.exchange.closed, milliseconds(120));
}

TEST(Loop, ASlowOneDoesNotHoldUpOthers) {
  RawServer silent(Silent());
  RawServer quick([](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    while (!connection->ReadRequest().empty()) connection->Write(Answer("quick"));
  });
  auto loop = MakeCurlLoop({});
  Outcome slow;
  Outcome fast;
  loop->Start(Get(silent.Url()), Into(slow));
  loop->Start(Get(quick.Url()), Into(fast));
  while (fast.ends == 0) ASSERT_TRUE(loop->RunOnce(steady_clock::now() + kSoon));
  ExpectGood(fast, "quick");
  EXPECT_EQ(slow.ends, 0);
  loop.reset();
  EXPECT_EQ(slow.ends, 0);  // a loop that is gone tells nobody
}

TEST(Loop, StartsWhenTheScheduleSays) {
  RawServer server([](RawServer::Listener& listener) {
    // None is answered before the last has begun: a schedule does not wait for answers.
    const auto connections = AcceptAll(listener, 3);
    for (const auto& each : connections) each.second->Write(Answer(each.first));
    for (const auto& each : connections) each.second->WaitForClose();
  });
  const auto loop = MakeCurlLoop({});
  Outcome first;
  Outcome sooner;
  Outcome later;
  const Moment begin = steady_clock::now();
  const Moment soon = begin + milliseconds(20);
  const Moment late = begin + milliseconds(60);
  loop->StartAt(late, Get(server.Url("/later")), Into(later));
  loop->StartAt(soon, Get(server.Url("/sooner")), Into(sooner));
  loop->StartAt(begin - seconds(1), Get(server.Url("/first")), Into(first));
  RunToTheEnd(*loop);
  ExpectGood(first, "/first");
  ExpectGood(sooner, "/sooner");
  ExpectGood(later, "/later");
  EXPECT_GE(first.exchange.start, begin);
  EXPECT_GE(sooner.exchange.start, soon);
  EXPECT_GE(later.exchange.start, late);
  EXPECT_GT(sooner.exchange.start, first.exchange.start);
  EXPECT_GT(later.exchange.start, sooner.exchange.start);
}

TEST(Loop, AReceiverStartsTheNextOne) {
  RawServer server([](RawServer::Listener& listener) {
    const auto connection = listener.Accept();  // once: a second connection would wait for ever
    while (!connection->ReadRequest().empty()) connection->Write(Answer("again"));
  });
  const auto loop = MakeCurlLoop({});
  std::vector<Outcome> outcomes(4);
  std::size_t next = 0;
  std::function<void()> start = [&] {
    Outcome& outcome = outcomes[next++];
    Receiver receiver = Into(outcome);
    receiver.on_done = [&, told = receiver.on_done](const std::optional<Failure>& failure, const Exchange& exchange) {
      told(failure, exchange);
      if (next < outcomes.size()) start();
    };
    loop->Start(Get(server.Url()), std::move(receiver));
  };
  start();
  RunToTheEnd(*loop);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    ExpectGood(outcomes[i], "again");
    EXPECT_EQ(outcomes[i].exchange.reused_connection, i > 0);
    if (i == 0) continue;
    EXPECT_GE(outcomes[i].exchange.start, outcomes[i - 1].exchange.start + outcomes[i - 1].exchange.closed);
  }
}

TEST(Loop, KeepsTheConnectionsOfAWave) {
  constexpr int kWave = 6;
  RawServer server([](RawServer::Listener& listener) {
    const auto connections = AcceptAll(listener, kWave);
    for (const auto& each : connections) each.second->Write(Answer("one"));
    // The second wave comes on the same six, one request each.
    for (const auto& each : connections) each.second->ReadRequest();
    for (const auto& each : connections) each.second->Write(Answer("two"));
    for (const auto& each : connections) each.second->WaitForClose();
  });
  const auto loop = MakeCurlLoop({});
  for (const std::string wave : {"one", "two"}) {
    std::vector<Outcome> outcomes(kWave);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      loop->Start(Get(server.Url("/" + std::to_string(i))), Into(outcomes[i]));
    }
    RunToTheEnd(*loop);
    for (const Outcome& outcome : outcomes) {
      ExpectGood(outcome, wave);
      EXPECT_EQ(outcome.exchange.reused_connection, wave == "two");
    }
  }
}

TEST(Loop, WhatOneReadBringsHasOneStamp) {
  RawServer server([](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    connection->ReadRequest();
    connection->Write(Answer("data: 1\n\ndata: 2\n\n"));
    connection->WaitForClose();
  });
  const auto loop = MakeCurlLoop({});
  Outcome outcome;
  loop->Start(Get(server.Url()), Into(outcome));
  RunToTheEnd(*loop);
  ExpectGood(outcome, "data: 1\n\ndata: 2\n\n");
  EXPECT_EQ(outcome.stamps.size(), 1U);
}

TEST(Loop, TheCallersWishEndsAllOfThem) {
  RawServer server([](RawServer::Listener& listener) {
    const auto connections = AcceptAll(listener, 2);
    for (const auto& each : connections) each.second->Write(kHalf);
    for (const auto& each : connections) each.second->WaitForClose();
  });
  bool cancelled = false;
  CurlOptions options;
  options.cancelled = [&] { return cancelled; };
  const auto loop = MakeCurlLoop(options);
  std::vector<Outcome> outcomes(3);
  for (std::size_t i = 0; i < 2; ++i) {
    Receiver receiver = Into(outcomes[i]);
    receiver.on_bytes = [&](std::string_view, Moment) { return cancelled = true; };
    loop->Start(Get(server.Url("/" + std::to_string(i))), std::move(receiver));
  }
  loop->StartAt(steady_clock::now() + hours(1), Get(server.Url()), Into(outcomes[2]));
  RunToTheEnd(*loop);
  for (const Outcome& outcome : outcomes) ExpectFailed(outcome, ErrorCode::kCancelled);
}

TEST(Loop, StopsAtItsDeadlineAndGoesOnLater) {
  std::promise<void> go_on;
  RawServer server([&](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    connection->ReadRequest();
    go_on.get_future().wait();
    connection->Write(Answer("patience"));
    connection->WaitForClose();
  });
  const auto loop = MakeCurlLoop({});
  Outcome outcome;
  loop->Start(Get(server.Url()), Into(outcome));
  const Moment deadline = steady_clock::now() + milliseconds(30);
  EXPECT_FALSE(loop->Run(deadline));
  EXPECT_GE(steady_clock::now(), deadline);
  EXPECT_EQ(outcome.ends, 0);
  go_on.set_value();
  RunToTheEnd(*loop);
  ExpectGood(outcome, "patience");
}

TEST(Loop, SaysLaterThatARequestCannotBeSent) {
  const auto loop = MakeCurlLoop({});
  Outcome outcome;
  loop->Start(Get("ftp://127.0.0.1/"), Into(outcome));
  EXPECT_EQ(outcome.ends, 0);
  RunToTheEnd(*loop);
  ExpectFailed(outcome, ErrorCode::kUsage);
  EXPECT_EQ(outcome.exchange.status, 0);
}

TEST(Loop, AReceiverThatThrowsEndsItsOwnTransfer) {
  RawServer server([](RawServer::Listener& listener) {
    const auto connections = AcceptAll(listener, 2);
    for (const auto& each : connections) each.second->Write(Answer("hello"));
    for (const auto& each : connections) each.second->WaitForClose();
  });
  const auto loop = MakeCurlLoop({});
  Outcome throwing;
  Outcome other;
  Receiver receiver = Into(throwing);
  receiver.on_bytes = [](std::string_view, Moment) -> bool { throw std::runtime_error("out of patience"); };
  loop->Start(Get(server.Url("/throwing")), std::move(receiver));
  loop->Start(Get(server.Url("/other")), Into(other));
  RunToTheEnd(*loop);
  ExpectFailed(throwing, ErrorCode::kInternal);
  ExpectGood(other, "hello");
}

TEST(Loop, AReceiverMayBeOfFewWords) {
  RawServer server([](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    connection->ReadRequest();
    connection->Write(Answer("unheard"));
    connection->WaitForClose();
  });
  const auto loop = MakeCurlLoop({});
  int status = 0;
  loop->Start(Get(server.Url()), {{}, [&](const std::optional<Failure>&, const Exchange& e) { status = e.status; }});
  RunToTheEnd(*loop);
  EXPECT_EQ(status, 200);
}

}  // namespace
}  // namespace assay::http
