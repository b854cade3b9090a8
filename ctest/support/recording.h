// SPDX-License-Identifier: MIT
// Recorded answers of real services (ctest/wire) taken apart: status, content type and body without
// its chunk framing. Written for tests only, from RFC 9112, and shares nothing with the client.
#pragma once

#include <string>

namespace assay::testing {

struct Recording {
  int status = 0;
  std::string content_type;  // lower case, without parameters; the last one where several are sent
  std::string body;
};

// `name` is relative to ctest/wire, e.g. "llama-server/nonstream.txt". A file that is missing or
// does not begin with a status line fails the test.
Recording ReadRecording(const std::string& name);

}  // namespace assay::testing
