// SPDX-License-Identifier: MIT
// Sessions of an unchanged service with noise, to be accepted and judged: what tests of whole comparisons stand on.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "ctest/support/run_builder.h"
#include "fixtures/base/files.h"
#include "tools/compare/accept.h"
#include "tools/compare/comparison.h"
#include "tools/compare/gate_rule.h"

namespace assay::testing {

struct Session {
  std::string started_at = "2026-04-01T12:00:00Z";
  double all = 1;      // factor on every case
  double first = 1;    // and on the first one
  double anchors = 0;  // factor on the anchors; 0: none
  int cases = 12;
  int n = 10;
  double noise = 0.03;  // to both sides
  int of_other = 0;     // of the cases the last ones, which ask another model
  double other = 1;     // factor on those
};
inline constexpr const char* kOtherModel = "tiny-generic-cpu:1";

class MeasuredSessions : public ::testing::Test {
 protected:
  run::Run Measured(const Session& session, const std::string& directory = "run") {
    RunBuilder builder;
    builder.StartedAt(session.started_at).Repetitions(session.n);
    for (int c = 0; c < session.cases; ++c) {
      const bool other = c >= session.cases - session.of_other;
      builder.Case("prompt-" + std::to_string(c), other ? kOtherModel : RunBuilder::kModel);
      for (int i = 0; i < session.n; ++i) {
        SampleSpec sample;
        sample.e2e_ms = 100 * (c + 1) * session.all * (c == 0 ? session.first : 1) * (other ? session.other : 1) *
                        Noise(session.noise);
        sample.ttft_ms = sample.e2e_ms / 5;
        builder.Add(sample);
      }
    }
    run::Run run = builder.Build(directory);
    if (session.anchors > 0) run.info.anchors = Anchors(session);
    return run;
  }
  void AcceptRun(run::Run run, const std::string& at) {
    const auto runs = compare::RunSet::Create(One(std::move(run)));
    const compare::AcceptRequest request{folder_.path(), "because", at, true, true, {}, compare::DefaultPolicy()};
    const auto summary = compare::Accept(*runs, request);
    ASSERT_TRUE(summary.ok()) << summary.error().Message();
  }
  // Sessions up to 2 % apart, their anchors likewise.
  void AcceptSessions(int count, Session session = {}) {
    const double drift[] = {1.0, 1.01, 0.99, 1.005, 0.995};
    for (int k = 0; k < count; ++k) {
      const std::string day = "2026-03-0" + std::to_string(k + 1);
      session.started_at = day + "T12:00:00Z";
      session.all = drift[k];
      session.anchors *= drift[k];
      AcceptRun(Measured(session), day + "T13:00:00Z");
      session.anchors /= drift[k];
    }
  }
  base::Result<compare::Comparison> Compared(run::Run first, std::vector<run::Run> second = {}) {
    const auto runs = compare::RunSet::Create(One(std::move(first)));
    compare::CompareRequest request{&*runs, nullptr, {folder_.path()}, &policy_, selection_, today_};
    if (second.empty()) return compare::Compare(request, compare::GateRule());
    const auto again = compare::RunSet::Create(std::move(second));
    request.second = &*again;
    return compare::Compare(request, compare::GateRule());
  }
  compare::Comparison Judged(run::Run first, std::vector<run::Run> second = {}) {
    auto comparison = Compared(std::move(first), std::move(second));
    EXPECT_TRUE(comparison.ok()) << comparison.error().Message();
    return std::move(comparison).value();
  }
  // What assay-bench --confirm makes of a plan.
  run::Run Again(const compare::SecondLookPlan& plan, const run::Run& first, Session session) {
    session.started_at = "2026-04-01T15:00:00Z";
    session.n = static_cast<int>(plan.repetitions);
    run::Run again = Measured(session, "again");
    const auto planned = [&](const std::string& id) {
      return std::find(plan.suspects.begin(), plan.suspects.end(), id) != plan.suspects.end() ||
             std::find(plan.controls.begin(), plan.controls.end(), id) != plan.controls.end();
    };
    std::erase_if(again.cases, [&](const run::RunCase& one) { return !planned(one.plan.id); });
    std::erase_if(again.info.cases, [&](const run::PlannedCase& one) { return !planned(one.id); });
    again.info.second_look = run::SecondLook{{first.info.provenance.started_at}, plan.suspects, plan.controls};
    return again;
  }
  static const compare::LatencyFinding& Metric(const compare::CaseComparison& one, std::string_view name) {
    for (const compare::LatencyFinding& finding : one.latency) {
      if (finding.metric->name == name) return finding;
    }
    ADD_FAILURE() << "no finding of " << name;
    return one.latency.front();
  }
  static const compare::SuiteFinding& Suite(const compare::Comparison& comparison, compare::FamilyKind kind) {
    for (const compare::SuiteFinding& suite : comparison.suite) {
      if (suite.kind == kind) return suite;
    }
    ADD_FAILURE() << "nothing of " << compare::ToString(kind);
    static const compare::SuiteFinding none;
    return none;
  }

  const std::filesystem::path& baselines() const { return folder_.path(); }

  compare::Policy policy_ = compare::DefaultPolicy();
  compare::Selection selection_;
  std::string today_ = "2026-04-02";

 private:
  static std::vector<run::Run> One(run::Run run) {
    std::vector<run::Run> runs;
    runs.push_back(std::move(run));
    return runs;
  }
  double Noise(double size) { return std::exp(size * (static_cast<double>(random_()) / 2147483648.0 - 1.0)); }
  run::Anchors Anchors(const Session& session) {
    run::Anchors anchors;
    anchors.yardstick = "pinned 1";
    for (int a = 0; a < 6; ++a) {
      run::AnchorCase one{"anchor-" + std::to_string(a), {}};
      for (int i = 0; i < session.n; ++i) {
        const double factor = (a + 1) * session.anchors * Noise(session.noise);
        one.metrics["ttft_ms"].push_back(3 * factor);
        one.metrics["tpot_ms"].push_back(0.5 * factor);
      }
      anchors.cases.push_back(std::move(one));
    }
    return anchors;
  }

  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("assay-sessions").value();
  std::mt19937 random_{11};
};

}  // namespace assay::testing
