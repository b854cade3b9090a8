// SPDX-License-Identifier: MIT
// Cases and the canonical request. Its bytes are a contract: the fingerprint is their hash, and a
// changed fingerprint makes every accepted answer a changed question.
#include "fixtures/catalogue/cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "fixtures/catalogue/variations.h"
#include "fixtures/run/case_id.h"

namespace assay::catalogue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Prompt TestPrompt() { return {"p", {{"system", "Be \"short\"."}, {"user", "Grüße\n🙂"}}, 40, {"tag"}}; }

std::string Bytes(const Prompt& prompt, const RequestOptions& options) {
  return run::WriteJson(CanonicalRequest(prompt, options), run::JsonStyle::kCompact);
}

// Written by hand: sorted keys, no blanks, UTF-8 as it is, always temperature, seed and max_tokens,
// never a penalty, and neither model nor tags.
TEST(CanonicalRequest, HasExactlyTheseBytes) {
  EXPECT_EQ(Bytes(TestPrompt(), {}), R"({"max_tokens":40,"messages":[{"content":"Be \"short\".","role":"system"},)"
                                     R"({"content":"Grüße\n🙂","role":"user"}],"seed":7,"stream":true,)"
                                     R"("stream_options":{"include_usage":true},"temperature":0})");
  RequestOptions whole;
  whole.stream = false;
  whole.temperature = 0.7;
  whole.seed = -1;
  whole.max_tokens = 5;
  EXPECT_EQ(
      Bytes(PromptFromText("x", "Hi", 120), whole),
      R"({"max_tokens":5,"messages":[{"content":"Hi","role":"user"}],"seed":-1,"stream":false,"temperature":0.7})");
}

TEST(CanonicalRequest, WritesAWholeTemperatureAsAnInteger) {
  RequestOptions options;
  for (const auto& [value, text] : {std::pair{0.0, "0"}, {-0.0, "0"}, {1.0, "1"}, {2.0, "2"}, {0.5, "0.5"}}) {
    options.temperature = value;
    EXPECT_THAT(Bytes(TestPrompt(), options), HasSubstr(std::string("\"temperature\":") + text + "}"));
  }
}

ResolvedModel Model(const std::string& asked, const std::string& variant) {
  ResolvedModel model;
  model.asked = asked;
  model.variant = variant;
  return model;
}

std::vector<run::PlannedCase> Build(const std::vector<std::string>& variants, const std::vector<Prompt>& prompts,
                                    const RequestOptions& options = {}) {
  std::vector<ResolvedModel> models;
  for (const std::string& variant : variants) models.push_back(Model("alias of " + variant, variant));
  const base::Result<std::vector<run::PlannedCase>> cases = BuildCases(models, prompts, options);
  EXPECT_TRUE(cases.ok());
  return cases.ok() ? *cases : std::vector<run::PlannedCase>{};
}

TEST(BuildCases, MakesOnePerModelAndPromptModelsOutermost) {
  const auto cases = Build({"a:1", "b:2"}, {PromptFromText("x", "X", 8), PromptFromText("y", "Y", 16)});
  ASSERT_EQ(cases.size(), 4U);
  EXPECT_EQ(cases[0].id, "chat/a:1/x/stream:on/max_tokens:8");
  EXPECT_EQ(cases[1].id, "chat/a:1/y/stream:on/max_tokens:16");
  EXPECT_EQ(cases[2].id, "chat/b:2/x/stream:on/max_tokens:8");
  EXPECT_EQ(cases[3].id, "chat/b:2/y/stream:on/max_tokens:16");
  EXPECT_EQ(cases[3].model, "b:2");
  EXPECT_EQ(cases[3].alias, "alias of b:2");
  EXPECT_EQ(cases[3].prompt, "y");
  EXPECT_EQ(cases[3].failure, "");
}

TEST(BuildCases, KeepsWhatTheCatalogueStates) {
  ResolvedModel model = Model("m", "m-cpu:1");
  model.device = "cpu";
  model.execution_provider = "CPUExecutionProvider";
  model.size_mib = 12;
  model.license = "MIT";
  const auto cases = BuildCases({model}, {TestPrompt()}, {});
  ASSERT_TRUE(cases.ok());
  const run::PlannedCase& plan = cases->front();
  EXPECT_EQ(plan.device, "cpu");
  EXPECT_EQ(plan.execution_provider, "CPUExecutionProvider");
  EXPECT_EQ(plan.size_mib, 12);
  EXPECT_EQ(plan.license, "MIT");
  EXPECT_EQ(plan.request, CanonicalRequest(TestPrompt(), {}));
}

