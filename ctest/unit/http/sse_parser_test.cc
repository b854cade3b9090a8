// SPDX-License-Identifier: MIT
// Expected events follow the rules and examples of WHATWG HTML, "Server-sent events", 9.2.6.
#include "fixtures/http/sse_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace assay::http {

bool operator==(const SseEvent& a, const SseEvent& b) { return a.event == b.event && a.data == b.data; }
void PrintTo(const SseEvent& event, std::ostream* out) {
  *out << "{event:'" << event.event << "' data:'" << event.data << "'}";
}

namespace {

using Events = std::vector<SseEvent>;
using testing::ElementsAre;
using testing::IsEmpty;

Events ParseWhole(std::string_view bytes) {
  SseParser parser;
  Events events;
  EXPECT_TRUE(parser.Push(bytes, events).ok());
  return events;
}

TEST(SseParser, ReadsEveryEventAtEverySplitOfTwo) {
  const std::string stream =
      "\xEF\xBB\xBF: hello\r\n\r\ndata: {\"a\":1}\n\nevent: add\rdata:\xE2\x82\xAC uro\r\rdata: x\r\ndata:\r\ndata:  "
      "y\r\n\r\n"
      "id: 7\nretry: 10\nunknown: 1\ndata\n\n:keep-alive\n\ndata: [DONE]\n\n";
  const Events expected = {{"", "{\"a\":1}"}, {"add", "\xE2\x82\xAC uro"}, {"", "x\n\n y"}, {"", ""}, {"", "[DONE]"}};
  ASSERT_EQ(ParseWhole(stream), expected);
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    SseParser parser;
    Events events;
    ASSERT_TRUE(parser.Push(std::string_view(stream).substr(0, split), events).ok());
    ASSERT_TRUE(parser.Push(std::string_view(stream).substr(split), events).ok());
    ASSERT_EQ(events, expected) << "split at " << split;
    ASSERT_FALSE(parser.HasPartialEvent()) << "split at " << split;
  }
}

TEST(SseParser, ReadsByteByByte) {
  const std::string stream = "data: a\r\n\r\nevent: e\ndata: b\n\ndata: c\r\r";
  SseParser parser;
  Events events;
  for (const char byte : stream) ASSERT_TRUE(parser.Push(std::string_view(&byte, 1), events).ok());
  EXPECT_THAT(events, ElementsAre(SseEvent{"", "a"}, SseEvent{"e", "b"}, SseEvent{"", "c"}));
}

TEST(SseParser, DispatchesAtTheCarriageReturnWithoutWaitingForALineFeed) {
  SseParser parser;
  Events events;
  ASSERT_TRUE(parser.Push("data: a\r\n\r", events).ok());
  EXPECT_THAT(events, ElementsAre(SseEvent{"", "a"}));
  ASSERT_TRUE(parser.Push("\ndata: b\r\n\r\n", events).ok());
  EXPECT_EQ(events.size(), 2U);
}

TEST(SseParser, JoinsEventSplitInsideUtf8Sequence) {
  SseParser parser;
  Events events;
  ASSERT_TRUE(parser.Push("data: \xF0\x9F", events).ok());
  ASSERT_TRUE(parser.Push("\x98\x80\n\n", events).ok());
  EXPECT_THAT(events, ElementsAre(SseEvent{"", "\xF0\x9F\x98\x80"}));
}

