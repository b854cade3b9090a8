// SPDX-License-Identifier: MIT
// The recorded bytes of real services, in one piece, split at every position and byte by byte.
// Expected values were read off the recordings with grep, not computed by the client.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <optional>
#include <ostream>
#include <string>

#include "ctest/support/recording.h"
#include "ctest/unit/chat/complete.h"
#include "fixtures/run/metrics.h"

namespace assay::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// One greedy answer of 32 tokens, the same in every recording of llama-server.
constexpr const char* kLlama =
    "ext ma com (0 ex\",odegguffromptv be with be deample llama com be f comule re> th00@日B w";

struct Answered {
  const char* name;
  bool stream;
  const char* text;
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> completion_tokens;
  run::TokenSource source;
  const char* finish;
  const char* id;
  int contents;  // events with text
  const char* before = "";
  const char* after = "";
};

// Part of the name CTest shows: without it that would be the bytes of the struct, new in every run.
void PrintTo(const Answered& answered, std::ostream* out) { *out << answered.name; }

// clang-format off
constexpr auto kUsage = run::TokenSource::kServerUsage;
constexpr auto kChunks = run::TokenSource::kChunks;
const Answered kAnswered[] = {
    // Foundry Local, C++ generation: a role event first, usage only where it was asked for.
    {"foundry-g3/chat_stream_usage.txt", true, "ararararar", 16, 5, kUsage, "stop", "chatcmpl-9db50c922bdd43a4", 5, "role ", " finish usage done"},
    {"foundry-g3/chat_stream_stop_t0.txt", true, "ararararar", {}, 5, kChunks, "stop", "chatcmpl-ebc854174a4ac1e6", 5, "role ", " finish done"},
    {"foundry-g3/chat_stream_t0.txt", true, "ararararardevelopdevelopdevelopdevelopdevelopdevelopdevelop", {}, 12, kChunks, "length", "chatcmpl-a84061a98c80656", 12, "role ", " finish done"},
    {"foundry-g3/chat_stream_rawsocket.txt", true, "ararar", {}, 3, kChunks, "length", "chatcmpl-9c3a42a674ca6c16", 3, "role ", " finish done"},
    {"foundry-g3/chat_nonstream_t0.txt", false, "ararararardevelopdevelopdevelopdevelopdevelopdevelopdevelop", 16, 12, kUsage, "length", "chatcmpl-97068fba2062fb09", 1},
    {"foundry-g3/chat_nonstream_stop_t0.txt", false, "ararararar", 16, 5, kUsage, "stop", "chatcmpl-46eb6e1039a49ad2", 1},
    {"foundry-g3/chat_nonstream_random.txt", false, " al3m - i impletest puzz tdoctions", 16, 12, kUsage, "length", "chatcmpl-da833df788cceda8", 1},
    {"foundry-g3/chat_unicode.txt", false, " ab abzallyallyally", 30, 6, kUsage, "length", "chatcmpl-8ce95da33196275a", 1},
    {"foundry-g3/chat_freq_penalty0.txt", false, "\n\n\n\n\n\n", 16, 6, kUsage, "length", "chatcmpl-1975c548afb5e7c2", 1},
    {"foundry-g3/chat_system.txt", false, "&&&&&&&&&&&&&&&&&&&&", 44, 20, kUsage, "length", "chatcmpl-837de63be4a005d6", 1},
    {"foundry-g3/chat_tools.txt", false, "ararararardevelop", 16, 6, kUsage, "length", "chatcmpl-25e35a49e42763e9", 1},
    {"foundry-g3/chat_logprobs.txt", false, "ite t t", 13, 3, kUsage, "length", "chatcmpl-edbaf4e8745f67bb", 1},
    {"foundry-g3/chat_n2.txt", false, "ite t t", 13, 3, kUsage, "length", "chatcmpl-2409fb07d1a5e61", 1},
    // llama-server: no role event, usage in the last event with choices, whether asked for or not.
    {"llama-server/stream-usage.raw.txt", true, kLlama, 43, 32, kUsage, "length", "chatcmpl-eQhjeOM82OFhYe2o9KjA4rUNh57ec4ch", 32, "", " finish done"},
    {"llama-server/stream-usage.txt", true, kLlama, 43, 32, kUsage, "length", "chatcmpl-vSUSKuNzC2PBDXLS5l6765iFk1o74zT0", 32, "", " finish done"},
    {"llama-server/stream.txt", true, kLlama, 43, 32, kUsage, "length", "chatcmpl-c5jxzb6EaIQem88VzB0cvcWsZ8MgwBoE", 32, "", " finish done"},
    {"llama-server/stream-stopseq.txt", true, "ext ma c", 43, 3, kUsage, "stop", "chatcmpl-YpQHAbonYar24Wa80qpMXjRAmJSG04lc", 3, "", " finish done"},
    {"llama-server/http10.txt", true, "ext ma com (", 43, 4, kUsage, "length", "chatcmpl-K5E6wy6BohRVIke1k0zY5EryP9rdg5vS", 4, "", " finish done"},
    {"llama-server/nonstream.txt", false, kLlama, 43, 32, kUsage, "length", "chatcmpl-rTNijmZlRtCwbGCtEpHQP8mRi54g1yFh", 1},
    {"llama-server/no-content-type.txt", false, kLlama, 43, 32, kUsage, "length", "chatcmpl-OKMVl9m17wb3le7z4P1DBZlPhZjYL4Y6", 1},
    {"llama-server/chat-no-v1.txt", false, kLlama, 43, 32, kUsage, "length", "chatcmpl-Po4FRE532ej0JpKSaFI1x4iFnJbeZANo", 1},
    {"llama-server/max-tokens-0.txt", false, "z", 43, 1, kUsage, "length", "chatcmpl-3vKlqz5yRK2QFXmblFp53AfANQnHVGDM", 1},
    {"llama-server/nonstream-logprobs.txt", false, "ext ma com", 43, 3, kUsage, "length", "chatcmpl-8nR6esBqqs4cwJ20d7GEYuln1E1zHjqg", 1},
    {"llama-server/err-bad-type-temperature.txt", false, "oc?語 is", 43, 4, kUsage, "length", "chatcmpl-yzrBGkubODXF23qEaa9vQUqO9zjnskCi", 1},
    {"llama-server/err-prompt-too-long.txt", false, "$ pro", 1776, 2, kUsage, "length", "chatcmpl-uE4eYttW8wDcDyXPc5t9sBrB5nncoyTN", 1},
    {"llama-server/jinja-tools-required.txt", false, "{\"tool_call\": {\"name\":\"g", 230, 12, kUsage, "length", "chatcmpl-sBJKzB3goffbhgxxtbtuONJ2R4oBRCbm", 1},
};
// clang-format on

