// SPDX-License-Identifier: MIT
#include "fixtures/embedded/http_text.h"

#include <gtest/gtest.h>

#include "fixtures/embedded/kestrel_wire.h"

namespace assay::embedded {
namespace {

TEST(HttpText, ReadsTargets) {
  EXPECT_EQ(RoutePath("//openai/status/?x=1#y"), "/openai/status");
  EXPECT_EQ(RoutePath("/"), "/");
  EXPECT_EQ(Segment("/models/load/a:1", "/models/load/"), "a:1");
  EXPECT_EQ(Segment("/models/load/a/b", "/models/load/"), "");
  EXPECT_EQ(PercentDecoded("a%3A1%3a2%"), "a:1:2%");
  EXPECT_EQ(PercentDecoded("%zz%4"), "%zz%4");
  EXPECT_EQ(QueryValue("/l?ttl=5&unload=false&e", "unload"), "false");
  EXPECT_EQ(QueryValue("/l?ttl=5&e", "e"), "");
  EXPECT_EQ(QueryValue("/l?a%3A=b%20c#x", "a:"), "b c");
  EXPECT_EQ(QueryValue("/l?ttl=5", "tt"), std::nullopt);
  EXPECT_EQ(QueryValue("/l", "ttl"), std::nullopt);
}

TEST(HttpText, WritesChunkSizesInEitherCase) {
  EXPECT_EQ(HttpChunk(std::string(250, 'x'), HexCase::kUpper).substr(0, 4), "FA\r\n");
  EXPECT_EQ(HttpChunk(std::string(250, 'x'), HexCase::kLower).substr(0, 4), "fa\r\n");
}

TEST(Kestrel, WritesTheDateOfTheRfc) {
  // 2026-03-03 12:30:05 UTC was a Tuesday; 1772541005 s after 1970.
  EXPECT_EQ(kestrel::HttpDate(std::chrono::system_clock::time_point(std::chrono::seconds(1'772'541'005))),
            "Tue, 03 Mar 2026 12:30:05 GMT");
}

TEST(Kestrel, SendsNoContentTypeWithoutABody) {
  const std::string empty = kestrel::Answer(200, kestrel::kText, "", false);
  EXPECT_EQ(empty.find("Content-Type"), std::string::npos);
  EXPECT_NE(empty.find("Connection: close\r\nContent-Length: 0\r\n\r\n"), std::string::npos);
  const std::string text = kestrel::Answer(404, kestrel::kText, "gone", true, "Retry-After: 1\r\n");
  EXPECT_EQ(text.find("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nDate: "), 0U);
  EXPECT_NE(
      text.find("\r\nServer: Kestrel\r\nRetry-After: 1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngone\r\n0\r\n\r\n"),
      std::string::npos);
}

}  // namespace
}  // namespace assay::embedded
