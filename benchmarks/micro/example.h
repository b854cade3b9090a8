// SPDX-License-Identifier: MIT
// The chat completion that the cases of assay-micro take apart and write down: 256 tokens, an event each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fixtures/run/sample.h"

namespace assay::micro {

inline constexpr std::int64_t kExampleTokens = 256;

// The JSON of the event with that token; of the usage that follows the last one.
std::string ExampleChunk(std::int64_t token);
std::string ExampleUsage();
// The whole stream: a role, the tokens, a finish, the usage, [DONE].
std::string ExampleStream(std::int64_t tokens, std::string_view line_end);
// As it is recorded, at 5 ms per token.
run::Sample ExampleSample();

}  // namespace assay::micro
