// SPDX-License-Identifier: MIT
// Exchanges that succeed: what is sent, what comes back, which times are noted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <future>
#include <memory>
#include <vector>

#include "ctest/unit/http/raw_server.h"
#include "fixtures/http/transport.h"

namespace assay::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class CurlTransport : public testing::Test {
 protected:
  struct Outcome {
    std::optional<Failure> failure;
    Exchange exchange;
    std::string body;
    std::vector<base::Moment> stamps;
  };

  Outcome Perform(const Request& request) {
    Outcome outcome;
    outcome.failure = transport_->Perform(
        request,
        [&](std::string_view bytes, base::Moment at) {
          outcome.body.append(bytes);
          outcome.stamps.push_back(at);
          return true;
        },
        outcome.exchange);
    return outcome;
  }

  Outcome MustGet(const std::string& url) {
    Request request;
    request.url = url;
    Outcome outcome = Perform(request);
    EXPECT_FALSE(outcome.failure.has_value()) << outcome.failure->error.Message();
    return outcome;
  }

  std::unique_ptr<Transport> transport_ = MakeCurlTransport({});
};

// The transport of the fixture outlives the servers of the tests, which wait for its connections to end.
struct Closer {
  std::unique_ptr<Transport>& transport;
  ~Closer() { transport.reset(); }
};

// Answers every request of every connection the same.
RawServer::Script AlwaysAnswer(std::string bytes) {
  return [bytes = std::move(bytes)](RawServer::Listener& listener) {
    while (true) {
      const auto connection = listener.Accept();
      while (!connection->ReadRequest().empty()) connection->Write(bytes);
    }
  };
}

TEST_F(CurlTransport, ReceivesABodyAndNotesTheTimes) {
  RawServer server(AlwaysAnswer(Answer("hello")));
  const Closer closer{transport_};
  const auto before = std::chrono::steady_clock::now();
  const Outcome outcome = MustGet(server.Url("/v1/models"));
  const auto after = std::chrono::steady_clock::now();
  EXPECT_EQ(outcome.body, "hello");
  EXPECT_EQ(outcome.exchange.status, 200);
  EXPECT_EQ(outcome.exchange.content_type, "text/plain");
  EXPECT_FALSE(outcome.exchange.reused_connection);
  EXPECT_GE(outcome.exchange.start, before);
  ASSERT_TRUE(outcome.exchange.connected && outcome.exchange.sent && outcome.exchange.first_byte);
  EXPECT_GT(*outcome.exchange.connected, base::Nanoseconds::zero());
  EXPECT_LE(*outcome.exchange.connected, *outcome.exchange.sent);
  EXPECT_LE(*outcome.exchange.sent, *outcome.exchange.first_byte);
  // libcurl counts from a moment just after `start`.
  EXPECT_LE(*outcome.exchange.first_byte, outcome.exchange.closed);
  ASSERT_EQ(outcome.stamps.size(), 1U);
  EXPECT_GE(outcome.stamps[0], outcome.exchange.start + *outcome.exchange.first_byte);
  EXPECT_LE(outcome.stamps[0], outcome.exchange.start + outcome.exchange.closed);
  EXPECT_LE(outcome.exchange.start + outcome.exchange.closed, after);
}

TEST_F(CurlTransport, SendsAPostAsGiven) {
  std::promise<std::string> received;
  RawServer server([&](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    received.set_value(connection->ReadRequest());
    connection->Write(Answer("{}"));
    connection->WaitForClose();
  });
  const Closer closer{transport_};
  Request request;
  request.method = "POST";
  request.url = server.Url("/v1/chat/completions");
  request.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}};
  request.body = std::string("{\"a\":\"") + std::string(100'000, 'x') + '\0' + "\"}";
  EXPECT_FALSE(Perform(request).failure.has_value());
  const std::string raw = received.get_future().get();
  EXPECT_THAT(raw, StartsWith("POST /v1/chat/completions HTTP/1.1\r\n"));
  EXPECT_THAT(raw, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(raw, HasSubstr("\r\nX-Empty:"));
  EXPECT_THAT(raw, HasSubstr("\r\nUser-Agent: assay\r\n"));
  EXPECT_THAT(raw, Not(HasSubstr("Expect:")));
  EXPECT_THAT(raw, testing::EndsWith("\r\n\r\n" + request.body));
}

TEST_F(CurlTransport, ClaimsNoContentTypeOfItsOwn) {
  std::promise<std::string> received;
  RawServer server([&](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    received.set_value(connection->ReadRequest());
    connection->Write(Answer("{}"));
    connection->WaitForClose();
  });
  const Closer closer{transport_};
  Request request;
  request.method = "POST";
  request.url = server.Url();
  EXPECT_FALSE(Perform(request).failure.has_value());
  const std::string raw = received.get_future().get();
  EXPECT_THAT(raw, Not(HasSubstr("Content-Type")));
  EXPECT_THAT(raw, HasSubstr("\r\nContent-Length: 0\r\n"));
}

TEST_F(CurlTransport, ReadsAChunkedBodySplitAtEveryPosition) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string wire = head + "8\r\ndata: 1\n\r\n1;ext=1\r\n\n\r\na\r\ndata: \xC3\xA4\n\n\r\n0\r\n\r\n";
  RawServer server([&](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    for (std::size_t split = 1; split < wire.size(); ++split) {
      connection->ReadRequest();
      connection->Write(std::string_view(wire).substr(0, split));
      connection->Write(std::string_view(wire).substr(split));
    }
    connection->WaitForClose();
  });
  const Closer closer{transport_};
  for (std::size_t split = 1; split < wire.size(); ++split) {
    const Outcome outcome = MustGet(server.Url());
    ASSERT_EQ(outcome.body, "data: 1\n\ndata: \xC3\xA4\n\n") << "split at " << split;
    ASSERT_EQ(outcome.exchange.content_type, "text/event-stream") << "split at " << split;
  }
}

