// SPDX-License-Identifier: MIT
#include "ctest/integration/embedded/http_exchange.h"

#include <boost/asio.hpp>
#include <sstream>
#include <utility>

namespace assay::embedded::testing_support {
namespace asio = boost::asio;

struct RawConnection::Impl {
  asio::io_context io;
  asio::ip::tcp::socket socket{io};
  std::string buffer;

  boost::system::error_code error;

  bool More() {
    char bytes[65536];
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

std::string RawConnection::ReadToEnd(bool* was_reset) {
  while (impl_->More()) {
  }
  if (was_reset != nullptr) *was_reset = impl_->error == asio::error::connection_reset;
  return std::exchange(impl_->buffer, "");
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

std::vector<std::string> Answer::Payloads() const {
  std::vector<std::string> payloads;
  std::istringstream lines(body);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("data:")) continue;
    if (line.back() == '\r') line.pop_back();
    payloads.push_back(line.substr(line.starts_with("data: ") ? 6 : 5));
  }
  return payloads;
}

std::string Answer::Joined(const std::string& key) const {
  std::vector<std::string> texts = Payloads();
  if (texts.empty()) texts.push_back(body);
  std::string joined;
  const std::string mark = "\"" + key + "\":\"";
  for (const std::string& text : texts) {
    const std::size_t at = text.find(mark);
    if (at == std::string::npos) continue;
    for (std::size_t i = at + mark.size(); i < text.size() && text[i] != '"'; ++i) {
      joined.push_back(text[i]);
      if (text[i] == '\\') joined.push_back(text[++i]);
    }
  }
  return joined;
}

std::size_t Answer::Count(const std::string& text) const {
  std::size_t count = 0;
  for (std::size_t at = body.find(text); at != std::string::npos; at = body.find(text, at + text.size())) ++count;
  return count;
}

Answer ParseAnswer(const std::string& bytes) {
  Answer answer;
  const std::size_t end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.1 ") || end == std::string::npos) return answer;
  answer.status = std::stoi(bytes.substr(9, 3));
  answer.head = bytes.substr(0, end + 4);
  const std::string rest = bytes.substr(end + 4);
  if (answer.head.find("Transfer-Encoding: chunked") == std::string::npos) {
    const std::size_t length_at = answer.head.find("Content-Length: ");
    answer.body = rest;
    answer.complete = length_at != std::string::npos && std::stoul(answer.head.substr(length_at + 16)) == rest.size();
    return answer;
  }
  for (std::size_t at = 0; at < rest.size();) {
    const std::size_t line = rest.find("\r\n", at);
    if (line == std::string::npos) break;
    const std::size_t size = std::stoul(rest.substr(at, line - at), nullptr, 16);
    if (size == 0) {
      answer.complete = rest.substr(at) == "0\r\n\r\n";
      break;
    }
    answer.chunks.push_back(rest.substr(line + 2, size));
    answer.body += answer.chunks.back();
    at = line + 2 + size + 2;
  }
  return answer;
}

bool Listens(std::uint16_t port) {
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  boost::system::error_code error;
  socket.connect({asio::ip::address_v4::loopback(), port}, error);
  return !error;
}

}  // namespace assay::embedded::testing_support