// sha256sum of the 100 bytes in the next line.
TEST(BuildCases, FingerprintIsTheHashOfTheBytes) {
  RequestOptions options;
  options.stream = false;
  ASSERT_EQ(Bytes(PromptFromText("x", "Hi", 8), options),
            R"({"max_tokens":8,"messages":[{"content":"Hi","role":"user"}],"seed":7,"stream":false,"temperature":0})");
  EXPECT_EQ(Build({"a:1"}, {PromptFromText("x", "Hi", 8)}, options)[0].fingerprint,
            "d90a1017b58835bdbd55d04dd7e869bb9bb495855c35dece0d0ad157d8d095b8");
}

TEST(BuildCases, FingerprintChangesWithEachOptionAndNotWithTheModel) {
  std::set<std::string> seen;
  const auto fingerprint = [&](const Prompt& prompt, const RequestOptions& options) {
    const auto cases = Build({"a:1", "b:2"}, {prompt}, options);
    EXPECT_EQ(cases[0].fingerprint, cases[1].fingerprint);
    return cases[0].fingerprint;
  };
  const auto expect_new = [&](const Prompt& prompt, const RequestOptions& options) {
    EXPECT_TRUE(seen.insert(fingerprint(prompt, options)).second) << Bytes(prompt, options);
  };
  const Prompt prompt = PromptFromText("p", "Hi", 8);
  expect_new(prompt, {});
  RequestOptions changed;
  changed.stream = false;
  expect_new(prompt, changed);
  changed = {};
  changed.temperature = 0.1;
  expect_new(prompt, changed);
  changed = {};
  changed.seed = 8;
  expect_new(prompt, changed);
  changed = {};
  changed.max_tokens = 9;
  expect_new(prompt, changed);
  expect_new(PromptFromText("p", "Hi!", 8), {});
  expect_new({"p", {{"system", "Hi"}}, 8, {}}, {});
  expect_new({"p", {{"user", "Hi"}, {"user", "Hi"}}, 8, {}}, {});

  // The same question under another name, with other labels, is the same question.
  EXPECT_EQ(fingerprint({"q", {{"user", "Hi"}}, 8, {"tag"}}, {}), fingerprint(prompt, {}));
  changed = {};
  changed.max_tokens = 8;  // what the prompt says anyway
  EXPECT_EQ(fingerprint(prompt, changed), fingerprint(prompt, {}));
}

TEST(BuildCases, MaxTokensOfTheRunGoesIntoTheId) {
  RequestOptions options;
  options.max_tokens = 5;
  options.stream = false;
  EXPECT_EQ(Build({"a:1"}, {TestPrompt()}, options)[0].id, "chat/a:1/p/stream:off/max_tokens:5");
}

run::Json Fields(const std::string& text) { return *run::ParseJson(text, ""); }

std::string BytesWith(const std::string& extra) {
  RequestOptions options;
  options.stream = false;
  return run::WriteJson(CanonicalRequest(PromptFromText("x", "Hi", 8), options, Fields(extra)),
                        run::JsonStyle::kCompact);
}

// Written by hand: the same request as above with a model's own fields in their place.
TEST(CanonicalRequest, AddsTheFieldsOfAModel) {
  EXPECT_EQ(BytesWith(R"({"top_k":1,"a":{"b":[1.5]}})"),
            R"({"a":{"b":[1.5]},"max_tokens":8,"messages":[{"content":"Hi","role":"user"}],"seed":7,"stream":false,)"
            R"("temperature":0,"top_k":1})");
  const std::string bare =
      R"({"max_tokens":8,"messages":[{"content":"Hi","role":"user"}],"seed":7,"stream":false,"temperature":0})";
  EXPECT_EQ(BytesWith("{}"), bare);
  EXPECT_EQ(BytesWith("null"), bare);
}

