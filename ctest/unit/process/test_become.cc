// SPDX-License-Identifier: MIT
// Goes on as the program its arguments name, with one variable added: what the tests of Become() start. 98 = Become()
// came back with an error, which is printed.
#include <iostream>

#include "fixtures/process/process.h"

int main(int count, char** values) {
  assay::process::Command command;
  if (count > 1) command.program = values[1];
  for (int i = 2; i < count; ++i) command.arguments.emplace_back(values[i]);
  command.environment["ASSAY_TEST_BECOME"] = "added";
  std::cout << "before\n" << std::flush;
  const assay::base::Result<int> code = assay::process::Become(command);
  if (code.ok()) return *code;
  std::cerr << code.error().Message() << "\n";
  return 98;
}
