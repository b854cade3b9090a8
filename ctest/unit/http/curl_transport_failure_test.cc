// SPDX-License-Identifier: MIT
// Exchanges that fail: each kind has its code, its message, and says how far it came.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

#include "ctest/unit/http/raw_server.h"
#include "fixtures/http/transport.h"

namespace assay::http {
namespace {

using base::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

// Far above what a busy machine needs, far below what would be waited for without the deadline under test.
constexpr seconds kSoon{20};

Failure MustFail(Transport& transport, const Request& request, const OnBytes& on_bytes) {
  Exchange exchange;
  const auto begin = steady_clock::now();
  auto failure = transport.Perform(request, on_bytes, exchange);
  EXPECT_LT(steady_clock::now() - begin, kSoon);
  EXPECT_TRUE(failure.has_value());
  if (!failure) return Failure{{ErrorCode::kInternal, "nothing failed", ""}, exchange};
  EXPECT_EQ(failure->error.where, request.url);
  EXPECT_EQ(failure->exchange.status, exchange.status);
  return *failure;
}

Failure MustFail(const Request& request) {
  const auto transport = MakeCurlTransport({});
  return MustFail(*transport, request, [](std::string_view, base::Moment) { return true; });
}

Request Get(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}

RawServer::Script WriteThenWait(std::string bytes) {
  return [bytes = std::move(bytes)](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    connection->ReadRequest();
    connection->Write(bytes);
    connection->WaitForClose();
  };
}

RawServer::Script WriteThenClose(std::string bytes) {
  return [bytes = std::move(bytes)](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    connection->ReadRequest();
    connection->Write(bytes);
  };
}

TEST(CurlTransportFailure, ConnectionRefused) {
  const RefusingPort port;
  const Failure failure = MustFail(Get(port.Url()));
  EXPECT_EQ(failure.error.code, ErrorCode::kTransport);
  EXPECT_THAT(failure.error.what, HasSubstr("connection refused"));
  EXPECT_THAT(failure.error.what, HasSubstr("is the service running?"));
  EXPECT_EQ(failure.exchange.status, 0);
  EXPECT_FALSE(failure.exchange.connected || failure.exchange.sent || failure.exchange.first_byte);
  EXPECT_FALSE(failure.exchange.reused_connection);
}

TEST(CurlTransportFailure, NoFirstByte) {
  RawServer server(WriteThenWait(""));
  Request request = Get(server.Url());
  request.timeouts.first_byte = milliseconds(40);
  const Failure failure = MustFail(request);
  EXPECT_EQ(failure.error.code, ErrorCode::kTimeout);
  EXPECT_THAT(failure.error.what, HasSubstr("no byte of the answer's body within 40.0 ms"));
  EXPECT_EQ(failure.exchange.status, 0);
  EXPECT_TRUE(failure.exchange.connected && failure.exchange.sent);
  EXPECT_FALSE(failure.exchange.first_byte.has_value());
  EXPECT_GE(failure.exchange.closed, *failure.exchange.sent + milliseconds(40));
}

TEST(CurlTransportFailure, HeadersAreNotTheFirstByteOfTheBody) {
  RawServer server(WriteThenWait("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
  Request request = Get(server.Url());
  request.timeouts.first_byte = milliseconds(40);
  const Failure failure = MustFail(request);
  EXPECT_EQ(failure.error.code, ErrorCode::kTimeout);
  EXPECT_THAT(failure.error.what, HasSubstr("no byte of the answer's body"));
  EXPECT_EQ(failure.exchange.status, 200);
  EXPECT_TRUE(failure.exchange.first_byte.has_value());
}

TEST(CurlTransportFailure, StalledBody) {
  RawServer server(WriteThenWait("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"));
  Request request = Get(server.Url());
  request.timeouts.idle = milliseconds(40);
  const Failure failure = MustFail(request);
  EXPECT_EQ(failure.error.code, ErrorCode::kTimeout);
  EXPECT_THAT(failure.error.what, HasSubstr("stalled"));
  EXPECT_EQ(failure.exchange.status, 200);
  EXPECT_GE(failure.exchange.closed, milliseconds(40));
}

TEST(CurlTransportFailure, TotalTime) {
  RawServer server(WriteThenWait("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"));
  Request request = Get(server.Url());
  request.timeouts.total = milliseconds(40);
  const Failure failure = MustFail(request);
  EXPECT_EQ(failure.error.code, ErrorCode::kTimeout);
  EXPECT_THAT(failure.error.what, HasSubstr("not complete within 40.0 ms"));
  EXPECT_GE(failure.exchange.closed, milliseconds(40));
}

// Whoever only asked for a status cannot ask for fewer tokens.
TEST(CurlTransportFailure, TotalTimeWithoutAByteAsksForTheService) {
  RawServer server(WriteThenWait(""));
  Request request = Get(server.Url());
  request.timeouts.total = milliseconds(40);
  const Failure failure = MustFail(request);
  EXPECT_EQ(failure.error.code, ErrorCode::kTimeout);
  EXPECT_THAT(failure.error.what, HasSubstr("not complete within 40.0 ms; is the service busy, or does it hang?"));
  EXPECT_THAT(failure.error.what, testing::Not(HasSubstr("token")));
}

TEST(CurlTransportFailure, LongestTimeoutsDoNotOverflow) {
  RawServer server(WriteThenClose(Answer("fine")));
  Request request = Get(server.Url());
  request.timeouts = {base::Nanoseconds::max(), base::Nanoseconds::max(), base::Nanoseconds::max(),
                      base::Nanoseconds::max()};
  const auto transport = MakeCurlTransport({});
  Exchange exchange;
  EXPECT_FALSE(transport
                   ->Perform(
                       request, [](std::string_view, base::Moment) { return true; }, exchange)
                   .has_value());
}

TEST(CurlTransportFailure, ResetInTheMiddleOfTheBody) {
  std::promise<void> arrived;
  RawServer server([&](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    connection->ReadRequest();
    connection->Write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    arrived.get_future().wait();
    connection->Reset();
  });
  const auto transport = MakeCurlTransport({});
  const Failure failure = MustFail(*transport, Get(server.Url()), [&](std::string_view, base::Moment) {
    arrived.set_value();
    return true;
  });
  EXPECT_EQ(failure.error.code, ErrorCode::kTransport);
  EXPECT_THAT(failure.error.what, HasSubstr("reset in the middle of the answer"));
  EXPECT_EQ(failure.exchange.status, 200);
}

TEST(CurlTransportFailure, ClosedWithoutAnAnswer) {
  RawServer server(WriteThenClose(""));
  const Failure failure = MustFail(Get(server.Url()));
  EXPECT_EQ(failure.error.code, ErrorCode::kTransport);
  EXPECT_THAT(failure.error.what, HasSubstr("without an answer"));
}

TEST(CurlTransportFailure, LessThanTheAnnouncedLength) {
  RawServer server(WriteThenClose("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"));
  const Failure failure = MustFail(Get(server.Url()));
  EXPECT_EQ(failure.error.code, ErrorCode::kTransport);
  EXPECT_THAT(failure.error.what, HasSubstr("cut short"));
}

TEST(CurlTransportFailure, ChunkedBodyCutShort) {
  RawServer server(WriteThenClose("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"));
  const Failure failure = MustFail(Get(server.Url()));
  EXPECT_EQ(failure.error.code, ErrorCode::kTransport);
  EXPECT_THAT(failure.error.what, HasSubstr("cut short"));
}

TEST(CurlTransportFailure, BrokenChunkedEncoding) {
  RawServer server(WriteThenClose("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n"));
  const Failure failure = MustFail(Get(server.Url()));
  EXPECT_EQ(failure.error.code, ErrorCode::kTransport);
  EXPECT_THAT(failure.error.what, HasSubstr("chunked encoding is broken"));
}

TEST(CurlTransportFailure, NotHttp) {
  RawServer server(WriteThenClose("SSH-2.0-OpenSSH_9.2\r\n"));
  const Failure failure = MustFail(Get(server.Url()));
  EXPECT_EQ(failure.error.code, ErrorCode::kTransport);
  EXPECT_THAT(failure.error.what, HasSubstr("not HTTP"));
}

TEST(CurlTransportFailure, StoppedByTheReceiver) {
  RawServer server(WriteThenWait("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"));
  const auto transport = MakeCurlTransport({});
  const Failure failure = MustFail(*transport, Get(server.Url()), [](std::string_view, base::Moment) { return false; });
  EXPECT_EQ(failure.error.code, ErrorCode::kCancelled);
}

TEST(CurlTransportFailure, CancelledWhileWaiting) {
  RawServer server(WriteThenWait("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"));
  std::atomic<bool> cancelled{false};
  const auto transport = MakeCurlTransport({[&] { return cancelled.load(); }, "assay"});
  const Failure failure = MustFail(*transport, Get(server.Url()), [&](std::string_view, base::Moment) {
    cancelled = true;
    return true;
  });
  EXPECT_EQ(failure.error.code, ErrorCode::kCancelled);
  EXPECT_EQ(failure.exchange.status, 200);
}

TEST(CurlTransportFailure, ConnectionOfACancelledTransferIsNotUsedAgain) {
  RawServer server([](RawServer::Listener& listener) {
    WriteThenWait("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")(listener);
    WriteThenWait(Answer("fresh"))(listener);
  });
  const auto transport = MakeCurlTransport({});
  MustFail(*transport, Get(server.Url()), [](std::string_view, base::Moment) { return false; });
  const auto response = Fetch(*transport, Get(server.Url()));
  ASSERT_TRUE(response.ok()) << response.error().Message();
  EXPECT_EQ(response->body, "fresh");
  EXPECT_FALSE(response->exchange.reused_connection);
}

TEST(CurlTransportFailure, ExceptionOfTheReceiverStaysInside) {
  RawServer server(WriteThenWait(Answer("hello")));
  const auto transport = MakeCurlTransport({});
  const Failure failure = MustFail(*transport, Get(server.Url()), [](std::string_view, base::Moment) -> bool {
    throw std::runtime_error("out of patience");
  });
  EXPECT_EQ(failure.error.code, ErrorCode::kInternal);
  EXPECT_THAT(failure.error.what, HasSubstr("out of patience"));
}

TEST(CurlTransportFailure, UrlsThatAreNone) {
  for (const char* url :
       {"", "127.0.0.1:5273", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:99999/", "http://a b/"}) {
    const Failure failure = MustFail(Get(url));
    EXPECT_EQ(failure.error.code, ErrorCode::kUsage) << url;
    EXPECT_THAT(failure.error.what, HasSubstr("http://host:port/path")) << url;
  }
}

TEST(CurlTransportFailure, RequestsThatCannotBeSent) {
  Request request = Get("http://127.0.0.1:1/");
  request.headers = {{"X-Split", "a\r\nX-Injected: b"}};
  EXPECT_EQ(MustFail(request).error.code, ErrorCode::kUsage);
  request.headers = {{"X: Y", "a"}};
  EXPECT_EQ(MustFail(request).error.code, ErrorCode::kUsage);
  request.headers.clear();
  request.method = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(MustFail(request).error.code, ErrorCode::kUsage);
  request.method = "GET";
  request.body = "a body";
  EXPECT_EQ(MustFail(request).error.code, ErrorCode::kUsage);
}

TEST(CurlTransportFailure, TransportsOfTwoThreadsDoNotMeet) {
  RawServer first(WriteThenWait(Answer("first")));
  RawServer second(WriteThenWait(Answer("second")));
  const auto fetch = [](const std::string& url) { return Fetch(*MakeCurlTransport({}), Get(url)).value().body; };
  auto other = std::async(std::launch::async, fetch, first.Url());
  EXPECT_EQ(fetch(second.Url()), "second");
  EXPECT_EQ(other.get(), "first");
}

// Certificates are read before a byte of TLS is spoken, so a server that says nothing is enough to see that the file is
// the one that is asked for.
TEST(CurlTransportFailure, TheCaFileIsTheOneThatIsNamed) {
  RawServer server(WriteThenWait(""));
  CurlOptions options;
  options.ca_file = "no-such-folder/our-ca.pem";
  const auto transport = MakeCurlTransport(options);
  std::string url = server.Url();
  url.replace(0, 4, "https");
  const Failure failure = MustFail(*transport, Get(url), [](std::string_view, base::Moment) { return true; });
  EXPECT_EQ(failure.error.code, ErrorCode::kUsage);
  EXPECT_THAT(failure.error.what, HasSubstr("trusted certificates no-such-folder/our-ca.pem cannot be read"));
}

}  // namespace
}  // namespace assay::http
