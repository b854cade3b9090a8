// SPDX-License-Identifier: MIT
#include "tools/report/command_line.h"

#include "fixtures/base/text.h"

namespace assay::report {

std::string ShellWord(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_of(" \t\n'\"\\$`&|;<>()*?[]#~!{}") == std::string::npos;
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string CommandLine(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  quoted.reserve(words.size());
  for (const std::string& word : words) quoted.push_back(ShellWord(word));
  return base::Join(quoted, " ");
}

}  // namespace assay::report
