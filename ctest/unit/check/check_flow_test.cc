// SPDX-License-Identifier: MIT
// What Check() reports and returns where no service is up; with services it is tried in ctest/integration/check.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/check/check.h"

namespace assay::check {
namespace {

using ::testing::HasSubstr;

// Port 1 of the loopback interface: nothing listens on it where tests run.
constexpr const char* kNobody = "http://127.0.0.1:1";

class CheckFlow : public ::testing::Test {
 protected:
  CheckFlow() {
    options_.session.foundry_program = "no-such-program-of-foundry-local";
    options_.session.embedded_program = "no-such-folder/foundry-embedded";
  }

  base::Result<bool> Check() {
    return check::Check(options_, [this](const Finding& finding) {
      seen_ += (seen_.empty() ? "" : " ") + finding.id + ":" + std::string(ToString(finding.level));
      last_ = finding;
    });
  }

  CheckOptions options_;
  std::string seen_;  // "cli:ok service:failure"
  Finding last_;
};

TEST_F(CheckFlow, AnEndpointNobodyServesEndsTheCheckWithAFailure) {
  options_.session.endpoint = kNobody;
  const base::Result<bool> ready = Check();
  ASSERT_TRUE(ready.ok()) << ready.error().Message();
  EXPECT_FALSE(*ready);
  EXPECT_EQ(seen_, "cli:ok service:failure");
  EXPECT_THAT(last_.text, HasSubstr(kNobody));
  EXPECT_THAT(last_.next, HasSubstr("start the server at http://127.0.0.1:1"));
}

TEST_F(CheckFlow, AMissingEmbeddedServiceIsAFailureThatNamesItsTarget) {
  options_.session.service = session::ServiceChoice::kEmbedded;
  const base::Result<bool> ready = Check();
  ASSERT_TRUE(ready.ok()) << ready.error().Message();
  EXPECT_FALSE(*ready);
  EXPECT_EQ(seen_, "cli:ok service:failure");
  EXPECT_THAT(last_.next, HasSubstr("foundry-embedded"));
}

TEST_F(CheckFlow, NoFoundryAndNothingNamedWarnsAboutTheCommandAndFails) {
  options_.session.service = session::ServiceChoice::kNone;
  const base::Result<bool> ready = Check();
  ASSERT_TRUE(ready.ok()) << ready.error().Message();
  EXPECT_FALSE(*ready);
  EXPECT_EQ(seen_, "cli:warning service:failure");
}

TEST_F(CheckFlow, AModelWhoseOwnServerIsSilentIsAFailureOfThatModel) {
  options_.session.needs_service = false;
  catalogue::ModelRequest model;
  model.alias = "support-desk";
  model.endpoint = std::string(kNobody) + "/v1";
  options_.models = {model};
  const base::Result<bool> ready = Check();
  ASSERT_TRUE(ready.ok()) << ready.error().Message();
  EXPECT_FALSE(*ready);
  EXPECT_EQ(seen_, "cli:ok leftover:ok service:ok models:failure");
  EXPECT_EQ(last_.subject, "support-desk");
}

TEST_F(CheckFlow, ContradictingOptionsAreWrongUsageAndNoFinding) {
  options_.session.service = session::ServiceChoice::kEmbedded;
  options_.session.endpoint = kNobody;
  const base::Result<bool> ready = Check();
  ASSERT_FALSE(ready.ok());
  EXPECT_EQ(ready.error().code, base::ErrorCode::kUsage);
  EXPECT_EQ(seen_, "cli:ok");
}

TEST_F(CheckFlow, CancelledFromTheStartAsksNoService) {
  options_.session.endpoint = kNobody;
  options_.session.cancelled = [] { return true; };
  const base::Result<bool> ready = Check();
  ASSERT_FALSE(ready.ok());
  EXPECT_EQ(ready.error().code, base::ErrorCode::kCancelled);
  EXPECT_EQ(seen_, "cli:ok");
}

}  // namespace
}  // namespace assay::check
