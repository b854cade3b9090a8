// SPDX-License-Identifier: MIT
// Words for failures that need a server with a certificate to happen.
#include "fixtures/http/curl_failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::http {
namespace {

using base::ErrorCode;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kUrl = "https://models.example:8443/v1/models";

base::Error Described(CURLcode code, std::string ca_file) {
  FailedTransfer failed;
  failed.code = code;
  failed.detail = "libcurl's words";
  failed.ca_file = std::move(ca_file);
  return DescribeFailure(failed, kUrl);
}

TEST(CurlFailure, ACertificateThatIsNotTrustedNamesTheVariables) {
  const base::Error error = Described(CURLE_PEER_FAILED_VERIFICATION, "");
  EXPECT_EQ(error.code, ErrorCode::kUsage) << "starting the service again would not help";
  EXPECT_EQ(error.where, kUrl);
  EXPECT_THAT(error.what, HasSubstr("certificate is not trusted by this system's list"));
  EXPECT_THAT(error.what, HasSubstr("CURL_CA_BUNDLE"));
  EXPECT_THAT(error.what, HasSubstr("SSL_CERT_FILE"));
  EXPECT_THAT(error.what, HasSubstr("[libcurl's words]"));
  EXPECT_THAT(Described(CURLE_PEER_FAILED_VERIFICATION, "our-ca.pem").what, HasSubstr("not trusted by our-ca.pem"));
}

TEST(CurlFailure, CertificatesThatCannotBeReadNameTheirFile) {
  const base::Error named = Described(CURLE_SSL_CACERT_BADFILE, "our-ca.pem");
  EXPECT_EQ(named.code, ErrorCode::kUsage);
  EXPECT_THAT(named.what, HasSubstr("our-ca.pem cannot be read"));
  EXPECT_THAT(named.what, HasSubstr("CURL_CA_BUNDLE"));
  const base::Error systems = Described(CURLE_SSL_CACERT_BADFILE, "");
  EXPECT_EQ(systems.code, ErrorCode::kUsage);
  EXPECT_THAT(systems.what, HasSubstr("this system's list"));
}

TEST(CurlFailure, TlsThatCannotBeAgreedOnIsNoMatterOfTrust) {
  const base::Error error = Described(CURLE_SSL_CONNECT_ERROR, "");
  EXPECT_EQ(error.code, ErrorCode::kTransport);
  EXPECT_THAT(error.what, HasSubstr("does this port speak https"));
  EXPECT_THAT(error.what, Not(HasSubstr("trusted")));
}

}  // namespace
}  // namespace assay::http
