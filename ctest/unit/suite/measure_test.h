// SPDX-License-Identifier: MIT
// What tests of measuring share: cases of a scripted service, measured through Google Benchmark into a run directory
// and read back.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "benchmarks/suite/measure.h"
#include "ctest/support/fake_asker.h"
#include "fixtures/base/files.h"
#include "fixtures/catalogue/cases.h"
#include "fixtures/catalogue/scenarios.h"

namespace assay::suite {

// First text at 20 ms, last at 50 ms, 4 tokens; closed at 52 ms.
inline testing::ScriptedExchange Good() {
  using namespace std::chrono_literals;
  using testing::Content;
  using testing::Delta;
  return testing::EventStream({{10ms, Delta(R"({"role":"assistant"})")},
                               {20ms, Content("Hello")},
                               {50ms, Content(" you")},
                               {51ms, Delta("{}", R"("stop")")},
                               {51ms, testing::Usage(8, 4)},
                               {51ms, testing::kDone}});
}

// The asker's clock, and time that passes outside of its requests.
class ClockAround final : public base::Clock {
 public:
  ClockAround(const base::Clock& asker, const base::Nanoseconds& passed) : asker_(asker), passed_(passed) {}
  base::Moment Now() const override { return asker_.Now() + passed_; }

 private:
  const base::Clock& asker_;
  const base::Nanoseconds& passed_;
};

class MeasureTest : public ::testing::Test {
 protected:
  MeasureTest() { options_.repetitions = 3; }

  // `scenarios` as --scenarios writes them; empty = warm.
  void Plan(const std::vector<std::string>& models, const std::vector<std::string>& prompts = {"p"},
            const std::string& scenarios = {}) {
    std::vector<catalogue::ResolvedModel> resolved;
    for (const std::string& model : models) {
      resolved.emplace_back().asked = model;
      resolved.back().variant = model;
    }
    groups_ = {models};
    std::vector<catalogue::Prompt> asked;
    for (const std::string& prompt : prompts) asked.push_back(catalogue::PromptFromText(prompt, "Hi", 8));
    catalogue::RequestOptions request;
    if (!scenarios.empty()) request.scenarios = catalogue::ScenariosFromList(scenarios).value();
    cases_ = catalogue::BuildCases(resolved, asked, request).value();
  }

  // Measures, finishes the run and reads it back.
  void Measure(const testing::FakeTransport::Handler& service) {
    testing::FakeAsker asker([&service](const http::Request& request) {
      testing::ScriptedExchange exchange = service(request);
      exchange.connected.reset();  // on a connection that was kept: latencies count from the start
      return exchange;
    });
    asker.disturbances = disturbances_;
    asker.upkeep = upkeep_;
    asker.after_load = after_load_;
    asker.sent_at_most = sent_at_most_;
    asker.gives_up = gives_up_;
    const ClockAround clock(asker, passed_);
    options_.clock = &clock;
    base::Result<run::RunWriter> writer = run::RunWriter::Create(folder_->path() / "run");
    ASSERT_TRUE(writer.ok());
    std::ostringstream terminal;
    Progress progress(terminal, false);
    Measurement measurement(options_, asker, cases_, *writer, progress, out_);
    for (const std::vector<std::string>& group : groups_) {
      const base::Status status = measurement.MeasureGroup(group);
      ASSERT_TRUE(status.ok()) << status.error().Message();
    }
    measured_ = measurement.Finish();
    requests_ = asker.transport.requests;
    asked_ = asker.asked;
    shapes_ = asker.shapes;

    run::RunInfo info;
    info.environment = run::DetectEnvironment();
    info.provenance.repetitions = options_.repetitions;
    info.cases = cases_;
    info.validity = measured_.validity;
    info.summaries = measured_.summaries;
    text_ = TextOf(measured_.google_benchmark);
    const base::Status finished = writer->Finish(measured_.google_benchmark, info);
    ASSERT_TRUE(finished.ok()) << finished.error().Message() << "\n" << text_;
    base::Result<run::Run> run = run::ReadRun(folder_->path() / "run");
    ASSERT_TRUE(run.ok()) << run.error().Message();
    run_ = std::move(run).value();
    base::Result<run::Json> json = run::ParseJson(text_, "run.json");
    ASSERT_TRUE(json.ok());
    json_ = std::move(json).value();
  }

  static std::string TextOf(const run::GoogleBenchmarkText& google_benchmark) {
    std::string text;
    const base::Status status = google_benchmark([&text](std::string_view piece) -> base::Status {
      text += piece;
      return {};
    });
    EXPECT_TRUE(status.ok());
    return text;
  }

  // Flags of that name, of the run and of cases.
  std::vector<run::Flag> Flags(const std::string& name) const {
    std::vector<run::Flag> flags;
    for (const run::Flag& flag : run_.info.validity.flags) {
      if (flag.name == name) flags.push_back(flag);
    }
    return flags;
  }

  const run::JsonArray& Rows() const { return *json_.Find("benchmarks")->as_array(); }
  static std::string Name(const run::Json& row) { return *row.Find("name")->as_string(); }
  static std::optional<double> Number(const run::Json& row, const std::string& key) {
    const run::Json* value = row.Find(key);
    return value == nullptr ? std::nullopt : value->as_number();
  }

  base::Result<base::TemporaryDirectory> folder_ = base::TemporaryDirectory::Create("assay-measure");
  MeasureOptions options_;
  std::vector<run::PlannedCase> cases_;
  std::vector<std::vector<std::string>> groups_;  // of models; one with all of them, unless a test says otherwise
  std::function<int(const run::PlannedCase&)> disturbances_;
  base::Nanoseconds upkeep_{0};
  base::Nanoseconds passed_{0};  // between requests, by whoever adds to it
  base::Nanoseconds after_load_{0};
  std::int64_t sent_at_most_ = 1000;
  bool gives_up_ = false;
  std::vector<http::Request> requests_;
  std::vector<std::string> asked_;
  std::vector<session::LoadShape> shapes_;
  std::ostringstream out_;
  Measured measured_;
  std::string text_;  // Google Benchmark's
  run::Run run_;
  run::Json json_;
};

inline std::string ModelOf(const http::Request& request) {
  return *run::ParseJson(request.body, "")->Find("model")->as_string();
}

}  // namespace assay::suite
