// SPDX-License-Identifier: MIT
#include "ctest/support/recording.h"

#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <iterator>

namespace assay::testing {
namespace {

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Chunked coding (RFC 9112 section 7.1). Some recordings were taken behind a client that had
// removed it already, although the header still names it: those do not begin with a size.
bool IsChunked(const std::string& body) {
  const std::size_t end = body.find("\r\n");
  return end != std::string::npos && end > 0 && body.find_first_not_of("0123456789abcdefABCDEF") == end;
}

std::string WithoutChunks(const std::string& body) {
  std::string out;
  std::size_t at = 0;
  while (at < body.size()) {
    const std::size_t end = body.find("\r\n", at);
    const std::size_t size = std::stoul(body.substr(at, end - at), nullptr, 16);
    if (size == 0) break;
    out += body.substr(end + 2, size);
    at = end + 2 + size + 2;
  }
  return out;
}

}  // namespace

Recording ReadRecording(const std::string& name) {
  Recording recording;
  std::ifstream stream(std::string(ASSAY_TEST_DATA_DIR) + "/wire/" + name, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!bytes.starts_with("HTTP/1.")) {
    ADD_FAILURE() << "ctest/wire/" << name << " is missing or holds no answer";
    return recording;
  }
  recording.status = std::stoi(bytes.substr(bytes.find(' ') + 1, 3));
  const std::size_t head_end = bytes.find("\r\n\r\n");
  recording.body = bytes.substr(head_end + 4);
  bool chunked = false;
  for (std::size_t at = bytes.find("\r\n"); at < head_end;) {
    const std::size_t next = bytes.find("\r\n", at + 2);
    const std::string line = Lower(bytes.substr(at + 2, next - at - 2));
    if (line.starts_with("content-type: ")) {
      recording.content_type =
          line.substr(14, line.find(';') == std::string::npos ? std::string::npos : line.find(';') - 14);
    }
    chunked = chunked || line == "transfer-encoding: chunked";
    at = next;
  }
  if (chunked && IsChunked(recording.body)) recording.body = WithoutChunks(recording.body);
  return recording;
}

}  // namespace assay::testing