TEST_F(CurlTransport, StampsEveryArrivalOnItsOwn) {
  std::promise<void> first_arrived;
  RawServer server([&](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    connection->ReadRequest();
    connection->Write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
    first_arrived.get_future().wait();
    connection->Write("b");
    connection->WaitForClose();
  });
  const Closer closer{transport_};
  std::vector<base::Moment> stamps;
  base::Moment released;
  Request request;
  request.url = server.Url();
  Exchange exchange;
  const auto failure = transport_->Perform(
      request,
      [&](std::string_view, base::Moment at) {
        EXPECT_LE(at, std::chrono::steady_clock::now());
        stamps.push_back(at);
        if (stamps.size() == 1) {
          released = std::chrono::steady_clock::now();
          first_arrived.set_value();
        }
        return true;
      },
      exchange);
  EXPECT_FALSE(failure.has_value());
  ASSERT_EQ(stamps.size(), 2U);
  EXPECT_LE(stamps[0], released);
  EXPECT_GE(stamps[1], released);
}

TEST_F(CurlTransport, KeepsTheConnection) {
  RawServer server([](RawServer::Listener& listener) {
    const auto connection = listener.Accept();  // once: a second connection would wait for ever
    while (!connection->ReadRequest().empty()) connection->Write(Answer("again"));
  });
  const Closer closer{transport_};
  EXPECT_FALSE(MustGet(server.Url()).exchange.reused_connection);
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = MustGet(server.Url());
    EXPECT_TRUE(outcome.exchange.reused_connection);
    EXPECT_FALSE(outcome.exchange.connected.has_value());
    EXPECT_TRUE(outcome.exchange.sent && outcome.exchange.first_byte);
    EXPECT_EQ(outcome.body, "again");
  }
}

TEST_F(CurlTransport, TakesAConnectionOfItsOwnWhenAskedTo) {
  RawServer server([](RawServer::Listener& listener) {
    const auto kept = listener.Accept();
    kept->ReadRequest();
    kept->Write(Answer("first"));
    const auto fresh = listener.Accept();
    fresh->ReadRequest();
    fresh->Write(Answer("second"));
    fresh->WaitForClose();
  });
  const Closer closer{transport_};
  MustGet(server.Url());
  Request request;
  request.url = server.Url();
  request.fresh_connection = true;
  const Outcome outcome = Perform(request);
  ASSERT_FALSE(outcome.failure.has_value()) << outcome.failure->error.Message();
  EXPECT_EQ(outcome.body, "second");
  EXPECT_FALSE(outcome.exchange.reused_connection);
  EXPECT_TRUE(outcome.exchange.connected.has_value());
}

TEST_F(CurlTransport, SurvivesAConnectionClosedBetweenRequests) {
  std::promise<void> closed;
  RawServer server([&](RawServer::Listener& listener) {
    {
      const auto connection = listener.Accept();
      connection->ReadRequest();
      connection->Write(Answer("first"));
    }
    closed.set_value();
    AlwaysAnswer(Answer("second"))(listener);
  });
  const Closer closer{transport_};
  EXPECT_EQ(MustGet(server.Url()).body, "first");
  closed.get_future().wait();
  const Outcome second = MustGet(server.Url());
  EXPECT_EQ(second.body, "second");
  EXPECT_FALSE(second.exchange.reused_connection);
  EXPECT_TRUE(second.exchange.connected.has_value());
}

TEST_F(CurlTransport, SurvivesAConnectionClosedWhileARequestIsOnItsWay) {
  RawServer server([](RawServer::Listener& listener) {
    {
      const auto connection = listener.Accept();
      connection->ReadRequest();
      connection->Write(Answer("first"));
      connection->ReadRequest();  // taken, not answered
    }
    AlwaysAnswer(Answer("second"))(listener);
  });
  const Closer closer{transport_};
  EXPECT_EQ(MustGet(server.Url()).body, "first");
  Request request;
  request.method = "POST";
  request.url = server.Url();
  request.body = "{}";
  const Outcome second = Perform(request);
  EXPECT_FALSE(second.failure.has_value()) << second.failure->error.Message();
  EXPECT_EQ(second.body, "second");
}

