// SPDX-License-Identifier: MIT
// The floor frames and stamps right: a floor that is wrong would flatter us.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <vector>

#include "benchmarks/micro/floor_client.h"
#include "ctest/unit/http/raw_server.h"

namespace assay::micro {
namespace {

using http::Answer;
using http::RawServer;
using std::chrono::steady_clock;

TEST(FloorClient, StampsTheEndOfEveryEvent) {
  const std::string body = "data: 1\n\ndata: 22\n\ndata: 3\n\n";
  const std::string wire = Answer(body);
  const std::size_t head = wire.size() - body.size();
  RawServer server([&](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    // Every split of the body, two events' blank lines included.
    for (std::size_t split = 1; split < body.size(); ++split) {
      connection->ReadRequest();
      connection->Write(wire.substr(0, head + split));
      connection->Write(wire.substr(head + split));
    }
    connection->WaitForClose();
  });
  FloorClient client;
  for (std::size_t split = 1; split < body.size(); ++split) {
    const auto before = steady_clock::now();
    const std::vector<FloorAnswer> answers = client.Post(server.Url(), "{}", 1);
    const auto after = steady_clock::now();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].status, 200);
    EXPECT_EQ(answers[0].body, body);
    EXPECT_GE(answers[0].start, before);
    ASSERT_EQ(answers[0].events.size(), 3U) << "split at " << split;
    EXPECT_EQ(answers[0].events[0].second, 7U);
    EXPECT_EQ(answers[0].events[1].second, 17U);
    EXPECT_EQ(answers[0].events[2].second, 26U);
    EXPECT_GE(answers[0].events[0].first, answers[0].start);
    EXPECT_LE(answers[0].events[2].first, after);
  }
}

TEST(FloorClient, AsksAllAtOnce) {
  RawServer server([](RawServer::Listener& listener) {
    std::vector<std::unique_ptr<RawServer::Connection>> connections;
    for (int i = 0; i < 4; ++i) {
      connections.push_back(listener.Accept());
      connections.back()->ReadRequest();
    }
    for (const auto& connection : connections) connection->Write(Answer("data: x\n\n"));
    for (const auto& connection : connections) connection->WaitForClose();
  });
  FloorClient client;
  const std::vector<FloorAnswer> answers = client.Post(server.Url(), "{}", 4);
  ASSERT_EQ(answers.size(), 4U);
  for (const FloorAnswer& answer : answers) EXPECT_EQ(answer.events.size(), 1U);
}

TEST(FloorClient, GetsOverOneConnectionAndCountsGoodAnswers) {
  RawServer server([](RawServer::Listener& listener) {
    const auto connection = listener.Accept();  // once
    for (int i = 0; !connection->ReadRequest().empty(); ++i) {
      connection->Write(Answer("{}", i == 1 ? "500 Internal Server Error" : "200 OK"));
    }
  });
  FloorClient client;
  EXPECT_EQ(client.Get(server.Url(), 5), 4U);
}

TEST(FloorClient, NoAnswerHasNoStatus) {
  const http::RefusingPort port;
  FloorClient client;
  const std::vector<FloorAnswer> answers = client.Post(port.Url(), "{}", 1);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, 0);
}

}  // namespace
}  // namespace assay::micro
