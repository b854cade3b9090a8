// SPDX-License-Identifier: MIT
// What `assay plan`, `assay compare --self` and `assay settle` print.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "fixtures/run/json.h"
#include "tools/report/request_plan_report.h"
#include "tools/report/self_check_report.h"
#include "tools/report/settled_json.h"

namespace assay::report {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

template <typename Value>
std::string Text(void (*write)(const Value&, std::ostream&), const Value& value) {
  std::ostringstream out;
  write(value, out);
  return out.str();
}

compare::RequestPlan Plan() {
  compare::RequestPlan plan;
  plan.effect = 0.05;
  plan.power = 0.8;
  plan.min_effect_needed = 0.025;
  compare::FamilyPlan family;
  family.kind = compare::FamilyKind::kTtft;
  family.cases = 12;
  family.sessions = 5;
  family.session_deviation = 0.015;
  family.median_noise = 0.06;
  family.needs.stored.limit = "sessions differ by more than that";
  family.needs.stored.groups = 30;
  family.needs.stored_second.requests = 80;
  family.needs.paired.requests = 60;
  family.needs.paired_second.requests = 24;
  compare::CaseNeed noisy;
  noisy.id = "chat/m/\x1B[2J/stream:on";
  noisy.metric = run::FindMetric("ttft_ms");
  noisy.noise = 0.2;
  noisy.n = 10;
  noisy.needs.paired_second.requests = 240;
  family.noisiest = {noisy};
  plan.families = {family};
  plan.notes = {"5 sessions are counted on"};
  return plan;
}

TEST(QuestionReports, APlanIsATable) {
  const std::string text = Text(WriteRequestPlanTerminal, Plan());
  EXPECT_THAT(text, HasSubstr("a case that is 5 % slower in 80 % of the comparisons"));
  EXPECT_THAT(text, HasSubstr("with a min_effect of 2.5 % in the policy\n"));
  EXPECT_THAT(text,
              HasSubstr("ttft (time to first token), 12 cases, one request differs by 6 %, 5 accepted sessions, a "
                        "case by itself by 1.5 % between them:\n"));
  EXPECT_THAT(text, HasSubstr("none will do     80                   60            24\n"));
  EXPECT_THAT(text, HasSubstr("  stored sessions: sessions differ by more than that; 30 of them would do\n"));
  EXPECT_THAT(text, HasSubstr("chat/m/\\x1B[2J/stream:on (20 %)"));
  EXPECT_EQ(text.find('\x1B'), std::string::npos);
  EXPECT_THAT(text, EndsWith("\nnote: 5 sessions are counted on\n"));
}

TEST(QuestionReports, AProgramReadsThePlan) {
  const auto json = run::ParseJson(Text(WriteRequestPlanJson, Plan()), "plan.json");
  ASSERT_TRUE(json.ok()) << json.error().Message();
  const run::Json& family = json->Find("families")->as_array()->front();
  EXPECT_EQ(*family.Find("family_name")->as_string(), "ttft");
  EXPECT_TRUE(family.Find("stored")->Find("requests")->is_null());
  EXPECT_EQ(*family.Find("stored")->Find("groups")->as_integer(), 30);
  EXPECT_EQ(*family.Find("paired_second")->Find("requests")->as_integer(), 24);
  EXPECT_EQ(family.Find("noisiest")->as_array()->front().Find("noise")->as_number(), 0.2);
}

compare::SelfCheck Check() {
  compare::SelfCheck check;
  check.splits = 200;
  check.seed = 1;
  check.alpha = 0.05;
  compare::SelfCheckFamily family;
  family.kind = compare::FamilyKind::kDecode;
  family.cases = 9;
  family.alpha = 0.025;
  family.paired.splits = 200;
  family.paired.alarms = 3;
  family.paired.upper = 0.043;
  family.paired.mde = 0.08;
  family.why_no_stored = "needs 8 cases";
  check.families = {family};
  check.paired = family.paired;
  compare::SelfCheckCase worst;
  worst.id = "chat/m/p";
  worst.kind = family.kind;
  worst.metric = run::FindMetric("tpot_ms");
  worst.n = 20;
  worst.alarms = 1;
  check.worst = {worst};
  return check;
}

TEST(QuestionReports, ASelfCheckStatesItsSharesWithTheirLimit) {
  const std::string text = Text(WriteSelfCheckTerminal, Check());
  EXPECT_THAT(text, HasSubstr("  as pairs: false alarms in 3 of 200 (1.5 %, at most 4.3 %), could have seen +8.0 %\n"));
  EXPECT_THAT(text, HasSubstr("not looked at: needs 8 cases\n"));
  EXPECT_THAT(text, HasSubstr("  chat/m/p, tpot_ms: 1 alarm, n 20, could have seen -\n"));
  EXPECT_THAT(text, EndsWith("; as a stored session: in -; stated: 5 %\nself check: passed (exit code 0)\n"));
  compare::SelfCheck bad = Check();
  bad.too_many = true;
  EXPECT_THAT(Text(WriteSelfCheckTerminal, bad), HasSubstr("self check: cannot_tell (exit code 3): more false alarms"));
}

TEST(QuestionReports, AProgramReadsTheSelfCheck) {
  const auto json = run::ParseJson(Text(WriteSelfCheckJson, Check()), "self.json");
  ASSERT_TRUE(json.ok()) << json.error().Message();
  EXPECT_EQ(json->Find("paired")->Find("share")->as_number(), 0.015);
  EXPECT_TRUE(json->Find("stored")->Find("share")->is_null());  // nothing was judged, which is not "no alarm"
  EXPECT_FALSE(*json->Find("too_many_alarms")->as_bool());
}

TEST(QuestionReports, SettledCasesAreOneLine) {
  std::ostringstream out;
  const std::vector<compare::SettledCase> settled = {{"chat/a", compare::Settlement::kCannotRegress},
                                                     {"chat/b", compare::Settlement::kRegressed}};
  WriteSettledJson(settled, out);
  EXPECT_EQ(out.str(),
            "{\"schema_version\":1,\"settled\":[{\"case\":\"chat/a\",\"why\":\"cannot_regress\"},"
            "{\"case\":\"chat/b\",\"why\":\"regressed\"}]}\n");
}

}  // namespace
}  // namespace assay::report
