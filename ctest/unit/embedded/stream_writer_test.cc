// SPDX-License-Identifier: MIT
// What reaches the socket, write by write. A head "H" and the events a, b, c, [DONE] stand for any generation's.
#include "fixtures/embedded/stream_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/embedded/recording_sink.h"

namespace assay::embedded {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

RequestScript Script(const std::string& scenario) {
  ScenarioPlayer player(scenario.empty() ? Scenario() : *ParseScenarioInline(scenario));
  return player.NextScript("m", "", 8);
}

struct Written {
  testing_support::RecordingSink sink;
  int sent = 0;  // events that Send took
  bool may_stay_open = false;
};

Written WriteStream(const std::string& scenario, const std::vector<std::string>& events = {"a", "b", "c"},
                    const std::string& head = "H") {
  Written written;
  const std::atomic<bool> stop{false};
  const RequestScript script = Script(scenario);
  StreamWriter writer(written.sink, script, stop, HexCase::kLower, "oops");
  writer.Open(head, false);
  bool more = true;
  for (const std::string& event : events) {
    more = more && writer.Send(event);
    if (more) ++written.sent;
  }
  if (more) writer.Finish("[DONE]");
  written.may_stay_open = writer.may_stay_open();
  return written;
}

TEST(StreamWriter, WritesAnEventAtATimeAndTheEndWithTheLast) {
  const Written written = WriteStream("");
  EXPECT_THAT(written.sink.writes, ElementsAre("H9\r\ndata: a\n\n\r\n", "9\r\ndata: b\n\n\r\n", "9\r\ndata: c\n\n\r\n",
                                               "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"));
  EXPECT_TRUE(written.may_stay_open);
}

TEST(StreamWriter, WritesTheHeadAtOnceWhenAsked) {
  testing_support::RecordingSink sink;
  const std::atomic<bool> stop{false};
  const RequestScript script;
  StreamWriter writer(sink, script, stop, HexCase::kUpper, "");
  writer.Open("H", true);
  EXPECT_THAT(sink.writes, ElementsAre("H"));
  writer.Send(std::string(200, 'x'));
  EXPECT_THAT(sink.writes[1], testing::StartsWith("D0\r\n"));
}

TEST(StreamWriter, FramesAsTheScenarioSays) {
  EXPECT_EQ(WriteStream("crlf").sink.writes[0], "Hb\r\ndata: a\r\n\r\n\r\n");
  EXPECT_EQ(WriteStream("no_space").sink.writes[0], "H8\r\ndata:a\n\n\r\n");
  EXPECT_EQ(WriteStream("comments").sink.writes[0], "H19\r\n:\n: keep-alive\n\ndata: a\n\n\r\n");
  EXPECT_THAT(WriteStream("comments,crlf,no_space").sink.writes[0],
              HasSubstr(":\r\n: keep-alive\r\n\r\ndata:a\r\n\r\n"));
}

TEST(StreamWriter, SplitsEventsInTheMiddle) {
  EXPECT_THAT(WriteStream("split_events").sink.writes,
              ElementsAre("H4\r\ndata\r\n", "5\r\n: a\n\n\r\n", "4\r\ndata\r\n", "5\r\n: b\n\n\r\n", "4\r\ndata\r\n",
                          "5\r\n: c\n\n\r\n", "7\r\ndata: [\r\n", "7\r\nDONE]\n\n\r\n0\r\n\r\n"));
}

TEST(StreamWriter, MergesEvents) {
  EXPECT_THAT(WriteStream("merged_events=2").sink.writes,
              ElementsAre("H12\r\ndata: a\n\ndata: b\n\n\r\n", "17\r\ndata: c\n\ndata: [DONE]\n\n\r\n0\r\n\r\n"));
}

TEST(StreamWriter, SplitsInsideACharacterAndOnlyThere) {
  // U+65E5 is E6 97 A5.
  EXPECT_THAT(WriteStream("split_characters", {"a", "x\xE6\x97\xA5y"}).sink.writes,
              ElementsAre("H9\r\ndata: a\n\n\r\n", "8\r\ndata: x\xE6\r\n", "5\r\n\x97\xA5y\n\n\r\n",
                          "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"));
}

TEST(StreamWriter, LeavesTheLastEventOut) {
  const Written written = WriteStream("no_done");
  EXPECT_EQ(written.sink.writes.back(), "0\r\n\r\n");
  EXPECT_THAT(written.sink.All(), Not(HasSubstr("DONE")));
  EXPECT_TRUE(written.may_stay_open);
}

TEST(StreamWriter, CutsAnEventAndEndsProperly) {
  const Written written = WriteStream("cut=1");
  EXPECT_EQ(written.sent, 1);
  EXPECT_EQ(written.sink.All(), "H9\r\ndata: a\n\n\r\n4\r\ndata\r\n0\r\n\r\n");
  EXPECT_TRUE(written.may_stay_open);
}

TEST(StreamWriter, StallsAfterSoManyEvents) {
  const Written written = WriteStream("stall=2");
  EXPECT_EQ(written.sent, 2);
  EXPECT_TRUE(written.sink.stalled);
  EXPECT_EQ(written.sink.All(), "H9\r\ndata: a\n\n\r\n9\r\ndata: b\n\n\r\n");
  EXPECT_FALSE(written.may_stay_open);
}

TEST(StreamWriter, StallsBehindTheHead) { EXPECT_EQ(WriteStream("stall=0").sink.All(), "H"); }

TEST(StreamWriter, ResetsAfterSoManyEvents) {
  const Written written = WriteStream("reset=1");
  EXPECT_TRUE(written.sink.reset);
  EXPECT_EQ(written.sink.All(), "H9\r\ndata: a\n\n\r\n");
  EXPECT_FALSE(written.may_stay_open);
}

TEST(StreamWriter, SaysAnErrorInBandAndNoMore) {
  const Written written = WriteStream("in_band_error=1");
  EXPECT_EQ(written.sink.All(), "H9\r\ndata: a\n\n\r\nc\r\ndata: oops\n\n\r\n0\r\n\r\n");
  EXPECT_TRUE(written.may_stay_open);
}

TEST(StreamWriter, BreaksAShortStreamAtItsLastEvent) {
  EXPECT_TRUE(WriteStream("reset=100").sink.reset);
  EXPECT_THAT(WriteStream("cut=100").sink.All(), testing::EndsWith("7\r\ndata: [\r\n0\r\n\r\n"));
  EXPECT_THAT(WriteStream("in_band_error=100").sink.All(), Not(HasSubstr("DONE")));
}

TEST(StreamWriter, WritesWhatWaitsBeforeItBreaks) {
  EXPECT_EQ(WriteStream("merged_events=9,reset=2").sink.All(), "H12\r\ndata: a\n\ndata: b\n\n\r\n");
}

constexpr char kHead[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nServer: s\r\nDate: d\r\n\r\n";

TEST(ShapeHead, ChangesNothingUnasked) { EXPECT_EQ(ShapeHead(kHead, Script("crlf")), kHead); }

TEST(ShapeHead, DoublesWhatStandsThereOnce) {
  EXPECT_EQ(ShapeHead(kHead, Script("duplicate_headers")),
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Type: text/event-stream\r\nServer: "
            "s\r\nServer: s\r\nDate: d\r\n\r\n");
  const std::string twice = "HTTP/1.1 200 OK\r\nServer: s\r\nServer: s\r\n\r\nbody";
  EXPECT_EQ(ShapeHead(twice, Script("duplicate_headers")), twice);
}

TEST(ShapeHead, NamesAWrongContentTypeAndKeepsTheBody) {
  EXPECT_EQ(ShapeHead("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\nContent-Type: body\r\n",
                      Script("wrong_content_type")),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nContent-Type: body\r\n");
}

TEST(ShapeHead, AnnouncesAConnectionThatIsClosed) {
  EXPECT_THAT(ShapeHead(kHead, Script("close_connections")), HasSubstr("\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_FALSE(WriteStream("close_connections", {"a"}, kHead).may_stay_open);
}

TEST(WriteWhole, BreaksAndSplitsAnAnswerInOnePiece) {
  const std::atomic<bool> stop{false};
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a\":1}\n";  // 46 bytes
  const auto write = [&](const std::string& scenario, bool* stays_open) {
    testing_support::RecordingSink sink;
    *stays_open = WriteWhole(answer, Script(scenario), stop, sink);
    return sink;
  };
  bool stays_open = false;
  EXPECT_THAT(write("", &stays_open).writes, ElementsAre(answer));
  EXPECT_TRUE(stays_open);
  EXPECT_THAT(write("split_events", &stays_open).writes, ElementsAre(answer.substr(0, 23), answer.substr(23)));
  EXPECT_TRUE(stays_open);
  EXPECT_EQ(write("reset", &stays_open).All(), answer.substr(0, 23));
  EXPECT_FALSE(stays_open);
  EXPECT_TRUE(write("stall", &stays_open).stalled);
  EXPECT_FALSE(stays_open);
  EXPECT_EQ(write("close_connections", &stays_open).writes.size(), 1U);
  EXPECT_FALSE(stays_open);
}

}  // namespace
}  // namespace assay::embedded