TEST(CanonicalRequest, AModelsOwnSamplingBeatsTheRuns) {
  EXPECT_EQ(BytesWith(R"({"temperature":1.0,"seed":9,"max_tokens":3})"),
            R"({"max_tokens":3,"messages":[{"content":"Hi","role":"user"}],"seed":9,"stream":false,"temperature":1})");
  // One limit, under the name the server knows.
  EXPECT_EQ(BytesWith(R"({"max_completion_tokens":3})"),
            R"({"max_completion_tokens":3,"messages":[{"content":"Hi","role":"user"}],"seed":7,"stream":false,)"
            R"("temperature":0})");
}

TEST(BuildCases, TheIdSaysTheLimitThatIsReallySent) {
  for (const char* extra : {R"({"max_tokens":3})", R"({"max_completion_tokens":3})"}) {
    ResolvedModel own = Model("b", "b:1");
    own.request = Fields(extra);
    RequestOptions options;
    options.max_tokens = 5;
    const auto cases = BuildCases({Model("a", "a:1"), own}, {TestPrompt()}, options);
    ASSERT_TRUE(cases.ok());
    EXPECT_EQ((*cases)[0].id, "chat/a:1/p/stream:on/max_tokens:5");
    EXPECT_EQ((*cases)[1].id, "chat/b:1/p/stream:on/max_tokens:3");
    EXPECT_NE((*cases)[0].fingerprint, (*cases)[1].fingerprint);
    EXPECT_EQ((*cases)[1].request, CanonicalRequest(TestPrompt(), options, own.request));
  }
}

// Accepted answers are kept by fingerprint (baselines/outputs): a change here would make every one of them an answer to
// another question.
TEST(BuildCases, FingerprintsAreThoseOfTheAcceptedAnswers) {
  const std::filesystem::path suite(ASSAY_SUITE_DIR);
  const auto prompts = ReadPrompts(suite / "prompts.json");
  ASSERT_TRUE(prompts.ok()) << prompts.error().Message();
  std::size_t compared = 0;
  for (const char* name :
       {"ember-mini-generic-cpu", "ember-mini-int8-cpu", "ember-base-generic-cpu", "ember-base-int8-cpu"}) {
    const auto accepted = run::ReadJsonFile(suite / "../../baselines/outputs" / (std::string(name) + "-1.json"));
    ASSERT_TRUE(accepted.ok()) << accepted.error().Message();
    for (const run::PlannedCase& plan : Build({std::string(name) + ":1"}, *prompts)) {
      const run::Json* answer = accepted->Find("cases")->Find(plan.id);
      ASSERT_NE(answer, nullptr) << plan.id;
      EXPECT_EQ(plan.fingerprint, *answer->Find("fingerprint")->as_string()) << plan.id;
      ++compared;
    }
  }
  EXPECT_GE(compared, 4 * prompts->size());
}

// Scenarios of a prompt, as its file would say them.
std::vector<AskedScenario> Scenarios(const std::string& list) { return *ScenariosFromList(list); }

std::vector<std::string> Ids(const std::vector<run::PlannedCase>& cases) {
  std::vector<std::string> ids;
  for (const run::PlannedCase& plan : cases) ids.push_back(plan.id);
  return ids;
}

TEST(BuildCases, MakesOnePerScenarioInnermost) {
  Prompt x = PromptFromText("x", "X", 8);
  x.scenarios = Scenarios("warm,cold,concurrency:1|4+cache:unique,rate:2");
  EXPECT_THAT(Ids(Build({"a:1", "b:1"}, {x, PromptFromText("y", "Y", 8)})),
              ElementsAre("chat/a:1/x/stream:on/max_tokens:8", "chat/a:1/x/stream:on/max_tokens:8/cold",
                          "chat/a:1/x/stream:on/max_tokens:8/cache:unique/concurrency:1",
                          "chat/a:1/x/stream:on/max_tokens:8/cache:unique/concurrency:4",
                          "chat/a:1/x/stream:on/max_tokens:8/rate:2", "chat/a:1/y/stream:on/max_tokens:8",
                          "chat/b:1/x/stream:on/max_tokens:8", "chat/b:1/x/stream:on/max_tokens:8/cold",
                          "chat/b:1/x/stream:on/max_tokens:8/cache:unique/concurrency:1",
                          "chat/b:1/x/stream:on/max_tokens:8/cache:unique/concurrency:4",
                          "chat/b:1/x/stream:on/max_tokens:8/rate:2", "chat/b:1/y/stream:on/max_tokens:8"));
}

