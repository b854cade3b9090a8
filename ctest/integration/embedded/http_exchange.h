// SPDX-License-Identifier: MIT
// A raw socket for tests: sends bytes, returns the bytes of exactly one answer. Shares no code with any client of ours.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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
  // Everything up to the end of the connection, and how it ended.
  std::string ReadToEnd(bool* was_reset = nullptr);
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

// An answer taken apart.
struct Answer {
  int status = 0;
  std::string head;                 // with its empty line
  std::vector<std::string> chunks;  // of a chunked body
  std::string body;                 // without chunk sizes
  bool complete = false;            // the body ended as its head promised

  // What stands behind "data:" of each event, lines ended by LF or CR LF.
  std::vector<std::string> Payloads() const;
  // The JSON texts of the first `key` of each payload, or of the body that is none, joined.
  std::string Joined(const std::string& key) const;
  // How often `text` stands in the body.
  std::size_t Count(const std::string& text) const;
};
Answer ParseAnswer(const std::string& bytes);
// Whether anybody accepts connections there.
bool Listens(std::uint16_t port);

}  // namespace assay::embedded::testing_support
