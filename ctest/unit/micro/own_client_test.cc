// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/micro/own_client.h"
#include "ctest/unit/http/raw_server.h"
#include "fixtures/base/files.h"

namespace assay::micro {
namespace {

TEST(IdOf, IsTheFirstIdOfTheText) {
  EXPECT_EQ(IdOf(R"({"id":"chatcmpl-1","x":{"id":"other"}})"), "chatcmpl-1");
  EXPECT_EQ(IdOf(R"({"object":"x","id":"chatcmpl-2"})"), "chatcmpl-2");
  EXPECT_EQ(IdOf(R"({"object":"x"})"), "");
  EXPECT_EQ(IdOf(""), "");
}

TEST(NotedFrom, TakesTheStampsOfASampleAsMoments) {
  run::Sample sample;
  sample.response_id = "chatcmpl-1";
  sample.timeline.start_ns = 1'000'000;
  sample.timeline.events = {{base::Nanoseconds(50), run::EventKind::kRole},
                            {base::Nanoseconds(70), run::EventKind::kContent}};
  const NotedAnswer noted = NotedFrom(sample);
  EXPECT_EQ(noted.id, "chatcmpl-1");
  EXPECT_EQ(noted.start_ns, 1'000'000);
  EXPECT_THAT(noted.events_ns, testing::ElementsAre(1'000'050, 1'000'070));
}

std::string Stream(const std::string& text) {
  return "data: {\"id\":\"chatcmpl-" + text + "\",\"choices\":[{\"delta\":{\"content\":\"" + text +
         "\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
}

run::Json Request() {
  return run::JsonObject{{"messages", run::JsonArray{run::JsonObject{{"content", "Hi"}, {"role", "user"}}}},
                         {"stream", true}};
}

std::string RecordedIn(const base::TemporaryDirectory& directory) {
  std::string text;
  for (const auto& file : std::filesystem::directory_iterator(directory.path())) {
    if (file.path().filename().string().starts_with("samples")) text += base::ReadFile(file.path()).value();
  }
  return text;
}

// Three are asked before one is answered, and every one of them is recorded: that is a part of what is measured.
TEST(OwnClient, AsksAllAtOnceAndRecordsThem) {
  http::RawServer server([](http::RawServer::Listener& listener) {
    std::vector<std::unique_ptr<http::RawServer::Connection>> connections;
    for (int i = 0; i < 3; ++i) {
      connections.push_back(listener.Accept());
      connections.back()->ReadRequest();
    }
    for (const auto& connection : connections) connection->Write(http::Answer(Stream("x")));
    for (const auto& connection : connections) connection->WaitForClose();
  });
  const auto directory = base::TemporaryDirectory::Create("assay-own-client").value();
  OwnClient client = OwnClient::Create(server.Url(""), directory.path()).value();
  const auto samples = client.AskMany("tiny:1", Request(), 3);
  ASSERT_TRUE(samples.ok()) << samples.error().Message();
  ASSERT_EQ(samples->size(), 3U);
  for (const run::Sample& sample : *samples) EXPECT_EQ(sample.response_id, "chatcmpl-x");
  const std::string recorded = RecordedIn(directory);
  EXPECT_EQ(std::ranges::count(recorded, '\n'), 3) << recorded;
}

TEST(OwnClient, OneBadAnswerOfManyIsAnError) {
  http::RawServer server([](http::RawServer::Listener& listener) {
    std::vector<std::unique_ptr<http::RawServer::Connection>> connections;
    for (int i = 0; i < 2; ++i) {
      connections.push_back(listener.Accept());
      connections.back()->ReadRequest();
    }
    connections[0]->Write(http::Answer(Stream("x")));
    connections[1]->Write(http::Answer("busy", "503 Service Unavailable"));
    for (const auto& connection : connections) connection->WaitForClose();
  });
  const auto directory = base::TemporaryDirectory::Create("assay-own-client").value();
  OwnClient client = OwnClient::Create(server.Url(""), directory.path()).value();
  const auto samples = client.AskMany("tiny:1", Request(), 2);
  ASSERT_FALSE(samples.ok());
  EXPECT_EQ(samples.error().code, base::ErrorCode::kContent);
  EXPECT_THAT(samples.error().Message(), testing::HasSubstr("503"));
}

}  // namespace
}  // namespace assay::micro
