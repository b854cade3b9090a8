// SPDX-License-Identifier: MIT
// Faults of keeping books, not of speed: each is put into files on disk, and none of them may end as a pass. What is
// wrong must be named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "ctest/support/run_builder.h"
#include "fixtures/base/files.h"
#include "tools/compare/accept.h"
#include "tools/compare/comparison.h"
#include "tools/compare/gate_rule.h"

namespace assay::compare {
namespace {

namespace fs = std::filesystem;
using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::HasSubstr;

constexpr int kCases = 10;
constexpr int kRequests = 8;

// What came out, and every word that was said about it.
struct Outcome {
  int code = 0;
  std::string said;
};

class Books {
 public:
  Books() {
    for (int k = 0; k < 3; ++k) {
      const std::string day = "2026-03-0" + std::to_string(k + 1);
      const RunSet runs = RunSet::Create({Good().StartedAt(day + "T12:00:00Z").Build()}).value();
      const AcceptRequest request{Baselines(), "because", day + "T13:00:00Z", true, true, {}, DefaultPolicy()};
      const auto accepted = Accept(runs, request);
      EXPECT_TRUE(accepted.ok()) << accepted.error().Message();
    }
  }

  fs::path Baselines() const { return folder_.path() / "baselines"; }
  fs::path Run(const std::string& file = "") const { return folder_.path() / "run" / file; }
  fs::path Other() const { return folder_.path() / "other"; }
  fs::path LatencyFile() const { return OnlyFile(Baselines() / "latency"); }
  fs::path OutputsFile() const { return OnlyFile(Baselines() / "outputs"); }

  // Ten cases of eight requests, noise of 2 % to both sides; `change` sees each case after its requests were added.
  RunBuilder Good(const std::function<void(RunBuilder&, int)>& change = {}, int cases = kCases) {
    RunBuilder builder;
    builder.StartedAt("2026-04-01T12:00:00Z").Repetitions(kRequests);
    for (int c = 0; c < cases; ++c) {
      builder.Case("prompt-" + std::to_string(c));
      if (change) change(builder, c);
      for (int i = 0; i < kRequests; ++i) {
        SampleSpec sample;
        sample.e2e_ms = 100 * (c + 1) * std::exp(0.02 * Between());
        sample.ttft_ms = sample.e2e_ms / 5;
        builder.Add(sample);
      }
    }
    return builder;
  }
  void WriteGood() { Write(Good()); }
  void Write(const RunBuilder& builder) const {
    const base::Status written = builder.Write(Run());
    ASSERT_TRUE(written.ok()) << written.error().Message();
  }
  void Replace(const fs::path& file, const std::string& old_text, const std::string& new_text) const {
    std::string text = base::ReadFile(file).value();
    const std::size_t at = text.find(old_text);
    ASSERT_NE(at, std::string::npos) << file << " has no " << old_text;
    ASSERT_TRUE(base::WriteFileAtomically(file, text.replace(at, old_text.size(), new_text)).ok());
  }
  // The number behind the first `key`.
  void ReplaceNumber(const fs::path& file, const std::string& key, const std::string& number) const {
    std::string text = base::ReadFile(file).value();
    const std::size_t at = text.find(key);
    ASSERT_NE(at, std::string::npos) << file << " has no " << key;
    const std::size_t begin = text.find_first_of("0123456789-", at + key.size());
    const std::size_t end = text.find_first_not_of("0123456789.e+-", begin);
    ASSERT_TRUE(base::WriteFileAtomically(file, text.replace(begin, end - begin, number)).ok());
  }
  void Cut(const fs::path& file, std::size_t size) const {
    ASSERT_TRUE(base::WriteFileAtomically(file, base::ReadFile(file).value().substr(0, size)).ok());
  }
  void Remove(const fs::path& path) const { ASSERT_GT(fs::remove_all(path), 0U) << path; }

