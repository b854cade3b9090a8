// SPDX-License-Identifier: MIT
#include "fixtures/embedded/request_log.h"

#include <gtest/gtest.h>

#include <chrono>

#include "fixtures/base/files.h"

namespace assay::embedded {
namespace {

base::Moment At(std::int64_t ns) {
  return base::Moment(std::chrono::duration_cast<base::Moment::duration>(std::chrono::nanoseconds(ns)));
}

TEST(RequestLog, HasALinePerRequestAndPerLoad) {
  const auto folder = base::TemporaryDirectory::Create("request-log");
  ASSERT_TRUE(folder.ok());
  const std::filesystem::path path = folder->path() / "requests.jsonl";
  {
    auto log = RequestLog::Create(path);
    ASSERT_TRUE(log.ok());
    log->Write(LoadRecord{"ember-mini-int8-cpu:1", At(1'000), At(51'000)});
    RequestRecord request;
    request.id = "chatcmpl-1";
    request.model = "m";
    request.prompt_tokens = 4;
    request.completion_tokens = 1;
    request.received = At(60'000);
    request.prompt_read = At(61'000);
    request.events = {{At(62'000), "content"}, {At(63'000), "done"}};
    log->Write(request);
  }
  EXPECT_EQ(base::ReadFile(path).value(),
            R"({"load":{"end_ns":51000,"model":"ember-mini-int8-cpu:1","start_ns":1000},"schema_version":1})"
            "\n"
            R"({"completion_tokens":1,"events":[[62000,"content"],[63000,"done"]],"id":"chatcmpl-1","model":"m",)"
            R"("prompt_read_ns":61000,"prompt_tokens":4,"received_ns":60000,"schema_version":1})"
            "\n");
}

}  // namespace
}  // namespace assay::embedded
