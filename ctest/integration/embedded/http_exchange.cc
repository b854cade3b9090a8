// SPDX-License-Identifier: MIT
#include "ctest/integration/embedded/http_exchange.h"

#include <boost/asio.hpp>

namespace assay::embedded::testing_support {
namespace asio = boost::asio;

struct RawConnection::Impl {
  asio::io_context io;
  asio::ip::tcp::socket socket{io};
  std::string buffer;

  bool More() {
    char bytes[8192];
    boost::system::error_code error;
    const std::size_t count = socket.read_some(asio::buffer(bytes), error);
    buffer.append(bytes, count);
    return !error;
  }
};

RawConnection::RawConnection(std::uint16_t port) : impl_(std::make_unique<Impl>()) {
  impl_->socket.connect({asio::ip::address_v4::loopback(), port});
}
RawConnection::~RawConnection() = default;

void RawConnection::Send(const std::string& bytes) {
  boost::system::error_code ignored;
  asio::write(impl_->socket, asio::buffer(bytes), ignored);
}

std::string RawConnection::ReadUntil(const std::string& text) {
  while (impl_->buffer.find(text) == std::string::npos) {
    if (!impl_->More()) return std::exchange(impl_->buffer, "");
  }
  const std::size_t size = impl_->buffer.find(text) + text.size();
  std::string read = impl_->buffer.substr(0, size);
  impl_->buffer.erase(0, size);
  return read;
}

std::string RawConnection::ReadAnswer() {
  std::string answer = ReadUntil("\r\n\r\n");
  if (answer.find("Transfer-Encoding: chunked") != std::string::npos) return answer + ReadUntil("\r\n0\r\n\r\n");
  const std::size_t length_at = answer.find("Content-Length: ");
  if (length_at == std::string::npos) return answer;
  const std::size_t length = std::stoul(answer.substr(length_at + 16));
  while (impl_->buffer.size() < length && impl_->More()) {
  }
  answer += impl_->buffer.substr(0, length);
  impl_->buffer.erase(0, length);
  return answer;
}

bool RawConnection::ClosesNow() {
  while (impl_->More()) {
  }
  return impl_->buffer.empty();
}

std::string GetRequest(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: test\r\n\r\n"; }

std::string PostRequest(const std::string& target, const std::string& body) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string Exchange(std::uint16_t port, const std::string& request) {
  RawConnection connection(port);
  connection.Send(request);
  return connection.ReadAnswer();
}

std::string BodyOf(const std::string& answer) {
  const std::size_t at = answer.find("\r\n\r\n");
  return at == std::string::npos ? "" : answer.substr(at + 4);
}

}  // namespace assay::embedded::testing_support
