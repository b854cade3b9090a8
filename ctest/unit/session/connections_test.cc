// SPDX-License-Identifier: MIT
#include "fixtures/session/connections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::session {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// Remembers what it was asked to do.
class RecordingLoop final : public http::Loop {
 public:
  Id StartAt(base::Moment moment, http::Request request, http::Receiver) override {
    moments.push_back(moment);
    requests.push_back(std::move(request));
    return requests.size();
  }
  void Cancel(Id id) override { cancelled.push_back(id); }
  bool RunOnce(base::Moment) override { return ++runs < 2; }

  std::vector<base::Moment> moments;
  std::vector<http::Request> requests;
  std::vector<Id> cancelled;
  int runs = 0;
};

TEST(Connections, HeadersGoWithEveryRequestOfALoop) {
  RecordingLoop inner;
  const Headers headers = {{"X-Token", "t"}};
  HeaderLoop loop(inner, headers);
  http::Request request;
  request.headers = {{"Accept", "a"}};
  const base::Moment moment{std::chrono::seconds(5)};
  EXPECT_EQ(loop.StartAt(moment, request, {}), 1U);
  EXPECT_EQ(loop.Start(request, {}), 2U);
  for (const http::Request& sent : inner.requests) {
    EXPECT_THAT(sent.headers, ElementsAre(Pair("Accept", "a"), Pair("X-Token", "t")));
  }
  EXPECT_THAT(inner.moments, ElementsAre(moment, base::Moment::min()));
  loop.Cancel(2);
  EXPECT_THAT(inner.cancelled, ElementsAre(2U));
  EXPECT_TRUE(loop.RunOnce(base::Moment::max()));
  EXPECT_FALSE(loop.RunOnce(base::Moment::max()));
}

}  // namespace
}  // namespace assay::session
