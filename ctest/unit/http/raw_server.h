// SPDX-License-Identifier: MIT
// A server that sends exactly the bytes a test wants, right or wrong, on a loopback port of its own. The script runs on
// one thread; it knows no HTTP beyond finding the end of a request. Declare it before the transport that talks to it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace assay::http {

class RawServer {
 public:
  class Connection {
   public:
    virtual ~Connection() = default;  // closes
    // Head and body of the next request; empty when the client closed instead.
    virtual std::string ReadRequest() = 0;
    virtual void Write(std::string_view bytes) = 0;
    // Returns once the client has closed: how a server stays silent without a clock.
    virtual void WaitForClose() = 0;
    // Ends with RST instead of FIN.
    virtual void Reset() = 0;
  };
  class Listener {
   public:
    virtual ~Listener() = default;
    // Throws, which ends the script, when the test is over.
    virtual std::unique_ptr<Connection> Accept() = 0;
    // Who connects from now on is refused; connections stay.
    virtual void StopListening() = 0;
  };
  using Script = std::function<void(Listener&)>;

  // Throws where the system has no such address (::1 is not everywhere) or the port is taken; 0 takes a free one.
  explicit RawServer(Script script, const std::string& address = "127.0.0.1", unsigned short port = 0);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string Url(std::string_view path = "/", std::string_view host = "127.0.0.1") const;
  unsigned short port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// A whole answer with its length.
std::string Answer(std::string_view body, std::string_view status = "200 OK");

// A port of 127.0.0.1 that is taken while it lives but where nothing listens.
class RefusingPort {
 public:
  RefusingPort();
  ~RefusingPort();
  RefusingPort(const RefusingPort&) = delete;
  RefusingPort& operator=(const RefusingPort&) = delete;
  std::string Url() const;
  unsigned short port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::http
