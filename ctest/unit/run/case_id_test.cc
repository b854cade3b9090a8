// SPDX-License-Identifier: MIT
#include "fixtures/run/case_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::run {
namespace {

using ::testing::HasSubstr;

TEST(CaseId, HasTheDocumentedForm) {
  EXPECT_EQ(BuildCaseId({"ember-mini-generic-cpu:1", "rag-briefly", true, 128}),
            "chat/ember-mini-generic-cpu:1/rag-briefly/stream:on/max_tokens:128");
  EXPECT_EQ(BuildCaseId({"Phi-4-mini-instruct-cuda-gpu:4", "short", false, 1}),
            "chat/Phi-4-mini-instruct-cuda-gpu:4/short/stream:off/max_tokens:1");
}

// Percent encoding of the UTF-8 bytes, counted by hand: é = C3 A9.
TEST(CaseId, EscapesWhatIsNotPlain) {
  EXPECT_EQ(BuildCaseId({"org/m odel%2F", "é", true, 7}), "chat/org%2Fm%20odel%252F/%C3%A9/stream:on/max_tokens:7");
}

TEST(CaseId, RoundTrips) {
  const std::string names[] = {"a",
                               "a/b",
                               "/",
                               "//",
                               "%",
                               "%2F",
                               "%%",
                               "a:b@c+d-e_f.g",
                               "ünï→🙂",
                               " ",
                               "stream:on",
                               "..",
                               std::string("nul\0in", 6),
                               "\n\t\x7f",
                               "\xFF\xFE",
                               "max_tokens:1",
                               "chat"};
  for (const std::string& model : names) {
    for (const std::string& prompt : names) {
      for (const std::int64_t max_tokens : {std::int64_t{1}, std::int64_t{9223372036854775807}}) {
        const CaseId id{model, prompt, max_tokens == 1, max_tokens};
        const base::Result<CaseId> parsed = ParseCaseId(BuildCaseId(id));
        ASSERT_TRUE(parsed.ok()) << parsed.error().Message();
        EXPECT_EQ(*parsed, id);
      }
    }
  }
}

TEST(CaseId, DifferentCasesHaveDifferentIds) {
  EXPECT_NE(BuildCaseId({"a/b", "c", true, 1}), BuildCaseId({"a", "b/c", true, 1}));
  EXPECT_NE(BuildCaseId({"a%2Fb", "c", true, 1}), BuildCaseId({"a/b", "c", true, 1}));
}

// Each differs from a good id in one place; one case has one spelling.
TEST(CaseId, RefusesEveryMalformedNeighbour) {
  const char* bad[] = {"",
                       "chat",
                       "chat/m/p/stream:on",
                       "chat/m/p/stream:on/max_tokens:8/",
                       "chat/m/p/stream:on/max_tokens:8/x:1",
                       "/chat/m/p/stream:on/max_tokens:8",
                       "Chat/m/p/stream:on/max_tokens:8",
                       "talk/m/p/stream:on/max_tokens:8",
                       "chat//p/stream:on/max_tokens:8",
                       "chat/m//stream:on/max_tokens:8",
                       "chat/m/p/stream:yes/max_tokens:8",
                       "chat/m/p/stream:ON/max_tokens:8",
                       "chat/m/p/stream:/max_tokens:8",
                       "chat/m/p/max_tokens:8/stream:on",
                       "chat/m/p/stream:on/max_tokens:",
                       "chat/m/p/stream:on/max_tokens:0",
                       "chat/m/p/stream:on/max_tokens:-8",
                       "chat/m/p/stream:on/max_tokens:+8",
                       "chat/m/p/stream:on/max_tokens:08",
                       "chat/m/p/stream:on/max_tokens: 8",
                       "chat/m/p/stream:on/max_tokens:8.0",
                       "chat/m/p/stream:on/max_tokens:8x",
                       "chat/m/p/stream:on/max_tokens:9223372036854775808",
                       "chat/m/p/stream:on/max_tokens=8",
                       "chat/m%/p/stream:on/max_tokens:8",
                       "chat/m%2/p/stream:on/max_tokens:8",
                       "chat/m%2f/p/stream:on/max_tokens:8",  // lower case
                       "chat/m%41/p/stream:on/max_tokens:8",  // 'A' needs no escape
                       "chat/m%G0/p/stream:on/max_tokens:8",
                       "chat/m n/p/stream:on/max_tokens:8",
                       "chat/é/p/stream:on/max_tokens:8",
                       " chat/m/p/stream:on/max_tokens:8",
                       "chat/m/p/stream:on/max_tokens:8\n"};
  for (const char* text : bad) {
    const base::Result<CaseId> parsed = ParseCaseId(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, base::ErrorCode::kInvalidInput);
    EXPECT_THAT(parsed.error().what, HasSubstr("chat/<model>/<prompt>/stream:on|off/max_tokens:N"));
  }
}

TEST(CaseId, MessageNamesThePartThatDoesNotFit) {
  EXPECT_THAT(ParseCaseId("chat/m/p").error().what, HasSubstr("3 parts instead of 5"));
  EXPECT_THAT(ParseCaseId("chat/%/p/stream:on/max_tokens:8").error().what, HasSubstr("the model"));
  EXPECT_THAT(ParseCaseId("chat/m/%/stream:on/max_tokens:8").error().what, HasSubstr("the prompt"));
  EXPECT_THAT(ParseCaseId("chat/m/p/stream:1/max_tokens:8").error().what, HasSubstr("stream"));
  EXPECT_THAT(ParseCaseId("chat/m/p/stream:on/max_tokens:x").error().what, HasSubstr("max_tokens"));
}

}  // namespace
}  // namespace assay::run
