// SPDX-License-Identifier: MIT
// How findings are shown: lines for people, JSON for programs, and the page that describes both.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "fixtures/base/files.h"
#include "fixtures/check/check.h"
#include "fixtures/run/json.h"

namespace assay::check {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Printed(const Finding& finding) {
  std::ostringstream out;
  PrintFinding(finding, out);
  return out.str();
}

TEST(PrintFinding, AlignsLevelIdAndText) {
  EXPECT_EQ(Printed({Level::kOk, "chat", "ember-mini-generic-cpu:1", "the model answers", ""}),
            "ok       chat         ember-mini-generic-cpu:1: the model answers\n");
  EXPECT_EQ(Printed({Level::kFailure, "temperature", "", "no", ""}), "failure  temperature  no\n");
}

TEST(PrintFinding, PutsTheNextStepOnALineOfItsOwn) {
  EXPECT_EQ(Printed({Level::kWarning, "disk", "", "little is free", "free some"}),
            "warning  disk         little is free\n"
            "         -> free some\n");
}

TEST(PrintFinding, LetsNoServiceWriteToTheTerminal) {
  const std::string printed = Printed(
      {Level::kFailure, "load", "evil\x1b[2J:1", "it said\nok       chat         all is well\x1b]0;t\x07", "do\rit"});
  EXPECT_THAT(printed, Not(HasSubstr("\x1b")));
  EXPECT_THAT(printed, Not(HasSubstr("\x07")));
  EXPECT_THAT(printed, Not(HasSubstr("\r")));
  EXPECT_EQ(std::count(printed.begin(), printed.end(), '\n'), 2) << printed;
}

TEST(FindingsJson, HoldsEveryFieldInOrder) {
  const std::string text =
      FindingsJson({{Level::kWarning, "cli", "", "none", "get one"}, {Level::kOk, "chat", "m:1", "said \"\n\"", ""}});
  const auto json = run::ParseJson(text, "check");
  ASSERT_TRUE(json.ok()) << json.error().Message();
  EXPECT_EQ(*json->Find("schema_version")->as_integer(), 1);
  EXPECT_EQ(*json->Find("ready")->as_bool(), true);
  const run::JsonArray& findings = *json->Find("findings")->as_array();
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(*findings[0].Find("level")->as_string(), "warning");
  EXPECT_EQ(*findings[0].Find("id")->as_string(), "cli");
  EXPECT_EQ(*findings[0].Find("subject")->as_string(), "");
  EXPECT_EQ(*findings[0].Find("text")->as_string(), "none");
  EXPECT_EQ(*findings[0].Find("next")->as_string(), "get one");
  EXPECT_EQ(*findings[1].Find("subject")->as_string(), "m:1");
  EXPECT_EQ(*findings[1].Find("text")->as_string(), "said \"\n\"");
}

TEST(FindingsJson, IsReadyOnlyWithoutAFailure) {
  const auto ready = [](const std::vector<Finding>& findings) {
    return *run::ParseJson(FindingsJson(findings), "check")->Find("ready")->as_bool();
  };
  EXPECT_TRUE(ready({}));
  EXPECT_TRUE(ready({{Level::kOk, "a", "", "", ""}, {Level::kWarning, "b", "", "", "x"}}));
  EXPECT_FALSE(ready({{Level::kFailure, "a", "", "", "x"}, {Level::kOk, "b", "", "", ""}}));
}

// The page shows real output: the JSON block is what FindingsJson writes, the text block what PrintFinding prints.
TEST(CheckFormatPage, ShowsWhatIsWritten) {
  const auto page = base::ReadFile(std::string(ASSAY_TEST_DATA_DIR) + "/../fixtures/check/check_format.md");
  ASSERT_TRUE(page.ok()) << page.error().Message();
  const Finding chat{Level::kOk, "chat", "qwen2.5-0.5b-instruct-generic-cpu:4", "the model answers", ""};
  EXPECT_THAT(*page, HasSubstr("```json\n" + FindingsJson({chat}) + "```"));
  EXPECT_THAT(*page, HasSubstr(Printed(chat) + "```"));
}

}  // namespace
}  // namespace assay::check
