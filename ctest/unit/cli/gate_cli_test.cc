// SPDX-License-Identifier: MIT
// What the gate adds to the command line: pairs, second looks, plans, self checks, settling, budgets and quarantines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/support/run_builder.h"
#include "ctest/unit/cli/cli_fixture.h"
#include "fixtures/base/files.h"
#include "fixtures/run/json.h"
#include "fixtures/run/pair.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;
using assay::testing::RunBuilder;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A percentage without its sign could mean two things, and one that is not above 0 is no effect.
TEST_F(CliTest, AnEffectIsAPercentage) {
  const std::string run = Measure("run", 100);
  for (const char* wrong : {"5", "0.05", "abc", "", "5%%", "% 5"}) {
    EXPECT_EQ(Call({"plan", "--run", run, "--effect", wrong}), 2) << wrong;
    ExpectError("--effect");
  }
  EXPECT_EQ(Call({"plan", "--run", run, "--effect", "0.05"}), 2);
  ExpectError("--effect should be a percentage with its sign, such as --effect=5%, found '0.05'");
  for (const char* wrong : {"-1 %", "0%", "0 %", "nan%", "inf%", "1000%"}) {
    EXPECT_EQ(Call({"plan", "--run", run, std::string("--effect=") + wrong}), 2) << wrong;
    ExpectError("--effect");
  }
  EXPECT_EQ(Call({"plan", "--run", run, "--effect=5%", "--power=100%"}), 2);
  ExpectError("--power should be above 0 % and below 100 %, found '100%'");
  EXPECT_EQ(Call({"plan", "--run", run}), 2);
  ExpectError("--effect is needed");
  EXPECT_EQ(Call({"plan", "--effect=5%"}), 2);
  ExpectError("--run is needed");
}

TEST_F(CliTest, APlanSaysHowOftenToAsk) {
  const std::string run = Measure("run", 100);
  for (const char* effect : {"5%", "5 %", " 5 % "}) {
    EXPECT_EQ(Call({"plan", "--run", run, "--effect", effect, "--json", Path("plan.json")}), 0) << err_.str();
    EXPECT_THAT(out_.str(), HasSubstr("a case that is 5 % slower in 80 % of the comparisons"));
    EXPECT_THAT(out_.str(), HasSubstr("ttft (time to first token), 9 cases"));
  }
  const auto json = run::ReadJsonFile(Path("plan.json"));
  ASSERT_TRUE(json.ok()) << json.error().Message();
  EXPECT_EQ(json->Find("effect")->as_number(), 0.05);
  ASSERT_EQ(AcceptRun(run), 0);
  EXPECT_EQ(Call({"plan", "--run", run, "--baselines", Path("baselines"), "--effect=20%", "--power=90%"}), 0)
      << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("20 % slower in 90 % of the comparisons"));
}

TEST_F(CliTest, ARunIsComparedWithItself) {
  const std::string run = Measure("run", 100);
  EXPECT_EQ(Call({"compare", "--self", "--run", run, "--splits", "20", "--seed=3", "--json", Path("self.json")}), 0)
      << out_.str() << err_.str();
  EXPECT_THAT(out_.str(), StartsWith("the run against itself: 20 splits by the coin of seed 3"));
  EXPECT_THAT(out_.str(), HasSubstr("self check: passed (exit code 0)\n"));
  const std::string first = out_.str();
  EXPECT_EQ(Call({"compare", "--self", "--run", run, "--splits", "20", "--seed=3"}), 0);
  EXPECT_EQ(out_.str(), first);
  const auto json = run::ReadJsonFile(Path("self.json"));
  ASSERT_TRUE(json.ok()) << json.error().Message();
  EXPECT_EQ(*json->Find("splits")->as_integer(), 20);
}

TEST_F(CliTest, ASelfCheckRefusesWhatHasNoMeaningThere) {
  const std::string run = Measure("run", 100);
  EXPECT_EQ(Call({"compare", "--self", "--run", run, "--baselines", "b"}), 2);
  ExpectError("leave --baselines out");
  EXPECT_EQ(Call({"compare", "--self", "--run", run, "--splits", "0"}), 2);
  ExpectError("--splits should be a whole number from 1 to 100000, found '0'");
  EXPECT_EQ(Call({"compare", "--self", "--run", run, "--seed", "-1"}), 2);
  ExpectError("--seed should be a whole number from 0");
  EXPECT_EQ(CompareRun(run, {"--splits", "5"}), 2);
  ExpectError("add --self");
}

