// SPDX-License-Identifier: MIT
#include "fixtures/run/compared.h"

#include <gtest/gtest.h>

namespace assay::run {
namespace {

Answer Saying(std::string text, std::string tool_calls = "") {
  Answer answer{"", "case", std::move(text), "", std::move(tool_calls)};
  answer.sha256 = HashAnswer(answer.text, answer.reasoning, answer.tool_calls);
  return answer;
}

TEST(Compared, PlainAnswersAreComparedAsTheyAre) {
  const Answer answer = Saying("On 2026-11-21 ");
  EXPECT_EQ(ComparedHash(answer, {}), answer.sha256);
}

TEST(Compared, ScrubbedAnswersAreEqualWhereOnlyThatDiffers) {
  const std::vector<std::string> scrub = {"dates"};
  EXPECT_EQ(ComparedHash(Saying("On 2026-11-21."), scrub), ComparedHash(Saying("On 2027-01-02."), scrub));
  EXPECT_NE(ComparedHash(Saying("On 2026-11-21."), scrub), ComparedHash(Saying("On 2026-11-21!"), scrub));
}

TEST(Compared, KeyOrderAndSpacingOfToolCallsDoNotCount) {
  const Answer one = Saying("", R"([{"arguments":"{\"city\": \"Oslo\", \"days\": 2}","name":"weather"}])");
  const Answer two = Saying("", R"([{"name":"weather","arguments":"{\"days\":2,\"city\":\"Oslo\"}"}])");
  EXPECT_NE(one.sha256, two.sha256);
  EXPECT_EQ(ComparedHash(one, {}), ComparedHash(two, {}));
}

TEST(Compared, OtherArgumentsAreOtherCalls) {
  const std::string oslo = R"([{"arguments":"{\"days\":2}","name":"weather"}])";
  for (const char* other :
       {R"([{"arguments":"{\"days\":3}","name":"weather"}])", R"([{"arguments":"{\"days\":\"2\"}","name":"weather"}])",
        R"([{"arguments":"{\"days\":2}","name":"forecast"}])", R"([])"}) {
    EXPECT_NE(ComparedHash(Saying("", oslo), {}), ComparedHash(Saying("", other), {})) << other;
  }
}

TEST(Compared, ArgumentsThatAreNoJsonAreComparedAsText) {
  EXPECT_EQ(CanonicalToolCalls(R"([{"arguments":"{oops","name":"f"}])"), R"([{"arguments":"{oops","name":"f"}])");
  EXPECT_EQ(CanonicalToolCalls("not json"), "not json");
  EXPECT_EQ(CanonicalToolCalls(""), "");
  // "7" and 7 are different arguments.
  EXPECT_EQ(CanonicalToolCalls(R"([{"arguments":"7","name":"f"}])"), R"([{"arguments":"7","name":"f"}])");
}

TEST(Compared, NumbersThatADoubleWouldRoundStayWhatTheyAre) {
  const std::string one = R"([{"arguments":"{\"id\":12345678901234567890123}","name":"f"}])";
  const std::string two = R"([{"arguments":"{\"id\":12345678901234567890124}","name":"f"}])";
  EXPECT_NE(ComparedHash(Saying("", one), {}), ComparedHash(Saying("", two), {}));
  const std::string fraction = R"([{"arguments":"{\"x\":0.12345678901234567}","name":"f"}])";
  const std::string other = R"([{"arguments":"{\"x\":0.12345678901234568}","name":"f"}])";
  EXPECT_NE(ComparedHash(Saying("", fraction), {}), ComparedHash(Saying("", other), {}));
}

}  // namespace
}  // namespace assay::run
