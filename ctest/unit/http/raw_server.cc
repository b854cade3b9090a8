// SPDX-License-Identifier: MIT
#include "ctest/unit/http/raw_server.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <thread>
#include <utility>

namespace assay::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

tcp::endpoint AnyLoopbackPort() { return {asio::ip::address_v4::loopback(), 0}; }

class AsioConnection final : public RawServer::Connection {
 public:
  explicit AsioConnection(tcp::socket socket) : socket_(std::move(socket)) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);  // one Write, one segment
  }

  std::string ReadRequest() override {
    error_code ec;
    const std::size_t head = asio::read_until(socket_, asio::dynamic_buffer(pending_), "\r\n\r\n", ec);
    if (ec) return {};
    const std::size_t length_at = pending_.find("Content-Length: ");
    const std::size_t body =
        length_at < head ? static_cast<std::size_t>(std::atoll(pending_.c_str() + length_at + 16)) : 0;
    if (pending_.size() < head + body) {
      asio::read(socket_, asio::dynamic_buffer(pending_), asio::transfer_exactly(head + body - pending_.size()), ec);
    }
    if (ec) return {};
    std::string request = pending_.substr(0, head + body);
    pending_.erase(0, head + body);
    return request;
  }

  void Write(std::string_view bytes) override {
    error_code ignored;  // the client may have gone: that is for the test to see
    asio::write(socket_, asio::buffer(bytes), ignored);
  }

  void WaitForClose() override {
    error_code ec;
    std::array<char, 1024> dropped{};
    while (!ec) socket_.read_some(asio::buffer(dropped), ec);
  }

  void Reset() override {
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
  }

 private:
  tcp::socket socket_;
  std::string pending_;
};

}  // namespace

class RawServer::Impl final : public RawServer::Listener {
 public:
  Impl(Script script, const tcp::endpoint& endpoint)
      : acceptor_(context_, endpoint), endpoint_(acceptor_.local_endpoint()), thread_([this, script] {
          try {
            script(*this);
          } catch (const std::exception&) {
            // The test is over.
          }
        }) {}

  ~Impl() override {
    over_ = true;
    // Wakes a script that waits in Accept.
    asio::io_context context;
    tcp::socket socket(context);
    error_code ignored;
    socket.connect(endpoint_, ignored);
    thread_.join();
  }

  std::unique_ptr<Connection> Accept() override {
    tcp::socket socket = acceptor_.accept();
    if (over_) throw std::runtime_error("the test is over");
    return std::make_unique<AsioConnection>(std::move(socket));
  }

  void StopListening() override { acceptor_.close(); }

  unsigned short port() const { return endpoint_.port(); }

 private:
  asio::io_context context_;
  tcp::acceptor acceptor_;
  const tcp::endpoint endpoint_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

RawServer::RawServer(Script script, const std::string& address, unsigned short port)
    : impl_(std::make_unique<Impl>(std::move(script), tcp::endpoint(asio::ip::make_address(address), port))) {}
RawServer::~RawServer() = default;
unsigned short RawServer::port() const { return impl_->port(); }

std::string RawServer::Url(std::string_view path, std::string_view host) const {
  return "http://" + std::string(host) + ":" + std::to_string(impl_->port()) + std::string(path);
}

std::string Answer(std::string_view body, std::string_view status) {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

class RefusingPort::Impl {
 public:
  Impl() : socket_(context_) {
    socket_.open(tcp::v4());
    socket_.bind(AnyLoopbackPort());
  }
  unsigned short port() const { return socket_.local_endpoint().port(); }

 private:
  asio::io_context context_;
  tcp::socket socket_;
};

RefusingPort::RefusingPort() : impl_(std::make_unique<Impl>()) {}
RefusingPort::~RefusingPort() = default;
unsigned short RefusingPort::port() const { return impl_->port(); }
std::string RefusingPort::Url() const { return "http://127.0.0.1:" + std::to_string(impl_->port()) + "/"; }

}  // namespace assay::http
