// SPDX-License-Identifier: MIT
// The JSON of many runs in pieces is byte for byte what Google Benchmark writes of all of them at once.
#include "benchmarks/suite/reporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "fixtures/base/files.h"

namespace assay::suite {
namespace {

using Reported = benchmark::BenchmarkReporter::Run;

Reported AsMeasured(double seconds, const std::string& error = {}) {
  Reported run;
  run.run_name.function_name = "registered/name";
  run.iterations = 1;
  run.real_accumulated_time = seconds;
  run.time_unit = benchmark::kMillisecond;
  run.counters["ttft_ms"] = seconds / 3;
  run.error_occurred = !error.empty();
  run.error_message = error;
  return run;
}

Reported AsReported(double seconds, const std::string& name, std::int64_t index, std::int64_t repetition,
                    const std::string& error = {}) {
  Reported run = AsMeasured(seconds, error);
  run.run_name.function_name = name;
  run.family_index = index;
  run.per_family_instance_index = 0;
  run.repetitions = 2;
  run.repetition_index = repetition;
  return run;
}

class ReporterTest : public ::testing::Test {
 protected:
  ReporterTest() : reporter_({{"a", 2}, {"b", 2}}, folder_->path() / "entries", nullptr) {}

  std::string Json() {
    std::string text;
    const base::Status status = reporter_.Json([&](std::string_view piece) -> base::Status {
      text += piece;
      return {};
    });
    EXPECT_TRUE(status.ok());
    return text;
  }
  // Without the date in the head.
  static std::string Body(const std::string& text) { return text.substr(text.find("\"benchmarks\"")); }

  static std::string AtOnce(const std::vector<Reported>& runs) {
    std::ostringstream text;
    benchmark::JSONReporter json;
    json.SetOutputStream(&text);
    json.SetErrorStream(&text);
    json.ReportContext({});
    if (!runs.empty()) json.ReportRuns(runs);
    json.Finalize();
    return text.str();
  }

  base::Result<base::TemporaryDirectory> folder_ = base::TemporaryDirectory::Create("assay-reporter");
  RepetitionReporter reporter_;
};

TEST_F(ReporterTest, WritesWhatGoogleBenchmarkWrites) {
  ASSERT_TRUE(reporter_.ReportContext({}));
  reporter_.BeginBatch({{1, 0}, {0, 0}});
  reporter_.ReportRuns({AsMeasured(0.1)});
  reporter_.ReportRuns({AsMeasured(1.0 / 3)});
  EXPECT_TRUE(reporter_.complete());
  reporter_.BeginBatch({{1, 1}, {0, 1}});
  EXPECT_FALSE(reporter_.complete());
  reporter_.ReportRuns({AsMeasured(0, "http_status: \"full\"")});
  reporter_.ReportRuns({AsMeasured(2e-7)});
  const std::string expected = AtOnce({AsReported(1.0 / 3, "a", 0, 0), AsReported(2e-7, "a", 0, 1),
                                       AsReported(0.1, "b", 1, 0), AsReported(0, "b", 1, 1, "http_status: \"full\"")});
  EXPECT_EQ(Body(Json()), Body(expected));
  EXPECT_EQ(Body(Json()), Body(expected)) << "the second time";
}

TEST_F(ReporterTest, NothingReportedIsStillJson) {
  EXPECT_EQ(Body(Json()), Body(AtOnce({})));
  ASSERT_TRUE(reporter_.ReportContext({}));
  EXPECT_EQ(Body(Json()), Body(AtOnce({})));
}

TEST_F(ReporterTest, WhatWasNeverSentIsLeftOut) {
  reporter_.set_keep([](std::size_t place) { return place != 0; });
  ASSERT_TRUE(reporter_.ReportContext({}));
  reporter_.BeginBatch({{0, 0}, {0, 1}});
  reporter_.ReportRuns({AsMeasured(0.1)});
  reporter_.ReportRuns({AsMeasured(0.2)});
  EXPECT_TRUE(reporter_.complete());
  EXPECT_EQ(Body(Json()), Body(AtOnce({AsReported(0.2, "a", 0, 1)})));
}

TEST(Reporter, AFileThatCannotBeWrittenIsItsStatus) {
  RepetitionReporter reporter({{"a", 1}}, "no-such-folder/entries", nullptr);
  ASSERT_TRUE(reporter.ReportContext({}));
  reporter.BeginBatch({{0, 0}});
  EXPECT_TRUE(reporter.status().ok());
  reporter.ReportRuns({AsMeasured(0.1)});
  EXPECT_FALSE(reporter.status().ok());
  EXPECT_FALSE(reporter.Json([](std::string_view) { return base::Status(); }).ok());
}

}  // namespace
}  // namespace assay::suite
