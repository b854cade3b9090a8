// SPDX-License-Identifier: MIT
// Measured against the real embedded service, and against a stand-in that fails in every way a child can. What a number
// is belongs to the machine; that it is there, and in the order it has to be in, belongs here.
#include "fixtures/overhead/overhead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>

#include "ctest/unit/http/raw_server.h"
#include "fixtures/base/files.h"
#include "fixtures/process/process.h"

namespace assay::overhead {
namespace {

using testing::HasSubstr;

// A copy of the stand-in in a folder of its own, with what it is to say and to do then.
class StandIn {
 public:
  StandIn(const std::string& says, const std::string& then)
      : folder_(base::TemporaryDirectory::Create("overhead-test").value()) {
    std::filesystem::copy_file(ASSAY_STAND_IN, program());
    std::ofstream(folder_.path() / "says") << says << "\n" << then << "\n";
  }

  std::filesystem::path program() const { return folder_.path() / std::filesystem::path(ASSAY_STAND_IN).filename(); }
  // It was started, and is no more.
  bool StartedAndEnded() const {
    std::int64_t pid = 0;
    std::ifstream(folder_.path() / "pid") >> pid;
    return pid != 0 && !process::IsRunning(pid);
  }

 private:
  base::TemporaryDirectory folder_;
};

// What is absent is absent altogether.
void ExpectNothing(const run::Overhead& overhead) {
  run::Overhead empty;
  empty.absent = overhead.absent;
  EXPECT_EQ(overhead, empty);
  EXPECT_FALSE(overhead.absent.empty());
}

TEST(MeasureOverhead, HasEveryNumberOfARealService) {
  OverheadOptions options;
  options.program = ASSAY_EMBEDDED;
  options.requests = 30;
  const run::Overhead overhead = MeasureOverhead(options);
  EXPECT_EQ(overhead.absent, "");
  EXPECT_EQ(overhead.requests, 30);
  // Role, sixteen tokens, finish, usage, [DONE]: 20 events each.
  EXPECT_EQ(overhead.events, 30 * 20);
  ASSERT_TRUE(overhead.request_us_p50 && overhead.request_us_p99 && overhead.event_us_p50 && overhead.event_us_p99);
  EXPECT_GT(*overhead.request_us_p50, 0);
  EXPECT_GE(*overhead.request_us_p99, *overhead.request_us_p50);
  // An event arrives after it was sent, and within the request.
  EXPECT_GT(*overhead.event_us_p50, 0);
  EXPECT_GE(*overhead.event_us_p99, *overhead.event_us_p50);
  EXPECT_LT(*overhead.event_us_p50, *overhead.request_us_p99);
  ASSERT_TRUE(overhead.cpu_us_per_request && overhead.cpu_us_per_event);
  EXPECT_GT(*overhead.cpu_us_per_event, 0);
  EXPECT_NEAR(*overhead.cpu_us_per_request, *overhead.cpu_us_per_event * 20, 1e-6);
}

TEST(MeasureOverhead, SaysThatThereIsNoSuchProgram) {
  OverheadOptions options;
  options.program = std::filesystem::path("no") / "such" / "program";
  const run::Overhead overhead = MeasureOverhead(options);
  ExpectNothing(overhead);
  EXPECT_THAT(overhead.absent, HasSubstr("program"));
}

TEST(MeasureOverhead, DoesNotMeasureWithoutRequests) {
  OverheadOptions options;
  options.program = ASSAY_EMBEDDED;
  options.requests = 0;
  ExpectNothing(MeasureOverhead(options));
}

TEST(MeasureOverhead, EndsWhenCancelledWhileTheServiceStarts) {
  const StandIn silent("", "wait");
  OverheadOptions options;
  options.program = silent.program();
  // Once it runs: before, there would be nothing to end.
  options.cancelled = [&] { return std::filesystem::exists(silent.program().parent_path() / "pid"); };
  const run::Overhead overhead = MeasureOverhead(options);
  ExpectNothing(overhead);
  EXPECT_THAT(overhead.absent, HasSubstr("cancelled"));
  EXPECT_TRUE(silent.StartedAndEnded());
}

TEST(MeasureOverhead, EndsWhenCancelledBetweenRequests) {
  OverheadOptions options;
  options.program = ASSAY_EMBEDDED;
  options.requests = 1'000'000;
  // Looked at once and more before every request: far from the end, and some requests were sent.
  int looks = 0;
  options.cancelled = [&] { return ++looks > 100; };
  const run::Overhead overhead = MeasureOverhead(options);
  ExpectNothing(overhead);
  EXPECT_THAT(overhead.absent, HasSubstr("cancelled"));
}

TEST(MeasureOverhead, SaysHowAChildEndedThatDiedAtOnce) {
  const StandIn dies("", "3");
  OverheadOptions options;
  options.program = dies.program();
  const run::Overhead overhead = MeasureOverhead(options);
  ExpectNothing(overhead);
  EXPECT_THAT(overhead.absent, HasSubstr("exit code 3"));
  EXPECT_TRUE(dies.StartedAndEnded());
}

TEST(MeasureOverhead, SaysThatAChildDiedOnceItHadSaidWhereItListens) {
  const http::RefusingPort nobody;
  const StandIn dies("listening http://127.0.0.1:" + std::to_string(nobody.port()), "0");
  OverheadOptions options;
  options.program = dies.program();
  const run::Overhead overhead = MeasureOverhead(options);
  ExpectNothing(overhead);
  EXPECT_THAT(overhead.absent, HasSubstr("(connect)"));
  EXPECT_TRUE(dies.StartedAndEnded());
}

TEST(MeasureOverhead, SaysWhatAServiceAnswersThatGivesOut) {
  const http::RawServer server([](http::RawServer::Listener& listener) {
    for (;;) {
      const std::unique_ptr<http::RawServer::Connection> connection = listener.Accept();
      if (connection->ReadRequest().empty()) continue;
      connection->Write(http::Answer("out of memory", "500 Internal Server Error"));
      connection->WaitForClose();
    }
  });
  const StandIn gives_out("listening http://127.0.0.1:" + std::to_string(server.port()), "wait");
  OverheadOptions options;
  options.program = gives_out.program();
  const run::Overhead overhead = MeasureOverhead(options);
  ExpectNothing(overhead);
  EXPECT_THAT(overhead.absent, HasSubstr("(http_status)"));
  EXPECT_THAT(overhead.absent, HasSubstr("out of memory"));
  EXPECT_TRUE(gives_out.StartedAndEnded());
}

TEST(MeasureOverhead, SaysWhatAnotherProgramSays) {
  const StandIn other("hello \x1b[31m", "wait");
  OverheadOptions options;
  options.program = other.program();
  const run::Overhead overhead = MeasureOverhead(options);
  ExpectNothing(overhead);
  EXPECT_THAT(overhead.absent, HasSubstr("and said 'hello "));
  EXPECT_THAT(overhead.absent, testing::Not(HasSubstr("\x1b")));
  EXPECT_TRUE(other.StartedAndEnded());
}

}  // namespace
}  // namespace assay::overhead
