// SPDX-License-Identifier: MIT
// A `foundry` command for the tests of cli.h: it prints what lies in the folder FOUNDRY_STUB under the name of its
// arguments ("server status -o json.out", ".err", ".exit" for the exit code, ".stay" to go on), or under "default".
// Every call is noted in the file "calls" with the value of DOTNET_ENVIRONMENT. Uses nothing of Assay.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

namespace {

std::string Content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "unset" : value;
}

}  // namespace

int main(int argc, char** argv) {
#ifdef _WIN32
  _setmode(_fileno(stdout), _O_BINARY);
  _setmode(_fileno(stderr), _O_BINARY);
#endif
  const std::filesystem::path folder = Variable("FOUNDRY_STUB");
  std::string call;
  for (int i = 1; i < argc; ++i) call += (i > 1 ? " " : "") + std::string(argv[i]);
  std::ofstream(folder / "calls", std::ios::app) << call << " [" << Variable("DOTNET_ENVIRONMENT") << "]\n";

  std::string name = call;
  for (char& c : name) c = c == ':' ? '_' : c;
  bool known = false;
  for (const char* ending : {".out", ".err", ".exit", ".stay"}) {
    known = known || std::filesystem::exists(folder / (name + ending));
  }
  if (!known) name = "default";
  std::cout << Content(folder / (name + ".out")) << std::flush;
  std::cerr << Content(folder / (name + ".err")) << std::flush;
  if (std::filesystem::exists(folder / (name + ".stay"))) std::this_thread::sleep_for(std::chrono::minutes(1));
  const std::string code = Content(folder / (name + ".exit"));
  return code.empty() ? 0 : std::atoi(code.c_str());
}
