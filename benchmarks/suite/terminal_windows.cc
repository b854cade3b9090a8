// SPDX-License-Identifier: MIT
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <io.h>
#include <stdio.h>
#include <windows.h>

#include "benchmarks/suite/progress.h"

namespace assay::suite {

// A console that cannot be told to erase a line gets no progress.
bool StandardErrorIsTerminal() {
  if (_isatty(_fileno(stderr)) == 0) return false;
  const HANDLE console = GetStdHandle(STD_ERROR_HANDLE);
  DWORD mode = 0;
  return GetConsoleMode(console, &mode) && SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

}  // namespace assay::suite
