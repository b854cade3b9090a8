// SPDX-License-Identifier: MIT
// Which connection an exchange used and what its times belong to: new and kept ones, kept ones that were dead, chunks
// that came together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "ctest/unit/http/raw_server.h"
#include "fixtures/http/transport.h"

namespace assay::http {
namespace {

using base::Moment;
using base::Nanoseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

struct Outcome {
  std::optional<Failure> failure;
  Exchange exchange;
  std::string body;
  std::vector<Moment> stamps;
};

Outcome Perform(Transport& transport, const Request& request) {
  Outcome outcome;
  outcome.failure = transport.Perform(
      request,
      [&](std::string_view bytes, Moment at) {
        outcome.body.append(bytes);
        outcome.stamps.push_back(at);
        return true;
      },
      outcome.exchange);
  return outcome;
}

Request Post(std::string url) {
  Request request;
  request.method = "POST";
  request.url = std::move(url);
  request.body = "{}";
  request.timeouts.first_byte = std::chrono::seconds(20);  // a request that nobody answers fails the test
  return request;
}

// A transport that opens `door` on the second look at its `cancelled`, which it takes while it waits for an answer: an
// event that lies behind the first attempt of a request by more than any libcurl needs to connect.
std::unique_ptr<Transport> WithDoor(std::promise<void>& door, const bool& armed) {
  CurlOptions options;
  options.cancelled = [&door, &armed, looks = 0]() mutable {
    if (armed && ++looks == 3) door.set_value();
    return false;
  };
  return MakeCurlTransport(std::move(options));
}

TEST(Connection, TimesAreThoseOfTheAttemptThatStands) {
  std::promise<void> door;
  bool armed = false;
  Moment given_up;
  RawServer server([&](RawServer::Listener& listener) {
    {
      const auto kept = listener.Accept();
      kept->ReadRequest();
      kept->Write(Answer("first"));
      kept->ReadRequest();  // taken, and never answered
      door.get_future().wait();
      given_up = steady_clock::now();
    }
    const auto fresh = listener.Accept();
    fresh->ReadRequest();
    fresh->Write(Answer("second"));
    fresh->WaitForClose();
  });
  const auto transport = WithDoor(door, armed);
  EXPECT_EQ(Perform(*transport, Post(server.Url())).body, "first");
  armed = true;
  const Outcome second = Perform(*transport, Post(server.Url()));
  ASSERT_FALSE(second.failure.has_value()) << second.failure->error.Message();
  EXPECT_EQ(second.body, "second");
  const Exchange& exchange = second.exchange;
  EXPECT_FALSE(exchange.reused_connection);
  ASSERT_TRUE(exchange.connected && exchange.sent && exchange.first_byte);
  EXPECT_GE(exchange.start + *exchange.connected, given_up);
  EXPECT_GE(*exchange.sent, *exchange.connected);
  EXPECT_GE(*exchange.first_byte, *exchange.sent);
  EXPECT_LE(*exchange.first_byte, exchange.closed);
}

TEST(Connection, NothingIsLeftOfAnAttemptThatDidNotStand) {
  std::promise<void> door;
  bool armed = false;
  RawServer server([&](RawServer::Listener& listener) {
    const auto kept = listener.Accept();
    kept->ReadRequest();
    kept->Write(Answer("first"));
    kept->ReadRequest();  // taken, and never answered
    listener.StopListening();
    door.get_future().wait();
  });
  const auto transport = WithDoor(door, armed);
  EXPECT_EQ(Perform(*transport, Post(server.Url())).body, "first");
  armed = true;
  const Outcome second = Perform(*transport, Post(server.Url()));
  ASSERT_TRUE(second.failure.has_value());
  EXPECT_THAT(second.failure->error.what, HasSubstr("connection refused"));
  const Exchange& reached = second.failure->exchange;
  EXPECT_EQ(reached.status, 0);
  EXPECT_FALSE(reached.connected || reached.sent || reached.first_byte);
  EXPECT_FALSE(reached.reused_connection);
}

TEST(Connection, OneOfItsOwnIsNobodyElses) {
  RawServer server([](RawServer::Listener& listener) {
    const auto own = listener.Accept();
    own->ReadRequest();
    own->Write(Answer("own"));
    const auto other = listener.Accept();
    other->ReadRequest();
    other->Write(Answer("other"));
    own->WaitForClose();
    other->WaitForClose();
  });
  const auto transport = MakeCurlTransport({});
  Request request = Post(server.Url());
  request.fresh_connection = true;
  EXPECT_EQ(Perform(*transport, request).body, "own");
  request.fresh_connection = false;
  const Outcome other = Perform(*transport, request);
  EXPECT_EQ(other.body, "other");
  EXPECT_FALSE(other.exchange.reused_connection);
}

// The port takes connections but speaks no TLS: what stands is a socket, not a connection one could send on.
TEST(Connection, OfHttpsStandsAfterItsHandshake) {
  RawServer server([](RawServer::Listener& listener) { listener.Accept()->WaitForClose(); });
  const auto transport = MakeCurlTransport({});
  Request request = Post(server.Url());
  request.url.replace(0, 4, "https");
  request.timeouts.connect = milliseconds(50);
  const Outcome outcome = Perform(*transport, request);
  ASSERT_TRUE(outcome.failure.has_value());
  EXPECT_EQ(outcome.failure->error.code, base::ErrorCode::kTimeout) << outcome.failure->error.Message();
  EXPECT_FALSE(outcome.failure->exchange.connected || outcome.failure->exchange.sent);
}

// libcurl hands over each chunk of a chunked body on its own, also those that one read has brought.
TEST(Connection, ChunksThatComeTogetherHaveOneStamp) {
  std::promise<void> arrived;
  RawServer server([&](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    connection->ReadRequest();
    connection->Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n");
    arrived.get_future().wait();
    connection->Write("1\r\nd\r\n0\r\n\r\n");
    connection->WaitForClose();
  });
  const auto transport = MakeCurlTransport({});
  std::string body;
  std::vector<Moment> stamps;
  Exchange exchange;
  const auto failure = transport->Perform(
      Post(server.Url()),
      [&](std::string_view bytes, Moment at) {
        for (const char c : bytes) {
          body.push_back(c);
          stamps.push_back(at);
        }
        if (body == "abc") arrived.set_value();
        return true;
      },
      exchange);
  ASSERT_FALSE(failure.has_value()) << failure->error.Message();
  ASSERT_EQ(body, "abcd");
  EXPECT_EQ(stamps[0], stamps[1]);
  EXPECT_EQ(stamps[1], stamps[2]);
  EXPECT_GT(stamps[3], stamps[2]);
}

#ifndef _WIN32
// Nagle's algorithm would hold a request's last segment back until the one before is acknowledged. The option is asked
// of our end of the connection: the socket of this process whose other end is the server's port.
TEST(Connection, SendsWithoutDelay) {
  using boost::asio::ip::tcp;
  RawServer server([](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    connection->ReadRequest();
    connection->Write(Answer("hello"));
    connection->WaitForClose();
  });
  const auto transport = MakeCurlTransport({});
  EXPECT_EQ(Perform(*transport, Post(server.Url())).body, "hello");
  int found = 0;
  boost::asio::io_context context;
  for (int descriptor = 3; descriptor < 1024; ++descriptor) {
    boost::system::error_code error;
    tcp::socket socket(context);
    socket.assign(tcp::v4(), descriptor, error);
    if (error) continue;
    const tcp::endpoint other = socket.remote_endpoint(error);
    if (!error && other.port() == server.port()) {
      tcp::no_delay no_delay;
      socket.get_option(no_delay);
      EXPECT_TRUE(no_delay.value());
      ++found;
    }
    socket.release();
  }
  EXPECT_EQ(found, 1);
}
#endif

}  // namespace
}  // namespace assay::http
