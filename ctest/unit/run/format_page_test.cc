// SPDX-License-Identifier: MIT
// run_format.md names every key that is written, and every name of a kind, outcome and source.
#include <gtest/gtest.h>

#include "ctest/unit/run/test_run.h"
#include "fixtures/base/quantile.h"
#include "fixtures/run/metrics.h"

namespace assay::run {
namespace {

void ExpectKeys(const Json& value, const std::string& page) {
  if (const JsonArray* array = value.as_array()) {
    for (const Json& element : *array) ExpectKeys(element, page);
  }
  const JsonObject* object = value.as_object();
  if (object == nullptr) return;
  for (const auto& [key, member] : *object) {
    EXPECT_TRUE(page.find("`" + key + "`") != std::string::npos || page.find("`" + key + "[]`") != std::string::npos)
        << key;
    // The request is the user's; what is absent has names of its own.
    if (key != "request" && key != "absent") ExpectKeys(member, page);
  }
}

TEST(RunFormatPage, NamesEverythingThatIsWritten) {
  const base::Result<std::string> page = base::ReadFile(ASSAY_FORMAT_PAGE);
  ASSERT_TRUE(page.ok()) << page.error().Message();
  ExpectKeys(ToJson(InfoWithProbe()), *page);
  ExpectKeys(ToJson(FullPair()), *page);
  ExpectKeys(ToJson(FullSample()), *page);
  ExpectKeys(ToJson(FullAnswer()), *page);
  const auto expect_name = [&](std::string_view name) {
    EXPECT_NE(page->find("`" + std::string(name) + "`"), std::string::npos) << name;
  };
  for (int i = 0; i <= static_cast<int>(Outcome::kCancelled); ++i) expect_name(ToString(static_cast<Outcome>(i)));
  for (int i = 0; i <= static_cast<int>(EventKind::kError); ++i) expect_name(ToString(static_cast<EventKind>(i)));
  for (int i = 0; i <= static_cast<int>(TokenSource::kNone); ++i) expect_name(ToString(static_cast<TokenSource>(i)));
  for (const Metric& metric : AllMetrics()) expect_name(metric.name);
  for (const std::string_view part : {"cold", "after_restart", "connection:new", "input_tokens:N", "output_tokens:N",
                                      "cache:reuse", "cache:unique", "concurrency:N", "rate:R", "probe:NAME"}) {
    expect_name(part);
  }
  for (const char* file : {"run.json", "samples.jsonl", "answers.jsonl", "interim.json", "pair.json"})
    expect_name(file);
  for (const char* word : {"cannot_regress", "regressed", "interleaved", "blocks"}) expect_name(word);
  expect_name(base::kQuantileMethod);
  for (const ProbeKind kind : kProbeKinds) {
    expect_name(ToString(kind));
    for (const std::string_view step : StepsOf(kind)) expect_name(step);
  }
  for (const char* word : {"obeyed", "ignored", "same", "differs", "cannot_tell"}) expect_name(word);
}

// The page's ```json texts, in their order.
std::vector<Json> Examples(const std::string& page) {
  constexpr std::string_view kBegin = "```json\n";
  std::vector<Json> examples;
  for (std::size_t at = page.find(kBegin); at != std::string::npos; at = page.find(kBegin, at)) {
    at += kBegin.size();
    const base::Result<Json> json = ParseJson(page.substr(at, page.find("```", at) - at), "run_format.md");
    EXPECT_TRUE(json.ok()) << json.error().Message();
    if (json.ok()) examples.push_back(*json);
  }
  return examples;
}

TEST(RunFormatPage, HasExamplesThatCanBeRead) {
  const base::Result<std::string> page = base::ReadFile(ASSAY_FORMAT_PAGE);
  ASSERT_TRUE(page.ok()) << page.error().Message();
  const std::vector<Json> examples = Examples(*page);
  ASSERT_EQ(examples.size(), 6U);
  const auto anchors = AnchorsFromJson(examples[0], "page", "anchors");
  EXPECT_TRUE(anchors.ok()) << anchors.error().Message();
  const auto look = SecondLookFromJson(examples[1], "page", "second_look");
  EXPECT_TRUE(look.ok()) << look.error().Message();
  const auto rounds = RoundsFromJson(examples[2], "page", "rounds");
  EXPECT_TRUE(rounds.ok()) << rounds.error().Message();
  const auto probe = ProbeFindingFromJson(examples[3], "page", "probes[0]");
  EXPECT_TRUE(probe.ok()) << probe.error().Message();
  EXPECT_NE(examples[4].Find("assay"), nullptr);  // shortened
  const auto pair = PairFromJson(examples[5], "page");
  EXPECT_TRUE(pair.ok()) << pair.error().Message();
}

}  // namespace
}  // namespace assay::run
