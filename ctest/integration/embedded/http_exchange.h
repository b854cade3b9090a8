// SPDX-License-Identifier: MIT
// A raw socket for tests: sends bytes, returns the bytes of exactly one answer. Shares no code with any client of ours.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace assay::embedded::testing_support {

class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port);
  ~RawConnection();

  void Send(const std::string& bytes);
  // Head and body of the next answer; what came before the other side closed when that is less.
  std::string ReadAnswer();
  // Up to and including `text`, or what came before the other side closed.
  std::string ReadUntil(const std::string& text);
  // True when the other side closes without another byte.
  bool ClosesNow();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string GetRequest(const std::string& target);
std::string PostRequest(const std::string& target, const std::string& body);
// One request on its own connection.
std::string Exchange(std::uint16_t port, const std::string& request);
std::string BodyOf(const std::string& answer);

}  // namespace assay::embedded::testing_support
