// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <iostream>

#include "benchmarks/suite/bench.h"

int main(int argc, char** argv) {
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
  return assay::suite::Run({argv + 1, argv + argc}, environment, std::cout, std::cerr);
}