  Outcome Judge(const Selection& selection = {}, const std::vector<fs::path>& more = {}) const {
    std::vector<fs::path> directories = {Run()};
    directories.insert(directories.end(), more.begin(), more.end());
    const Policy policy = DefaultPolicy();
    const base::Result<RunSet> runs = RunSet::Read(directories, OnlyJudged(policy));
    if (!runs.ok()) return Outcome{2, runs.error().Message()};
    const auto judged = Compare({&*runs, nullptr, {Baselines()}, &policy, selection, "2026-04-02"}, GateRule());
    if (!judged.ok()) return Outcome{2, judged.error().Message()};
    return Outcome{judged->exit_code, Words(*judged)};
  }

 private:
  static fs::path OnlyFile(const fs::path& folder) {
    fs::path found;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) found = entry.path();
    }
    return found;
  }
  static std::string Words(const Comparison& comparison) {
    std::string words;
    for (const CaseComparison& one : comparison.cases) {
      words += one.id + " " + std::string(ToString(one.status)) + " " + one.outcome + " " + one.reason + "\n";
      for (const LatencyFinding& finding : one.latency) {
        words += std::string(ToString(finding.code)) + " " + finding.reason + "\n";
      }
      if (one.answers) words += one.answers->reason + "\n";
    }
    for (const SuiteFinding& suite : comparison.suite) words += std::string(ToString(suite.verdict)) + "\n";
    return words;
  }
  double Between() { return static_cast<double>(random_()) / 2147483648.0 - 1.0; }

  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("assay-books").value();
  std::mt19937 random_{5};
};

