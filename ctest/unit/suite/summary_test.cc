// SPDX-License-Identifier: MIT
// What a person reads at the end of a run, word for word.
#include "benchmarks/suite/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

run::ModelInfo Model(const std::string& variant, const std::string& endpoint = "http://127.0.0.1:1") {
  run::ModelInfo model;
  model.variant = model.alias = variant;
  model.generation = "g3";
  model.endpoint = endpoint;
  return model;
}

run::RunInfo Info() {
  run::RunInfo info;
  info.cases.resize(2);
  info.cases[0].id = "chat/a/p/stream:on/max_tokens:8";
  info.cases[1].id = "chat/b/p/stream:on/max_tokens:8";
  info.models = {Model("a"), Model("b")};
  info.validity.measured_requests = 20;
  info.validity.idle_share = 0.0123;
  return info;
}

std::string Summary(const run::RunInfo& info) {
  std::ostringstream out;
  PrintSummary(info, 1250ms, "out/run", out);
  return out.str();
}

TEST(Summary, AGoodRunIsTwoLines) {
  EXPECT_EQ(Summary(Info()),
            "2 cases, 20 measured requests in 1.25 s, 0 cases failed; idle between requests 1.23 %\n"
            "run: out/run\n");
}

TEST(Summary, FailuresAndWarningsComeFirstAndAreHarmless) {
  run::RunInfo info = Info();
  info.cases[1].failure = "http_status: \x1b[31mout of memory\n";
  info.validity.warnings = {{"not_streamed", info.cases[0].id, "in one burst"}, {"models_do_not_fit", "", "a, then b"}};
  EXPECT_EQ(Summary(info),
            "failed: chat/b/p/stream:on/max_tokens:8: http_status: \\x1B[31mout of memory\\n\n"
            "note: not_streamed: chat/a/p/stream:on/max_tokens:8: in one burst\n"
            "note: models_do_not_fit: a, then b\n"
            "2 cases, 20 measured requests in 1.25 s, 1 cases failed; idle between requests 1.23 %\n"
            "run: out/run\n");
}

TEST(Summary, SaysWhatWasDisturbed) {
  run::RunInfo info = Info();
  info.validity.disturbed_requests = 3;
  info.validity.upkeep_s = 2.5;
  EXPECT_THAT(Summary(info),
              HasSubstr("3 requests were disturbed by the service, sent again and not counted; upkeep took 2.50 s\n"));
}

TEST(Summary, OnlySamplingThatMisbehavesIsALine) {
  run::RunInfo info = Info();
  info.models[0].sampling = "deterministic";
  info.models[0].findings = {"temperature 0, three times: one answer"};
  EXPECT_THAT(Summary(info), Not(HasSubstr("sampling")));
  info.models[0].sampling = "sampling_ignored";
  info.models[1].sampling = "nondeterministic";
  info.models[1].findings = {"temperature 0, three times: two answers \x1b[2J"};
  const std::string text = Summary(info);
  EXPECT_THAT(text, HasSubstr("note: sampling: a: sampling_ignored: temperature or seed change nothing"));
  EXPECT_THAT(text, HasSubstr("note: sampling: b: nondeterministic: temperature 0 does not repeat"));
  EXPECT_THAT(text, HasSubstr("; temperature 0, three times: two answers \\x1B[2J\n"));
}

TEST(Summary, NamesTheServicesWhenThereAreSeveral) {
  run::RunInfo info = Info();
  info.models.push_back(Model("mine", "https://models.example:8443"));
  info.models.back().generation = "plain";
  EXPECT_THAT(Summary(info), HasSubstr("service: g3 at http://127.0.0.1:1: a, b\n"
                                       "service: plain at https://models.example:8443: mine\n"));
}

}  // namespace
}  // namespace assay::suite
