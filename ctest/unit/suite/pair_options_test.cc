// SPDX-License-Identifier: MIT
// The sides of --pair: what they state, what they take from the ordinary flags, and every mistake.
#include "benchmarks/suite/pair_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace assay::suite {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using Variables = std::map<std::string, std::string>;

Environment From(const Variables& variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

base::Result<PairOptions> TryRead(const std::string& base, const std::string& head,
                                  std::vector<std::string> flags = {"--service=embedded"},
                                  const Variables& variables = {}) {
  flags.insert(flags.end(), {"--pair", base, head, "--run=r"});
  ASSAY_TRY(const Options options, ParseOptions(flags, From(variables)));
  return ReadPairOptions(options, From(variables));
}

PairOptions Read(const std::string& base, const std::string& head,
                 const std::vector<std::string>& flags = {"--service=embedded"}, const Variables& variables = {}) {
  base::Result<PairOptions> pair = TryRead(base, head, flags, variables);
  EXPECT_TRUE(pair.ok()) << (pair.ok() ? "" : pair.error().Message());
  return pair.ok() ? *pair : PairOptions{};
}

std::string Mistake(const std::string& side) {
  const base::Result<PairOptions> pair = TryRead("model=a", side);
  EXPECT_FALSE(pair.ok()) << side;
  if (pair.ok()) return {};
  EXPECT_EQ(pair.error().code, base::ErrorCode::kUsage);
  return pair.error().Message();
}

std::string UsageOf(const std::vector<std::string>& flags) {
  const base::Result<Options> options = ParseOptions(flags, From({}));
  EXPECT_FALSE(options.ok());
  return options.ok() ? std::string() : options.error().Message();
}

TEST(PairOptions, ASideStatesRequestOptionsAndTheOtherKeepsTheOrdinaryOnes) {
  const PairOptions pair =
      Read("temperature=0,seed=1", "temperature=0.5,seed=none,max_tokens=9,stream=off,top_p=0.25,top_k=4",
           {"--service=embedded", "--request-seed=5", "--max-tokens=64"});
  EXPECT_EQ(pair.base.stated, "temperature=0,seed=1");
  EXPECT_EQ(pair.base.options.request.seed, 1);
  EXPECT_EQ(pair.base.options.request.max_tokens, 64);
  EXPECT_TRUE(pair.base.options.request.stream);
  EXPECT_TRUE(pair.base.fields.empty());
  EXPECT_EQ(pair.head.options.request.temperature, 0.5);
  EXPECT_EQ(pair.head.options.request.seed, std::nullopt);
  EXPECT_EQ(pair.head.options.request.max_tokens, 9);
  EXPECT_FALSE(pair.head.options.request.stream);
  EXPECT_EQ(pair.head.fields.at("top_p"), run::Json(0.25));
  EXPECT_EQ(pair.head.fields.at("top_k"), run::Json(std::int64_t{4}));
  EXPECT_TRUE(pair.one_service) << "neither side states one";
}

TEST(PairOptions, ABareWordIsAModelAndAnAddressAnEndpoint) {
  const PairOptions pair = Read("http://127.0.0.1:1,model=a,model=b", "qwen-cpu:1,device=GPU,device=cpu,variant=*x*",
                                {"--service=embedded", "--models=ordinary", "--device=npu", "--scenario=crlf"});
  EXPECT_EQ(pair.base.options.endpoint, "http://127.0.0.1:1");
  EXPECT_EQ(pair.base.options.service, session::ServiceChoice::kAuto);
  EXPECT_EQ(pair.base.options.scenario, std::nullopt) << "it is for the ordinary service";
  EXPECT_EQ(pair.base.options.models, "a,b");
  EXPECT_THAT(pair.base.options.devices, ElementsAre("npu"));
  EXPECT_EQ(pair.head.options.models, "qwen-cpu:1");
  EXPECT_THAT(pair.head.options.devices, ElementsAre("gpu", "cpu"));
  EXPECT_THAT(pair.head.options.variants, ElementsAre("*x*"));
  EXPECT_EQ(pair.head.options.scenario, "crlf");
  EXPECT_FALSE(pair.one_service);
}

TEST(PairOptions, AScenarioOfSeveralPartsIsStatedInSeveral) {
  const PairOptions pair =
      Read("service=embedded", "service=embedded,scenario=ttft_ms=5,scenario=slow_decode=1.1", {"--models=a"});
  EXPECT_EQ(pair.base.options.service, session::ServiceChoice::kEmbedded);
  EXPECT_EQ(pair.head.options.scenario, "ttft_ms=5,slow_decode=1.1");
  EXPECT_FALSE(pair.one_service);
}

TEST(PairOptions, WhatRunsOnceIsOneService) {
  EXPECT_FALSE(Read("service=embedded", "service=embedded").one_service) << "each side starts its own";
  EXPECT_TRUE(Read("http://h:1,model=a", "http://h:1,model=b").one_service);
  EXPECT_FALSE(Read("http://h:1", "http://h:2").one_service);
  EXPECT_TRUE(Read("service=none,model=a", "service=none,model=b", {}).one_service);
  EXPECT_TRUE(Read("model=a", "model=a").one_service) << "equal sides are allowed";
}

TEST(PairOptions, ServicesOfTheHeadAreRememberedApart) {
  const Variables home = {{"ASSAY_STATE_HOME", "/state"}};
  const PairOptions two = Read("service=embedded", "service=embedded", {}, home);
  EXPECT_NE(two.base.options.state_folder, two.head.options.state_folder);
  EXPECT_THAT(two.base.options.more_state_folders, ElementsAre(two.head.options.state_folder));
  EXPECT_TRUE(two.head.options.more_state_folders.empty());
}

TEST(PairOptions, ACommandIsAProgramThatIsThere) {
  EXPECT_THAT(Mistake("command=/no/such/foundry"), HasSubstr("there is no program '/no/such/foundry'"));
}

TEST(PairOptions, AKeyComesFromTheVariableThatASideNames) {
  const PairOptions pair =
      Read("http://h:1,api_key_env=ONE", "http://h:1,api_key_env=TWO", {}, {{"ONE", "first"}, {"TWO", "second\n"}});
  EXPECT_EQ(pair.base.options.api_key, "first");
  EXPECT_EQ(pair.head.options.api_key, "second");
  EXPECT_FALSE(pair.one_service);
  EXPECT_THAT(Mistake("http://h:1,api_key_env=NONE"), HasSubstr("'NONE'"));
}

TEST(PairOptions, MistakesNameTheSideAndWhatItMayState) {
  EXPECT_THAT(Mistake("tempreature=0"), AllOf(HasSubstr("the side 'tempreature=0'"), HasSubstr("does not know"),
                                              HasSubstr("temperature=T"), HasSubstr("endpoint=URL")));
  EXPECT_THAT(Mistake(""), HasSubstr("empty part"));
  EXPECT_THAT(Mistake("a,,b"), HasSubstr("empty part"));
  EXPECT_THAT(Mistake("seed="), HasSubstr("has no value"));
  EXPECT_THAT(Mistake("seed=1,seed=2"), HasSubstr("twice"));
  EXPECT_THAT(Mistake("seed=1.5"), HasSubstr("whole number or none"));
  EXPECT_THAT(Mistake("temperature=hot"), HasSubstr("between 0 and 2"));
  EXPECT_THAT(Mistake("temperature=nan"), HasSubstr("between 0 and 2"));
  EXPECT_THAT(Mistake("temperature=3"), HasSubstr("between 0 and 2"));
  EXPECT_THAT(Mistake("max_tokens=0"), HasSubstr("between 1 and"));
  EXPECT_THAT(Mistake("top_k=0"), HasSubstr("from 1 on"));
  EXPECT_THAT(Mistake("device=tpu"), HasSubstr("cpu, gpu or npu"));
  EXPECT_THAT(Mistake("device=cpu,device=cpu"), HasSubstr("twice"));
  EXPECT_THAT(Mistake("stream=1"), HasSubstr("on or off"));
  EXPECT_THAT(Mistake("service=other"), HasSubstr("auto, embedded or none"));
  EXPECT_THAT(Mistake("endpoint=127.0.0.1:1"), HasSubstr("http://"));
  EXPECT_THAT(Mistake("service=embedded,http://h:1"), HasSubstr("leave one out"));
  EXPECT_THAT(Mistake("\x1b[31m=1"), Not(HasSubstr("\x1b")));
  EXPECT_THAT(Mistake("\xff"), HasSubstr("UTF-8"));
}

TEST(PairOptions, TheCommandLineAroundThem) {
  EXPECT_THAT(UsageOf({"--pair", "a"}), HasSubstr("needs two sides, --pair BASE HEAD, found 1"));
  EXPECT_THAT(UsageOf({"--pair", "a", "b", "c"}), HasSubstr("found 3"));
  EXPECT_THAT(UsageOf({"--restarts=0"}), HasSubstr("between 1"));
  EXPECT_THAT(UsageOf({"--restarts=4", "--repetitions=3"}), HasSubstr("3 repetitions"));
  EXPECT_THAT(UsageOf({"--pair", "a", "b", "--restarts=0"}), HasSubstr("between 1"));
  EXPECT_THAT(UsageOf({"--pair", "a", "b", "--restarts=4", "--repetitions=3"}), HasSubstr("3 repetitions"));
  EXPECT_THAT(UsageOf({"--pair", "a", "b", "--check"}), HasSubstr("--check"));
  EXPECT_THAT(UsageOf({"--pair", "a", "b", "--benchmark_format=csv"}), HasSubstr("DIR/base/run.json"));
  EXPECT_THAT(UsageOf({"--pair", "a", "b", "--benchmark_out=f"}), HasSubstr("--benchmark_out"));
  EXPECT_THAT(UsageOf({"--pair", "a", "b", "--repetitions=auto", "--baselines=d"}), HasSubstr("--repetitions=auto"));
  EXPECT_THAT(HelpText(), AllOf(HasSubstr("--pair"), HasSubstr("--restarts")));
}

}  // namespace
}  // namespace assay::suite