struct Fault {
  std::string name;
  int code = 0;
  std::string named;  // in what is said
  std::function<void(Books&)> inject;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

SampleSpec Failed() {
  SampleSpec sample;
  sample.outcome = run::Outcome::kTimeout;
  sample.error = "no answer in 60 s";
  return sample;
}

std::vector<Fault> Faults() {
  return {
      {"MissingCase", 3, "the run did not plan it", [](Books& books) { books.Write(books.Good({}, kCases - 1)); }},
      {"RenamedCase", 3, "the run did not plan it",
       [](Books& books) {
         RunBuilder builder = books.Good({}, kCases - 1);
         books.Write(builder.Case("prompt-nine").AddRamp(kRequests, 990, 1));
       }},
      {"PlannedAndNeverMeasured", 3, "planned, but never measured",
       [](Books& books) { books.Write(books.Good({}, kCases - 1).Case("prompt-9")); }},
      {"DuplicateCase", 2, "prompt-3",
       [](Books& books) { books.Write(books.Good().Case("prompt-3").AddRamp(kRequests, 400, 1)); }},
      {"DuplicateRepetition", 2, "is there twice",
       [](Books& books) {
         books.WriteGood();
         const std::string text = base::ReadFile(books.Run("samples.jsonl")).value();
         const std::string doubled = text + text.substr(0, text.find('\n') + 1);
         ASSERT_TRUE(base::WriteFileAtomically(books.Run("samples.jsonl"), doubled).ok());
       }},
      {"FailedCase", 1, "the model could not be loaded",
       [](Books& books) { books.Write(books.Good().Failure("the model could not be loaded")); }},
      {"EveryRequestFailed", 1, "timeout",
       [](Books& books) {
         RunBuilder builder = books.Good({}, kCases - 1);
         builder.Case("prompt-9");
         for (int i = 0; i < kRequests; ++i) builder.Add(Failed());
         books.Write(builder);
       }},
      {"OneRequestFailed", 3, "only 8 of 9 repetitions",
       [](Books& books) { books.Write(books.Good().CaseRepetitions(9).Add(Failed())); }},
      {"ZeroTime", 3, "zero_time",
       [](Books& books) {
         SampleSpec zero;
         zero.ttft_ms = 0;
         zero.e2e_ms = 1000;
         books.Write(books.Good().CaseRepetitions(9).Add(zero));
       }},
      {"NanInSamples", 2, "samples.jsonl",
       [](Books& books) {
         books.WriteGood();
         books.ReplaceNumber(books.Run("samples.jsonl"), "\"t_start_ns\":", "NaN");
       }},
      {"NanInRun", 2, "run.json",
       [](Books& books) {
         books.WriteGood();
         books.ReplaceNumber(books.Run("run.json"), "\"idle_share\":", "NaN");
       }},
      {"NanInBaseline", 2, "ember-mini",
       [](Books& books) {
         books.WriteGood();
         books.ReplaceNumber(books.LatencyFile(), "\"tpot_ms\":", "NaN");
       }},
      {"NullInBaseline", 2, "ember-mini",
       [](Books& books) {
         books.WriteGood();
         books.ReplaceNumber(books.LatencyFile(), "\"tpot_ms\":", "null");
       }},
      {"InfinityInBaseline", 2, "ember-mini",
       [](Books& books) {
         books.WriteGood();
         books.ReplaceNumber(books.LatencyFile(), "\"tpot_ms\":", "1e999");
       }},
      {"UnitInTheKeyChanged", 2, "tpot_us",
       [](Books& books) {
         books.WriteGood();
         books.Replace(books.LatencyFile(), "\"tpot_ms\":", "\"tpot_us\":");
       }},
      // As if the clock had counted in other units: a thousand times faster is no improvement.
      {"UnitChangedInAllNumbers", 3, "implausible",
       [](Books& books) {
         RunBuilder builder;
         builder.StartedAt("2026-04-01T12:00:00Z").Repetitions(kRequests);
         for (int c = 0; c < kCases; ++c) {
           builder.Case("prompt-" + std::to_string(c)).AddRamp(kRequests, 0.1 * (c + 1), 0.001);
         }
         books.Write(builder);
       }},
      {"OtherMachine", 3, "no_baseline", [](Books& books) { books.Write(books.Good().Cpu("another CPU")); }},
      {"OtherRequest", 3, "request_changed",
       [](Books& books) { books.Write(books.Good().Fingerprint("another request")); }},
      {"DebugBuild", 3, "debug_build measured by an unoptimised build of assay-bench",
       [](Books& books) {
         books.WriteGood();
         books.Replace(books.Run("run.json"), "\"Release\"", "\"debug\"");
       }},
      {"DebugBaseline", 3, "debug_build measured by an optimised build of assay-bench",
       [](Books& books) {
         books.WriteGood();
         std::string text = base::ReadFile(books.LatencyFile()).value();
         for (std::size_t at = text.find("\"assay_version\""); at != std::string::npos;
              at = text.find("\"assay_version\"", at + 40)) {
           text.insert(at, "\"build_type\": \"debug\", ");
         }
         ASSERT_TRUE(base::WriteFileAtomically(books.LatencyFile(), text).ok());
       }},
      {"EmptyRun", 2, "no cases", [](Books& books) { books.Write(RunBuilder().Repetitions(kRequests)); }},
      {"NoRunJson", 2, "run.json",
       [](Books& books) {
         books.WriteGood();
         books.Remove(books.Run("run.json"));
       }},
      {"NoSamples", 2, "samples.jsonl",
       [](Books& books) {
         books.WriteGood();
         books.Remove(books.Run("samples.jsonl"));
       }},
      {"NoAnswers", 2, "answers.jsonl",
       [](Books& books) {
         books.WriteGood();
         books.Remove(books.Run("answers.jsonl"));
       }},
      {"NoBaselines", 3, "no accepted session has this case",
       [](Books& books) {
         books.WriteGood();
         books.Remove(books.LatencyFile());
       }},
      {"NoAcceptedAnswers", 3, "no answer of this case was accepted yet",
       [](Books& books) {
         books.WriteGood();
         books.Remove(books.OutputsFile());
       }},
      {"LatencyOfAnotherVariant", 2, "tiny-generic-cpu:1",
       [](Books& books) {
         books.WriteGood();
         books.Replace(books.LatencyFile(), std::string("\"variant\": \"") + RunBuilder::kModel,
                       "\"variant\": \"tiny-generic-cpu:1");
       }},
      {"AnswersOfAnotherVariant", 2, "tiny-generic-cpu:1",
       [](Books& books) {
         books.WriteGood();
         books.Replace(books.OutputsFile(), std::string("\"variant\": \"") + RunBuilder::kModel,
                       "\"variant\": \"tiny-generic-cpu:1");
       }},
  };
}

class InjectedFault : public ::testing::TestWithParam<Fault> {};

TEST_P(InjectedFault, IsANamedNonPass) {
  Books books;
  GetParam().inject(books);
  if (HasFatalFailure()) return;
  const Outcome outcome = books.Judge();
  EXPECT_EQ(outcome.code, GetParam().code) << outcome.said;
  EXPECT_THAT(outcome.said, HasSubstr(GetParam().named));
}
INSTANTIATE_TEST_SUITE_P(Bookkeeping, InjectedFault, ::testing::ValuesIn(Faults()),
                         [](const auto& one) { return one.param.name; });

// Without this the others could pass on anything.
TEST(Bookkeeping, TheRunWithoutAFaultPasses) {
  Books books;
  books.WriteGood();
  const Outcome outcome = books.Judge();
  EXPECT_EQ(outcome.code, 0) << outcome.said;
}

TEST(Bookkeeping, TwoDebugBuildsAreComparable) {
  Books books;
  books.WriteGood();
  books.Replace(books.Run("run.json"), "\"Release\"", "\"debug\"");
  const RunSet debug = RunSet::Read(std::vector<fs::path>{books.Run()}).value();
  for (const char* at : {"2026-03-08T13:00:00Z", "2026-03-09T13:00:00Z"}) {
    run::Run copy = debug.runs().front();
    copy.info.provenance.started_at = at;
    const AcceptRequest request{books.Baselines(), "because", at, true, true, {}, DefaultPolicy()};
    const auto accepted = Accept(RunSet::Create({std::move(copy)}).value(), request);
    ASSERT_TRUE(accepted.ok()) << accepted.error().Message();
  }
  const Outcome outcome = books.Judge();
  EXPECT_EQ(outcome.code, 0) << outcome.said;
}

TEST(Bookkeeping, AFilterThatMatchesNothingIsAnError) {
  Books books;
  books.WriteGood();
  Selection selection;
  selection.prompts = {"promt-3"};
  const Outcome outcome = books.Judge(selection);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.said, HasSubstr("promt-3"));
}