TEST_F(CurlTransport, TakesTheLastOfSeveralContentTypesInLowerCaseWithoutParameters) {
  RawServer server(
      AlwaysAnswer("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                   "Content-Type:  Text/Event-Stream ; charset=UTF-8\r\nContent-Length: 0\r\n\r\n"));
  const Closer closer{transport_};
  EXPECT_EQ(MustGet(server.Url()).exchange.content_type, "text/event-stream");
}

TEST_F(CurlTransport, AnErrorStatusIsAnAnswer) {
  RawServer server(AlwaysAnswer(Answer("{\"error\":\"busy\"}", "500 Internal Server Error")));
  const Closer closer{transport_};
  const Outcome outcome = MustGet(server.Url());
  EXPECT_EQ(outcome.exchange.status, 500);
  EXPECT_EQ(outcome.body, "{\"error\":\"busy\"}");
}

TEST_F(CurlTransport, FollowsNoRedirect) {
  RawServer server(
      AlwaysAnswer("HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"));
  const Closer closer{transport_};
  EXPECT_EQ(MustGet(server.Url()).exchange.status, 307);
}

TEST_F(CurlTransport, SkipsInterimAnswers) {
  RawServer server(AlwaysAnswer("HTTP/1.1 100 Continue\r\nContent-Type: a/b\r\n\r\n" + Answer("body")));
  const Closer closer{transport_};
  const Outcome outcome = MustGet(server.Url());
  EXPECT_EQ(outcome.exchange.status, 200);
  EXPECT_EQ(outcome.exchange.content_type, "text/plain");
}

TEST_F(CurlTransport, AnswerEndedByCloseIsComplete) {
  RawServer server([](RawServer::Listener& listener) {
    const auto connection = listener.Accept();
    connection->ReadRequest();
    connection->Write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end");
  });
  const Closer closer{transport_};
  EXPECT_EQ(MustGet(server.Url()).body, "until the end");
}

TEST_F(CurlTransport, MoreThanTheAnnouncedLengthDoesNotSpoilTheNextAnswer) {
  RawServer server([](RawServer::Listener& listener) {
    {
      const auto connection = listener.Accept();
      connection->ReadRequest();
      connection->Write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 404 Not Found\r\n\r\n");
      connection->WaitForClose();
    }
    AlwaysAnswer(Answer("next"))(listener);
  });
  const Closer closer{transport_};
  EXPECT_EQ(MustGet(server.Url()).body, "hello");
  const Outcome next = MustGet(server.Url());
  EXPECT_EQ(next.exchange.status, 200);
  EXPECT_EQ(next.body, "next");
}

// A server on ::1; null where the system has no such address.
std::unique_ptr<RawServer> MakeServerOnIpv6(RawServer::Script script, unsigned short port) {
  try {
    return std::make_unique<RawServer>(std::move(script), "::1", port);
  } catch (const std::exception&) {
    return nullptr;
  }
}

TEST_F(CurlTransport, LocalhostIsIpv4First) {
  RawServer four(AlwaysAnswer(Answer("four")));
  const auto six = MakeServerOnIpv6(AlwaysAnswer(Answer("six")), four.port());
  if (six == nullptr) GTEST_SKIP() << "no ::1 here";
  const Closer closer{transport_};
  EXPECT_EQ(MustGet(four.Url("/", "localhost")).body, "four");
}

TEST_F(CurlTransport, LocalhostIsIpv6WhereIpv4Refuses) {
  const RefusingPort four;
  const auto six = MakeServerOnIpv6(AlwaysAnswer(Answer("six")), four.port());
  if (six == nullptr) GTEST_SKIP() << "no ::1 here";
  const Closer closer{transport_};
  EXPECT_EQ(MustGet(six->Url("/", "localhost")).body, "six");
}

TEST_F(CurlTransport, ReachesLoopbackByNameAndByNumberPastAProxy) {
#ifdef _WIN32
  _putenv_s("http_proxy", "http://127.0.0.1:1");
#else
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
#endif
  RawServer by_name(AlwaysAnswer(Answer("name")));
  RawServer by_number(AlwaysAnswer(Answer("number")));
  const Closer closer{transport_};
  EXPECT_EQ(MustGet(by_name.Url("/", "localhost")).body, "name");
  EXPECT_EQ(MustGet(by_number.Url("/", "127.0.0.1")).body, "number");
#ifdef _WIN32
  _putenv_s("http_proxy", "");
#else
  ::unsetenv("http_proxy");
#endif
}

}  // namespace
}  // namespace assay::http