// The four examples of the standard, 9.2.6.
TEST(SseParser, StandardExampleStocks) {
  EXPECT_THAT(ParseWhole("data: YHOO\ndata: +2\ndata: 10\n\n"), ElementsAre(SseEvent{"", "YHOO\n+2\n10"}));
}
TEST(SseParser, StandardExampleFourBlocks) {
  EXPECT_THAT(
      ParseWhole(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"),
      ElementsAre(SseEvent{"", "first event"}, SseEvent{"", "second event"}, SseEvent{"", " third event"}));
}
TEST(SseParser, StandardExampleEmptyData) {
  EXPECT_THAT(ParseWhole("data\n\ndata\ndata\n\ndata:"), ElementsAre(SseEvent{"", ""}, SseEvent{"", "\n"}));
}
TEST(SseParser, StandardExampleOptionalSpace) {
  EXPECT_THAT(ParseWhole("data:test\n\ndata: test\n\n"), ElementsAre(SseEvent{"", "test"}, SseEvent{"", "test"}));
}

TEST(SseParser, NameWithoutDataIsNoEventAndIsForgotten) {
  EXPECT_THAT(ParseWhole("event: lost\n\ndata: a\n\n"), ElementsAre(SseEvent{"", "a"}));
}

TEST(SseParser, RemovesOneSpaceAndNothingElse) {
  EXPECT_THAT(ParseWhole("data:\t a \n\n"), ElementsAre(SseEvent{"", "\t a "}));
  EXPECT_THAT(ParseWhole("data : a\n\n Data: b\n\nDATA: c\n\n"), IsEmpty());
}

TEST(SseParser, ByteOrderMarkCountsOnlyAtTheStart) {
  EXPECT_THAT(ParseWhole("\xEF\xBB\xBF"
                         "data: a\n\n\xEF\xBB\xBF"
                         "data: b\n\n"),
              ElementsAre(SseEvent{"", "a"}));
}

TEST(SseParser, KeepsNullBytes) {
  EXPECT_THAT(ParseWhole(std::string_view("data: a\0b\n\n", 11)), ElementsAre(SseEvent{"", std::string("a\0b", 3)}));
}

TEST(SseParser, TellsACutStreamFromAFinishedOne) {
  for (const char* whole :
       {"", "data: a\n\n", "data: a\n\n: comment", "data: a\n\n: comment\n", "\xEF\xBB\xBF", "\n"}) {
    SseParser parser;
    Events events;
    ASSERT_TRUE(parser.Push(whole, events).ok());
    EXPECT_FALSE(parser.HasPartialEvent()) << whole;
    EXPECT_FALSE(parser.TakePartialEvent().has_value()) << whole;
  }
  for (const char* cut : {"d", "data: a", "data: a\n", "data: a\r\n", "event: e\n", "data: a\n: comment"}) {
    SseParser parser;
    Events events;
    ASSERT_TRUE(parser.Push(cut, events).ok());
    EXPECT_TRUE(parser.HasPartialEvent()) << cut;
  }
}

TEST(SseParser, HandsOutAnEventWithoutItsLastBlankLine) {
  SseParser parser;
  Events events;
  ASSERT_TRUE(parser.Push("data: a\n\nevent: e\ndata: b\ndata: c", events).ok());
  EXPECT_EQ(parser.TakePartialEvent(), (SseEvent{"e", "b\nc"}));
  EXPECT_FALSE(parser.HasPartialEvent());
  EXPECT_FALSE(parser.TakePartialEvent().has_value());
}

TEST(SseParser, RefusesALineThatIsTooLong) {
  SseParser parser(SseParser::Limits{10, 100});
  Events events;
  EXPECT_TRUE(parser.Push("data: 1234\n\n", events).ok());  // exactly the limit
  EXPECT_TRUE(parser.Push("data: 12", events).ok());
  const auto status = parser.Push("345\n\n", events);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::kProtocol);
  EXPECT_EQ(events.size(), 1U);
  EXPECT_FALSE(parser.Push("data: a\n\n", events).ok()) << "nothing more is accepted";
  EXPECT_EQ(events.size(), 1U);
}

TEST(SseParser, RefusesAnEventThatIsTooLong) {
  SseParser parser(SseParser::Limits{100, 7});
  Events events;
  EXPECT_TRUE(parser.Push("data: 123\ndata: 456\n\n", events).ok());  // 3 + newline + 3
  const auto status = parser.Push("data: 123\ndata: 4567\n\n", events);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::kProtocol);
  EXPECT_EQ(events.size(), 1U);
}

}  // namespace
}  // namespace assay::http