TEST(BuildCases, EveryIdReadsBackAsItsScenario) {
  Prompt prompt = TestPrompt();
  prompt.scenarios = Scenarios(
      "warm,nonstream,cold,after_restart,connection:new,input_tokens:64,output_tokens:32,cache:reuse,cache:unique,"
      "concurrency:4,rate:0.5,nonstream+cold+connection:new+input_tokens:64+output_tokens:32+cache:unique");
  const auto cases = Build({"a:1"}, {prompt});
  ASSERT_EQ(cases.size(), prompt.scenarios.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto id = run::ParseCaseId(cases[i].id);
    ASSERT_TRUE(id.ok()) << id.error().Message();
    EXPECT_EQ(id->scenario, prompt.scenarios[i].scenario) << cases[i].id;
    EXPECT_EQ(id->stream, !prompt.scenarios[i].nonstream) << cases[i].id;
    EXPECT_EQ(cases[i].scenario, prompt.scenarios[i].scenario) << cases[i].id;
  }
}

TEST(BuildCases, ScenariosOfTheRunReplaceThoseOfThePrompts) {
  Prompt own = PromptFromText("own", "X", 8);
  own.scenarios = Scenarios("warm,cold");
  RequestOptions options;
  options.scenarios = Scenarios("nonstream,concurrency:2");
  EXPECT_THAT(
      Ids(Build({"a:1"}, {own, PromptFromText("none", "Y", 8)}, options)),
      ElementsAre("chat/a:1/own/stream:off/max_tokens:8", "chat/a:1/own/stream:on/max_tokens:8/concurrency:2",
                  "chat/a:1/none/stream:off/max_tokens:8", "chat/a:1/none/stream:on/max_tokens:8/concurrency:2"));
}

TEST(BuildCases, NonstreamAsksForOnePiece) {
  Prompt prompt = PromptFromText("x", "Hi", 8);
  prompt.scenarios = Scenarios("warm,nonstream");
  const auto cases = Build({"a:1"}, {prompt});
  RequestOptions whole;
  whole.stream = false;
  EXPECT_EQ(cases[0].request, CanonicalRequest(prompt, {}));
  EXPECT_EQ(cases[1].request, CanonicalRequest(prompt, whole));
  EXPECT_EQ(cases[1].fingerprint, "d90a1017b58835bdbd55d04dd7e869bb9bb495855c35dece0d0ad157d8d095b8");
}

TEST(BuildCases, ARunWithoutStreamStreamsNoScenario) {
  Prompt prompt = PromptFromText("x", "Hi", 8);
  prompt.scenarios = Scenarios("warm,concurrency:2");
  RequestOptions options;
  options.stream = false;
  for (const run::PlannedCase& plan : Build({"a:1"}, {prompt}, options)) {
    EXPECT_THAT(plan.id, HasSubstr("/stream:off/"));
    EXPECT_EQ(*plan.request.Find("stream"), run::Json(false));
    EXPECT_EQ(plan.request.Find("stream_options"), nullptr);
  }
}

TEST(BuildCases, ScenariosThatOnlyChangeHowItIsAskedHaveOneQuestion) {
  Prompt prompt = TestPrompt();
  prompt.scenarios =
      Scenarios("warm,cold,after_restart,connection:new,input_tokens:64,cache:reuse,cache:unique,concurrency:4,rate:1");
  const auto cases = Build({"a:1"}, {prompt});
  ASSERT_EQ(cases.size(), 9U);
  for (const run::PlannedCase& plan : cases) EXPECT_EQ(plan.fingerprint, cases[0].fingerprint) << plan.id;
}

