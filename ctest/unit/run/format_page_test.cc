// SPDX-License-Identifier: MIT
// run_format.md names every key that is written, and every name of a kind, outcome and source.
#include <gtest/gtest.h>

#include "ctest/unit/run/test_run.h"
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
    if (key != "request") ExpectKeys(member, page);
  }
}

TEST(RunFormatPage, NamesEverythingThatIsWritten) {
  const base::Result<std::string> page = base::ReadFile(ASSAY_FORMAT_PAGE);
  ASSERT_TRUE(page.ok()) << page.error().Message();
  ExpectKeys(ToJson(FullInfo()), *page);
  ExpectKeys(ToJson(FullSample()), *page);
  ExpectKeys(ToJson(FullAnswer()), *page);
  const auto expect_name = [&](std::string_view name) {
    EXPECT_NE(page->find("`" + std::string(name) + "`"), std::string::npos) << name;
  };
  for (int i = 0; i <= static_cast<int>(Outcome::kCancelled); ++i) expect_name(ToString(static_cast<Outcome>(i)));
  for (int i = 0; i <= static_cast<int>(EventKind::kError); ++i) expect_name(ToString(static_cast<EventKind>(i)));
  for (int i = 0; i <= static_cast<int>(TokenSource::kNone); ++i) expect_name(ToString(static_cast<TokenSource>(i)));
  for (const Metric& metric : AllMetrics()) {
    if (metric.name != "e2e_ms") expect_name(metric.name);  // that is real_time
  }
}

}  // namespace
}  // namespace assay::run