std::string ExpectedKinds(const Answered& expected) {
  std::string kinds = expected.before;
  for (int i = 0; i < expected.contents; ++i) kinds += i == 0 ? "content" : " content";
  return kinds + expected.after;
}

void ExpectAnswered(const Answered& expected, const chat::Completion& completion) {
  const run::Sample& sample = completion.sample;
  EXPECT_EQ(OutcomeName(sample), "ok") << sample.error;
  EXPECT_EQ(sample.error, "");
  EXPECT_EQ(Text(completion), expected.text);
  EXPECT_EQ(sample.prompt_tokens, expected.prompt_tokens);
  EXPECT_EQ(sample.completion_tokens, expected.completion_tokens);
  EXPECT_EQ(sample.token_source, expected.source);
  EXPECT_EQ(sample.finish_reason, expected.finish);
  EXPECT_EQ(sample.response_id, expected.id);
  EXPECT_EQ(sample.http_status, 200);
  EXPECT_EQ(Kinds(sample), ExpectedKinds(expected));
}

// Every position, but of the long streams, whose middle is thirty times the same event: every one of
// the first two and the last three events, and every 31st between.
std::size_t StepAt(std::size_t position, std::size_t size) {
  return size <= 4000 || position < 500 || position + 1100 > size ? 1 : 31;
}

class AnsweredRecording : public ::testing::TestWithParam<Answered> {};

TEST_P(AnsweredRecording, ReadsTheSameHoweverItIsSplit) {
  const Answered& expected = GetParam();
  const Recording recording = ReadRecording(expected.name);
  ASSERT_EQ(recording.status, 200);
  ScriptedExchange exchange;
  exchange.content_type = recording.content_type;

  exchange.pieces = Whole(recording.body);
  ExpectAnswered(expected, Complete(exchange, expected.stream));
  exchange.pieces = ByteByByte(recording.body);
  ExpectAnswered(expected, Complete(exchange, expected.stream));
  for (std::size_t position = 1; position < recording.body.size();
       position += StepAt(position, recording.body.size())) {
    exchange.pieces = SplitAt(recording.body, position);
    ExpectAnswered(expected, Complete(exchange, expected.stream));
    ASSERT_FALSE(HasFailure()) << "split at " << position;
  }
}

std::string NameOf(const ::testing::TestParamInfo<Answered>& tested) {
  std::string name = tested.param.name;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Wire, AnsweredRecording, ::testing::ValuesIn(kAnswered), NameOf);

// 8184 tokens in 22986 bytes: too long to be split everywhere in milliseconds. It was asked without a limit.
TEST(Recordings, ReadsTheLongestAnswer) {
  const Recording recording = ReadRecording("llama-server/err-empty-messages.txt");
  run::Json request = ChatRequest(false);
  request.as_object()->erase("max_tokens");
  FakeTransport transport;
  transport.Then(JsonAnswer(recording.body));
  const chat::Completion completion =
      chat::Client(transport, chat::Target{"http://127.0.0.1:1", {}, {}}).Complete("tiny:1", request);
  EXPECT_EQ(OutcomeName(completion.sample), "ok");
  EXPECT_EQ(completion.sample.completion_tokens, 8184);
  EXPECT_EQ(completion.sample.prompt_tokens, 8);
  EXPECT_THAT(Text(completion), StartsWith("ext rect isved?stggum>日B語 be"));
}

