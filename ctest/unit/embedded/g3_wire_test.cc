// SPDX-License-Identifier: MIT
// Expected bytes are recordings of the real service.
#include "fixtures/embedded/g3_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/embedded/recording_sink.h"
#include "fixtures/base/files.h"
#include "fixtures/embedded/stream_writer.h"

namespace assay::embedded::g3 {
namespace {

std::string Recording(const std::string& name) {
  const auto text =
      base::ReadFile(std::filesystem::path(ASSAY_TEST_DATA_DIR) / "wire" / "foundry-g3" / (name + ".txt"));
  EXPECT_TRUE(text.ok()) << name;
  return text.ok() ? *text : "";
}

TEST(G3Wire, StreamIsTheRecordedOneByteForByte) {
  const Wire wire;
  const Completion completion{"chatcmpl-9db50c922bdd43a4", 1795227716, "tiny-random-gpt2-stop:1"};
  testing_support::RecordingSink sink;
  const RequestScript script;
  const std::atomic<bool> stop{false};
  StreamWriter writer(sink, script, stop, wire.Habits().hex_case, "");
  writer.Open(wire.StreamHead(), wire.Habits().head_at_once);
  const auto say = [&](const AnswerParts& parts) { writer.Send(wire.ChunkJson(completion, parts)); };
  AnswerParts role;
  role.role = true;
  say(role);
  for (int i = 0; i < 5; ++i) {
    AnswerParts content;
    content.content = "ar";
    say(content);
  }
  AnswerParts finish;
  finish.finish_reason = "stop";
  say(finish);
  AnswerParts usage;
  usage.choices = false;
  usage.usage = {16, 5};
  say(usage);
  writer.Finish("[DONE]");
  EXPECT_EQ(sink.All(), Recording("chat_stream_usage"));
}

TEST(G3Wire, WholeAnswerIsTheRecordedOneByteForByte) {
  const Wire wire;
  const Completion completion{"chatcmpl-46eb6e1039a49ad2", 1795227716, "tiny-random-gpt2-stop:1"};
  std::string recorded = Recording("chat_nonstream_stop_t0");
  recorded.replace(recorded.find("\"created\":") + 10, 10, "1795227716");
  AnswerParts parts;
  parts.role = true;
  parts.content = "ararararar";
  parts.finish_reason = "stop";
  parts.usage = {16, 5};
  EXPECT_EQ(wire.JsonAnswer(200, wire.WholeJson(completion, parts), true), recorded);
}

TEST(G3Wire, ErrorsAreTheRecordedOnes) {
  EXPECT_EQ(Wire().ErrorAnswer(400, "Empty request body", true), Recording("chat_empty_body"));
  EXPECT_EQ(NoMappingAnswer("GET", "/openai/status"), Recording("openai_status"));
}

TEST(G3Wire, QuotesLikeTheRealSerialiser) {
  EXPECT_EQ(Quoted("a\"\\\n\t\x01\x1f\x7f/\u00e9"), "\"a\\\"\\\\\\n\\t\\u0001\\u001f\x7f/\u00e9\"");
}

}  // namespace
}  // namespace assay::embedded::g3