TEST_F(CliTest, TheDayOfAComparisonCanBeStated) {
  ASSERT_EQ(AcceptRun(Measure("base", 100)), 0);
  const std::string head = Measure("head", 150.25);
  ASSERT_TRUE(base::WriteFileAtomically(Path("policy.json"),
                                        R"({"schema_version": 1, "quarantine": [{"match": "*/capital/*",
                                        "until": "2026-03-01", "reason": "known"}]})")
                  .ok());
  EXPECT_EQ(CompareRun(head, {"--policy", Path("policy.json"), "--today", "2026-03-01"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("in quarantine until 2026-03-01 (known): shown, decides nothing\n"));
  EXPECT_THAT(out_.str(), HasSubstr(", 1 in quarantine\n"));
  EXPECT_EQ(CompareRun(head, {"--policy", Path("policy.json"), "--today", "2026-03-02"}), 1);
  EXPECT_THAT(out_.str(), HasSubstr("quarantine ended after 2026-03-01 (known): the case decides again"));
  for (const char* wrong : {"tomorrow", "2026-02-30", "26-03-01"}) {
    EXPECT_EQ(CompareRun(head, {"--today", wrong}), 2);
    ExpectError("--today should be a day as YYYY-MM-DD");
  }
}

TEST_F(CliTest, WhatIsNotAcceptedIsSaidOncePerReason) {
  RunBuilder builder = RunOf("run", 100);
  for (const char* prompt : {"rest-0", "rest-1"}) {
    builder.Flag(run::Flag{"overloaded", RunBuilder::CaseIdOf(prompt), 0.62, "share", 0.5, true, "too fast"});
  }
  ASSERT_TRUE(builder.Write(Path("run")).ok());
  ASSERT_EQ(AcceptRun(Path("run")), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("\nleft out the latency of 2 cases: the run is not valid for this: overloaded 62 % "
                                    "(limit 50 %)\nwrote "));
}

TEST_F(CliTest, ABudgetNeedsNoBaseline) {
  ASSERT_EQ(AcceptRun(Measure("base", 100)), 0);
  // Medians of 100.25 .. 109.25: 104.75 ms.
  const std::string head = Measure("head", 100.25);
  const auto policy = [&](const std::string& limit) {
    ASSERT_TRUE(base::WriteFileAtomically(Path("policy.json"), R"({"schema_version": 1, "budgets": [
        {"match": "*/capital/*", "metric": "e2e_ms", "quantile": "p50", "limit": )" +
                                                                   limit + "}]}")
                    .ok());
  };
  policy("104");
  EXPECT_EQ(CompareRun(head, {"--policy", Path("policy.json")}), 1) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("  p50 of e2e_ms 105 > 104 ms: over budget, n 10\n"));
  EXPECT_THAT(out_.str(), HasSubstr("decided by: 1 case off budget\n"));
  policy("110");
  EXPECT_EQ(CompareRun(head, {"--policy", Path("policy.json")}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr(", budgets: 1 within\n"));
}

class CliPairTest : public CliTest {
 protected:
  // Two sides of the same cases, ten requests each in two blocks; `capital` of the head as slow as stated.
  std::string MeasurePair(const std::string& name, double base_ms, double head_ms) {
    EXPECT_TRUE(RunOf(name + " base", base_ms).Write(fs::path(Path(name)) / "base").ok());
    EXPECT_TRUE(RunOf(name + " head", head_ms).Write(fs::path(Path(name)) / "head").ok());
    run::PairInfo info;
    info.seed = 7;
    info.base = {"device=cpu", "base"};
    info.head = {"device=gpu", "head"};
    info.blocks = {5, 5};
    info.restarted = true;
    info.cases.push_back({RunBuilder::CaseIdOf("capital"), RunBuilder::CaseIdOf("capital")});
    for (int i = 0; i < 8; ++i) {
      const std::string id = RunBuilder::CaseIdOf("rest-" + std::to_string(i));
      info.cases.push_back({id, id});
    }
    EXPECT_TRUE(run::WritePair(Path(name), info).ok());
    return Path(name);
  }
};

TEST_F(CliPairTest, HeadIsJudgedAgainstBaseWithoutABaseline) {
  EXPECT_EQ(Call({"compare", "--run", MeasurePair("same", 100, 100)}), 0) << out_.str() << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("head against base: base = device=cpu, head = device=gpu\n"));
  EXPECT_EQ(Call({"compare", "--run", MeasurePair("slower", 100, 150), "--json", Path("v.json")}), 1)
      << out_.str() << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("prompt capital: regressed\n"));
  EXPECT_THAT(out_.str(), HasSubstr("n 10 pairs in 2 blocks"));
  const auto json = run::ReadJsonFile(Path("v.json"));
  ASSERT_TRUE(json.ok()) << json.error().Message();
  EXPECT_EQ(*json->Find("pair")->Find("base")->Find("stated")->as_string(), "device=cpu");
}

TEST_F(CliPairTest, WrongUsageOfAPairEndsWith2) {
  const std::string pair = MeasurePair("pair", 100, 100);
  const std::string run = Measure("run", 100);
  EXPECT_EQ(Call({"compare", "--run", pair, "--baselines", Path("baselines")}), 2);
  ExpectError("leave --baselines out, or name one side as a run: --run " + (fs::path(pair) / "head").string());
  EXPECT_EQ(Call({"compare", "--run", pair, "--run", run}), 2);
  ExpectError("a pair is judged alone");
  EXPECT_EQ(Call({"compare", "--run", pair, "--confirm", run}), 2);
  ExpectError("is no pair");
  EXPECT_EQ(Call({"compare", "--run", run, "--baselines", Path("baselines"), "--confirm", pair}), 2);
  ExpectError("is a pair and the first one is not");
  EXPECT_EQ(Call({"compare", "--self", "--run", pair}), 2);
  ExpectError("name a side of it, " + (fs::path(pair) / "base").string());
  EXPECT_EQ(Call({"plan", "--effect=5%", "--run", pair}), 2);
  ExpectError("name a side of it");
  // A side is an ordinary run.
  EXPECT_EQ(Call({"report", "--run", (fs::path(pair) / "head").string(), "--format=markdown"}), 0) << err_.str();
}

TEST_F(CliTest, ASecondLookThatIsNotThereIsAnErrorUnlessItMayBeMissing) {
  ASSERT_EQ(AcceptRun(Measure("base", 100)), 0);
  const std::string head = Measure("head", 100.25);
  EXPECT_EQ(CompareRun(head, {"--confirm", Path("nowhere")}), 2);
  ExpectError("there is no run directory here");
  EXPECT_EQ(CompareRun(head, {"--confirm-if-there", Path("nowhere")}), 0) << err_.str();
  // It is there, and it is no second look.
  EXPECT_EQ(CompareRun(head, {"--confirm-if-there", Measure("other", 100)}), 2);
}

TEST_F(CliTest, SettleWantsToKnowWhichLookItIs) {
  const std::string run = Measure("run", 100);
  EXPECT_EQ(Call({"settle", "--run", run, "--baselines", "b", "--looks", "4", "--early-alpha-share", "0.2"}), 2);
  ExpectError("--look is needed");
  const auto settle = [&](const std::string& look, const std::string& looks, const std::string& share) {
    return Call(
        {"settle", "--run", run, "--baselines", "b", "--look", look, "--looks", looks, "--early-alpha-share", share});
  };
  EXPECT_EQ(settle("5", "4", "0.2"), 2);
  ExpectError("--look should be a whole number from 1 to 4, found '5'");
  EXPECT_EQ(settle("0", "4", "0.2"), 2);
  ExpectError("--look should be");
  EXPECT_EQ(settle("1", "four", "0.2"), 2);
  ExpectError("--looks should be a whole number");
  for (const char* share : {"20%", "1.5", "-0.1", "nan"}) {
    EXPECT_EQ(settle("1", "4", share), 2);
    ExpectError("--early-alpha-share should be a number from 0 to 1");
  }
}

// What RunWriter leaves between two rounds, and a baseline that knows every case.
TEST_F(CliTest, SettleAnswersInJson) {
  ASSERT_EQ(AcceptRun(Measure("base", 100)), 0);
  const run::Run run = RunOf("head", 100.25).Build();
  auto writer = run::RunWriter::Create(Path("head"));
  ASSERT_TRUE(writer.ok()) << writer.error().Message();
  for (const run::RunCase& one : run.cases) {
    for (const run::Sample& sample : one.samples) {
      const auto answer = one.answers.find(sample.answer_sha256.value_or(""));
      ASSERT_TRUE(writer->Append(sample, answer == one.answers.end() ? nullptr : &answer->second).ok());
    }
  }
  ASSERT_TRUE(writer->WriteInterim(run.info).ok());
  EXPECT_EQ(Call({"settle", "--run", Path("head"), "--baselines", Path("baselines"), "--look", "1", "--looks", "4",
                  "--early-alpha-share", "0.2", "--most", "40"}),
            0)
      << err_.str();
  const auto json = run::ParseJson(out_.str(), "stdout");
  ASSERT_TRUE(json.ok()) << out_.str();
  EXPECT_EQ(*json->Find("schema_version")->as_integer(), 1);
  ASSERT_NE(json->Find("settled"), nullptr);
  EXPECT_NE(json->Find("settled")->as_array(), nullptr);
  EXPECT_EQ(out_.str().find('\n'), out_.str().size() - 1);
  // Its first run has to be one, and the one it belongs to.
  const auto again = [&](const std::string& first) {
    return Call({"settle", "--run", Path("head"), "--first", first, "--baselines", Path("baselines"), "--look", "1",
                 "--looks", "4", "--early-alpha-share", "0"});
  };
  EXPECT_EQ(again(Path("nothing")), 2);
  ExpectError("nothing");
  EXPECT_EQ(again(Path("base")), 2);
  ExpectError("this run is no second look");
}

}  // namespace
}  // namespace assay::cli