struct Refused {
  const char* name;
  int status;
  const char* words;  // of the service, in the sample's error
};

const Refused kRefused[] = {
    {"foundry-g3/chat_alias_model.txt", 404, "No model matching"},
    {"foundry-g3/chat_bad_json.txt", 400, "Invalid JSON"},
    {"foundry-g3/chat_empty_body.txt", 400, "Empty request body"},
    {"foundry-g3/chat_empty_content.txt", 500, "At least one MESSAGE item"},
    {"foundry-g3/chat_get.txt", 404, "server=oatpp/1.3.0"},
    {"foundry-g3/chat_max_tokens_0.txt", 500, "max_output_tokens must be >= 1"},
    {"foundry-g3/chat_missing_model.txt", 400, "key 'model' not found"},
    {"foundry-g3/chat_no_max_tokens.txt", 500, "requires 2061 total tokens"},
    {"foundry-g3/chat_not_loaded.txt", 400, "must be loaded before inference"},
    {"foundry-g3/chat_unknown_model.txt", 404, "No model matching 'nope'"},
    {"foundry-g3/completions_legacy.txt", 404, "server=oatpp/1.3.0"},
    {"llama-server/err-401-no-key.txt", 401, "Invalid API Key"},
    {"llama-server/err-bad-role-type.txt", 500, "Failed to parse messages"},
    {"llama-server/err-empty-body.txt", 500, "attempting to parse an empty input"},
    {"llama-server/err-missing-messages-stream.txt", 500, "key 'messages' not found"},
    {"llama-server/err-tools-no-jinja.txt", 500, "tools param requires --jinja flag"},
    {"llama-server/err-unknown-route.txt", 404, "File Not Found"},
    {"llama-server/health-loading.txt", 503, "Loading model"},
    {"llama-server/n2.txt", 500, "Only one completion choice is allowed"},
};

TEST(Recordings, RefusalsAreHttpStatusWithTheServicesWords) {
  for (const Refused& expected : kRefused) {
    SCOPED_TRACE(expected.name);
    const Recording recording = ReadRecording(expected.name);
    ASSERT_EQ(recording.status, expected.status);
    ScriptedExchange exchange;
    exchange.status = recording.status;
    exchange.content_type = recording.content_type;
    for (const bool stream : {true, false}) {
      exchange.pieces = Whole(recording.body);
      const chat::Completion completion = Complete(exchange, stream);
      const run::Sample& sample = completion.sample;
      EXPECT_EQ(OutcomeName(sample), "http_status");
      EXPECT_EQ(sample.http_status, expected.status);
      EXPECT_THAT(sample.error, StartsWith("HTTP " + std::to_string(expected.status) + ": "));
      EXPECT_THAT(sample.error, HasSubstr(expected.words));
      EXPECT_THAT(sample.error, Not(HasSubstr("Stacktrace")));
      EXPECT_THAT(sample.error, Not(HasSubstr("\n")));
      EXPECT_FALSE(completion.answer.has_value());
      EXPECT_FALSE(sample.answer_sha256.has_value());
      EXPECT_EQ(run::E2eMs(sample), std::nullopt);
    }
  }
}

// Failures after the 200: one error event, then the end without [DONE] (metrics.md b5 #5, b6 #14).
TEST(Recordings, ErrorsInsideAStreamAreNotSuccess) {
  const Refused streams[] = {{"foundry-g3/chat_no_max_tokens_stream.txt", 200, "requires 2061 total tokens"},
                             {"foundry-g3/chat_empty_content_stream.txt", 200, "At least one MESSAGE item"}};
  for (const Refused& expected : streams) {
    SCOPED_TRACE(expected.name);
    const Recording recording = ReadRecording(expected.name);
    for (std::size_t position = 0; position < recording.body.size(); ++position) {
      ScriptedExchange exchange;
      exchange.pieces = SplitAt(recording.body, position);
      const chat::Completion completion = Complete(exchange);
      const run::Sample& sample = completion.sample;
      ASSERT_EQ(OutcomeName(sample), "in_band_error") << position;
      ASSERT_EQ(Kinds(sample), "error");
      ASSERT_EQ(sample.http_status, 200);
      ASSERT_THAT(sample.error, HasSubstr(expected.words));
      ASSERT_THAT(sample.error, Not(HasSubstr("Stacktrace")));
      ASSERT_FALSE(completion.answer.has_value());
    }
  }
}

// One token: no gap to divide, so TPOT and the decode rate are absent (metrics.md b6 #16).
TEST(Recordings, OneTokenHasNoTimePerToken) {
  const Recording recording = ReadRecording("llama-server/max-tokens-0.txt");
  const run::Sample sample = Complete(JsonAnswer(recording.body), false).sample;
  EXPECT_EQ(sample.completion_tokens, 1);
  EXPECT_EQ(run::TpotMs(sample), std::nullopt);
  EXPECT_EQ(run::DecodeTokensPerSecond(sample), std::nullopt);
}

}  // namespace
}  // namespace assay::testing