TEST(Bookkeeping, RunsOfTwoMachinesOrOfOneCaseAreNotMixed) {
  Books books;
  books.WriteGood();
  ASSERT_TRUE(books.Good().Cpu("another CPU").Write(books.Other()).ok());
  EXPECT_EQ(books.Judge({}, {books.Other()}).code, 2);
  ASSERT_TRUE(books.Good().Write(books.Other()).ok());
  const Outcome twice = books.Judge({}, {books.Other()});
  EXPECT_EQ(twice.code, 2);
  EXPECT_THAT(twice.said, HasSubstr("is in two runs"));
}

// Wherever a file was cut off: in the middle of a line, or between two.
TEST(Bookkeeping, ACutFileIsNeverAPass) {
  Books books;
  books.WriteGood();
  const std::vector<fs::path> files = {books.Run("run.json"), books.Run("samples.jsonl"), books.Run("answers.jsonl"),
                                       books.LatencyFile(), books.OutputsFile()};
  for (const fs::path& file : files) {
    const std::string whole = base::ReadFile(file).value();
    std::vector<std::size_t> cuts = {0, 1, whole.size() / 4, whole.size() / 2, whole.size() - 3};
    for (std::size_t at = whole.find('\n'); at + 1 < whole.size(); at = whole.find('\n', at + 1)) {
      if (cuts.size() < 9 || whole.find('\n', at + 1) + 1 == whole.size()) cuts.push_back(at + 1);
    }
    for (const std::size_t cut : cuts) {
      books.Cut(file, cut);
      const Outcome outcome = books.Judge();
      EXPECT_NE(outcome.code, 0) << file << " cut after " << cut << " of " << whole.size() << ": " << outcome.said;
      EXPECT_FALSE(outcome.said.empty());
    }
    ASSERT_TRUE(base::WriteFileAtomically(file, whole).ok());
  }
  EXPECT_EQ(books.Judge().code, 0);
}

}  // namespace
}  // namespace assay::compare
