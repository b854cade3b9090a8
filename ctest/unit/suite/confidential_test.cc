// SPDX-License-Identifier: MIT
// A confidential prompt and a service that repeats it wherever it can: none of it is in any file of the run, in what is
// printed, or in why a case failed.
#include <gmock/gmock.h>

#include <filesystem>
#include <functional>

#include "benchmarks/suite/inputs.h"
#include "ctest/unit/suite/measure_test.h"

namespace assay::suite {
namespace {

using ::testing::HasSubstr;

constexpr const char* kSecret = "marmalade";

testing::ScriptedExchange Repeating() {
  return testing::JsonAnswer(R"({"error":{"message":"cannot answer: marmalade"}})", 500);
}

testing::ScriptedExchange Answering() {
  using namespace std::chrono_literals;
  return testing::EventStream({{20ms, testing::Content("marmalade")},
                               {51ms, testing::Delta("{}", R"("marmalade")")},
                               {51ms, testing::Usage(8, 4)},
                               {51ms, testing::kDone}});
}

class Confidential : public MeasureTest {
 protected:
  // The files of the run and everything else that is said of it.
  std::string Everything() {
    std::string all = out_.str() + text_;
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_->path())) {
      if (!entry.is_regular_file()) continue;
      ++files;
      all += *base::ReadFile(entry.path());
    }
    EXPECT_GE(files, 3U);
    for (const run::PlannedCase& plan : cases_) all += plan.failure;
    return all;
  }
  void MeasureConfidential(const std::string& scenarios, bool hash, const testing::FakeTransport::Handler& service) {
    Plan({"a:1"}, {"p"}, scenarios);
    for (run::PlannedCase& plan : cases_) {
      plan.store_hash = hash;
      run::Json& message = (*plan.request.as_object()->at("messages").as_array())[0];
      message.as_object()->at("content") = kSecret;
    }
    Measure(service);
  }
};

// Every request fails; the first few do not, so that the case is measured; the answer itself and its finish reason.
const std::vector<std::function<testing::FakeTransport::Handler()>> kServices = {
    [] { return [](const http::Request&) { return Repeating(); }; },
    [] { return [asked = 0](const http::Request&) mutable { return ++asked > 3 ? Repeating() : Good(); }; },
    [] { return [](const http::Request&) { return Answering(); }; },
};

TEST_F(Confidential, NothingOfItIsLeftWhateverTheServiceDoes) {
  for (const char* scenarios : {"warm", "nonstream", "cold", "concurrency:2", "rate:5"}) {
    for (const auto& service : kServices) {
      MeasureConfidential(scenarios, false, service());
      EXPECT_THAT(Everything(), HasSubstr(kSecret)) << "this test would find it: " << scenarios;
      MeasureConfidential(scenarios, true, service());
      EXPECT_EQ(Everything().find(kSecret), std::string::npos) << scenarios;
    }
  }
}

TEST_F(Confidential, NorOfRequestsThatWereDisturbed) {
  disturbances_ = [](const run::PlannedCase&) { return 1; };
  MeasureConfidential("warm", true, [](const http::Request&) { return Answering(); });
  EXPECT_EQ(Everything().find(kSecret), std::string::npos);
  EXPECT_GT(run_.info.validity.disturbed_requests, 0);
}

TEST(RunDirectory, WithMarksOfKeptTextsIsNoneForAConfidentialPrompt) {
  const auto folder = base::TemporaryDirectory::Create("assay-marks");
  ASSERT_TRUE(folder.ok());
  std::vector<run::PlannedCase> cases(2);
  cases[1].store_hash = true;
  EXPECT_TRUE(CheckRunDirectory(folder->path(), cases).ok());
  ASSERT_TRUE(base::WriteFileAtomically(folder->path() / "annotations.json", "{}").ok());
  const base::Status status = CheckRunDirectory(folder->path(), cases);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::kUsage);
  EXPECT_NE(status.error().Message().find("annotations.json"), std::string::npos);
  cases[1].store_hash = false;
  EXPECT_TRUE(CheckRunDirectory(folder->path(), cases).ok());
}

}  // namespace
}  // namespace assay::suite
