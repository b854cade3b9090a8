// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fixtures/http/transport.h"

namespace assay::http {
namespace {

// Hands out one piece of body again and again.
class RepeatingTransport final : public Transport {
 public:
  RepeatingTransport(std::string piece, int times) : piece_(std::move(piece)), times_(times) {}

  std::optional<Failure> Perform(const Request&, const OnBytes& on_bytes, Exchange& exchange) override {
    exchange.status = 503;
    for (int i = 0; i < times_; ++i) {
      if (!on_bytes(piece_, {})) return Failure{{base::ErrorCode::kCancelled, "stopped", ""}, exchange};
      ++delivered_;
    }
    return std::nullopt;
  }
  int delivered() const { return delivered_; }

 private:
  std::string piece_;
  int times_;
  int delivered_ = 0;
};

TEST(Fetch, JoinsTheBodyAndPassesAnyStatus) {
  RepeatingTransport transport("ab", 3);
  const auto response = Fetch(transport, {});
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->body, "ababab");
  EXPECT_EQ(response->exchange.status, 503);
}

TEST(Fetch, StopsPastSixtyFourMebibytes) {
  RepeatingTransport transport(std::string(1U << 20, 'x'), 100);
  Request request;
  request.url = "http://127.0.0.1/big";
  const auto response = Fetch(transport, request);
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, base::ErrorCode::kProtocol);
  EXPECT_EQ(response.error().where, request.url);
  EXPECT_EQ(transport.delivered(), 64);
}

}  // namespace
}  // namespace assay::http
