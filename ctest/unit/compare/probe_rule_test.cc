// SPDX-License-Identifier: MIT
// Probes against what was accepted of them: the rule alone, and through baselines, where nothing of them is a latency.
#include "tools/compare/probe_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/support/run_builder.h"
#include "ctest/unit/compare/rest_cases.h"
#include "fixtures/base/files.h"
#include "tools/compare/accept.h"
#include "tools/compare/baseline_store.h"
#include "tools/compare/comparison.h"
#include "tools/compare/gate_rule.h"
#include "tools/compare/settle.h"

namespace assay::compare {
namespace {

using assay::testing::AddRest;
using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using run::ProbeFinding;
using run::ProbeKind;
using run::ProbeResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ProbeFinding Found(ProbeKind kind, ProbeResult result, std::map<std::string, ProbeResult> parts = {}) {
  ProbeFinding finding;
  finding.probe = kind;
  finding.result = result;
  finding.parts = std::move(parts);
  finding.n = 4;
  finding.evidence = {"what was seen"};
  return finding;
}

// A probe whose four answers differ, some more slowly than others.
RunBuilder& AddProbe(RunBuilder& builder, ProbeFinding finding, double e2e_ms = 100) {
  builder.Case("capital").Probe(std::move(finding));
  for (int i = 0; i < 4; ++i) {
    SampleSpec sample;
    sample.text = "answer " + std::to_string(i);
    sample.e2e_ms = e2e_ms + i;
    builder.Add(sample);
  }
  return builder;
}

DeterminismFinding Judged(const ProbeFinding& now, const std::optional<AcceptedProbe>& accepted,
                          const std::string& fingerprint = "fingerprint of capital") {
  RunBuilder builder;
  AddProbe(builder, now);
  const run::Run run = builder.Build();
  AcceptedAnswer answer;
  answer.fingerprint = fingerprint;
  answer.accepted = Acceptance{"2026-02-01T00:00:00Z", "first", "0.1.0", std::nullopt};
  answer.probe = accepted;
  return JudgeProbe(run.cases.front(), &run.info.probes.front(), accepted ? &answer : nullptr);
}

TEST(ProbeRule, EveryChangeHasItsVerdict) {
  using R = ProbeResult;
  using V = AnswerVerdict;
  struct Row {
    ProbeKind kind;
    R accepted, now;
    V verdict;
  };
  const Row rows[] = {
      {ProbeKind::kSeed, R::kObeyed, R::kObeyed, V::kUnchanged},
      {ProbeKind::kSeed, R::kObeyed, R::kIgnored, V::kChanged},
      {ProbeKind::kSeed, R::kObeyed, R::kCannotTell, V::kIncomplete},
      {ProbeKind::kSeed, R::kIgnored, R::kIgnored, V::kUnchanged},
      {ProbeKind::kSeed, R::kIgnored, R::kObeyed, V::kUnchanged},
      {ProbeKind::kSeed, R::kIgnored, R::kCannotTell, V::kIncomplete},
      {ProbeKind::kSeed, R::kCannotTell, R::kObeyed, V::kUnchanged},
      {ProbeKind::kSeed, R::kCannotTell, R::kIgnored, V::kNew},
      {ProbeKind::kSeed, R::kCannotTell, R::kCannotTell, V::kUnchanged},
      {ProbeKind::kCache, R::kSame, R::kSame, V::kUnchanged},
      {ProbeKind::kCache, R::kSame, R::kDiffers, V::kChanged},
      {ProbeKind::kCache, R::kDiffers, R::kSame, V::kUnchanged},
      {ProbeKind::kCache, R::kDiffers, R::kDiffers, V::kUnchanged},
  };
  for (const Row& row : rows) {
    const DeterminismFinding finding = Judged(Found(row.kind, row.now), AcceptedProbe{row.accepted, {}});
    EXPECT_EQ(finding.verdict, row.verdict) << ToString(row.accepted) << " -> " << ToString(row.now);
    EXPECT_EQ(finding.probe->result, row.now);
    EXPECT_EQ(finding.accepted_probe->result, row.accepted);
    EXPECT_THAT(finding.shares, IsEmpty());
    const bool better = row.verdict == V::kUnchanged && row.accepted != row.now;
    EXPECT_EQ(finding.notes.size(), better ? 1U : 0U);
  }
}

TEST(ProbeRule, TheFirstResultIsNewAndAnotherRequestIsAnotherQuestion) {
  const DeterminismFinding first = Judged(Found(ProbeKind::kSeed, ProbeResult::kIgnored), std::nullopt);
  EXPECT_EQ(first.verdict, AnswerVerdict::kNew);
  EXPECT_EQ(first.probe->result, ProbeResult::kIgnored);
  const DeterminismFinding other =
      Judged(Found(ProbeKind::kSeed, ProbeResult::kIgnored), AcceptedProbe{ProbeResult::kObeyed, {}}, "another");
  EXPECT_EQ(other.verdict, AnswerVerdict::kRequestChanged);
  EXPECT_EQ(other.probe->result, ProbeResult::kIgnored) << "shown all the same";
}

// Foundry ignores `stop`: that must not hide that it begins to ignore max_tokens.
TEST(ProbeRule, APartThatGotWorseBesideOneThatWasBadIsChanged) {
  using R = ProbeResult;
  const AcceptedProbe accepted{R::kIgnored, {{"max_tokens", R::kObeyed}, {"stop", R::kIgnored}}};
  const DeterminismFinding finding =
      Judged(Found(ProbeKind::kLimits, R::kIgnored, {{"max_tokens", R::kIgnored}, {"stop", R::kIgnored}}), accepted);
  EXPECT_EQ(finding.verdict, AnswerVerdict::kChanged);
  EXPECT_EQ(finding.reason, "max_tokens obeyed -> ignored");
  const DeterminismFinding swapped =
      Judged(Found(ProbeKind::kLimits, R::kIgnored, {{"max_tokens", R::kIgnored}, {"stop", R::kObeyed}}), accepted);
  EXPECT_EQ(swapped.verdict, AnswerVerdict::kChanged);
  EXPECT_THAT(swapped.notes, ElementsAre(HasSubstr("stop ignored -> obeyed")));
  const DeterminismFinding other_parts =
      Judged(Found(ProbeKind::kLimits, R::kIgnored, {{"max_tokens", R::kIgnored}}), accepted);
  EXPECT_EQ(other_parts.verdict, AnswerVerdict::kUnchanged) << "of other parts only the whole can be held";
}

TEST(ProbeRule, ARunThatSaysNothingOfItsProbeIsIncomplete) {
  RunBuilder builder;
  AddProbe(builder, Found(ProbeKind::kSeed, ProbeResult::kObeyed));
  EXPECT_EQ(JudgeProbe(builder.Build().cases.front(), nullptr, nullptr).verdict, AnswerVerdict::kIncomplete);
}

class ProbeBaselines : public ::testing::Test {
 protected:
  ProbeBaselines() : temporary_(*base::TemporaryDirectory::Create("assay-probes")) {}

