// SPDX-License-Identifier: MIT
// What Session refuses before it starts anything; the rest needs a service (ctest/integration).
#include "fixtures/session/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::session {
namespace {

using ::testing::HasSubstr;

SessionOptions Options() {
  SessionOptions options;
  options.foundry_program = "no-such-program-of-foundry-local";
  options.embedded_program = "no-such-folder/foundry-embedded";
  return options;
}

base::Error Refusal(SessionOptions options) {
  const base::Result<std::unique_ptr<Session>> session = Session::Open(std::move(options));
  EXPECT_FALSE(session.ok());
  return session.ok() ? base::Error{} : session.error();
}

TEST(Session, EmbeddedAndAnEndpointContradictEachOther) {
  SessionOptions options = Options();
  options.service = ServiceChoice::kEmbedded;
  options.endpoint = "http://127.0.0.1:1";
  const base::Error error = Refusal(options);
  EXPECT_EQ(error.code, base::ErrorCode::kUsage);
  EXPECT_THAT(error.what, HasSubstr("--service=none"));
}

TEST(Session, NoneWithNothingNamedSaysWhatToDo) {
  SessionOptions options = Options();
  options.service = ServiceChoice::kNone;
  const base::Error error = Refusal(options);
  EXPECT_EQ(error.code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(error.what, HasSubstr("--endpoint="));
  EXPECT_THAT(error.what, HasSubstr("no-such-program-of-foundry-local"));
}

TEST(Session, AMalformedEndpointIsWrongUsage) {
  SessionOptions options = Options();
  options.endpoint = "127.0.0.1:5273";
  EXPECT_EQ(Refusal(options).code, base::ErrorCode::kUsage);
}

// Port 1 of the loopback interface: nothing listens on it where tests run.
TEST(Session, AnEndpointNobodyServesIsUnavailable) {
  SessionOptions options = Options();
  options.endpoint = "http://127.0.0.1:1/v1";
  const base::Error error = Refusal(options);
  EXPECT_EQ(error.code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(error.what, HasSubstr("no service at the endpoint http://127.0.0.1:1/v1"));
}

TEST(Session, AMissingEmbeddedServiceNamesItsTarget) {
  SessionOptions options = Options();
  options.service = ServiceChoice::kEmbedded;
  const base::Error error = Refusal(options);
  EXPECT_EQ(error.code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(error.Message(), HasSubstr("foundry-embedded"));
}

}  // namespace
}  // namespace assay::session
