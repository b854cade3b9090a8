// SPDX-License-Identifier: MIT
// Expected bytes are recordings of the real service.
#include "fixtures/embedded/g3_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/base/files.h"

namespace assay::embedded::g3 {
namespace {

std::string Recording(const std::string& name) {
  const auto text =
      base::ReadFile(std::filesystem::path(ASSAY_TEST_DATA_DIR) / "wire" / "foundry-g3" / (name + ".txt"));
  EXPECT_TRUE(text.ok()) << name;
  return text.ok() ? *text : "";
}

TEST(G3Wire, StreamIsTheRecordedOneByteForByte) {
  const Completion completion{"chatcmpl-9db50c922bdd43a4", 1795227716, "tiny-random-gpt2-stop:1"};
  std::string stream = StreamHead() + Chunk(RoleEvent(completion));
  for (int i = 0; i < 5; ++i) stream += Chunk(ContentEvent(completion, "ar"));
  stream += Chunk(FinishEvent(completion, "stop")) + Chunk(UsageEvent(completion, {16, 5})) + Chunk(kDoneEvent);
  stream += kLastChunk;
  EXPECT_EQ(stream, Recording("chat_stream_usage"));
}

TEST(G3Wire, WholeAnswerIsTheRecordedOneByteForByte) {
  const Completion completion{"chatcmpl-46eb6e1039a49ad2", 1795227716, "tiny-random-gpt2-stop:1"};
  std::string recorded = Recording("chat_nonstream_stop_t0");
  recorded.replace(recorded.find("\"created\":") + 10, 10, "1795227716");
  EXPECT_EQ(JsonAnswer(200, CompletionBody(completion, "ararararar", "stop", {16, 5}), true), recorded);
}

TEST(G3Wire, ErrorsAreTheRecordedOnes) {
  EXPECT_EQ(JsonAnswer(400, ErrorBody(400, "Empty request body"), true), Recording("chat_empty_body"));
  EXPECT_EQ(NoMappingAnswer("GET", "/openai/status"), Recording("openai_status"));
}

TEST(G3Wire, QuotesLikeTheRealSerialiser) {
  EXPECT_EQ(Quoted("a\"\\\n\t\x01\x1f\x7f/\u00e9"), "\"a\\\"\\\\\\n\\t\\u0001\\u001f\x7f/\u00e9\"");
}

TEST(G3Wire, ChunkSizesAreUpperCase) { EXPECT_THAT(Chunk(std::string(250, 'x')), testing::StartsWith("FA\r\n")); }

}  // namespace
}  // namespace assay::embedded::g3