// Written by hand: the limit of the scenario stands where prompt, run and model would put theirs.
TEST(BuildCases, OutputTokensAreTheLimitThatIsSent) {
  Prompt prompt = PromptFromText("x", "Hi", 8);
  prompt.scenarios = Scenarios("output_tokens:32");
  RequestOptions options;
  options.stream = false;
  options.max_tokens = 5;
  const std::string rest = R"("messages":[{"content":"Hi","role":"user"}],"seed":7,"stream":false,"temperature":0})";
  for (const auto& [extra, bytes] :
       {std::pair<const char*, std::string>{"{}", R"({"max_tokens":32,)" + rest},
        {R"({"max_tokens":3})", R"({"max_tokens":32,)" + rest},
        {R"({"max_completion_tokens":3})", R"({"max_completion_tokens":32,)" + rest},
        {R"({"max_completion_tokens":3,"max_tokens":4})", R"({"max_completion_tokens":32,"max_tokens":32,)" + rest}}) {
    ResolvedModel model = Model("a", "a:1");
    model.request = Fields(extra);
    const auto cases = BuildCases({model}, {prompt}, options);
    ASSERT_TRUE(cases.ok()) << cases.error().Message();
    EXPECT_EQ(run::WriteJson(cases->front().request, run::JsonStyle::kCompact), bytes);
    EXPECT_EQ(cases->front().id, "chat/a:1/x/stream:off/max_tokens:32/output_tokens:32");
    EXPECT_EQ(cases->front().fingerprint, Fingerprint(cases->front().request));
  }
}

// At least 4 x N in flight and 20 at a rate; more when the run has more repetitions.
TEST(RequestsUnderLoad, AreEnoughForASteadyState) {
  const auto requests = [](const std::string& scenario, std::int64_t repetitions) {
    return RequestsUnderLoad(ParseScenario(scenario)->scenario, repetitions);
  };
  EXPECT_EQ(requests("concurrency:1", 10), 10);
  EXPECT_EQ(requests("concurrency:2", 10), 10);
  EXPECT_EQ(requests("concurrency:3", 10), 12);
  EXPECT_EQ(requests("concurrency:32", 10), 128);
  EXPECT_EQ(requests("concurrency:4", 100), 100);
  EXPECT_EQ(requests("rate:0.5", 10), 20);
  EXPECT_EQ(requests("rate:0.5", 21), 21);
  EXPECT_EQ(requests("warm", 10), 10);
  EXPECT_EQ(requests("cold", 3), 3);
}

TEST(BuildCases, OnlyCasesUnderLoadHaveRepetitionsOfTheirOwn) {
  Prompt prompt = TestPrompt();
  prompt.scenarios = Scenarios("warm,cold,after_restart,input_tokens:64,concurrency:8,rate:1");
  RequestOptions options;
  options.repetitions = 10;
  const auto cases = Build({"a:1"}, {prompt}, options);
  ASSERT_EQ(cases.size(), 6U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(cases[i].repetitions, std::nullopt) << cases[i].id;
  EXPECT_EQ(cases[4].repetitions, 32);
  EXPECT_EQ(cases[5].repetitions, 20);
  for (const run::PlannedCase& plan : Build({"a:1"}, {prompt})) EXPECT_EQ(plan.repetitions, std::nullopt) << plan.id;
}

TEST(BuildCases, TwoScenariosOfOneCaseAreAnErrorThatNamesBoth) {
  Prompt prompt = TestPrompt();
  prompt.scenarios = Scenarios("warm,nonstream,nonstream+cold");
  RequestOptions options;
  options.stream = false;
  const auto cases = BuildCases({Model("a", "a:1")}, {prompt}, options);
  ASSERT_FALSE(cases.ok());
  EXPECT_EQ(cases.error().code, base::ErrorCode::kUsage);
  EXPECT_EQ(cases.error().what,
            "the scenarios 'warm' and 'nonstream' of the prompt 'p' are the same case "
            "chat/a:1/p/stream:off/max_tokens:40 (nothing is streamed in this run); leave one out");
  options.stream = true;
  options.scenarios = {AskedScenario{}, AskedScenario{}};
  const auto doubled = BuildCases({Model("a", "a:1")}, {prompt}, options);
  ASSERT_FALSE(doubled.ok());
  EXPECT_THAT(doubled.error().what, HasSubstr("the scenarios 'warm' and 'warm' of the prompt 'p' are the same case"));
}

TEST(BuildCases, TwoAliasesOfOneVariantAreAnError) {
  for (const char* second : {"m-cpu:1", "M-CPU:1"}) {  // ids compare without case
    const auto cases = BuildCases({Model("small", "m-cpu:1"), Model("tiny", second)}, {TestPrompt()}, {});
    ASSERT_FALSE(cases.ok());
    EXPECT_EQ(cases.error().code, base::ErrorCode::kUsage);
    EXPECT_THAT(cases.error().what, HasSubstr("'small' and 'tiny' are the same variant"));
  }
}

}  // namespace
}  // namespace assay::catalogue
