// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmarks/micro/own_client.h"

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

}  // namespace
}  // namespace assay::micro
