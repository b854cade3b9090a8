// SPDX-License-Identifier: MIT
// Stands in for the service: notes its process number in "pid" of its own folder, prints the first line of "says"
// there, and then does the second: "wait" lives until standard input ends, a number ends with it at once.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "fixtures/process/process.h"

int main() {
  const auto folder = assay::process::ProgramDirectory();
  std::ofstream(folder / "pid.partial") << assay::process::CurrentPid();
  std::filesystem::rename(folder / "pid.partial", folder / "pid");  // who sees it sees all of it
  std::ifstream script(folder / "says");
  std::string line;
  std::string then;
  std::getline(script, line);
  std::getline(script, then);
  if (!line.empty()) std::cout << line << std::endl;
  if (then != "wait") return std::stoi(then);
  while (std::cin.get() != std::char_traits<char>::eof()) {
  }
  return 0;
}