  static RunBuilder Run(const ProbeFinding& finding, double e2e_ms, const std::string& started) {
    RunBuilder builder;
    AddProbe(builder.StartedAt(started).Repetitions(10), finding, e2e_ms);
    return AddRest(builder, 0);
  }
  base::Result<AcceptSummary> AcceptRun(const RunBuilder& builder) {
    AcceptRequest request{temporary_.path(), "because", "2026-03-01T13:00:00Z", true, true, {}, DefaultPolicy()};
    return Accept(*RunSet::Create({builder.Build()}), request);
  }
  Comparison Judged(const RunBuilder& builder) {
    const std::vector<std::filesystem::path> folders = {temporary_.path()};
    const RunSet set = *RunSet::Create({builder.Build()});
    const Policy policy = DefaultPolicy();
    auto comparison = Compare({&set, nullptr, folders, &policy, Selection{}, "2026-04-02"}, GateRule());
    EXPECT_TRUE(comparison.ok()) << comparison.error().Message();
    return std::move(comparison).value();
  }

  base::TemporaryDirectory temporary_;
};

TEST_F(ProbeBaselines, AnAcceptedProbeRoundTripsWithoutAnAnswerOrALatency) {
  const std::map<std::string, ProbeResult> parts = {{"repeats", ProbeResult::kObeyed},
                                                    {"varies", ProbeResult::kObeyed}};
  const RunBuilder base = Run(Found(ProbeKind::kSeed, ProbeResult::kObeyed, parts), 100, "2026-03-01T12:00:00Z");
  const auto accepted = AcceptRun(base);
  ASSERT_TRUE(accepted.ok()) << accepted.error().Message();
  const std::string id = base.Build().cases.front().plan.id;
  const auto known =
      LoadBaselines(std::vector{temporary_.path()}, RunBuilder::kModel, base.Build().info.environment.Key());
  ASSERT_TRUE(known.ok()) << known.error().Message();
  const AcceptedAnswer& answer = known->outputs->cases.at(id);
  EXPECT_EQ(answer.probe, (AcceptedProbe{ProbeResult::kObeyed, parts}));
  EXPECT_EQ(answer.answer_sha256, "");
  EXPECT_FALSE(answer.text.has_value());
  EXPECT_FALSE(known->latency->sessions.front().cases.contains(id));
  EXPECT_EQ(AcceptRun(base)->answers_changed, 0U) << "the same result is no change";

  // Twice as slow, and nothing is said of that; the answers differ, and nothing is said of that either.
  const Comparison same =
      Judged(Run(Found(ProbeKind::kSeed, ProbeResult::kObeyed, parts), 200, "2026-03-02T12:00:00Z"));
  EXPECT_EQ(same.exit_code, 0);
  EXPECT_THAT(same.cases.front().latency, IsEmpty());
  EXPECT_THAT(same.cases.front().budgets, IsEmpty());
  EXPECT_EQ(same.cases.front().verdict, Verdict::kUnchanged);

  const Comparison worse = Judged(Run(Found(ProbeKind::kSeed, ProbeResult::kIgnored,
                                            {{"repeats", ProbeResult::kIgnored}, {"varies", ProbeResult::kObeyed}}),
                                      100, "2026-03-02T12:00:00Z"));
  EXPECT_EQ(worse.exit_code, 1);
  EXPECT_EQ(worse.cases.front().answers->verdict, AnswerVerdict::kChanged);
  EXPECT_EQ(worse.cases.front().answers->reason, "repeats obeyed -> ignored");
}

TEST_F(ProbeBaselines, WhatCouldNotBeToldCanBeAcceptedAndOneWithoutResultNot) {
  EXPECT_TRUE(AcceptRun(Run(Found(ProbeKind::kCache, ProbeResult::kCannotTell), 100, "2026-03-01T12:00:00Z")).ok());
  RunBuilder bare;
  run::Scenario scenario;
  scenario.probe = ProbeKind::kCache;
  bare.Repetitions(1).Case("capital").Scenario(scenario).Add({});
  const auto refused = AcceptRun(bare);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().what, HasSubstr("has no result of its probe"));
}

TEST_F(ProbeBaselines, AFileWithAnAnswerBesideAProbeIsRefused) {
  const std::string text =
      R"({"schema_version":1,"variant":"m:1","cases":{"chat/m:1/p/stream:on/max_tokens:8/probe:seed":{"probe":{"result":")";
  const std::string rest = R"("},"fingerprint":"f","accepted":{"at":"a","reason":"r","assay_version":"0"})";
  EXPECT_TRUE(ParseOutputs(text + "obeyed" + rest + "}}}", "f.json", "m:1").ok());
  EXPECT_THAT(ParseOutputs(text + "fine" + rest + "}}}", "f.json", "m:1").error().what, HasSubstr("'fine' is none of"));
  EXPECT_THAT(ParseOutputs(text + "obeyed" + rest + R"(,"text":"x"}}})", "f.json", "m:1").error().what,
              HasSubstr("text"));
}

TEST_F(ProbeBaselines, NoRoundSettlesAProbe) {
  ASSERT_TRUE(AcceptRun(Run(Found(ProbeKind::kSeed, ProbeResult::kObeyed), 100, "2026-03-01T12:00:00Z")).ok());
  const RunBuilder head = Run(Found(ProbeKind::kSeed, ProbeResult::kObeyed), 100, "2026-03-02T12:00:00Z");
  SettleOptions options;
  options.look = 1;
  options.looks = 3;
  options.early_alpha_share = 0.1;
  const auto settled = Settle(*RunSet::Create({head.Build()}), {temporary_.path()}, DefaultPolicy(), options);
  ASSERT_TRUE(settled.ok()) << settled.error().Message();
  for (const SettledCase& one : *settled) EXPECT_EQ(one.id.find("/probe:"), std::string::npos);
}

}  // namespace
}  // namespace assay::compare
