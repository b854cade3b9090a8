// SPDX-License-Identifier: MIT
// The serialisers of G1, G2 and plain. Expected bytes of G1 are the chunk of Foundry Local issue 299, those of plain
// are recordings of llama-server; G2's are the key order of OpenAI's reference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fixtures/base/files.h"
#include "fixtures/embedded/g1_wire.h"
#include "fixtures/embedded/g2_wire.h"
#include "fixtures/embedded/g3_wire.h"
#include "fixtures/embedded/plain_wire.h"

namespace assay::embedded {
namespace {

using testing::HasSubstr;

AnswerParts Content(const std::string& text, bool role = false) {
  AnswerParts parts;
  parts.role = role;
  parts.content = text;
  return parts;
}

AnswerParts UsageOnly() {
  AnswerParts parts;
  parts.choices = false;
  parts.usage = {16, 5};
  return parts;
}

TEST(G1Wire, ChunkIsTheObservedOne) {
  const Completion completion{"chat.id.1", 1762612476, "qwen2.5-1.5b-instruct-generic-gpu:3"};
  EXPECT_EQ(
      g1::Wire().ChunkJson(completion, Content(" holds", true)),
      R"({"model":"qwen2.5-1.5b-instruct-generic-gpu:3","choices":[{"delta":{"role":"assistant","content":" holds",)"
      R"("tool_calls":[]},"message":{"role":"assistant","content":" holds","tool_calls":[]},"index":0}],)"
      R"("created":1762612476,"CreatedAt":"2025-11-08T14:34:36+00:00","id":"chat.id.1","IsDelta":false,)"
      R"("Successful":true,"HttpStatusCode":0,"object":"chat.completion.chunk"})");
}

TEST(G1Wire, WholeAnswerHasADeltaTooAndNullUsage) {
  AnswerParts parts = Content("Hi", true);
  parts.finish_reason = "stop";
  parts.null_usage = true;
  EXPECT_EQ(g1::Wire().WholeJson({"chat.id.2", 0, "m"}, parts),
            R"({"model":"m","choices":[{"delta":{"role":"assistant","content":"Hi","tool_calls":[]},)"
            R"("message":{"role":"assistant","content":"Hi","tool_calls":[]},"index":0,"finish_reason":"stop"}],)"
            R"("usage":null,"created":0,"CreatedAt":"1970-01-01T00:00:00+00:00","id":"chat.id.2","IsDelta":false,)"
            R"("Successful":true,"HttpStatusCode":0,"object":"chat.completion"})");
}

TEST(G1Wire, CatalogEntryHasTheKeysTheSdkReads) {
  const std::string entry = g1::CatalogEntry(ModelCatalog().variants()[1]);
  for (const char* part :
       {R"("name":"ember-mini-int8-cpu",)", R"("displayName":)", R"("modelType":"ONNX")",
        R"("providerType":"AzureFoundry")",
        R"("uri":"azureml://registries/azureml/models/ember-mini-int8-cpu/versions/1")", R"("version":"1")",
        R"("promptTemplate":{)", R"("publisher":)", R"("task":"chat-completion")",
        R"("runtime":{"deviceType":"CPU","executionProvider":"CPUExecutionProvider"})", R"("fileSizeMb":6,)",
        R"("modelSettings":{"parameters":[]})", R"("alias":"ember-mini")", R"("supportsToolCalling":false)",
        R"("license":"MIT")", R"("licenseDescription":)", R"("parentModelUri":)", R"("maxOutputTokens":2048)"}) {
    EXPECT_THAT(entry, HasSubstr(part));
  }
}

TEST(G1Wire, EmptyModelListIsTheObservedOne) {
  EXPECT_EQ(g1::ModelList("[]"), R"({"data":[],"IsDelta":false,"Successful":true,"HttpStatusCode":0,"object":"list"})");
}

TEST(G2Wire, ChunksFollowTheReference) {
  const g2::Wire wire;
  const Completion completion{"chatcmpl-1", 7, "m:1"};
  AnswerParts role;
  role.role = true;
  EXPECT_EQ(wire.ChunkJson(completion, role),
            R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"m:1","choices":[{"index":0,)"
            R"("delta":{"role":"assistant","content":""},"finish_reason":null}]})");
  AnswerParts finish;
  finish.finish_reason = "length";
  EXPECT_EQ(wire.ChunkJson(completion, finish),
            R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"m:1","choices":[{"index":0,)"
            R"("delta":{},"finish_reason":"length"}]})");
  EXPECT_EQ(wire.ChunkJson(completion, UsageOnly()),
            R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"m:1","choices":[],)"
            R"("usage":{"prompt_tokens":16,"completion_tokens":5,"total_tokens":21}})");
}

TEST(G2Wire, ListsWithoutVersionAndWithItsParent) {
  EXPECT_EQ(g2::ModelObject(ModelCatalog().variants()[1]),
            R"({"id":"ember-mini-int8-cpu","object":"model","created":0,"owned_by":"Assay","parent":"ember-mini"})");
}

std::string Recording(const std::string& name) {
  const auto text = base::ReadFile(std::filesystem::path(ASSAY_TEST_DATA_DIR) / "wire" / "llama-server" / name);
  EXPECT_TRUE(text.ok()) << name;
  return text.ok() ? *text : "";
}

TEST(PlainWire, StreamIsTheRecordedOne) {
  const plain::Wire wire;
  const std::string recorded = Recording("stream-usage.raw.txt");
  const Completion completion{"chatcmpl-eQhjeOM82OFhYe2o9KjA4rUNh57ec4ch", 1795227409, "m"};
  const auto chunk = [&](const AnswerParts& parts) {
    return HttpChunk("data: " + wire.ChunkJson(completion, parts) + "\n\n", wire.Habits().hex_case);
  };
  EXPECT_THAT(recorded, testing::StartsWith(wire.StreamHead() + chunk(Content("ext")) + chunk(Content(" ma"))));
  AnswerParts last;
  last.finish_reason = "length";
  last.usage = {43, 32};
  const std::string json = wire.ChunkJson(completion, last);
  EXPECT_THAT(recorded, HasSubstr("data: " + json.substr(0, json.size() - 1) + R"(,"timings":{"prompt_n":)"));
  last.timings = Timings{2, 16};
  EXPECT_THAT(wire.ChunkJson(completion, last),
              HasSubstr(R"(,"timings":{"prompt_n":43,"prompt_ms":2.000,"prompt_per_token_ms":0.047,)"
                        R"("prompt_per_second":21500.000,"predicted_n":32,"predicted_ms":16.000,)"
                        R"("predicted_per_token_ms":0.500,"predicted_per_second":2000.000}})"));
}

TEST(PlainWire, WholeAnswerIsTheRecordedOneUpToItsTimings) {
  const std::string recorded = Recording("nonstream.txt");
  const std::string body = recorded.substr(recorded.find("\r\n\r\n") + 4);
  AnswerParts parts =
      Content("ext ma com (0 ex\",odegguffromptv be with be deample llama com be f comule re> th00@日B w", true);
  parts.finish_reason = "length";
  parts.usage = {43, 32};
  const std::string json =
      plain::Wire().WholeJson({"chatcmpl-rTNijmZlRtCwbGCtEpHQP8mRi54g1yFh", 1795227409, "m"}, parts);
  EXPECT_EQ(body.substr(0, body.find(",\"timings\"")) + "}", json);
}

TEST(PlainWire, ErrorsAreTheRecordedOnes) {
  const plain::Wire wire;
  EXPECT_EQ(wire.ErrorAnswer(404, "File Not Found", true), Recording("err-unknown-route.txt"));
  EXPECT_EQ(wire.ErrorAnswer(500, "[json.exception.out_of_range.403] key 'messages' not found", true),
            Recording("err-missing-messages.txt"));
}

// One table for what a scenario puts into any generation's answer.
class EveryWire : public testing::TestWithParam<std::string> {
 protected:
  const ChatWire& wire() const { return *wires_.at(GetParam()); }

 private:
  g1::Wire g1_;
  g2::Wire g2_;
  g3::Wire g3_;
  plain::Wire plain_;
  const std::map<std::string, const ChatWire*> wires_ = {{"g1", &g1_}, {"g2", &g2_}, {"g3", &g3_}, {"plain", &plain_}};
};

TEST_P(EveryWire, SaysReasoningNullsAndUsage) {
  const Completion completion{"i", 1, "m"};
  AnswerParts parts;
  parts.reasoning = "hm";
  parts.null_error = true;
  parts.null_usage = true;
  for (const std::string& json : {wire().ChunkJson(completion, parts), wire().WholeJson(completion, parts)}) {
    EXPECT_THAT(json, HasSubstr(R"("reasoning_content":"hm")"));
    EXPECT_THAT(json, HasSubstr(R"("error":null)"));
    EXPECT_THAT(json, HasSubstr(R"("usage":null)"));
  }
  EXPECT_THAT(wire().ChunkJson(completion, UsageOnly()), HasSubstr(R"("choices":[])"));
  EXPECT_THAT(wire().ChunkJson(completion, UsageOnly()), HasSubstr(R"("completion_tokens":5)"));
  EXPECT_THAT(wire().ErrorEventJson("a\"b"), HasSubstr(R"("message":"a\"b")"));
}

TEST_P(EveryWire, AnswersWithTextAndFurtherHeaders) {
  const std::string answer = wire().TextAnswer(429, "slow down", true, "Retry-After: 1\r\n");
  EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 429 Too Many Requests\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 1\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain"));
  EXPECT_THAT(answer, HasSubstr("slow down"));
  const std::string empty = wire().TextAnswer(500, "", true);
  EXPECT_THAT(empty, HasSubstr("\r\nContent-Length: 0\r\n"));
  EXPECT_THAT(empty, testing::EndsWith("\r\n\r\n"));
}

INSTANTIATE_TEST_SUITE_P(Generations, EveryWire, testing::Values("g1", "g2", "g3", "plain"),
                         [](const auto& row) { return row.param; });

}  // namespace
}  // namespace assay::embedded
