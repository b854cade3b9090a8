// SPDX-License-Identifier: MIT
// The main job: measure, accept, measure again, and fail on a real regression and on a changed answer. Pacing makes the
// latencies of these runs known, so that the verdicts do not hang on how busy the machine is. Eight prompts: the fewest
// that one accepted session can judge.
#include <gmock/gmock.h>

#include "ctest/integration/suite/programs.h"

namespace assay::integration {
namespace {

class Gate : public ProgramTest {
 protected:
  enum class Prompts { kOne, kEight };

  void MeasureAndAccept(Prompts count = Prompts::kOne) {
    const process::Completed run = Measure("base", kPacing, count);
    ASSERT_EQ(run.exit_code, 0) << run.standard_error;
    const process::Completed accepted =
        Assay({"accept", "--run", Path("base"), "--baselines", Path("baselines"), "--reason", "first"});
    ASSERT_EQ(accepted.exit_code, 0) << accepted.standard_error;
  }
  process::Completed Measure(const std::string& name, const std::string& scenario, Prompts count = Prompts::kOne) {
    if (count == Prompts::kOne) {
      return Bench({"--scenario=" + scenario, "--max-tokens=4", "--repetitions=5", "--run=" + Path(name)});
    }
    std::string prompts;
    for (const char* id : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
      prompts += std::string(prompts.empty() ? "" : ",") + R"({"id":")" + id +
                 R"(","max_tokens":4,"messages":[{"role":"user","content":"Say )" + id + R"(."}]})";
    }
    const std::string file = Write("prompts.json", R"({"schema_version":1,"prompts":[)" + prompts + "]}");
    return Bench({"--scenario=" + scenario, "--prompts=" + file, "--max-tokens=4", "--repetitions=6", "--anchors=on",
                  "--warmup-limit=1", "--run=" + Path(name)});
  }
  process::Completed Compare(const std::string& name) {
    return Assay({"compare", "--run", Path(name), "--baselines", Path("baselines"), "--json", Path("verdict.json")});
  }
  // Slower than the model in any build but a sanitizer's: the pace decides the latency, not the machine.
  static constexpr const char* kPacing = "ttft_ms=40,token_ms=10";
};

TEST_F(Gate, PassesAnUnchangedService) {
  MeasureAndAccept(Prompts::kEight);
  ASSERT_EQ(Measure("head", kPacing, Prompts::kEight).exit_code, 0);
  const process::Completed verdict = Compare("head");
  EXPECT_EQ(verdict.exit_code, 0) << verdict.standard_output << verdict.standard_error;
  EXPECT_NE(verdict.standard_output.find("unchanged"), std::string::npos) << verdict.standard_output;
}

TEST_F(Gate, FailsOnSlowerDecodingAndNamesIt) {
  if (ASSAY_SANITIZED) GTEST_SKIP() << "sanitizers make the model many times slower than its pace";
  MeasureAndAccept(Prompts::kEight);
  ASSERT_EQ(Measure("head", std::string(kPacing) + ",slow_decode=1.5", Prompts::kEight).exit_code, 0);
  const process::Completed verdict = Compare("head");
  // All cases slower alike, and the anchors not: the service. Where the machine was too busy for the anchors to be
  // sure, it cannot tell; it never passes.
  EXPECT_THAT(verdict.exit_code, ::testing::AnyOf(1, 3)) << verdict.standard_output << verdict.standard_error;
  EXPECT_THAT(verdict.standard_output, ::testing::ContainsRegex("decode [^\n]*: .(4[5-9]|5[0-5])[.][0-9] %"));
  EXPECT_THAT(verdict.standard_output, ::testing::ContainsRegex("suite_(regression|shift, slower) *"));
}

TEST_F(Gate, FailsOnAChangedAnswerAndShowsBoth) {
  MeasureAndAccept();
  ASSERT_EQ(Measure("head", std::string(kPacing) + ",flip_token=1").exit_code, 0);
  const process::Completed verdict = Compare("head");
  EXPECT_EQ(verdict.exit_code, 1) << verdict.standard_output << verdict.standard_error;
  EXPECT_NE(verdict.standard_output.find("first difference"), std::string::npos) << verdict.standard_output;
}

TEST_F(Gate, CannotTellWithoutABaseline) {
  ASSERT_TRUE(base::CreateDirectories(Path("baselines")).ok());
  ASSERT_EQ(Measure("head", kPacing).exit_code, 0);
  const process::Completed verdict = Compare("head");
  EXPECT_EQ(verdict.exit_code, 3) << verdict.standard_output << verdict.standard_error;
}

TEST_F(Gate, RefusesAnUnreadableBaseline) {
  MeasureAndAccept();
  ASSERT_EQ(Measure("head", kPacing).exit_code, 0);
  Write("baselines/outputs/ember-mini-int8-cpu-1.json", "{\"schema_version\": 1,");
  const process::Completed verdict = Compare("head");
  EXPECT_EQ(verdict.exit_code, 2);
  EXPECT_NE(verdict.standard_error.find("ember-mini-int8-cpu-1.json"), std::string::npos) << verdict.standard_error;
}

TEST_F(Gate, RefusesAnUnknownKeyInThePolicy) {
  MeasureAndAccept();
  ASSERT_EQ(Measure("head", kPacing).exit_code, 0);
  const process::Completed verdict = Assay({"compare", "--run", Path("head"), "--baselines", Path("baselines"),
                                            "--policy", Write("policy.json", R"({"schema_version":1,"latensy":{}})")});
  EXPECT_EQ(verdict.exit_code, 2);
  EXPECT_NE(verdict.standard_error.find("latensy"), std::string::npos) << verdict.standard_error;
}

}  // namespace
}  // namespace assay::integration
